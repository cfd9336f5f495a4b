//! The slots that are taken, and since when nobody has said anything there (CAP-5).

use salotto_protocol::people::Seat;
use salotto_protocol::{AgentId, ConversationId};
use uuid::Uuid;

use super::head::limit_of;
use super::query::{Query, query};
use super::{AgentRow, Store, StoreError};

/// Chats and tickets are counted apart, each against a limit of its own (CAP-3, CAP-22).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum SlotKind {
    #[default]
    Chat,
    /// Of a help desk: for as long as the conversation is open.
    Ticket,
}

impl AgentRow {
    pub(crate) fn taken(&self, kind: SlotKind) -> u32 {
        match kind {
            SlotKind::Chat => self.active,
            SlotKind::Ticket => self.tickets,
        }
    }

    pub(crate) fn limit(&self, kind: SlotKind) -> u32 {
        match kind {
            SlotKind::Chat => self.capacity,
            SlotKind::Ticket => self.ticket_capacity,
        }
    }

    pub(crate) fn has_room(&self, kind: SlotKind) -> bool {
        self.taken(kind) < self.limit(kind)
    }

    /// Help desks are for Service seats (PERM-3); none is for nobody automatic (PERM-2).
    pub(crate) fn has_seat_for(&self, kind: SlotKind) -> bool {
        match kind {
            SlotKind::Chat => self.seat.is_paid(),
            SlotKind::Ticket => self.seat == Seat::Service,
        }
    }
}

/// What a conversation holds; a ticket's slot does not lapse for want of messages.
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
    FROM conversations WHERE slot_agent IS NOT NULL AND slot_ticket = 0
    ORDER BY active_since, id LIMIT $1";

/// Of tickets that began before.
pub(super) const OLD_TICKETS: &str = "
    SELECT id, slot_agent, COALESCE(active_at_ms, last_at_ms) AS active_since
    FROM conversations WHERE slot_agent IS NOT NULL AND slot_ticket = 1 AND started_at_ms < $1
    ORDER BY started_at_ms, id LIMIT $2";

impl Store {
    /// Those first in which nobody has said anything for longest.
    pub(crate) async fn taken_slots(&self, limit: usize) -> Result<Vec<TakenSlot>, StoreError> {
        self.slots(query(TAKEN).bind(limit_of(limit))).await
    }

    /// Tickets that count no more, because they are so old (CAP-23).
    pub(crate) async fn old_tickets(
        &self,
        before_ms: i64,
        limit: usize,
    ) -> Result<Vec<TakenSlot>, StoreError> {
        self.slots(query(OLD_TICKETS).bind(before_ms).bind(limit_of(limit))).await
    }

    async fn slots(&self, read: Query) -> Result<Vec<TakenSlot>, StoreError> {
        let rows: Vec<(Uuid, Uuid, i64)> = self.reads().all(read).await?;
        let slot = |(id, agent, active_at_ms): (Uuid, Uuid, i64)| TakenSlot {
            conversation: ConversationId(id),
            agent: AgentId(agent),
            active_at_ms,
        };
        Ok(rows.into_iter().map(slot).collect())
    }
}
