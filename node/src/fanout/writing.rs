//! The writing side of one socket: at once while it takes everything, else from its queue.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use salotto_protocol::{CloseCode, ConversationId};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use super::backlog::WRITE_FRAMES_MAX;
use super::queue::{Offer, Progress, Queue};
use super::{Delivery, Frame, Place};

/// Writes in a row before the other sockets get their turn.
const WRITES_MAX: usize = 16;

/// What the socket's task must do about its outbox.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// The queue was lost, and the socket takes frames again: attach these, from there.
    Refill(Vec<Place>),
    /// The close frame and FIN are out.
    Closed,
    /// The peer is gone, or was cut off.
    Gone,
}

/// Who said the last word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ClosedBy {
    Us(CloseCode),
    Peer,
    /// It is open, or the connection broke.
    Nobody,
}

pub(super) struct Writing {
    /// None: closed. Taken out, so that a forgotten outbox holds no descriptor.
    half: Option<OwnedWriteHalf>,
    queue: Queue,
    waker: Option<Waker>,
}

impl Writing {
    pub(super) fn new(half: OwnedWriteHalf, budget_bytes: usize) -> Writing {
        Writing { half: Some(half), queue: Queue::new(budget_bytes), waker: None }
    }

    pub(super) fn push(&mut self, frame: &Frame, place: Option<Place>) -> Delivery {
        if self.half.is_none() {
            return Delivery::Gone;
        }
        match self.queue.offer(frame, place, Instant::now()) {
            Offer::Settled(delivery) => delivery,
            Offer::Write => self.write(frame, place),
        }
    }

    fn write(&mut self, frame: &Frame, place: Option<Place>) -> Delivery {
        let Some(half) = &self.half else { return Delivery::Gone };
        let written = match half.try_write(frame) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.cut();
                return Delivery::Gone;
            }
        };
        self.queue.began(frame, place, written, Instant::now());
        if self.queue.is_behind() {
            self.wake();
        }
        Delivery::Queued
    }

    pub(super) fn start_at(&mut self, place: Place) {
        self.queue.start_at(place);
    }

    pub(super) fn forget(&mut self, conversation: ConversationId) {
        self.queue.forget(conversation);
    }

    pub(super) fn close(&mut self, code: Option<CloseCode>, frame: &Frame, now: Instant) {
        if self.half.is_some() {
            self.queue.close(code, frame, now);
            self.wake();
        }
    }

    pub(super) fn cut(&mut self) {
        if let Some(half) = self.half.take() {
            // What the kernel still holds is dropped with the socket: RST instead of FIN.
            let stream: &TcpStream = half.as_ref();
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            half.forget();
        }
        self.end();
    }

    fn finish(&mut self) {
        if let Some(half) = self.half.take() {
            let stream: &TcpStream = half.as_ref();
            let _ = SockRef::from(stream).shutdown(Shutdown::Write);
            half.forget();
            self.queue.finished = true;
        }
        self.end();
    }

    fn end(&mut self) {
        self.queue.end();
        self.wake();
        self.waker = None;
    }

    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        let turn = self.poll_writing(context);
        match turn {
            Poll::Ready(Turn::Refill(_)) => Poll::Ready(Turn::Refill(self.queue.refill())),
            Poll::Ready(Turn::Closed | Turn::Gone) | Poll::Pending => turn,
        }
    }

    /// As `poll`, but a refill (its places are not yet taken) is told again.
    pub(super) fn poll_writing(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.waker = Some(context.waker().clone());
        }
        for _ in 0..WRITES_MAX {
            let Some(half) = &self.half else {
                self.waker = None;
                let finished = self.queue.finished;
                return Poll::Ready(if finished { Turn::Closed } else { Turn::Gone });
            };
            if !self.queue.is_behind() {
                return Poll::Pending;
            }
            let stream: &TcpStream = half.as_ref();
            match stream.poll_write_ready(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.cut();
                    continue;
                }
            }
            if self.queue.is_refill_due() {
                return Poll::Ready(Turn::Refill(Vec::new()));
            }
            self.write_some();
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// One write of what waits; a closing socket whose last byte went out is finished.
    fn write_some(&mut self) {
        let Some(half) = &self.half else { return };
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES_MAX];
        let count = self.queue.fill(&mut slices);
        match half.try_write_vectored(&slices[..count]) {
            Ok(written) => match self.queue.advance(written) {
                Progress::GoesOn => {}
                Progress::Finished => self.finish(),
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.cut(),
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.half.as_ref().and_then(|_| self.queue.deadline())
    }

    /// Whether the reader has been stuck for too long. A close that takes too long is cut here.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let due = self.deadline().is_some_and(|deadline| deadline <= now);
        if due && self.queue.is_closing() {
            self.cut();
            return false;
        }
        due
    }

    pub(super) fn is_behind(&self) -> bool {
        self.queue.is_behind()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.half.is_none() || self.queue.is_closing()
    }

    pub(super) fn closed_by(&self) -> ClosedBy {
        self.queue.closed_by()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.end();
    }
}
