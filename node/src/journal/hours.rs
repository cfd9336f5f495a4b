//! Hours of users and chatflows: who may set them is decided inside the transaction.

use salotto_protocol::availability::AvailabilitySettings;
use salotto_protocol::hours::WorkingHours;
use salotto_protocol::people::Permission;
use salotto_protocol::{AgentId, AgentStatus, ChatflowId};

use super::change::Notice;
use super::people::Complaint;
use crate::clock;
use crate::hours::Hours;
use crate::store::{AgentRow, Batch, StoreError};

type Done = Result<(bool, Notice), Complaint>;

/// By oneself, or a super admin (AV-32). No status changes before the next turn, unless an absence
/// is on already, or is no more (AV-33).
pub(super) async fn put(
    batch: &mut Batch<'_>,
    by: AgentId,
    user: AgentId,
    hours: &WorkingHours,
) -> Result<Done, StoreError> {
    let rows = batch.lock_agents(&[by, user]).await?;
    if by != user && !may(&rows, by, Permission::SuperAdmin) {
        return Ok(Err(Complaint::Forbidden("the hours of somebody else are for super admins")));
    }
    if !rows.iter().any(|row| row.id == user) {
        return Ok(Err(Complaint::NotFound));
    }
    let now_ms = clock::now_ms();
    let before = batch.working_hours(user).await?;
    let is_new = batch.put_working_hours(user, hours, now_ms).await?;
    let Some(status) = turned(before.as_ref(), hours, now_ms).filter(|_| is_new) else {
        return Ok(Ok((is_new, Notice::Nobody)));
    };
    batch.set_status(user, status).await?;
    Ok(Ok((true, Notice::Agents(vec![user]))))
}

/// What somebody becomes who writes down, or takes back, that they are out of office right now.
fn turned(before: Option<&WorkingHours>, hours: &WorkingHours, now_ms: i64) -> Option<AgentStatus> {
    let is_out = |hours: &Hours| hours.is_out_of_office(now_ms);
    let was_out = before.and_then(|it| Hours::of_agent(it).ok()).is_some_and(|it| is_out(&it));
    let hours = Hours::of_agent(hours).ok()?;
    match (was_out, is_out(&hours)) {
        (false, true) => Some(AgentStatus::Away),
        (true, false) if hours.is_open(now_ms) => Some(AgentStatus::Available),
        (false, false) | (true, _) => None,
    }
}

pub(super) async fn put_availability(
    batch: &mut Batch<'_>,
    by: AgentId,
    chatflow: ChatflowId,
    availability: &AvailabilitySettings,
) -> Result<Done, StoreError> {
    let rows = batch.lock_agents(&[by]).await?;
    if !may(&rows, by, Permission::Chatflows) {
        return Ok(Err(Complaint::Forbidden("changing chatflows needs the permission")));
    }
    let is_new = batch.put_chatflow_part(chatflow, "availability", availability).await?;
    Ok(Ok((is_new, Notice::Settings)))
}

/// Whether this agent was granted it, as things are now.
fn may(rows: &[AgentRow], agent: AgentId, permission: Permission) -> bool {
    rows.iter().any(|row| row.id == agent && row.may(permission))
}
