//! The writing side of one socket: at once while it takes everything, else from a backlog.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use salotto_protocol::{CloseCode, ConversationId};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use super::backlog::{Backlog, WRITE_FRAMES_MAX};
use super::places::Places;
use super::{Delivery, Frame, Place};
use crate::metrics;

/// A reader that lets something wait for so long is closed; it may come back and resume.
const STUCK_MAX: Duration = Duration::from_secs(30);
/// For what is queued and the close frame to go out.
const CLOSE_MAX: Duration = Duration::from_secs(5);
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
    /// Only while something waits, or was lost.
    backlog: Option<Box<Backlog>>,
    places: Places,
    waker: Option<Waker>,
    /// Only while closing.
    ending: Option<Box<Ending>>,
    budget_bytes: u32,
    lost: bool,
    /// The close frame and FIN went out.
    finished: bool,
}

struct Ending {
    /// None: the peer closed.
    code: Option<CloseCode>,
    deadline: Instant,
}

impl Writing {
    pub(super) fn new(half: OwnedWriteHalf, budget_bytes: usize) -> Writing {
        let budget_bytes = u32::try_from(budget_bytes).unwrap_or(u32::MAX);
        Writing {
            half: Some(half),
            backlog: None,
            places: Places::default(),
            waker: None,
            ending: None,
            budget_bytes,
            lost: false,
            finished: false,
        }
    }

    pub(super) fn push(&mut self, frame: &Frame, place: Option<Place>) -> Delivery {
        if self.half.is_none() || self.ending.is_some() {
            return Delivery::Gone;
        }
        let broken = place.is_some_and(|place| self.places.is_broken(place.conversation));
        if self.lost || broken {
            return Delivery::Lost;
        }
        match &self.backlog {
            Some(backlog) if backlog.cost_with(frame) > self.budget_bytes as usize => {
                self.lose();
                Delivery::Lost
            }
            Some(_) => {
                self.queue(frame, place);
                Delivery::Queued
            }
            None => self.write_or_queue(frame, place),
        }
    }

    fn write_or_queue(&mut self, frame: &Frame, place: Option<Place>) -> Delivery {
        let Some(half) = &self.half else { return Delivery::Gone };
        let written = match half.try_write(frame) {
            Ok(written) if written == frame.len() => {
                if let Some(place) = place {
                    self.places.reach(place);
                }
                return Delivery::Queued;
            }
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.cut();
                return Delivery::Gone;
            }
        };
        self.queue(frame, place);
        self.backlog.as_mut().expect("just queued").started(written);
        self.wake();
        Delivery::Queued
    }

    fn queue(&mut self, frame: &Frame, place: Option<Place>) {
        let backlog = self.backlog.get_or_insert_with(|| Box::new(Backlog::new(Instant::now())));
        let before = backlog.cost();
        backlog.add(frame.clone(), place);
        metrics::outbox_cost_changed(before, backlog.cost());
    }

    /// Over budget: what waits is forgotten; the store has it.
    fn lose(&mut self) {
        self.cut_short();
        self.lost = true;
        metrics::slow_consumer_began();
    }

    fn cut_short(&mut self) {
        if let Some(backlog) = &mut self.backlog {
            let before = backlog.cost();
            backlog.cut_short();
            metrics::outbox_cost_changed(before, backlog.cost());
        }
    }

    pub(super) fn start_at(&mut self, place: Place) {
        if let Some(backlog) = &mut self.backlog {
            backlog.unplace(place.conversation);
        }
        self.places.start_at(place);
    }

    pub(super) fn forget(&mut self, conversation: ConversationId) {
        self.places.forget(conversation);
    }

    /// The close frame goes behind what is queued, whatever the budget says.
    pub(super) fn close(&mut self, code: Option<CloseCode>, frame: &Frame, now: Instant) {
        if self.half.is_none() || self.ending.is_some() {
            return;
        }
        if code == Some(CloseCode::SlowConsumer) {
            self.cut_short();
        }
        self.ending = Some(Box::new(Ending { code, deadline: now + CLOSE_MAX }));
        self.queue(frame, None);
        self.wake();
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
            self.finished = true;
        }
        self.end();
    }

    fn end(&mut self) {
        if let Some(backlog) = self.backlog.take() {
            metrics::outbox_cost_changed(backlog.cost(), 0);
        }
        self.found();
        self.wake();
        self.waker = None;
        self.places = Places::default();
    }

    /// No longer lost, if it was.
    fn found(&mut self) {
        if std::mem::take(&mut self.lost) {
            metrics::slow_consumer_ended();
        }
    }

    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        let turn = self.poll_writing(context);
        match turn {
            Poll::Ready(Turn::Refill(_)) => {
                self.backlog = None;
                self.found();
                Poll::Ready(Turn::Refill(self.places.break_all()))
            }
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
                return Poll::Ready(if self.finished { Turn::Closed } else { Turn::Gone });
            };
            let Some(backlog) = &self.backlog else {
                return Poll::Pending;
            };
            let stream: &TcpStream = half.as_ref();
            match stream.poll_write_ready(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.cut();
                    continue;
                }
            }
            if backlog.is_empty() && self.lost {
                return Poll::Ready(Turn::Refill(Vec::new()));
            }
            self.write_some();
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// One write of the backlog; a closing socket whose last byte went out is finished.
    fn write_some(&mut self) {
        let (Some(half), Some(backlog)) = (&self.half, &mut self.backlog) else { return };
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES_MAX];
        let count = backlog.fill(&mut slices);
        match half.try_write_vectored(&slices[..count]) {
            Ok(written) => {
                let before = backlog.cost();
                backlog.advance(written, |place| self.places.reach(place));
                metrics::outbox_cost_changed(before, backlog.cost());
                if backlog.is_empty() && self.ending.is_some() {
                    self.finish();
                } else if backlog.is_empty() && !self.lost {
                    self.backlog = None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.cut(),
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match (&self.half, &self.ending, &self.backlog) {
            (None, _, _) | (Some(_), None, None) => None,
            (Some(_), Some(ending), _) => Some(ending.deadline),
            (Some(_), None, Some(backlog)) => Some(backlog.since() + STUCK_MAX),
        }
    }

    /// Whether the reader has been stuck for too long. A close that takes too long is cut here.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let due = self.deadline().is_some_and(|deadline| deadline <= now);
        if due && self.ending.is_some() {
            self.cut();
            return false;
        }
        due
    }

    pub(super) fn is_behind(&self) -> bool {
        self.backlog.is_some()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.half.is_none() || self.ending.is_some()
    }

    pub(super) fn closed_by(&self) -> ClosedBy {
        match self.ending.as_deref() {
            Some(Ending { code: Some(code), .. }) => ClosedBy::Us(*code),
            Some(Ending { code: None, .. }) => ClosedBy::Peer,
            None => ClosedBy::Nobody,
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.end();
    }
}
