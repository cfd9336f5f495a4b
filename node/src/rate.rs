//! A token bucket: so many at once, then so many a second. Pure: the caller brings the time.

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// Thousandths of a token, so that slow rates refill between two calls.
    level_milli: u64,
    filled_at_ms: i64,
}

/// How a bucket fills.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rate {
    pub(crate) burst: u32,
    pub(crate) per_second: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Taken {
    Granted,
    /// Empty; there is one again after so long.
    Empty {
        retry_after_ms: u64,
    },
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now_ms: i64) -> Bucket {
        Bucket { level_milli: u64::from(rate.burst) * 1_000, filled_at_ms: now_ms }
    }

    pub(crate) fn take(&mut self, rate: Rate, now_ms: i64) -> Taken {
        let passed_ms = u64::try_from(now_ms - self.filled_at_ms).unwrap_or(0);
        let refill = passed_ms.saturating_mul(u64::from(rate.per_second));
        let level = self.level_milli.saturating_add(refill);
        self.level_milli = level.min(u64::from(rate.burst) * 1_000);
        self.filled_at_ms = now_ms;
        if self.level_milli >= 1_000 {
            self.level_milli -= 1_000;
            return Taken::Granted;
        }
        let missing = 1_000 - self.level_milli;
        Taken::Empty { retry_after_ms: missing.div_ceil(u64::from(rate.per_second.max(1))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, per_second: 4 };

    #[test]
    fn a_burst_is_granted_and_then_the_rate() {
        let mut bucket = Bucket::full(RATE, 0);
        assert_eq!(bucket.take(RATE, 0), Taken::Granted);
        assert_eq!(bucket.take(RATE, 0), Taken::Granted);
        assert_eq!(bucket.take(RATE, 0), Taken::Empty { retry_after_ms: 250 });
        assert_eq!(bucket.take(RATE, 250), Taken::Granted);
        assert_eq!(bucket.take(RATE, 300), Taken::Empty { retry_after_ms: 200 });
    }

    #[test]
    fn a_clock_that_steps_back_grants_nothing_extra() {
        let mut bucket = Bucket::full(RATE, 10_000);
        assert_eq!(bucket.take(RATE, 0), Taken::Granted);
        assert_eq!(bucket.take(RATE, 0), Taken::Granted);
        assert!(matches!(bucket.take(RATE, 0), Taken::Empty { .. }));
    }
}
