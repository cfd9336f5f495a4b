//! How long those who wait have been seen to be gone, without a break. Pure.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use salotto_protocol::ConversationId;

const LOOK_INTERVAL_MIN: Duration = Duration::from_millis(100);
/// A minute more or less matters to nobody who has been gone for ten.
const LOOK_INTERVAL_MAX: Duration = Duration::from_secs(30);

/// How often to look for those who are missed after so long.
pub(super) fn look_interval(missed_after: Duration) -> Duration {
    (missed_after / 10).clamp(LOOK_INTERVAL_MIN, LOOK_INTERVAL_MAX)
}

pub(super) struct Departures {
    since: HashMap<ConversationId, Instant>,
    read_at: Option<Instant>,
    /// Between two looks. After a longer silence nobody knows who was here meanwhile.
    blind_after: Duration,
}

impl Departures {
    pub(super) fn seen_every(look_interval: Duration) -> Departures {
        // A row of whoever came and left stays for a minute: two looks in that time see it.
        let blind_after = (look_interval * 3).min(LOOK_INTERVAL_MAX * 2 - Duration::from_secs(5));
        Departures { since: HashMap::new(), read_at: None, blind_after }
    }

    /// The store has answered a look that was begun at `asked`.
    pub(super) fn read(&mut self, alone: &[ConversationId], asked: Instant) {
        let is_blind =
            self.read_at.is_none_or(|last| asked.duration_since(last) > self.blind_after);
        let before = std::mem::take(&mut self.since);
        self.read_at = Some(asked);
        self.since.extend(alone.iter().map(|id| {
            let known = before.get(id).filter(|_| !is_blind);
            (*id, known.copied().unwrap_or(asked))
        }));
    }

    /// The store did not answer: somebody may have come without being seen.
    pub(super) fn unread(&mut self) {
        self.since.clear();
    }

    /// Who was gone in every look of that time.
    pub(super) fn longer_than(&self, time: Duration) -> Vec<ConversationId> {
        let Some(now) = self.read_at else { return Vec::new() };
        let is_over = |since: Instant| now.duration_since(since) >= time;
        self.since.iter().filter(|(_, since)| is_over(**since)).map(|(id, _)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MISSED_AFTER: Duration = Duration::from_secs(600);
    const ONE: ConversationId = ConversationId(Uuid::from_u128(1));
    const OTHER: ConversationId = ConversationId(Uuid::from_u128(2));

    fn departures() -> Departures {
        Departures::seen_every(look_interval(MISSED_AFTER))
    }

    /// A look every 30 s, from one second to another.
    fn look(
        all: &mut Departures,
        start: Instant,
        seconds: std::ops::Range<u64>,
        at: ConversationId,
    ) {
        for second in seconds.step_by(30) {
            all.read(&[at], start + Duration::from_secs(second));
        }
    }

    #[test]
    fn who_is_gone_in_every_look_of_ten_minutes_is_named_and_not_before() {
        let (start, mut all) = (Instant::now(), departures());
        look(&mut all, start, 0..600, ONE);
        assert_eq!(all.longer_than(MISSED_AFTER), []);
        all.read(&[ONE], start + MISSED_AFTER);
        assert_eq!(all.longer_than(MISSED_AFTER), [ONE]);
    }

    #[test]
    fn who_was_here_in_between_has_the_whole_time_again() {
        let (start, mut all) = (Instant::now(), departures());
        look(&mut all, start, 0..300, ONE);
        all.read(&[OTHER], start + Duration::from_secs(300));
        look(&mut all, start, 330..930, ONE);
        assert_eq!(all.longer_than(MISSED_AFTER), []);
        all.read(&[ONE], start + Duration::from_secs(930));
        assert_eq!(all.longer_than(MISSED_AFTER), [ONE]);
    }

    #[test]
    fn what_nobody_saw_counts_for_nothing() {
        let (start, mut all) = (Instant::now(), departures());
        look(&mut all, start, 0..600, ONE);
        all.unread();
        all.read(&[ONE], start + MISSED_AFTER);
        assert_eq!(all.longer_than(MISSED_AFTER), [], "while the store was silent");

        let (start, mut all) = (Instant::now(), departures());
        all.read(&[ONE], start);
        all.read(&[ONE], start + MISSED_AFTER);
        assert_eq!(all.longer_than(MISSED_AFTER), [], "nor while nobody looked");
    }

    #[test]
    fn looks_are_so_frequent_that_nobody_comes_and_leaves_unseen() {
        for (seconds, expected) in [(1, 100), (60, 6_000), (600, 30_000), (3_600, 30_000)] {
            let interval = look_interval(Duration::from_secs(seconds));
            assert_eq!(interval, Duration::from_millis(expected));
            assert!(Departures::seen_every(interval).blind_after < Duration::from_secs(60));
        }
    }
}
