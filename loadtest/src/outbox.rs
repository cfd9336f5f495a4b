//! A sender's unsent messages of one conversation: one unacknowledged at a time, the others wait.

use std::collections::VecDeque;

use salotto_protocol::{ClientId, Refusal};

use crate::books::Turn;

/// No answer by then: the same again, with the same client id.
pub const ACK_TIMEOUT_US: u64 = 5_000_000;
/// When a temporary refusal does not say when to come back.
const RETRY_US: u64 = 1_000_000;

#[derive(Default)]
pub struct Outbox {
    /// The due times of what has not gone out.
    pub waiting: VecDeque<u64>,
    pub in_flight: Option<InFlight>,
}

/// Sent, and not answered yet.
#[derive(Clone, Copy, Debug)]
pub struct InFlight {
    pub parcel: Parcel,
    pub client_id: ClientId,
    pub due_us: u64,
    pub first_sent_us: u64,
    /// Goes out again then, unless answered.
    pub again_at_us: u64,
    /// On how many sockets it went out.
    pub sockets: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parcel {
    Message {
        n: u32,
        /// The id of the start itself, if this message starts a conversation.
        start: Option<ClientId>,
    },
    Close,
}

/// What a refusal means for what is in flight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// Not about it.
    NotMine,
    Later,
    Never(Parcel),
}

impl Outbox {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_none()
    }

    /// Takes what the answer is about, once.
    pub fn answered(&mut self, client_id: ClientId) -> Option<InFlight> {
        self.in_flight.take_if(|it| it.client_id == client_id)
    }

    pub fn refused(&mut self, refusal: &Refusal, now_us: u64) -> Refused {
        let Some(client_id) = refusal.client_id else { return Refused::NotMine };
        let Some(in_flight) = self.in_flight.as_mut().filter(|it| it.is_about(client_id)) else {
            return Refused::NotMine;
        };
        if refusal.code.is_temporary() {
            let wait_us = refusal.retry_after_ms.map_or(RETRY_US, |it| it * 1_000);
            in_flight.again_at_us = now_us + wait_us;
            return Refused::Later;
        }
        let parcel = in_flight.parcel;
        self.in_flight = None;
        Refused::Never(parcel)
    }

    /// What has waited long enough for its answer; counted as a resend.
    pub fn overdue(&mut self, turn: &Turn<'_>) -> Option<InFlight> {
        let in_flight = self.in_flight.as_mut().filter(|it| it.again_at_us <= turn.now_us)?;
        in_flight.again_at_us = turn.now_us + ACK_TIMEOUT_US;
        turn.books.tally.resends.one();
        Some(*in_flight)
    }

    /// What has to go out again because the socket is a new one.
    pub fn resumed(&mut self, turn: &Turn<'_>) -> Option<InFlight> {
        let in_flight = self.in_flight.as_mut()?;
        in_flight.sockets += 1;
        in_flight.again_at_us = turn.now_us + ACK_TIMEOUT_US;
        turn.books.tally.resends.one();
        Some(*in_flight)
    }
}

impl InFlight {
    pub fn new(parcel: Parcel, client_id: ClientId, due_us: u64, now_us: u64) -> InFlight {
        InFlight {
            parcel,
            client_id,
            due_us,
            first_sent_us: now_us,
            again_at_us: now_us + ACK_TIMEOUT_US,
            sockets: 1,
        }
    }

    fn is_about(&self, client_id: ClientId) -> bool {
        let start = match self.parcel {
            Parcel::Message { start, .. } => start,
            Parcel::Close => None,
        };
        self.client_id == client_id || start == Some(client_id)
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::ErrorCode;

    use super::*;

    fn outbox() -> (Outbox, ClientId) {
        let id = ClientId::fresh();
        let parcel = Parcel::Message { n: 0, start: None };
        let in_flight = InFlight::new(parcel, id, 0, 0);
        (Outbox { waiting: VecDeque::new(), in_flight: Some(in_flight) }, id)
    }

    fn refusal(code: ErrorCode, id: ClientId, retry_after_ms: Option<u64>) -> Refusal {
        Refusal { client_id: Some(id), retry_after_ms, ..Refusal::new(code, "no") }
    }

    #[test]
    fn an_answer_frees_the_place_once_and_only_its_own() {
        let (mut outbox, id) = outbox();

        assert!(outbox.answered(ClientId::fresh()).is_none());
        assert!(outbox.answered(id).is_some());
        assert!(outbox.answered(id).is_none());
    }

    #[test]
    fn a_temporary_refusal_keeps_the_message_until_it_may_be_tried_again() {
        let (mut outbox, id) = outbox();

        let answer = outbox.refused(&refusal(ErrorCode::Busy, id, Some(250)), 1_000);

        assert_eq!(answer, Refused::Later);
        assert_eq!(outbox.in_flight.expect("it is kept").again_at_us, 251_000);
    }

    #[test]
    fn a_definite_refusal_ends_it() {
        let (mut outbox, id) = outbox();

        let answer = outbox.refused(&refusal(ErrorCode::Forbidden, id, None), 1_000);

        assert_eq!(answer, Refused::Never(Parcel::Message { n: 0, start: None }));
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_refusal_of_something_else_changes_nothing() {
        let (mut outbox, _) = outbox();

        let other = refusal(ErrorCode::Forbidden, ClientId::fresh(), None);

        assert_eq!(outbox.refused(&other, 0), Refused::NotMine);
        assert!(!outbox.is_empty());
    }
}
