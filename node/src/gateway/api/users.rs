//! `/api/v1/users`: accounts, for those who may add and edit them; everybody may look.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use salotto_protocol::AgentId;
use salotto_protocol::people::{HeldSkills, Permission, UNLIMITED};
use salotto_protocol::people_api::{NewUser, StatusChoice, User, UserPatch, Users};

use super::people::{Private, change, id, private, user};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::gateway::password::PASSWORD_BYTES_MAX;
use crate::journal::{Asked, NewAccount};
use crate::store::AgentRow;

/// What SMTP allows.
const EMAIL_BYTES_MAX: usize = 254;
const PASSWORD_CHARS_MIN: usize = 8;

/// By name.
pub(crate) async fn list(State(app): State<App>, _: Agent) -> Result<Private<Users>, ApiError> {
    let mut users: Vec<User> = app.store.agents().await?.iter().map(user).collect();
    users.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    Ok(private(Users { users }))
}

pub(crate) async fn create(
    State(app): State<App>,
    agent: Agent,
    JsonBody(new): JsonBody<NewUser>,
) -> Result<(StatusCode, Private<User>), ApiError> {
    let NewUser { email, name, password, seat, permissions, capacity_override } = new;
    let email = email.trim().to_lowercase();
    check_email(&email)?;
    check_password(&password)?;
    // Decided once more with the change: a hash is dear, and not for whoever asks.
    let rows = app.store.agents().await?;
    if !rows.iter().any(|row| row.id == agent.id && row.may(Permission::Users)) {
        return Err(ApiError::Forbidden("this needs the permission to add and edit users"));
    }
    let row = AgentRow {
        seat,
        permissions,
        capacity: capacity_override.unwrap_or(UNLIMITED),
        inherits_capacity: capacity_override.is_none(),
        ..AgentRow::new(AgentId::fresh(), &email, &name)
    };
    let created = row.id;
    let password_hash = app.guards.passwords.hash(password).await?;
    let new = NewAccount { row, password_hash, first_is_super_admin: false };
    change(&app, agent.id, Asked::AddUser(new)).await?;
    Ok((StatusCode::CREATED, private(find(&app, created).await?)))
}

pub(crate) async fn edit(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(patch): JsonBody<UserPatch>,
) -> Result<Private<User>, ApiError> {
    let user = id(&text)?;
    change(&app, agent.id, Asked::User { user, patch }).await?;
    Ok(private(find(&app, user).await?))
}

/// One's own, or with the permission anybody's, who is told by whom (PERM-8).
pub(crate) async fn set_status(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(StatusChoice { status }): JsonBody<StatusChoice>,
) -> Result<Private<User>, ApiError> {
    let user = id(&text)?;
    change(&app, agent.id, Asked::Status { user, status }).await?;
    Ok(private(find(&app, user).await?))
}

/// All of them, at once (SK-7).
pub(crate) async fn set_skills(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(skills): JsonBody<HeldSkills>,
) -> Result<Private<User>, ApiError> {
    let user = id(&text)?;
    change(&app, agent.id, Asked::UserSkills { user, skills }).await?;
    Ok(private(find(&app, user).await?))
}

async fn find(app: &App, id: AgentId) -> Result<User, ApiError> {
    let rows = app.store.agents().await?;
    rows.iter().find(|row| row.id == id).map(user).ok_or(ApiError::NotFound)
}

pub(super) fn check_email(email: &str) -> Result<(), ApiError> {
    let has_two_parts =
        email.rsplit_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    let is_plain = !email.contains(|it: char| it.is_control() || it.is_whitespace());
    if has_two_parts && is_plain && email.len() <= EMAIL_BYTES_MAX {
        return Ok(());
    }
    bad("email", "is no e-mail address")
}

fn check_password(password: &str) -> Result<(), ApiError> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return bad("password", "has less than 8 characters");
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return bad("password", "is too long");
    }
    Ok(())
}

fn bad(field: &str, complaint: &str) -> Result<(), ApiError> {
    Err(ApiError::BadField { field: field.to_owned(), complaint: complaint.to_owned() })
}
