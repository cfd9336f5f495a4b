//! Slots change hands, and are counted: the one place where an agent's `active` changes. Pure.

use salotto_protocol::{AgentId, Author, EntryBody};

use super::state::{Tracked, Work};
use super::write::{Ack, Decision, NewEntry, Outcome, Slot, Write};
use crate::sabotage::{self, Switch};
use crate::store::Head;

/// Who takes a slot. By hand, or by a message, it may be above the limit (AS-43).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Taker {
    Router,
    Anybody,
}

impl Taker {
    pub(super) fn of(write: &Write) -> Taker {
        if write.term.is_some() { Taker::Router } else { Taker::Anybody }
    }
}

impl Decision {
    /// Either keeps a slot for as long again (CAP-5). A comment, a greeting or a change of state is
    /// no message between visitor and team.
    pub(super) fn takes_slot_or_talks(&self) -> bool {
        let takes = match self.slot {
            Slot::Take(_) => true,
            Slot::Keep | Slot::Free => false,
        };
        let talks = |entry: &NewEntry| {
            entry.by != Author::System && matches!(entry.body, EntryBody::Message { .. })
        };
        takes || self.entries.iter().any(talks)
    }
}

impl Work {
    /// A decision without an entry: at most a slot becomes free, which nobody in the conversation
    /// sees.
    pub(super) fn silently(&mut self, tracked: &mut Tracked, slot: Slot) -> Outcome {
        match slot {
            Slot::Free => {
                tracked.moved |= tracked.head.slot_agent.is_some();
                self.move_slot(&mut tracked.head, slot, Taker::Anybody);
            }
            Slot::Keep | Slot::Take(_) => {}
        }
        let Head { id, seq, last_at_ms, .. } = tracked.head;
        Outcome::Committed(Ack { conversation: id, seq, at_ms: last_at_ms, repeated: false })
    }

    /// Whoever frees a slot lowers the count, and only if there was one.
    pub(super) fn move_slot(&mut self, head: &mut Head, slot: Slot, taker: Taker) {
        let (freed, taken) = match slot {
            Slot::Keep => return,
            Slot::Free => (head.slot_agent.take(), None),
            Slot::Take(agent) => (head.slot_agent.replace(agent), Some(agent)),
        };
        if freed == taken {
            return;
        }
        head.slot_excess = false;
        for (agent, step) in [(freed, -slots_of_one(freed)), (taken, 1)] {
            let Some(row) = agent.and_then(|agent| self.agents.get_mut(&agent)) else { continue };
            row.active = row.active.saturating_add_signed(step);
            let is_above = row.active > row.capacity;
            head.slot_excess |= step > 0 && is_above && taker == Taker::Router;
            self.changed_agents.insert(row.id);
        }
    }
}

fn slots_of_one(freed: Option<AgentId>) -> i32 {
    if freed.is_some() && sabotage::on(Switch::LoseSlotRelease) {
        0
    } else if freed.is_some() && sabotage::on(Switch::ReleaseSlotTwice) {
        2
    } else {
        1
    }
}
