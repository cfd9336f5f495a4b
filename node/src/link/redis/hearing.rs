//! Whether a topic is still heard: when to probe it and when to give it up. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// So long nothing is heard before a probe is sent.
pub(super) const SILENCE: Duration = Duration::from_secs(2);
/// A probe that takes longer is missed.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(1);
const MISSES_MAX: u32 = 2;

#[derive(Debug)]
pub(super) struct Hearing {
    /// Never, on a connection that is not proved yet.
    heard_at: Option<Instant>,
    probed_at: Option<Instant>,
    missed: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Due {
    Nothing { before: Instant },
    Probe,
    Deaf,
}

impl Hearing {
    pub(super) fn unproved() -> Hearing {
        Hearing { heard_at: None, probed_at: None, missed: 0 }
    }

    /// Something came by this topic. After a probe: how long that took.
    pub(super) fn heard(&mut self, at: Instant) -> Option<Duration> {
        if self.heard_at.is_some_and(|before| at <= before) {
            return None;
        }
        self.heard_at = Some(at);
        self.missed = 0;
        self.probed_at.take().and_then(|probed_at| at.checked_duration_since(probed_at))
    }

    pub(super) fn is_sound(&self) -> bool {
        self.heard_at.is_some() && self.missed == 0
    }

    /// What to do now; a probe counts as sent.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        match (self.probed_at, self.heard_at) {
            (Some(probed_at), _) if now < probed_at + ANSWER_WITHIN => {
                Due::Nothing { before: probed_at + ANSWER_WITHIN }
            }
            (Some(_), _) => {
                self.missed += 1;
                if self.missed >= MISSES_MAX { Due::Deaf } else { self.probe(now) }
            }
            (None, Some(heard_at)) if now < heard_at + SILENCE => {
                Due::Nothing { before: heard_at + SILENCE }
            }
            (None, _) => self.probe(now),
        }
    }

    fn probe(&mut self, now: Instant) -> Due {
        self.probed_at = Some(now);
        Due::Probe
    }
}

const _: () = assert!(
    SILENCE.as_millis() + (MISSES_MAX as u128) * ANSWER_WITHIN.as_millis()
        <= 2 * SILENCE.as_millis(),
    "nobody stays deaf for longer than two silences"
);

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    /// Heard at `began`, by a probe.
    fn proved(began: Instant) -> Hearing {
        let mut hearing = Hearing::unproved();
        assert_eq!(hearing.due(began), Due::Probe);
        assert_eq!(hearing.heard(began), Some(Duration::ZERO));
        hearing
    }

    #[test]
    fn a_connection_is_proved_by_a_probe_before_it_is_sound() {
        let began = Instant::now();
        let mut hearing = Hearing::unproved();
        assert!(!hearing.is_sound());
        assert_eq!(hearing.due(began), Due::Probe);
        assert!(!hearing.is_sound());
        assert_eq!(hearing.heard(began + MOMENT), Some(MOMENT));
        assert!(hearing.is_sound());
    }

    #[test]
    fn only_silence_is_probed() {
        let began = Instant::now();
        let mut hearing = proved(began);
        let before = began + SILENCE;
        assert_eq!(hearing.due(before - MOMENT), Due::Nothing { before });
        hearing.heard(before - MOMENT);
        assert_eq!(hearing.due(before), Due::Nothing { before: before - MOMENT + SILENCE });
        assert_eq!(hearing.due(before + SILENCE), Due::Probe);
    }

    #[test]
    fn one_missed_probe_is_suspect_and_two_are_deaf() {
        let began = Instant::now();
        let mut hearing = proved(began);
        let mut now = began + SILENCE;
        assert_eq!(hearing.due(now), Due::Probe);
        assert!(hearing.is_sound());
        now += ANSWER_WITHIN;
        assert_eq!(hearing.due(now), Due::Probe);
        assert!(!hearing.is_sound());
        now += ANSWER_WITHIN;
        assert_eq!(hearing.due(now), Due::Deaf);
        assert!(now - began <= 2 * SILENCE);
    }

    #[test]
    fn a_probe_that_comes_late_is_forgiven() {
        let began = Instant::now();
        let mut hearing = proved(began);
        let mut now = began + SILENCE;
        hearing.due(now);
        now += ANSWER_WITHIN;
        hearing.due(now);
        hearing.heard(now + MOMENT);
        assert!(hearing.is_sound());
        assert_eq!(hearing.due(now + MOMENT), Due::Nothing { before: now + MOMENT + SILENCE });
    }
}
