//! What the calls about people share: an admin's change, put to the journal, and its answer.

use axum::Json;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use salotto_protocol::people::UNLIMITED;
use salotto_protocol::people_api::{Team, User};
use salotto_protocol::{AgentId, AgentPresence};

use crate::gateway::App;
use crate::gateway::error::ApiError;
use crate::journal::{Asked, Change, Changed, Complaint, Request};
use crate::store::{AgentRow, TeamRow};

/// Never from a cache: admins look at what they have just changed.
pub(super) type Private<T> = ([(HeaderName, &'static str); 1], Json<T>);

pub(super) fn private<T>(answer: T) -> Private<T> {
    ([(CACHE_CONTROL, "no-store")], Json(answer))
}

/// Done, or done before.
pub(super) async fn change(app: &App, by: AgentId, asked: Asked) -> Result<(), ApiError> {
    let change = Change::People(Request { by: Some(by), asked });
    taken(app.journal.change(change).await?)
}

/// What the journal says of a change that not everybody may make.
pub(super) fn taken(changed: Changed) -> Result<(), ApiError> {
    match changed {
        Changed::Done | Changed::Unchanged => Ok(()),
        Changed::Refused(Complaint::Field { field, complaint }) => {
            Err(ApiError::BadField { field, complaint })
        }
        Changed::Refused(Complaint::Forbidden(needed)) => Err(ApiError::Forbidden(needed)),
        Changed::Refused(Complaint::NotFound) => Err(ApiError::NotFound),
    }
}

/// An id in a path. What is none is not there.
pub(super) fn id<T: std::str::FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::NotFound)
}

pub(super) fn user(row: &AgentRow) -> User {
    let AgentPresence { id, name, status, present, active, capacity, status_by } = row.presence();
    let limited = |limit: u32| Some(limit).filter(|it| *it != UNLIMITED);
    let (capacity, ticket_capacity) = (limited(capacity), limited(row.ticket_capacity));
    let own = |inherits: bool, limit: Option<u32>| if inherits { None } else { limit };
    User {
        id,
        email: row.email.clone(),
        name,
        seat: row.seat,
        permissions: row.permissions.clone(),
        status,
        status_by,
        present,
        active,
        capacity,
        capacity_override: own(row.inherits_capacity, capacity),
        tickets: row.tickets,
        ticket_capacity,
        ticket_capacity_override: own(row.inherits_ticket_capacity, ticket_capacity),
        skills: (*row.skills).clone(),
        deactivated_at_ms: row.deactivated_at_ms,
    }
}

pub(super) fn team(row: TeamRow) -> Team {
    let TeamRow { id, name, main_members, extra_members, skills } = row;
    Team { id, name, main_members, extra_members, skills }
}
