//! `/api/v1/account`: what holds for the whole account (CAP-1, CAP-2).

use axum::extract::State;
use salotto_protocol::people::AccountSettings;
use salotto_protocol::people_api::AccountPatch;

use super::people::{Private, change, private};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::Asked;

pub(crate) async fn settings(
    State(app): State<App>,
    _: Agent,
) -> Result<Private<AccountSettings>, ApiError> {
    Ok(private(app.store.settings().await?.account))
}

/// Everybody who has no limit of their own follows. What is left out stays.
pub(crate) async fn set(
    State(app): State<App>,
    agent: Agent,
    JsonBody(patch): JsonBody<AccountPatch>,
) -> Result<Private<AccountSettings>, ApiError> {
    change(&app, agent.id, Asked::Account(patch)).await?;
    Ok(private(app.store.settings().await?.account))
}
