//! Hours of users and chatflows, and how long visitors are to wait: who may set them is decided inside the transaction.

use salotto_protocol::availability::AvailabilitySettings;
use salotto_protocol::hours::WorkingHours;
use salotto_protocol::people::Permission;
use salotto_protocol::promise::Patience;
use salotto_protocol::{AgentId, ChatflowId};

use super::change::Notice;
use super::people::Complaint;
use crate::clock;
use crate::store::{AgentRow, Batch, StoreError};

type Done = Result<(bool, Notice), Complaint>;

/// By oneself, or a super admin (AV-32). No status changes before the next turn.
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
    let is_new = batch.put_working_hours(user, hours, clock::now_ms()).await?;
    Ok(Ok((is_new, Notice::Nobody)))
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

pub(super) async fn put_patience(
    batch: &mut Batch<'_>,
    by: AgentId,
    chatflow: ChatflowId,
    patience: &Patience,
) -> Result<Done, StoreError> {
    let rows = batch.lock_agents(&[by]).await?;
    if !may(&rows, by, Permission::Chatflows) {
        return Ok(Err(Complaint::Forbidden("changing chatflows needs the permission")));
    }
    let is_new = batch.put_chatflow_part(chatflow, "patience", patience).await?;
    Ok(Ok((is_new, Notice::Settings)))
}

/// Whether this agent was granted it, as things are now.
fn may(rows: &[AgentRow], agent: AgentId, permission: Permission) -> bool {
    rows.iter().any(|row| row.id == agent && row.permissions.include(permission))
}
