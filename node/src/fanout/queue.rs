//! What waits before one socket, and what happens when it is too much: a slow consumer loses its
//! queue, and not its data. Pure: it never writes.

use std::io::IoSlice;
use std::time::{Duration, Instant};

use salotto_protocol::{CloseCode, ConversationId};

use super::backlog::{Backlog, WRITE_FRAMES_MAX};
use super::places::Places;
use super::{ClosedBy, Delivery, Frame, Place};
use crate::metrics;

/// A reader that lets something wait for so long is closed; it may come back and resume.
const STUCK_MAX: Duration = Duration::from_secs(30);
/// For what is queued and the close frame to go out.
const CLOSE_MAX: Duration = Duration::from_secs(5);

pub(crate) struct Queue {
    /// Only while something waits, or was lost.
    backlog: Option<Box<Backlog>>,
    places: Places,
    /// Only while closing.
    ending: Option<Box<Ending>>,
    budget_bytes: u32,
    lost: bool,
    /// The close frame and FIN went out.
    pub(super) finished: bool,
}

struct Ending {
    /// None: the peer closed.
    code: Option<CloseCode>,
    deadline: Instant,
}

/// What to do with a frame.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Offer {
    /// Nothing waits: write what can be written of it, then `began`.
    Write,
    Settled(Delivery),
}

/// After a write.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    GoesOn,
    /// It was closing, and the last byte is out.
    Finished,
}

impl Queue {
    pub(crate) fn new(budget_bytes: usize) -> Queue {
        let budget_bytes = u32::try_from(budget_bytes).unwrap_or(u32::MAX);
        Queue {
            backlog: None,
            places: Places::default(),
            ending: None,
            budget_bytes,
            lost: false,
            finished: false,
        }
    }

    pub(crate) fn offer(&mut self, frame: &Frame, place: Option<Place>, now: Instant) -> Offer {
        if self.ending.is_some() {
            return Offer::Settled(Delivery::Gone);
        }
        let broken = place.is_some_and(|place| self.places.is_broken(place.conversation));
        if self.lost || broken {
            return Offer::Settled(Delivery::Lost);
        }
        match &self.backlog {
            Some(backlog) if backlog.cost_with(frame) > self.budget_bytes as usize => {
                self.lose();
                Offer::Settled(Delivery::Lost)
            }
            Some(_) => {
                self.add(frame, place, now);
                Offer::Settled(Delivery::Queued)
            }
            None => Offer::Write,
        }
    }

    /// So much of a frame went out at once; what is left of it waits.
    pub(crate) fn began(
        &mut self,
        frame: &Frame,
        place: Option<Place>,
        written: usize,
        now: Instant,
    ) {
        if written < frame.len() {
            self.add(frame, place, now);
            self.backlog.as_mut().expect("just added").started(written);
        } else if let Some(place) = place {
            self.places.reach(place);
        }
    }

    fn add(&mut self, frame: &Frame, place: Option<Place>, now: Instant) {
        let backlog = self.backlog.get_or_insert_with(|| Box::new(Backlog::new(now)));
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

    /// Where its reader stands in a conversation that it follows from now on.
    pub(crate) fn start_at(&mut self, place: Place) {
        if let Some(backlog) = &mut self.backlog {
            backlog.unplace(place.conversation);
        }
        self.places.start_at(place);
    }

    pub(crate) fn forget(&mut self, conversation: ConversationId) {
        self.places.forget(conversation);
    }

    /// The next bytes to write; how many slices were filled.
    pub(crate) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>; WRITE_FRAMES_MAX]) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.fill(slices))
    }

    /// So many more bytes are out.
    pub(crate) fn advance(&mut self, bytes: usize) -> Progress {
        let Some(backlog) = &mut self.backlog else { return Progress::GoesOn };
        let before = backlog.cost();
        backlog.advance(bytes, |place| self.places.reach(place));
        metrics::outbox_cost_changed(before, backlog.cost());
        if backlog.is_empty() && self.ending.is_some() {
            return Progress::Finished;
        }
        if backlog.is_empty() && !self.lost {
            self.backlog = None;
        }
        Progress::GoesOn
    }

    /// The queue was lost, and what was half out is out.
    pub(crate) fn is_refill_due(&self) -> bool {
        self.lost && self.backlog.as_ref().is_some_and(|backlog| backlog.is_empty())
    }

    /// Once it is due, and the socket takes frames again: from where to attach.
    pub(crate) fn refill(&mut self) -> Vec<Place> {
        self.backlog = None;
        self.found();
        self.places.break_all()
    }

    /// No longer lost, if it was.
    fn found(&mut self) {
        if std::mem::take(&mut self.lost) {
            metrics::slow_consumer_ended();
        }
    }

    /// The close frame goes behind what is queued, whatever the budget says. Only the first time.
    pub(crate) fn close(&mut self, code: Option<CloseCode>, frame: &Frame, now: Instant) {
        if self.ending.is_some() {
            return;
        }
        if code == Some(CloseCode::SlowConsumer) {
            self.cut_short();
        }
        self.ending = Some(Box::new(Ending { code, deadline: now + CLOSE_MAX }));
        self.add(frame, None, now);
    }

    /// Nothing is written any more.
    pub(crate) fn end(&mut self) {
        if let Some(backlog) = self.backlog.take() {
            metrics::outbox_cost_changed(backlog.cost(), 0);
        }
        self.found();
        self.places = Places::default();
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (&self.ending, &self.backlog) {
            (Some(ending), _) => Some(ending.deadline),
            (None, Some(backlog)) => Some(backlog.since() + STUCK_MAX),
            (None, None) => None,
        }
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.backlog.is_some()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.ending.is_some()
    }

    pub(crate) fn closed_by(&self) -> ClosedBy {
        match self.ending.as_deref() {
            Some(Ending { code: Some(code), .. }) => ClosedBy::Us(*code),
            Some(Ending { code: None, .. }) => ClosedBy::Peer,
            None => ClosedBy::Nobody,
        }
    }

    /// What waits, in bytes and in what each frame costs beside them.
    #[cfg(any(test, feature = "sabotage"))]
    pub(crate) fn cost(&self) -> usize {
        self.backlog.as_ref().map_or(0, |backlog| backlog.cost())
    }
}
