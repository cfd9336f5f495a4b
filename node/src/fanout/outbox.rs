//! The bounded queue between fan-out and one socket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use salotto_protocol::{CloseCode, ConversationId, Party};
use tokio::net::tcp::OwnedWriteHalf;

use super::writing::{ClosedBy, Turn, Writing};
use super::{Frame, Place, close_frame, close_with};
use crate::metrics;

/// A visitor has one conversation in view; what a phone misses, the store still has.
const VISITOR_OUTBOX_BYTES_MAX: usize = 256 * 1024;
/// An agent follows many conversations and boards.
const AGENT_OUTBOX_BYTES_MAX: usize = 1024 * 1024;

/// Told apart within this process; never reused.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct SocketId(pub(crate) u64);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delivery {
    /// Written, or in the queue.
    Queued,
    /// Over budget: the queue was dropped; the socket refills from the store when it can.
    Lost,
    /// The socket is closed: forget it.
    Gone,
}

/// Small on purpose: one stands before every parked socket.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Inner>);

struct Inner {
    id: SocketId,
    party: Party,
    writing: Mutex<Writing>,
}

impl Outbox {
    /// `budget_bytes` bounds the queue.
    #[cfg(test)]
    pub(crate) fn new(write: OwnedWriteHalf, budget_bytes: usize) -> Outbox {
        Outbox::of(write, budget_bytes, Party::Visitor)
    }

    pub(crate) fn for_party(write: OwnedWriteHalf, party: Party) -> Outbox {
        match party {
            Party::Visitor => Outbox::of(write, VISITOR_OUTBOX_BYTES_MAX, party),
            Party::Team => Outbox::of(write, AGENT_OUTBOX_BYTES_MAX, party),
        }
    }

    fn of(write: OwnedWriteHalf, budget_bytes: usize, party: Party) -> Outbox {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = SocketId(NEXT.fetch_add(1, Ordering::Relaxed));
        let writing = Mutex::new(Writing::new(write, budget_bytes));
        Outbox(Arc::new(Inner { id, party, writing }))
    }

    pub(crate) fn id(&self) -> SocketId {
        self.0.id
    }

    pub(crate) fn party(&self) -> Party {
        self.0.party
    }

    /// Writes at once if nothing is queued, else queues. Never blocks.
    pub(crate) fn push(&self, frame: &Frame, place: Option<Place>) -> Delivery {
        let delivery = self.writing().push(frame, place);
        match delivery {
            Delivery::Queued => metrics::frame_sent(self.0.party, frame.len()),
            Delivery::Lost | Delivery::Gone => {}
        }
        delivery
    }

    /// The reader's cursor at attach, before any frame of that conversation was written. If a
    /// `reset` must come first, `seq` is `u32::MAX`: should the reset be lost with the queue,
    /// the refill finds a cursor ahead of the log and sends it again.
    pub(crate) fn starts_at(&self, place: Place) {
        self.writing().start_at(place);
    }

    /// No refill for this conversation any more.
    pub(crate) fn forget(&self, conversation: ConversationId) {
        self.writing().forget(conversation);
    }

    /// Asks the socket's task to send a close frame after what is queued, and to end.
    pub(crate) fn close(&self, code: CloseCode, reason: &'static str) {
        self.writing().close(Some(code), &close_frame(code, reason), Instant::now());
    }

    /// The peer closes: answers with its own number.
    pub(crate) fn echo_close(&self, number: Option<u16>) {
        self.writing().close(None, &close_with(number, ""), Instant::now());
    }

    /// Ends it now: what waits is dropped, the peer is cut off. Harmless when already closed.
    pub(crate) fn cut(&self) {
        self.writing().cut();
    }

    /// For the socket's task alone: writes what can be written, and remembers whom to wake.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Turn> {
        self.writing().poll(context)
    }

    /// As `poll`, while the task has no time for what it would say: that is said again.
    pub(crate) fn poll_writing(&self, context: &mut Context<'_>) {
        let _ = self.writing().poll_writing(context);
    }

    /// When `expire` should be called, if it should.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.writing().deadline()
    }

    /// Closes a reader who took nothing for too long, cuts off one who does not let us close.
    pub(crate) fn expire(&self, now: Instant) {
        if self.writing().expire(now) {
            self.close(CloseCode::SlowConsumer, "the socket took nothing for too long");
        }
    }

    /// Something waits to be written.
    pub(crate) fn is_behind(&self) -> bool {
        self.writing().is_behind()
    }

    /// `close`, `echo_close` or `cut` was called, or the peer is gone.
    pub(crate) fn is_closing(&self) -> bool {
        self.writing().is_closing()
    }

    pub(crate) fn closed_by(&self) -> ClosedBy {
        self.writing().closed_by()
    }

    /// A panic elsewhere leaves nothing half done here that the next writer could not continue.
    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.0.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
