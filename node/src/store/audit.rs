//! Recounts what is counted elsewhere.

use salotto_protocol::{AgentId, ConversationId};
use uuid::Uuid;

use super::query::query;
use super::{Store, StoreError, decode};

/// An agent whose `active`, or `tickets`, is not the number of conversations that hold such a
/// slot of theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SlotCount {
    pub(crate) agent: AgentId,
    pub(crate) active: u32,
    /// Conversations that hold one.
    pub(crate) held: u32,
}

/// What a recount of slots and capacity finds. All but the last are violations.
///
/// A slot says whether it was taken within the limit of its time by whoever must keep to it. So
/// what is above the limit rightly (by hand, by a message after a lapse, by a lowered limit)
/// differs from what the router must never do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Recount {
    pub(crate) miscounted: Vec<SlotCount>,
    /// Conversations that hold a slot of somebody who does not have them.
    pub(crate) misplaced: u32,
    /// Conversations whose slot the router took above the limit; some of them, if they are many.
    pub(crate) exceeding: Vec<ConversationId>,
    /// Agents with more slots taken than their capacity: by hand, by a message in a conversation
    /// whose slot had lapsed, or by a lowered limit.
    pub(crate) above_capacity: u32,
}

/// One statement sees one moment, so no assignment stands half in it.
const SLOTS_MISCOUNTED: &str = "
    SELECT agents.id, agents.active, COUNT(CASE WHEN slot_ticket = 0 THEN 1 END),
        agents.tickets, COUNT(CASE WHEN slot_ticket = 1 THEN 1 END)
    FROM agents LEFT JOIN conversations ON conversations.slot_agent = agents.id
    GROUP BY agents.id, agents.active, agents.tickets
    HAVING agents.active <> COUNT(CASE WHEN slot_ticket = 0 THEN 1 END)
        OR agents.tickets <> COUNT(CASE WHEN slot_ticket = 1 THEN 1 END)
    ORDER BY agents.id";

const MISPLACED: &str = "
    SELECT COUNT(*) FROM conversations
    WHERE slot_agent IS NOT NULL
        AND (state <> 'assigned' OR assignee IS NULL OR assignee <> slot_agent)";

const EXCEEDING: &str = "
    SELECT id FROM conversations WHERE slot_agent IS NOT NULL AND slot_excess = 1
    ORDER BY id LIMIT 1000";

const ABOVE_CAPACITY: &str = "SELECT COUNT(*) FROM agents
    WHERE active > capacity OR tickets > ticket_capacity";

impl Store {
    /// For the auditor (BY-2, I9).
    pub(crate) async fn recount(&self) -> Result<Recount, StoreError> {
        let miscounted = self.slots_miscounted().await?;
        let (misplaced,): (i64,) = self.reads().one(query(MISPLACED)).await?;
        let exceeding: Vec<(Uuid,)> = self.reads().all(query(EXCEEDING)).await?;
        let exceeding = exceeding.into_iter().map(|(id,)| ConversationId(id)).collect();
        let (above,): (i64,) = self.reads().one(query(ABOVE_CAPACITY)).await?;
        let (misplaced, above_capacity) = (decode::count(misplaced)?, decode::count(above)?);
        Ok(Recount { miscounted, misplaced, exceeding, above_capacity })
    }

    /// Empty if all is well (BY-2).
    pub(crate) async fn slots_miscounted(&self) -> Result<Vec<SlotCount>, StoreError> {
        let rows: Vec<(Uuid, i64, i64, i64, i64)> =
            self.reads().all(query(SLOTS_MISCOUNTED)).await?;
        let mut miscounted = Vec::new();
        for (agent, active, held, tickets, held_tickets) in rows {
            let agent = AgentId(agent);
            for (counted, held) in [(active, held), (tickets, held_tickets)] {
                if counted != held {
                    let (active, held) = (decode::count(counted)?, decode::count(held)?);
                    miscounted.push(SlotCount { agent, active, held });
                }
            }
        }
        Ok(miscounted)
    }
}
