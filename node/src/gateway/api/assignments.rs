//! `/api/v1/chatflows/{chatflow}/assignment`: whom its conversations go to (AS-1 to AS-9, AS-21).

use axum::extract::{Path, State};
use salotto_protocol::ChatflowId;
use salotto_protocol::assignment::{AssignmentAnswer, ChatflowAssignment};

use super::people::{Private, change, id, private};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::StrictBody;
use crate::gateway::error::ApiError;
use crate::journal::Asked;
use crate::store::skipped;

pub(crate) async fn read(
    State(app): State<App>,
    _: Agent,
    Path(chatflow): Path<String>,
) -> Result<Private<AssignmentAnswer>, ApiError> {
    Ok(private(answer(&app, id(&chatflow)?).await?))
}

/// For who has the permission `routing`, and a seat (PERM-2). The router goes by it within 2 s.
pub(crate) async fn put(
    State(app): State<App>,
    agent: Agent,
    Path(chatflow): Path<String>,
    StrictBody(assignment): StrictBody<ChatflowAssignment>,
) -> Result<Private<AssignmentAnswer>, ApiError> {
    let chatflow = id(&chatflow)?;
    let assignment = Box::new(assignment);
    change(&app, agent.id, Asked::Assignment { chatflow, assignment }).await?;
    app.chatflows.refresh().await;
    Ok(private(answer(&app, chatflow).await?))
}

async fn answer(app: &App, chatflow: ChatflowId) -> Result<AssignmentAnswer, ApiError> {
    let (settings, agents) = (app.store.settings().await?, app.store.agents().await?);
    let row = settings.chatflows.iter().find(|row| row.id == chatflow);
    let row = row.ok_or(ApiError::NotFound)?;
    let stored = &row.settings;
    let assignment = ChatflowAssignment::of(stored.assign, &stored.agents, &stored.assignment);
    let skipped = skipped(&settings, &agents, row, &assignment);
    Ok(AssignmentAnswer { assignment, skipped })
}
