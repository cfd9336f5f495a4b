//! The wall clock: the one place that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, UTC.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_millis()).expect("milliseconds fit in 63 bits")
}

/// For what happens at a time of day: tests begin a moment before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: i64,
}

impl Clock {
    pub(crate) fn now_ms(self) -> i64 {
        now_ms() + self.ahead_ms
    }

    /// One that shows `at_ms` now, and goes on from there.
    #[cfg(test)]
    pub(crate) fn showing(at_ms: i64) -> Clock {
        Clock { ahead_ms: at_ms - now_ms() }
    }
}
