//! The write that takes a conversation from an agent who has gone: back to the queue.

use salotto_protocol::{
    AgentId, AgentRef, AssignmentCause, Author, ConversationState, EntryBody, ErrorCode,
};

use crate::journal::{Decision, Done, Locked, NewEntry, Rejection, Slot, Target, Write};
use crate::sabotage::{self, Switch};
use crate::store::{Head, Term};

/// It was answered, closed, or given to somebody else.
const MOVED_ON: Rejection =
    Rejection::new(ErrorCode::Conflict, "The assignment is another one by now.");
const BACK: Rejection = Rejection::new(ErrorCode::Conflict, "The agent is present again.");

/// The assignment that the router saw.
#[derive(Clone, Copy)]
struct Seen {
    agent: AgentId,
    assignment: u32,
}

/// `None` if nobody has it.
pub(super) fn write(head: &Head, term: Term, done: Done) -> Option<Write> {
    let seen = Seen { agent: head.assignee?, assignment: head.assignment };
    Some(Write {
        target: Target::Conversation(head.id),
        client_id: None,
        agents: Vec::new(),
        term: Some(term),
        unattended: false,
        mails: None,
        turn: None,
        decide: Box::new(move |locked| decide(seen, locked)),
        done,
    })
}

/// Guarded by the truth: the same assignment, unanswered, its agent still absent.
fn decide(seen: Seen, locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let head = locked.head;
    let is_same = head.state == ConversationState::Assigned
        && head.assignee == Some(seen.agent)
        && head.assignment == seen.assignment;
    let has_moved_on = !is_same || head.answered;
    if has_moved_on && !sabotage::on(Switch::SkipRequeueGuard) {
        return Err(MOVED_ON);
    }
    let agent = locked.agents.get(&seen.agent).ok_or(MOVED_ON)?;
    if agent.present && !sabotage::on(Switch::SkipRequeueGuard) {
        return Err(BACK);
    }
    let from = Some(AgentRef { id: agent.id, name: agent.name.clone() });
    let body = EntryBody::Assignment {
        from,
        to: None,
        cause: AssignmentCause::Policy,
        out_of_order: 0,
        team: None,
    };
    Ok(Decision {
        entries: vec![NewEntry { by: Author::System, client_id: None, body }],
        state: ConversationState::Waiting,
        assignee: None,
        slot: Slot::Free,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::test_support::{agent, head};
    use super::*;
    use crate::store::AgentRow;

    const SEEN: Seen = Seen { agent: AgentId(uuid::Uuid::from_u128(1)), assignment: 4 };

    fn gone() -> AgentRow {
        AgentRow { present: false, active: 1, ..agent(1, 3) }
    }

    fn assigned() -> Head {
        Head {
            state: ConversationState::Assigned,
            assignee: Some(SEEN.agent),
            slot_agent: Some(SEEN.agent),
            assignment: SEEN.assignment,
            waiting_since_ms: None,
            ..head(1, 1, 10)
        }
    }

    fn decided(head: &Head, row: AgentRow) -> Result<Decision, Rejection> {
        let agents = HashMap::from([(row.id, row)]);
        decide(SEEN, &Locked { head, agents: &agents, waited_longer: 0 })
    }

    #[test]
    fn an_unanswered_conversation_of_somebody_who_has_gone_waits_again() {
        let decision = decided(&assigned(), gone()).expect("all holds");
        assert_eq!((decision.state, decision.assignee), (ConversationState::Waiting, None));
        assert_eq!(decision.slot, Slot::Free);
        let EntryBody::Assignment { from: Some(from), to: None, .. } = &decision.entries[0].body
        else {
            panic!("an assignment to nobody")
        };
        assert_eq!(from.id, SEEN.agent);
    }

    #[test]
    fn an_answered_one_and_another_assignment_are_left_alone() {
        let other = Some(AgentId(uuid::Uuid::from_u128(2)));
        let heads = [
            Head { answered: true, ..assigned() },
            Head { assignment: 5, ..assigned() },
            Head { assignee: other, ..assigned() },
            Head { state: ConversationState::Closed, ..assigned() },
        ];
        for head in heads {
            assert_eq!(decided(&head, gone()).err(), Some(MOVED_ON));
        }
    }

    #[test]
    fn who_is_back_keeps_it() {
        let back = AgentRow { present: true, ..gone() };
        assert_eq!(decided(&assigned(), back).err(), Some(BACK));
    }
}
