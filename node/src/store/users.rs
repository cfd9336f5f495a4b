//! What an admin sets of an account.

use salotto_protocol::people::HeldSkills;
use salotto_protocol::{AgentId, AgentStatus};

use super::batch::Batch;
use super::query::query;
use super::{AgentRow, StoreError, decode};

/// Only this: status, slots and presence may change at the same time.
const SET_USER: &str = "
    UPDATE agents SET name = $2, seat = $3, permissions = $4, capacity = $5,
        capacity_inherited = $6, deactivated_at_ms = $7, ticket_capacity = $8,
        ticket_capacity_inherited = $9, version = version + 1
    WHERE id = $1";

const SET_SKILLS: &str = "UPDATE agents SET skills = $2, version = version + 1 WHERE id = $1";

const SET_STATUS_BY: &str = "
    UPDATE agents SET status = $2, status_by = $3, version = version + 1
    WHERE id = $1 AND status <> $2";

impl Batch<'_> {
    pub(crate) async fn set_user(&mut self, user: &AgentRow) -> Result<(), StoreError> {
        let set = query(SET_USER)
            .bind(user.id.0)
            .bind(user.name.as_str())
            .bind(user.seat.as_str())
            .bind(user.permissions.words())
            .bind(i64::from(user.capacity))
            .bind(i64::from(user.inherits_capacity))
            .bind(user.deactivated_at_ms)
            .bind(i64::from(user.ticket_capacity))
            .bind(i64::from(user.inherits_ticket_capacity));
        self.run(set).await?;
        Ok(())
    }

    pub(crate) async fn set_skills(
        &mut self,
        agent: AgentId,
        skills: &HeldSkills,
    ) -> Result<(), StoreError> {
        self.run(query(SET_SKILLS).bind(agent.0).bind(decode::to_json(skills))).await?;
        Ok(())
    }

    /// By somebody else (PERM-8). False if it is so already.
    pub(crate) async fn set_status_by(
        &mut self,
        agent: AgentId,
        status: AgentStatus,
        by: Option<AgentId>,
    ) -> Result<bool, StoreError> {
        let set = query(SET_STATUS_BY).bind(agent.0).bind(status.as_str());
        Ok(self.run(set.bind(by.map(|it| it.0))).await? == 1)
    }
}
