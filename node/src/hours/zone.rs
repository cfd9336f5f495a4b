//! The clock on the wall of a time zone: what it shows at an instant, and when it shows what.
//!
//! The zones are those compiled in with jiff: nothing depends on the machine's own.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

#[derive(Clone, Debug)]
pub(super) struct Zone(TimeZone);

impl Zone {
    pub(super) fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    pub(super) fn reading(&self, at_ms: i64) -> DateTime {
        self.0.to_datetime(instant(at_ms))
    }

    /// When the clock shows this: once, twice in the hour that comes again, never in the one that
    /// is left out. In order.
    pub(super) fn instants(&self, reading: DateTime) -> impl Iterator<Item = i64> {
        let (first, second) = match self.0.to_ambiguous_timestamp(reading).offset() {
            AmbiguousOffset::Unambiguous { offset } => (Some(offset), None),
            AmbiguousOffset::Gap { .. } => (None, None),
            AmbiguousOffset::Fold { before, after } => (Some(before), Some(after)),
        };
        let at = move |offset: jiff::tz::Offset| offset.to_timestamp(reading).ok();
        first.into_iter().chain(second).filter_map(at).map(Timestamp::as_millisecond)
    }

    /// When the clock is put forward or back, after one instant and up to another.
    pub(super) fn jumps(&self, after_ms: i64, until_ms: i64) -> impl Iterator<Item = i64> {
        self.0
            .following(instant(after_ms))
            .map(|jump| jump.timestamp().as_millisecond())
            .take_while(move |at_ms| *at_ms <= until_ms)
    }

    /// This date and the following ones.
    pub(super) fn dates(first: Date, count: usize) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(count)
    }
}

/// Milliseconds of this and any other century fit.
fn instant(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).expect("a time within the calendar")
}
