//! The write that takes a visitor who has long been gone out of the queue.

use salotto_protocol::{Author, ConversationId, ConversationState, EntryBody, ErrorCode};

use super::assignment::NOT_WAITING;
use crate::journal::{
    ATTENDED, Decision, Done, Journal, Locked, NewEntry, Rejection, Slot, Target, Write,
};
use crate::sabotage::{self, Switch};
use crate::store::{Subject, Term};

/// Whoever was promised an answer may leave (BY-15).
pub(super) const PROMISED: Rejection =
    Rejection::new(ErrorCode::Conflict, "An answer by e-mail was promised.");

/// Refused if somebody has come back: a living node is attached, or this one, which need not have
/// told the store.
pub(super) fn write(
    conversation: ConversationId,
    journal: &Journal,
    term: Term,
    done: Done,
) -> Write {
    let here = journal.clone();
    let is_here = move || here.is_attached(Subject::Conversation(conversation));
    Write {
        target: Target::Conversation(conversation),
        client_id: None,
        agents: Vec::new(),
        term: Some(term),
        unattended: true,
        mails: None,
        turn: None,
        decide: Box::new(move |locked| match is_here() && !sabotage::on(Switch::SkipAttended) {
            true => Err(ATTENDED),
            false => decide(locked),
        }),
        done,
    }
}

fn decide(locked: &Locked<'_>) -> Result<Decision, Rejection> {
    let from = locked.head.state;
    if from != ConversationState::Waiting {
        return Err(NOT_WAITING);
    }
    if locked.head.due_at_ms.is_some() {
        return Err(PROMISED);
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
            let agents = HashMap::new();
            let decided = decide(&Locked { head: &head, agents: &agents, waited_longer: 0 });
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
