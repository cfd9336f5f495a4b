//! `/api/v1/visitors/{visitor}/contact`: who a visitor is, and who owns the contact (AS-3).

use axum::extract::{Path, State};
use salotto_protocol::VisitorId;
use salotto_protocol::people_api::{Contact, NewContact};

use super::people::{Private, id, private, taken};
use super::users::check_email;
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::Change;
use crate::store::ContactRow;

/// For who may see an inbox in which the visitor has written.
pub(crate) async fn read(
    State(app): State<App>,
    agent: Agent,
    Path(visitor): Path<String>,
) -> Result<Private<Contact>, ApiError> {
    let visitor: VisitorId = id(&visitor)?;
    let written = app.store.written_by(visitor).await?;
    if written.is_empty() {
        return Err(ApiError::NotFound);
    }
    if !written.iter().any(|it| app.chatflows.may_see(it.inbox, agent.id)) {
        return Err(ApiError::Forbidden("you may not see the visitor's inbox"));
    }
    Ok(private(find(&app, visitor).await?))
}

pub(crate) async fn put(
    State(app): State<App>,
    agent: Agent,
    Path(visitor): Path<String>,
    JsonBody(NewContact { email, name, owner }): JsonBody<NewContact>,
) -> Result<Private<Contact>, ApiError> {
    let visitor: VisitorId = id(&visitor)?;
    let email = email.trim().to_lowercase();
    check_email(&email)?;
    let contact = NewContact { email, name, owner };
    taken(app.journal.change(Change::PutContact { by: agent.id, visitor, contact }).await?)?;
    Ok(private(find(&app, visitor).await?))
}

async fn find(app: &App, visitor: VisitorId) -> Result<Contact, ApiError> {
    let contact = app.store.contact_of(visitor).await?.ok_or(ApiError::NotFound)?;
    let ContactRow { id, site, email, name, owner } = contact;
    Ok(Contact { id, site, email, name, owner })
}
