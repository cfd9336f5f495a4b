//! So many at once, then so many a minute, for each key; bounded in memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
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

/// The part of an address that one household or office has: all of IPv4, the /64 of IPv6.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct AddressKey(IpAddr);

impl AddressKey {
    pub(crate) fn of(address: IpAddr) -> AddressKey {
        match address {
            IpAddr::V4(_) => AddressKey(address),
            IpAddr::V6(address) => {
                let mut segments = address.segments();
                segments[4..].fill(0);
                AddressKey(Ipv6Addr::from(segments).into())
            }
        }
    }
}

/// What all visitors of one address may do together (REG-17): far more than one of them may.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) limiter: Arc<Limiter<AddressKey>>,
    pub(crate) key: AddressKey,
}

impl Shared {
    pub(crate) fn take(&self, now: Instant) -> Allowance {
        self.limiter.take(self.key, now)
    }
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
    fn an_address_shares_with_its_household_and_with_nobody_else() {
        let key = |text: &str| AddressKey::of(text.parse().expect("an address"));
        assert_eq!(key("2001:db8:1:2:3::4"), key("2001:db8:1:2:9::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));

        let limiter = Arc::new(Limiter::new(1));
        let shared = |text| Shared { limiter: limiter.clone(), key: key(text) };
        let now = Instant::now();
        assert_eq!(shared("192.0.2.1").take(now), Allowance::Granted);
        assert!(spent(shared("192.0.2.1").take(now)).is_some());
        assert_eq!(shared("192.0.2.2").take(now), Allowance::Granted);
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
