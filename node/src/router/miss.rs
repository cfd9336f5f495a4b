//! The write that takes a visitor who has long been gone out of the queue.

use salotto_protocol::{Author, ConversationId, ConversationState, EntryBody};

use super::assignment::NOT_WAITING;
use crate::journal::{Decision, Done, Locked, NewEntry, Rejection, Slot, Target, Write};
use crate::store::Term;

/// Refused if somebody has come back: a living node is attached.
pub(super) fn write(conversation: ConversationId, term: Term, done: Done) -> Write {
    Write {
        target: Target::Conversation(conversation),
        client_id: None,
        agents: Vec::new(),
        term: Some(term),
        unattended: true,
        turn: None,
        decide: Box::new(decide),
        done,
    }
}

fn decide(locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let from = locked.head.state;
    if from != ConversationState::Waiting {
        return Err(NOT_WAITING);
    }
    let state = ConversationState::Unassigned;
    let body = EntryBody::Status { from, to: state };
    let entries = vec![NewEntry { by: Author::System, client_id: None, body }];
    Ok(Decision { entries, state, assignee: None, slot: Slot::Free })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::test_support::head;
    use super::*;
    use crate::store::Head;

    #[test]
    fn only_who_waits_can_be_missed() {
        for state in ConversationState::ALL {
            let head = Head { state, ..head(1, 1, 10) };
            let decided = decide(&Locked { head: &head, agents: &HashMap::new() });
            match decided {
                Ok(decision) => {
                    assert_eq!(state, ConversationState::Waiting);
                    assert_eq!(decision.state, ConversationState::Unassigned);
                }
                Err(no) => {
                    assert_eq!((state == ConversationState::Waiting, no), (false, NOT_WAITING))
                }
            }
        }
    }
}
