//! Counts what a socket should not do, minute by minute. Pure.

use std::time::{Duration, Instant};

/// Long enough to tell a mistake from a habit.
const WINDOW: Duration = Duration::from_secs(60);

/// So many of a kind within a minute are forgiven.
pub(crate) struct Strikes {
    most: u16,
    count: u16,
    since: Instant,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Forgiven,
    Enough,
}

impl Strikes {
    pub(crate) fn new(most: u16, now: Instant) -> Strikes {
        Strikes { most, count: 0, since: now }
    }

    pub(crate) fn strike(&mut self, now: Instant) -> Verdict {
        if now.saturating_duration_since(self.since) >= WINDOW {
            (self.count, self.since) = (0, now);
        }
        self.count = self.count.saturating_add(1);
        if self.count < self.most { Verdict::Forgiven } else { Verdict::Enough }
    }
}

/// Frames above a rate. Who waits as long as they are told floods nobody, however often they are
/// refused; who does not wait gets a strike for each refusal.
pub(crate) struct Floods {
    strikes: Strikes,
    wait_until_ms: i64,
}

impl Floods {
    pub(crate) fn new(most: u16, now: Instant) -> Floods {
        Floods { strikes: Strikes::new(most, now), wait_until_ms: 0 }
    }

    /// A frame was refused, and its sender told to wait.
    pub(crate) fn refused(&mut self, now_ms: i64, retry_after_ms: u64) -> Verdict {
        let waited = now_ms >= self.wait_until_ms;
        self.wait_until_ms = now_ms.saturating_add_unsigned(retry_after_ms);
        if waited { Verdict::Forgiven } else { self.strikes.strike(Instant::now()) }
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
    fn who_waits_as_told_is_never_struck_and_who_does_not_is() {
        let mut floods = Floods::new(2, Instant::now());
        for round in 0..100 {
            assert_eq!(floods.refused(round * 10, 10), Verdict::Forgiven);
        }

        assert_eq!(floods.refused(991, 10), Verdict::Forgiven);
        assert_eq!(floods.refused(992, 10), Verdict::Enough);
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
