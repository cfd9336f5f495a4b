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
    let team = roster.values().filter(|row| !row.is_deactivated());
    let mut agents: Vec<_> = team.map(|row| row.presence()).collect();
    agents.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    ([(CACHE_CONTROL, "no-store")], Json(Agents { agents }))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Method;

    use crate::gateway::test_support::{Harness, with_cookie};

    #[tokio::test]
    async fn the_team_is_for_agents_alone() {
        let harness = Harness::new().await;
        let id = harness.add_agent().await;
        let stranger = harness.get("/api/v1/agents").await;
        assert_eq!(stranger.problem(), (401, "unauthenticated".to_owned()));

        let mut roster = harness.app.presence.roster();
        roster.wait_for(|roster| roster.contains_key(&id)).await.expect("presence lives");
        let (cookie, _) = harness.signed_in().await;
        let request = with_cookie(Method::GET, "/api/v1/agents", &cookie).body(Body::empty());
        let answer = harness.send(request.expect("a request")).await;
        let agents = &answer.json()["agents"];
        assert_eq!(agents[0]["id"], id.to_string());
        assert_eq!((&agents[0]["name"], &agents[0]["capacity"]), (&"Ada".into(), &5.into()));
        assert_eq!(agents[0]["password_hash"], serde_json::Value::Null);
    }
}
