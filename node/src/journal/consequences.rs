//! What an entry changes of a conversation's head, beside its place in the log. Pure.

use salotto_protocol::{AssignmentCause, Author, ConversationState, Entry, EntryBody};

use super::commits::Committed;
use crate::store::{Answer, Head, preview_of};

pub(super) fn take_in(head: &mut Head, entry: &Entry) {
    head.answered |= is_answer(entry);
    match &entry.body {
        EntryBody::Status { from, to } => {
            head.missed_at_ms = is_miss(entry).then_some(entry.at_ms);
            // Who writes again waits like everybody; an agent who opens it again still owes.
            if *from == ConversationState::Closed && entry.by == Author::System {
                head.due_at_ms = None;
            }
            // Whoever opens it again begins anew, and nobody else is meant.
            if [*from, *to].contains(&ConversationState::Closed) {
                head.team = None;
            }
        }
        EntryBody::Assignment { cause, team, .. } => {
            head.missed_at_ms = None;
            // What the router gives and takes stays the team's; whoever decides by hand ends it.
            if *cause != AssignmentCause::Policy {
                head.team = team.as_ref().map(|team| team.id);
            }
        }
        EntryBody::InboxChange { to, .. } => {
            // Maybe another one is open there: it stands beside that.
            (head.inbox, head.beside) = (*to, true);
        }
        EntryBody::Contact { email } => head.email = Some(email.clone()),
        EntryBody::Promised { due_at_ms } => head.due_at_ms = Some(*due_at_ms),
        EntryBody::Welcome { .. }
        | EntryBody::Message { .. }
        | EntryBody::Comment { .. }
        | EntryBody::Decision { .. }
        | EntryBody::Unknown(_) => {}
    }
    if let Some((preview, party)) = preview_of(entry) {
        head.preview = preview;
        head.preview_by = Some(party);
    }
}

/// What agents have answered where an answer by e-mail was promised: it may have to be mailed.
pub(super) fn answers(committed: &[Committed]) -> Vec<Answer> {
    let owed = committed.iter().filter(|write| write.head.due_at_ms.is_some());
    let of = |write: &Committed| {
        let answers = write.entries.iter().filter(|entry| is_answer(entry));
        let answer = |entry: &Entry| (write.head.id, entry.seq, entry.at_ms);
        answers.map(answer).collect::<Vec<_>>()
    };
    let answer = |(conversation, seq, at_ms)| Answer { conversation, seq, at_ms };
    owed.flat_map(of).map(answer).collect()
}

/// Nothing else leads from waiting to unassigned without saying by whom.
fn is_miss(entry: &Entry) -> bool {
    let (waiting, unassigned) = (ConversationState::Waiting, ConversationState::Unassigned);
    entry.by == Author::System && entry.body == EntryBody::Status { from: waiting, to: unassigned }
}

fn is_answer(entry: &Entry) -> bool {
    matches!((&entry.by, &entry.body), (Author::Agent { .. }, EntryBody::Message { .. }))
}
