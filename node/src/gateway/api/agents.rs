//! `/api/v1/agents`: the team.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use salotto_protocol::api::Agents;

use crate::gateway::App;
use crate::gateway::auth::Agent;

/// By name.
pub(crate) async fn list(
    State(app): State<App>,
    _: Agent,
) -> ([(HeaderName, &'static str); 1], Json<Agents>) {
    let roster = app.presence.roster().borrow().clone();
    let mut agents: Vec<_> = roster.values().map(|row| row.presence()).collect();
    agents.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    ([(CACHE_CONTROL, "no-store")], Json(Agents { agents }))
}
