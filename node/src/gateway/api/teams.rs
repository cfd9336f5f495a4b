//! `/api/v1/teams`: main and extra members (OBJ-11).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use salotto_protocol::TeamId;
use salotto_protocol::people::HeldSkills;
use salotto_protocol::people_api::{NewTeam, Team, TeamPatch, Teams};

use super::people::{Private, change, id, private, team};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::Asked;
use crate::store::TeamRow;

/// By name.
pub(crate) async fn list(State(app): State<App>, _: Agent) -> Result<Private<Teams>, ApiError> {
    let teams = app.store.settings().await?.teams;
    Ok(private(Teams { teams: teams.into_iter().map(team).collect() }))
}

pub(crate) async fn create(
    State(app): State<App>,
    agent: Agent,
    JsonBody(new): JsonBody<NewTeam>,
) -> Result<(StatusCode, Private<Team>), ApiError> {
    let NewTeam { name, main_members, extra_members } = new;
    let (id, skills) = (TeamId::fresh(), HeldSkills::default());
    let row = TeamRow { id, name, main_members, extra_members, skills };
    change(&app, agent.id, Asked::AddTeam(row.clone())).await?;
    Ok((StatusCode::CREATED, private(team(row))))
}

pub(crate) async fn edit(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(patch): JsonBody<TeamPatch>,
) -> Result<Private<Team>, ApiError> {
    let edited = id(&text)?;
    change(&app, agent.id, Asked::Team { team: edited, patch }).await?;
    let settings = app.store.settings().await?;
    let row = settings.team(edited).ok_or(ApiError::NotFound)?;
    Ok(private(team(row.clone())))
}

/// Refused while a rule or an inbox names it.
pub(crate) async fn delete(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
) -> Result<StatusCode, ApiError> {
    change(&app, agent.id, Asked::DeleteTeam(id(&text)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
