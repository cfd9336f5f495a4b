//! A visitor whom everybody had missed is back: their conversation waits again.

use ractor::ActorRef;
use salotto_protocol::Party;

use super::actor::{ConversationActor, Msg};
use super::following::{Action, Following};
use super::performing::READ_RETRY;
use super::state::wait_again;
use crate::journal::{Busy, Outcome, Target, Write};

impl Following {
    /// To be called whenever the head is new, or a socket is. Asked for twice, it is done once.
    pub(super) fn welcome_back(&mut self) {
        let is_missed = self.known.as_ref().is_some_and(|it| it.head.missed_at_ms.is_some());
        if is_missed && self.audience.has(Party::Visitor) {
            self.act(Action::WelcomeBack);
        }
    }
}

impl ConversationActor {
    pub(super) fn welcome_back(&self, myself: &ActorRef<Msg>) {
        let later = myself.clone();
        let write = Write {
            target: Target::Conversation(self.id),
            client_id: None,
            agents: Vec::new(),
            term: None,
            unattended: false,
            mails: None,
            turn: None,
            decide: Box::new(wait_again),
            done: Box::new(move |outcome| match outcome {
                Outcome::Committed(_) | Outcome::Rejected(_) => {}
                Outcome::Failed => drop(later.send_after(READ_RETRY, || Msg::WelcomeBack)),
            }),
        };
        if let Err(Busy) = self.journal.submit(write) {
            myself.send_after(READ_RETRY, || Msg::WelcomeBack);
        }
    }
}
