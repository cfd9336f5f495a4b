//! When to ping, and when silence means that the line is dead (REG-3). Pure.

use std::time::{Duration, Instant};

/// So many silent periods end a socket.
const SILENT_PERIODS_MAX: u32 = 2;

pub(super) struct Heartbeat {
    period: Duration,
    next_ping: Instant,
    heard: Instant,
}

#[derive(Debug, Eq, PartialEq)]
pub(super) enum Beat {
    /// Nothing to do before `Heartbeat::deadline`.
    Wait,
    Ping,
    Dead,
}

impl Heartbeat {
    /// `first` spreads the pings of sockets that came together: anything up to `period`.
    pub(super) fn new(period: Duration, first: Duration, now: Instant) -> Heartbeat {
        Heartbeat { period, next_ping: now + first.min(period), heard: now }
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    pub(super) fn deadline(&self) -> Instant {
        self.next_ping.min(self.dead_at())
    }

    pub(super) fn beat(&mut self, now: Instant) -> Beat {
        if now >= self.dead_at() {
            return Beat::Dead;
        }
        if now < self.next_ping {
            return Beat::Wait;
        }
        self.next_ping = now + self.period;
        Beat::Ping
    }

    /// How long ago the last ping was sent.
    pub(super) fn since_ping(&self, now: Instant) -> Duration {
        (now + self.period).saturating_duration_since(self.next_ping)
    }

    fn dead_at(&self) -> Instant {
        self.heard + self.period * SILENT_PERIODS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(25);

    #[test]
    fn the_first_ping_comes_within_the_first_period_and_the_others_follow_it() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(PERIOD, PERIOD / 5, start);

        assert_eq!(heartbeat.beat(start), Beat::Wait);
        assert_eq!(heartbeat.deadline(), start + PERIOD / 5);
        assert_eq!(heartbeat.beat(start + PERIOD / 5), Beat::Ping);
        assert_eq!(heartbeat.beat(start + PERIOD), Beat::Wait);
        assert_eq!(heartbeat.deadline(), start + PERIOD / 5 + PERIOD);
    }

    #[test]
    fn two_silent_periods_are_death_and_any_sound_is_life() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(PERIOD, PERIOD, start);
        heartbeat.heard(start + PERIOD);

        assert_eq!(heartbeat.beat(start + PERIOD * 2), Beat::Ping);
        assert_eq!(heartbeat.beat(start + PERIOD * 3), Beat::Dead);
    }

    #[test]
    fn the_answer_to_a_ping_tells_how_long_it_took() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(PERIOD, Duration::ZERO, start);
        assert_eq!(heartbeat.beat(start), Beat::Ping);

        let later = start + Duration::from_millis(30);

        assert_eq!(heartbeat.since_ping(later), Duration::from_millis(30));
    }
}
