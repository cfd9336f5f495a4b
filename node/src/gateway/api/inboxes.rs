//! `/api/v1/inboxes/{inbox}/access`: who may see an inbox and answer in it (PERM-5); and `…/kind`:
//! whether its conversations are chats or tickets (CAP-3, CAP-22).

use axum::extract::{Path, State};
use salotto_protocol::InboxId;
use salotto_protocol::people_api::{AccessAnswer, AccessChoice, KindAnswer, KindChoice};

use super::people::{Private, change, id, private};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::Asked;
use crate::store::InboxRow;

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
    JsonBody(choice): JsonBody<AccessChoice>,
) -> Result<Private<AccessAnswer>, ApiError> {
    let inbox = id(&text)?;
    let access = choice.access().map_err(|field| ApiError::BadField {
        field: field.to_owned(),
        complaint: "are for `chosen`: this is everyone".to_owned(),
    })?;
    change(&app, agent.id, Asked::Access { inbox, access }).await?;
    app.chatflows.refresh().await;
    Ok(private(find(&app, inbox).await?))
}

pub(crate) async fn kind(
    State(app): State<App>,
    Path(text): Path<String>,
    _: Agent,
) -> Result<Private<KindAnswer>, ApiError> {
    let row = row(&app, id(&text)?).await?;
    Ok(private(KindAnswer { inbox: row.id, kind: row.kind }))
}

/// What is open there counts for what it is with the next assignment or message.
pub(crate) async fn set_kind(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(KindChoice { kind }): JsonBody<KindChoice>,
) -> Result<Private<KindAnswer>, ApiError> {
    let inbox = id(&text)?;
    change(&app, agent.id, Asked::InboxKind { inbox, kind }).await?;
    app.chatflows.refresh().await;
    Ok(private(KindAnswer { inbox, kind: row(&app, inbox).await?.kind }))
}

async fn find(app: &App, inbox: InboxId) -> Result<AccessAnswer, ApiError> {
    Ok(AccessAnswer { inbox, access: row(app, inbox).await?.access })
}

async fn row(app: &App, inbox: InboxId) -> Result<InboxRow, ApiError> {
    let inboxes = app.store.settings().await?.inboxes;
    inboxes.into_iter().find(|row| row.id == inbox).ok_or(ApiError::NotFound)
}
