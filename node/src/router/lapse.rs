//! The write that frees a slot of a conversation in which nobody has said anything for long
//! (CAP-5). The agent keeps the conversation, and the next message takes a slot again.

use salotto_protocol::ErrorCode;

use crate::journal::{Decision, Done, Locked, Rejection, Slot, Target, Write};
use crate::store::{TakenSlot, Term};

/// Somebody has said something, or the slot is another one.
const IN_USE: Rejection = Rejection::new(ErrorCode::Conflict, "The slot is in use.");

pub(super) fn write(seen: TakenSlot, term: Term, done: Done) -> Write {
    Write {
        target: Target::Conversation(seen.conversation),
        client_id: None,
        agents: Vec::new(),
        term: Some(term),
        unattended: false,
        turn: None,
        mails: None,
        decide: Box::new(move |locked| decide(seen, locked)),
        done,
    }
}

/// Guarded by the truth: the same slot, and not a word since it was seen. Adds no entry: what
/// stands in the log concerns those who talk, and they notice nothing.
fn decide(seen: TakenSlot, locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let head = locked.head;
    let is_same = head.slot_agent == Some(seen.agent) && head.active_at_ms == seen.active_at_ms;
    if !is_same {
        return Err(IN_USE);
    }
    let (entries, slot) = (Vec::new(), Slot::Free);
    Ok(Decision { entries, state: head.state, assignee: head.assignee, slot })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use salotto_protocol::{AgentId, ConversationState};

    use super::super::test_support::{agent, head};
    use super::*;
    use crate::store::Head;

    fn held() -> Head {
        let owner = agent(1, 3).id;
        Head {
            state: ConversationState::Assigned,
            assignee: Some(owner),
            slot_agent: Some(owner),
            waiting_since_ms: None,
            ..head(1, 1, 10)
        }
    }

    fn seen(head: &Head) -> TakenSlot {
        let agent = head.slot_agent.expect("it holds one");
        TakenSlot { conversation: head.id, agent, active_at_ms: head.active_at_ms }
    }

    fn decided(seen: TakenSlot, head: &Head) -> Result<Decision, Rejection> {
        decide(seen, &Locked { head, agents: &HashMap::new(), waited_longer: 0 })
    }

    /// CAP-5, CAP-7
    #[test]
    fn the_slot_alone_becomes_free_and_the_agent_keeps_the_conversation() {
        let head = held();
        let decision = decided(seen(&head), &head).expect("all holds");
        assert!(decision.entries.is_empty());
        assert_eq!((decision.state, decision.assignee), (head.state, head.assignee));
        assert_eq!(decision.slot, Slot::Free);
    }

    /// CAP-5
    #[test]
    fn a_word_said_meanwhile_keeps_it_and_another_ones_slot_is_left_alone() {
        let seen = seen(&held());
        let other = Some(AgentId(uuid::Uuid::from_u128(2)));
        let heads = [
            Head { active_at_ms: seen.active_at_ms + 1, ..held() },
            Head { slot_agent: other, ..held() },
            Head { slot_agent: None, ..held() },
        ];
        for head in heads {
            assert_eq!(decided(seen, &head).err(), Some(IN_USE));
        }
    }
}
