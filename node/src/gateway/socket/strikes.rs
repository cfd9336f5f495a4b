//! Counts what a socket should not do, minute by minute. Pure.

use std::time::{Duration, Instant};

/// Long enough to tell a mistake from a habit.
const WINDOW: Duration = Duration::from_secs(60);

/// So many of a kind within a minute are forgiven.
pub(super) struct Strikes {
    most: u16,
    count: u16,
    since: Instant,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Forgiven,
    Enough,
}

impl Strikes {
    pub(super) fn new(most: u16, now: Instant) -> Strikes {
        Strikes { most, count: 0, since: now }
    }

    pub(super) fn strike(&mut self, now: Instant) -> Verdict {
        if now.saturating_duration_since(self.since) >= WINDOW {
            (self.count, self.since) = (0, now);
        }
        self.count = self.count.saturating_add(1);
        if self.count < self.most { Verdict::Forgiven } else { Verdict::Enough }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_strike_within_a_minute_is_enough() {
        let start = Instant::now();
        let mut strikes = Strikes::new(3, start);

        assert_eq!(strikes.strike(start), Verdict::Forgiven);
        assert_eq!(strikes.strike(start), Verdict::Forgiven);
        assert_eq!(strikes.strike(start + WINDOW / 2), Verdict::Enough);
    }

    #[test]
    fn a_minute_later_all_is_forgotten() {
        let start = Instant::now();
        let mut strikes = Strikes::new(2, start);
        assert_eq!(strikes.strike(start), Verdict::Forgiven);

        assert_eq!(strikes.strike(start + WINDOW), Verdict::Forgiven);
        assert_eq!(strikes.strike(start + WINDOW), Verdict::Enough);
    }
}
