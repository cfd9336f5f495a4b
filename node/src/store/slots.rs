//! The slots that are taken, and since when nobody has said anything there (CAP-5).

use salotto_protocol::{AgentId, ConversationId};
use uuid::Uuid;

use super::head::limit_of;
use super::query::query;
use super::{Store, StoreError};

/// What a conversation holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TakenSlot {
    pub(crate) conversation: ConversationId,
    pub(crate) agent: AgentId,
    /// When it was taken, or the last message passed since.
    pub(crate) active_at_ms: i64,
}

/// No index has the time: every message would have to be written into it. Slots are far fewer than
/// conversations.
pub(super) const TAKEN: &str = "
    SELECT id, slot_agent, COALESCE(active_at_ms, last_at_ms) AS active_since
    FROM conversations WHERE slot_agent IS NOT NULL
    ORDER BY active_since, id LIMIT $1";

impl Store {
    /// Those first in which nobody has said anything for longest.
    pub(crate) async fn taken_slots(&self, limit: usize) -> Result<Vec<TakenSlot>, StoreError> {
        let read = query(TAKEN).bind(limit_of(limit));
        let rows: Vec<(Uuid, Uuid, i64)> = self.reads().all(read).await?;
        let slot = |(id, agent, active_at_ms): (Uuid, Uuid, i64)| TakenSlot {
            conversation: ConversationId(id),
            agent: AgentId(agent),
            active_at_ms,
        };
        Ok(rows.into_iter().map(slot).collect())
    }
}
