//! A visitor who waits hears where they stand in the queue, and whether they may have the answer by
//! e-mail instead, whenever that is something else. Pure.

use std::time::Duration;

use salotto_protocol::{ConversationState, Party, QueuePlace, ServerFrame};

use super::following::{Action, Following};
use super::handle::Follower;
use super::queue_places::{Stands, Terms};
use crate::fanout::SocketId;
use crate::store::Head;

/// What the visitor was told, as long as the conversation waits.
#[derive(Default)]
pub(super) struct Queueing {
    place: Option<QueuePlace>,
    /// Once made, an offer stands until it is taken or nobody waits any more.
    is_offered: bool,
    /// Of the chatflow, by the newest word of the router.
    terms: Option<Terms>,
    /// The router has spoken.
    is_told: bool,
    /// Then their patience will be over.
    looks_at_ms: Option<i64>,
}

/// Whether a visitor was offered an answer by e-mail here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Offered {
    Yes,
    No,
    /// It is not known here yet where they stand.
    Unclear,
}

impl Following {
    /// The conversation, if it waits.
    pub(super) fn waiting(&self) -> Option<&Head> {
        let head = self.known.as_ref().map(|known| &known.head);
        head.filter(|head| head.state == ConversationState::Waiting)
    }

    /// Once somebody has it, the state says so: nothing is told of a queue any more.
    pub(super) fn waits_no_more(&mut self) {
        self.queueing = Queueing::default();
    }

    pub(super) fn stands(&mut self, stands: Stands, now_ms: i64) {
        let place = match stands {
            Stands::At(standing) => {
                (self.queueing.terms, self.queueing.is_told) = (standing.terms, true);
                standing.place
            }
            Stands::Untold => {
                (self.queueing.terms, self.queueing.is_told) = (None, true);
                None
            }
            Stands::Unknown => self.queueing.place,
        };
        let is_offered = self.is_to_be_offered(now_ms);
        let before = (self.queueing.place, self.queueing.is_offered);
        (self.queueing.place, self.queueing.is_offered) = (place, is_offered);
        if (place, is_offered) != before {
            self.tell(self.queue_frame(), Some(Party::Visitor), None);
        }
    }

    /// The time has come to look whether their patience is over.
    pub(super) fn looks_again(&mut self) {
        self.queueing.looks_at_ms = None;
    }

    /// To a socket that now has the history, what the others were told.
    pub(super) fn say_place(&mut self, socket: SocketId, follower: Follower) {
        let is_told = self.queueing.place.is_some() || self.queueing.is_offered;
        match follower {
            Follower::Visitor { .. } if is_told => self.say(socket, self.queue_frame()),
            Follower::Visitor { .. } | Follower::Agent { .. } => {}
        }
    }

    pub(super) fn offered(&self) -> Offered {
        match (self.queueing.is_offered, self.queueing.is_told) {
            (true, _) => Offered::Yes,
            (false, true) => Offered::No,
            (false, false) => Offered::Unclear,
        }
    }

    /// If it takes longer than the chatflow's patience, as far as that can be told, or has already.
    fn is_to_be_offered(&mut self, now_ms: i64) -> bool {
        let Some(head) = self.waiting().filter(|head| head.due_at_ms.is_none()) else {
            return false;
        };
        let since_ms = head.waiting_since_ms.unwrap_or(head.started_at_ms);
        let Some(terms) = &self.queueing.terms else { return false };
        let over_at_ms = since_ms.saturating_add_unsigned(terms.wait_ms);
        let is_long = terms.expected_wait_ms.is_some_and(|expected| expected > terms.wait_ms);
        if self.queueing.is_offered || is_long || over_at_ms <= now_ms {
            return true;
        }
        if self.queueing.looks_at_ms != Some(over_at_ms) {
            self.queueing.looks_at_ms = Some(over_at_ms);
            let left_ms = u64::try_from(over_at_ms - now_ms).expect("it is not over yet");
            self.act(Action::LookAgainIn(Duration::from_millis(left_ms)));
        }
        false
    }

    fn queue_frame(&self) -> ServerFrame {
        let Queueing { place, is_offered: offer, ref terms, .. } = self.queueing;
        let said = terms.as_ref().map(|terms| &terms.text).filter(|text| offer && !text.is_empty());
        let offer_text = said.map(|text| text.to_string());
        ServerFrame::Queue { conversation: self.conversation, place, offer, offer_text }
    }
}

#[cfg(test)]
#[path = "queueing_tests.rs"]
mod tests;
