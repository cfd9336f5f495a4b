//! `/api/v1/inboxes/{inbox}/access`: who may see an inbox and answer in it (PERM-5).

use axum::extract::{Path, State};
use salotto_protocol::InboxId;
use salotto_protocol::people::InboxAccess;
use salotto_protocol::people_api::AccessAnswer;

use super::people::{Private, change, id, private};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::Asked;

pub(crate) async fn access(
    State(app): State<App>,
    Path(text): Path<String>,
    _: Agent,
) -> Result<Private<AccessAnswer>, ApiError> {
    Ok(private(find(&app, id(&text)?).await?))
}

pub(crate) async fn set_access(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(access): JsonBody<InboxAccess>,
) -> Result<Private<AccessAnswer>, ApiError> {
    let inbox = id(&text)?;
    change(&app, agent.id, Asked::Access { inbox, access }).await?;
    Ok(private(find(&app, inbox).await?))
}

async fn find(app: &App, inbox: InboxId) -> Result<AccessAnswer, ApiError> {
    let inboxes = app.store.settings().await?.inboxes;
    let row = inboxes.into_iter().find(|row| row.id == inbox).ok_or(ApiError::NotFound)?;
    Ok(AccessAnswer { inbox, access: row.access })
}
