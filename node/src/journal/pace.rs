//! How soon after one batch the next one begins. Pure.

use std::time::{Duration, Instant};

/// On a server a batch costs some round trips, however few its writes: a steady trickle shares
/// them. Half of the cost of a message at 1,000 a second, for a millisecond more until it comes.
const SERVER_INTERVAL: Duration = Duration::from_millis(3);
/// So many writes have company enough.
const CROWD: usize = 32;

pub(super) struct Pace {
    interval: Duration,
    began: Option<Instant>,
}

impl Pace {
    /// A file has no round trips to share.
    pub(super) fn of_file() -> Pace {
        Pace { interval: Duration::ZERO, began: None }
    }

    pub(super) fn of_server() -> Pace {
        Pace { interval: SERVER_INTERVAL, began: None }
    }

    /// How long the next batch waits for company, with so many writes there already. After a
    /// pause it does not.
    pub(super) fn wait(&self, now: Instant, waiting: usize) -> Option<Duration> {
        let since = now.saturating_duration_since(self.began?);
        let left = self.interval.checked_sub(since).filter(|left| !left.is_zero())?;
        (waiting < CROWD).then_some(left)
    }

    pub(super) fn begins(&mut self, now: Instant) {
        self.began = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_waits_and_neither_the_first_nor_a_crowd_does() {
        let (start, mut pace) = (Instant::now(), Pace::of_server());
        assert_eq!(pace.wait(start, 1), None);
        pace.begins(start);
        let soon = start + SERVER_INTERVAL / 3;
        assert_eq!(pace.wait(soon, 1), Some(SERVER_INTERVAL - SERVER_INTERVAL / 3));
        assert_eq!(pace.wait(soon, CROWD), None);
        assert_eq!(pace.wait(start + SERVER_INTERVAL, 1), None);
    }

    #[test]
    fn a_file_is_written_at_once() {
        let (start, mut pace) = (Instant::now(), Pace::of_file());
        pace.begins(start);
        assert_eq!(pace.wait(start, 1), None);
    }
}
