//! How fast the conversations of one chatflow are taken while others wait. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Enough to even out an agent who comes and takes five at once, few enough to follow the day.
const INTERVALS_MAX: usize = 20;
/// Fewer say nothing.
const INTERVALS_MIN: usize = 3;

#[derive(Default)]
pub(super) struct Pace {
    intervals: VecDeque<Duration>,
    /// When the last one was taken, if others have waited ever since.
    since: Option<Instant>,
}

impl Pace {
    /// One who waited was taken. While nobody else waits, no interval begins: how long an idle
    /// team waits for the next visitor says nothing of how long the visitor will wait.
    pub(super) fn taken(&mut self, now: Instant, others_wait: bool) {
        if let Some(since) = self.since {
            self.intervals.push_back(now.saturating_duration_since(since));
            if self.intervals.len() > INTERVALS_MAX {
                self.intervals.pop_front();
            }
        }
        self.since = others_wait.then_some(now);
    }

    /// Nobody waits any more.
    pub(super) fn ran_empty(&mut self) {
        self.since = None;
    }

    /// The mean of the last intervals; the one that has begun counts once it is longer than that,
    /// so that a queue that stands still says so. Rounded, so that it does not change all the time.
    pub(super) fn interval_ms(&self, now: Instant) -> Option<u64> {
        let count = u32::try_from(self.intervals.len()).expect("a handful");
        if self.intervals.len() < INTERVALS_MIN {
            return None;
        }
        let sum: Duration = self.intervals.iter().sum();
        let mean = sum / count;
        let begun = self.since.map(|since| now.saturating_duration_since(since));
        let mean = match begun.filter(|begun| *begun > mean) {
            Some(begun) => (sum + begun) / (count + 1),
            None => mean,
        };
        Some(rounded(u64::try_from(mean.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// To a tenth or so.
fn rounded(ms: u64) -> u64 {
    const STEP_MS_MIN: u64 = 250;
    let step = (ms / 8).checked_next_power_of_two().unwrap_or(STEP_MS_MIN).max(STEP_MS_MIN);
    ms.saturating_add(step / 2) / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn it_is_the_mean_time_between_two_who_were_taken_while_others_waited() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        for n in 0..3 {
            pace.taken(begun + n * MINUTE, true);
            assert_eq!(pace.interval_ms(begun + n * MINUTE), None, "too few to say");
        }
        pace.taken(begun + 3 * MINUTE, true);
        let told = pace.interval_ms(begun + 3 * MINUTE).expect("known");
        assert!((55_000..=65_000).contains(&told), "{told}");
    }

    #[test]
    fn an_agent_who_takes_many_at_once_makes_nobody_believe_in_no_time_at_all() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        (0..5).for_each(|_| pace.taken(begun, true));
        assert_eq!(pace.interval_ms(begun), Some(0));
        let told = pace.interval_ms(begun + 10 * MINUTE).expect("known");
        assert!((110_000..=130_000).contains(&told), "{told}");
    }

    #[test]
    fn the_time_without_anybody_in_the_queue_does_not_count() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        pace.taken(begun, true);
        pace.taken(begun + MINUTE, false);
        pace.taken(begun + 100 * MINUTE, true);
        pace.ran_empty();
        for n in 200..203 {
            pace.taken(begun + n * MINUTE, true);
        }
        let told = pace.interval_ms(begun + 202 * MINUTE).expect("known");
        assert!((55_000..=65_000).contains(&told), "{told}");
    }

    #[test]
    fn only_the_last_ones_count() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        for minutes in [60; 30].into_iter().chain([1; 21]) {
            now += minutes * MINUTE;
            pace.taken(now, true);
        }
        let told = pace.interval_ms(now).expect("known");
        assert!((55_000..=65_000).contains(&told), "{told}");
    }
}
