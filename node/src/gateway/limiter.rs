//! So many at once, then so many a minute, for each key; bounded in memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keys remembered at once: at 64 bytes each this is 4 MiB.
const KEYS_MAX: usize = 65_536;

/// A token bucket for each key. A key that is not in the map has a full bucket.
pub(crate) struct Limiter<K> {
    per_minute: u32,
    keys_max: usize,
    full_at: Mutex<HashMap<Slot<K>, Instant>>,
}

/// When the map is full of keys that matter, newcomers share one bucket.
#[derive(Eq, Hash, PartialEq)]
enum Slot<K> {
    Key(K),
    Newcomers,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Allowance {
    Granted,
    /// Worth another try after so long.
    Spent {
        retry_after: Duration,
    },
}

impl<K: Eq + Hash> Limiter<K> {
    pub(crate) fn new(per_minute: u32) -> Limiter<K> {
        Limiter { per_minute, keys_max: KEYS_MAX, full_at: Mutex::default() }
    }

    pub(crate) fn per_minute(&self) -> u32 {
        self.per_minute
    }

    pub(crate) fn take(&self, key: K, now: Instant) -> Allowance {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = self.slot_of(key, &mut full_at, now);
        let one = Duration::from_secs(60) / self.per_minute;
        let full = full_at.get(&slot).copied().unwrap_or(now).max(now);
        let missing = full - now;
        let most = one * (self.per_minute - 1);
        if missing > most {
            return Allowance::Spent { retry_after: missing - most };
        }
        full_at.insert(slot, full + one);
        Allowance::Granted
    }

    fn slot_of(&self, key: K, full_at: &mut HashMap<Slot<K>, Instant>, now: Instant) -> Slot<K> {
        let slot = Slot::Key(key);
        if full_at.len() < self.keys_max || full_at.contains_key(&slot) {
            return slot;
        }
        full_at.retain(|_, full| *full > now);
        if full_at.len() < self.keys_max { slot } else { Slot::Newcomers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn spent(allowance: Allowance) -> Option<Duration> {
        match allowance {
            Allowance::Granted => None,
            Allowance::Spent { retry_after } => Some(retry_after),
        }
    }

    #[test]
    fn a_minutes_worth_is_granted_at_once_and_no_more() {
        let limiter = Limiter::new(5);
        let now = Instant::now();
        for _ in 0..5 {
            assert_eq!(limiter.take("a", now), Allowance::Granted);
        }
        assert_eq!(spent(limiter.take("a", now)), Some(12 * SECOND));
    }

    #[test]
    fn what_was_promised_holds() {
        let limiter = Limiter::new(5);
        let now = Instant::now();
        while limiter.take("a", now) == Allowance::Granted {}
        let retry_after = spent(limiter.take("a", now)).expect("spent");
        let early = now + retry_after - Duration::from_millis(1);
        assert_eq!(spent(limiter.take("a", early)), Some(Duration::from_millis(1)));
        assert_eq!(limiter.take("a", now + retry_after), Allowance::Granted);
    }

    #[test]
    fn one_keys_limit_is_not_anothers() {
        let limiter = Limiter::new(1);
        let now = Instant::now();
        assert_eq!(limiter.take("a", now), Allowance::Granted);
        assert_eq!(limiter.take("b", now), Allowance::Granted);
        assert_eq!(spent(limiter.take("a", now)), Some(60 * SECOND));
    }

    #[test]
    fn the_map_stays_bounded_and_newcomers_share_a_bucket() {
        let limiter = Limiter { keys_max: 3, ..Limiter::new(1) };
        let now = Instant::now();
        for key in 0..3 {
            assert_eq!(limiter.take(key, now), Allowance::Granted);
        }
        assert_eq!(limiter.take(3, now), Allowance::Granted);
        assert!(spent(limiter.take(4, now)).is_some(), "one bucket for all newcomers");
        assert_eq!(limiter.full_at.lock().expect("held by nobody").len(), 4);
    }

    #[test]
    fn keys_with_full_buckets_make_room() {
        let limiter = Limiter { keys_max: 3, ..Limiter::new(1) };
        let now = Instant::now();
        for key in 0..3 {
            assert_eq!(limiter.take(key, now), Allowance::Granted);
        }
        let later = now + 60 * SECOND;
        assert_eq!(limiter.take(3, later), Allowance::Granted);
        assert_eq!(limiter.take(4, later), Allowance::Granted);
        assert_eq!(limiter.full_at.lock().expect("held by nobody").len(), 2);
    }
}
