//! Contacts' owners who went away while somebody waits for them: they are told by e-mail, once, as
//! those who were away from the beginning are (AS-3).

use std::collections::HashSet;

use salotto_protocol::{AgentId, ConversationId, Verdict};

use super::state::Queue;
use crate::journal::{Decision, Done, Locked, Slot, Target, Write};
use crate::mail::{Letters, to_owner_if_away};
use crate::store::Term;

/// Whom this router has told, of whoever still waits.
#[derive(Default)]
pub(super) struct Owners {
    told: HashSet<ConversationId>,
}

/// Somebody waits for an owner who is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Waits {
    pub(super) conversation: ConversationId,
    owner: AgentId,
    ignores_availability: bool,
}

impl Owners {
    /// Those of owners who are Away, or have been `gone` for long. Each is named once.
    pub(super) fn due(&mut self, queue: &Queue, gone: &[AgentId]) -> Vec<Waits> {
        self.told.retain(|id| queue.lanes.get(*id).is_some());
        let is_due = |verdict, owner| match verdict {
            Verdict::Away => true,
            Verdict::Absent => gone.contains(&owner),
            Verdict::Chosen
            | Verdict::Passed
            | Verdict::HadTurn
            | Verdict::AtCapacity
            | Verdict::NoSeat
            | Verdict::NoAccess
            | Verdict::Deactivated => false,
        };
        let mut due = Vec::new();
        for (lane, owner, conversations) in queue.lanes.of_owners() {
            if !is_due(queue.verdict_of_owner(lane, owner), owner) {
                continue;
            }
            let ignores_availability = queue.rule(lane.chatflow).ignores_availability;
            let untold = conversations.filter(|id| self.told.insert(*id));
            due.extend(untold.map(|id| Waits { conversation: id, owner, ignores_availability }));
        }
        due
    }

    /// It could not be written: the next look names it again.
    pub(super) fn not_told(&mut self, conversation: ConversationId) {
        self.told.remove(&conversation);
    }
}

/// Adds nothing to the log. Whether it still waits, and the owner is still away, is decided on the
/// locked rows; whoever was told of it before is not told again.
pub(super) fn write(waits: Waits, letters: Letters, term: Term, done: Done) -> Write {
    let ignores = waits.ignores_availability;
    Write {
        target: Target::Conversation(waits.conversation),
        client_id: None,
        agents: vec![waits.owner],
        term: Some(term),
        unattended: false,
        turn: None,
        mails: Some(Box::new(move |told| {
            to_owner_if_away(&letters, ignores, told).into_iter().collect()
        })),
        decide: Box::new(|locked| Ok(nothing(locked))),
        done,
    }
}

fn nothing(locked: &Locked<'_>) -> Decision {
    let head = locked.head;
    let (entries, slot) = (Vec::new(), Slot::Keep);
    Decision { entries, state: head.state, assignee: head.assignee, slot }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{AgentStatus, ChatflowId, InboxId, SiteId};
    use serde_json::json;
    use uuid::Uuid;

    use super::super::state::WAITING_MAX;
    use super::super::test_support::{agent, head};
    use super::*;
    use crate::store::{AgentRow, ChatflowRow, Head, Settings};

    fn owned(number: u128, owner: u128) -> Head {
        let mut head = head(number, 1, i64::try_from(number).expect("small"));
        head.facts.owner = Some(AgentId(Uuid::from_u128(owner)));
        head
    }

    /// Owners come first, and nobody else is named.
    fn queue(agents: Vec<AgentRow>, waiting: &[Head]) -> Queue {
        let rule = json!({ "assign_to": "contact_owner" });
        let chatflow = json!({ "name": "Shop", "assign": true, "assignment": rule });
        let chatflow = ChatflowRow {
            id: ChatflowId(Uuid::from_u128(1)),
            site: SiteId(Uuid::nil()),
            inbox: InboxId(Uuid::nil()),
            enabled: true,
            priority: 1,
            settings: serde_json::from_value(chatflow).expect("settings"),
        };
        let mut queue = Queue::default();
        queue.set_rules(&Settings { chatflows: vec![chatflow], ..Settings::default() });
        queue.read_begins();
        queue.read(agents, waiting, WAITING_MAX);
        queue
    }

    fn due(owners: &mut Owners, queue: &Queue, gone: &[AgentId]) -> Vec<ConversationId> {
        owners.due(queue, gone).iter().map(|waits| waits.conversation).collect()
    }

    /// AS-3
    #[test]
    fn as_3_an_owner_who_goes_away_is_told_of_each_who_waits_once() {
        let busy = AgentRow { active: 3, ..agent(1, 3) };
        let mut queue = queue(vec![busy.clone(), agent(2, 3)], &[owned(1, 1), owned(2, 1)]);
        let mut owners = Owners::default();
        assert!(due(&mut owners, &queue, &[]).is_empty(), "the owner is there, and busy");

        let away = AgentRow { status: AgentStatus::Away, version: 2, ..busy.clone() };
        queue.notice_agents(std::slice::from_ref(&away));
        let mut told = due(&mut owners, &queue, &[]);
        told.sort_unstable();
        assert_eq!(told, [owned(1, 1).id, owned(2, 1).id]);
        assert!(due(&mut owners, &queue, &[]).is_empty(), "once");
        owners.not_told(owned(2, 1).id);
        assert_eq!(due(&mut owners, &queue, &[]), [owned(2, 1).id]);

        queue.committed(&Head { facts: Default::default(), ..owned(1, 1) });
        queue.committed(&owned(3, 2));
        assert!(due(&mut owners, &queue, &[]).is_empty(), "the other owner is there");
    }

    /// AS-3
    #[test]
    fn as_3_who_lost_the_line_is_told_when_they_have_been_gone_for_long() {
        let absent = AgentRow { present: false, ..agent(1, 3) };
        let queue = queue(vec![absent.clone()], &[owned(1, 1)]);
        let mut owners = Owners::default();
        assert!(due(&mut owners, &queue, &[]).is_empty(), "they may be back in a moment");
        assert_eq!(due(&mut owners, &queue, &[absent.id]), [owned(1, 1).id]);
    }
}
