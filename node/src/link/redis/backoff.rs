//! How long to wait before the next attempt: growing, never the same on two nodes, without end.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(50);
/// Whoever repairs Redis waits no longer for the nodes to notice.
pub(super) const LONGEST: Duration = Duration::from_secs(2);

pub(super) struct Backoff {
    up_to: Duration,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff { up_to: SHORTEST }
    }
}

impl Backoff {
    /// Full jitter: anything up to a bound that doubles.
    pub(super) fn pause(&mut self) -> Duration {
        let random = getrandom::u32().expect("the system has random numbers");
        self.pause_at(random)
    }

    fn pause_at(&mut self, random: u32) -> Duration {
        let pause = self.up_to.mul_f64(f64::from(random) / f64::from(u32::MAX));
        self.up_to = (self.up_to * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_bound_and_never_end() {
        let mut backoff = Backoff::default();
        let longest: Vec<u128> = (0..8).map(|_| backoff.pause_at(u32::MAX).as_millis()).collect();
        assert_eq!(longest, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
        assert_eq!(backoff.pause_at(0), Duration::ZERO);
        assert!((0..1_000).all(|_| backoff.pause() <= LONGEST));
    }
}
