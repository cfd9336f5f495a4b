//! A visitor takes the offer of an answer by e-mail: what is written then, or why not (BY-15).

use std::sync::Arc;

use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    Author, ClientId, ConversationId, ConversationState, EntryBody, ErrorCode, VisitorId,
};

use super::actor::{ConversationActor, State};
use super::queueing::Offered;
use super::state::{closed, not_found};
use crate::journal::{
    Ack, Decision, Done, Journal, Locked, NewEntry, Outcome, Rejection, Slot, Target, Write,
};
use crate::store::{Head, Settings};
use crate::{clock, metrics};

/// What a visitor asks for.
#[derive(Clone, Debug)]
pub(crate) struct PromiseRequest {
    pub(crate) conversation: ConversationId,
    pub(crate) visitor: VisitorId,
    pub(crate) client_id: ClientId,
    pub(crate) email: EmailAddress,
}

/// With the settings in force.
pub(super) struct Asked {
    pub(super) request: PromiseRequest,
    pub(super) settings: Arc<Settings>,
    pub(super) done: Done,
}

const NOT_OFFERED: Rejection =
    Rejection::new(ErrorCode::Conflict, "no answer by e-mail is offered here now");
const TAKEN: Rejection =
    Rejection::new(ErrorCode::Conflict, "the conversation does not wait any more");
const UNCLEAR: Rejection =
    Rejection::new(ErrorCode::Busy, "where this stands in the queue is not known yet");

impl ConversationActor {
    pub(super) fn promise(&self, state: &State, asked: Asked) {
        submit(&self.journal, asked, state.following.offered());
    }
}

/// What was written before under the same client id is acknowledged once more, offer or not. If the
/// journal is full nothing is answered, and the visitor's browser asks again.
pub(super) fn submit(journal: &Journal, asked: Asked, offered: Offered) {
    let Asked { request, settings, done } = asked;
    let now_ms = clock::now_ms();
    drop(journal.submit(Write {
        target: Target::Conversation(request.conversation),
        client_id: Some(request.client_id),
        agents: Vec::new(),
        term: None,
        unattended: false,
        turn: None,
        mails: None,
        decide: Box::new(move |locked| {
            let due_at_ms = due_at_ms(&settings, locked.head, now_ms);
            decide(locked, &request, offered, due_at_ms)
        }),
        done: Box::new(move |outcome| {
            if let Outcome::Committed(Ack { repeated: false, .. }) = outcome {
                metrics::promised();
            }
            done(outcome);
        }),
    }));
}

/// `None`: the chatflow promises nothing.
fn due_at_ms(settings: &Settings, head: &Head, now_ms: i64) -> Option<i64> {
    let patience = &settings.chatflows.iter().find(|it| it.id == head.chatflow)?.settings.patience;
    patience.wait_ms?;
    Some(now_ms.saturating_add_unsigned(patience.answer_within_ms))
}

/// Promised once more, it goes to the other address, and is due as before.
fn decide(
    locked: &Locked<'_>,
    request: &PromiseRequest,
    offered: Offered,
    due_at_ms: Option<i64>,
) -> Result<Decision, Rejection> {
    let head = locked.head;
    if head.visitor != request.visitor {
        return Err(not_found());
    }
    match head.state {
        ConversationState::Waiting => {}
        ConversationState::Closed => return Err(closed()),
        ConversationState::Bot | ConversationState::Unassigned | ConversationState::Assigned => {
            return Err(TAKEN);
        }
    }
    let due_at_ms = match (head.due_at_ms, due_at_ms, offered) {
        (Some(due_at_ms), _, _) | (None, Some(due_at_ms), Offered::Yes) => due_at_ms,
        (None, None, _) | (None, Some(_), Offered::No) => return Err(NOT_OFFERED),
        (None, Some(_), Offered::Unclear) => return Err(UNCLEAR),
    };
    let by = || Author::Visitor { id: request.visitor };
    let email = request.email.clone();
    let contact = NewEntry { by: by(), client_id: None, body: EntryBody::Contact { email } };
    let client_id = Some(request.client_id);
    let promised = NewEntry { by: by(), client_id, body: EntryBody::Promised { due_at_ms } };
    let (state, assignee) = (head.state, head.assignee);
    Ok(Decision { entries: vec![contact, promised], state, assignee, slot: Slot::Keep })
}

#[cfg(test)]
#[path = "promising_tests.rs"]
mod tests;
