//! Recounts what is counted elsewhere.

use salotto_protocol::AgentId;
use uuid::Uuid;

use super::query::query;
use super::{Store, StoreError, decode};

/// An agent whose `active` is not the number of conversations that hold a slot of theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SlotCount {
    pub(crate) agent: AgentId,
    pub(crate) active: u32,
    /// Conversations that hold one.
    pub(crate) held: u32,
}

/// One statement sees one moment, so no assignment stands half in it.
const SLOTS_MISCOUNTED: &str = "
    SELECT agents.id, agents.active, COUNT(conversations.id)
    FROM agents LEFT JOIN conversations ON conversations.slot_agent = agents.id
    GROUP BY agents.id, agents.active
    HAVING agents.active <> COUNT(conversations.id)
    ORDER BY agents.id";

impl Store {
    /// Empty if all is well (BY-2).
    pub(crate) async fn slots_miscounted(&self) -> Result<Vec<SlotCount>, StoreError> {
        let rows: Vec<(Uuid, i64, i64)> = self.reads().all(query(SLOTS_MISCOUNTED)).await?;
        rows.into_iter()
            .map(|(agent, active, held)| {
                let (active, held) = (decode::count(active)?, decode::count(held)?);
                Ok(SlotCount { agent: AgentId(agent), active, held })
            })
            .collect()
    }
}
