//! When agents work, and how far their hours were followed.

use salotto_protocol::hours::WorkingHours;
use salotto_protocol::{AgentId, AgentStatus};
use uuid::Uuid;

use super::batch::Batch;
use super::query::query;
use super::row::stored;
use super::{Store, StoreError, decode};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct WorkingHoursRow {
    pub(crate) agent: AgentId,
    pub(crate) hours: WorkingHours,
    /// Turns up to this instant have been taken, or were before the hours were set.
    pub(crate) followed_ms: i64,
}

struct StoredHours {
    id: Uuid,
    hours: String,
    hours_followed_ms: i64,
}

stored!(StoredHours { id, hours, hours_followed_ms });

const ALL: &str = "
    SELECT id, hours, hours_followed_ms FROM agents
    WHERE hours IS NOT NULL AND deactivated_at_ms IS NULL ORDER BY id";

const FIND: &str = "
    SELECT id, hours, hours_followed_ms FROM agents WHERE hours IS NOT NULL AND id = $1";

const PUT: &str = "
    UPDATE agents SET hours = $2, hours_followed_ms = $3
    WHERE id = $1 AND (hours IS NULL OR hours <> $2)";

/// Whoever comes second, on whatever node, finds it followed.
const TURN: &str = "
    UPDATE agents SET status = $2, status_by = NULL, hours_followed_ms = $4, version = version + 1
    WHERE id = $1 AND hours_followed_ms = $3";

impl Store {
    /// Of everybody who has any.
    pub(crate) async fn all_working_hours(&self) -> Result<Vec<WorkingHoursRow>, StoreError> {
        let rows: Vec<StoredHours> = self.reads().all(query(ALL)).await?;
        rows.into_iter().map(StoredHours::into_row).collect()
    }

    pub(crate) async fn working_hours(
        &self,
        agent: AgentId,
    ) -> Result<Option<WorkingHours>, StoreError> {
        let row: Option<StoredHours> = self.reads().optional(query(FIND).bind(agent.0)).await?;
        row.map(|row| Ok(row.into_row()?.hours)).transpose()
    }
}

impl Batch<'_> {
    pub(crate) async fn working_hours(
        &mut self,
        agent: AgentId,
    ) -> Result<Option<WorkingHours>, StoreError> {
        let find = query(FIND).bind(agent.0);
        let row: Option<StoredHours> = find.optional(self.connection()).await?;
        row.map(|row| Ok(row.into_row()?.hours)).transpose()
    }

    /// False if it is so already, or the agent is unknown. What has turned before `now_ms` is past.
    pub(crate) async fn put_working_hours(
        &mut self,
        agent: AgentId,
        hours: &WorkingHours,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let put = query(PUT).bind(agent.0).bind(decode::to_json(hours)).bind(now_ms);
        Ok(self.run(put).await? == 1)
    }

    /// False if somebody else has followed them, or the hours are others by now.
    pub(crate) async fn turn_status(
        &mut self,
        agent: AgentId,
        status: AgentStatus,
        followed_ms: i64,
        turned_at_ms: i64,
    ) -> Result<bool, StoreError> {
        let turn = query(TURN).bind(agent.0).bind(status.as_str());
        Ok(self.run(turn.bind(followed_ms).bind(turned_at_ms)).await? == 1)
    }
}

impl StoredHours {
    fn into_row(self) -> Result<WorkingHoursRow, StoreError> {
        Ok(WorkingHoursRow {
            agent: AgentId(self.id),
            hours: decode::json(&self.hours)?,
            followed_ms: self.hours_followed_ms,
        })
    }
}
