//! Hours on the clock of a time zone: whether they are on at an instant, and when that changes.
//!
//! Open is whenever the clock on the wall shows a time within a row. So a row in the hour that
//! comes twice is open twice, and one in the hour that is left out is not open on that day; one
//! that begins there begins when the clock has jumped. Pure: `written` makes hours from what
//! somebody wrote, `zone` knows the clocks.

#[cfg(test)]
mod drawn_tests;
#[cfg(test)]
mod tests;
mod today;
mod written;
mod zone;

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};

pub(crate) use written::BadHours;
use zone::Zone;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const DAY_MINUTES: u16 = 24 * 60;
/// Nearly everything changes within a week; looked at first, for it is cheap.
const NEAR_DAYS: usize = 9;
/// What changes later than in a year, holidays included, counts as never.
const FAR_DAYS: usize = 400;

/// Hours that were checked, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Hours {
    zone: Zone,
    /// Monday first.
    week: [Vec<Span>; 7],
    /// Dates on which something else holds.
    holidays: BTreeMap<Date, Vec<Span>>,
    /// Closed from a reading of the clock until another.
    absences: Vec<(DateTime, DateTime)>,
    past_midnight: bool,
}

/// From a minute of the day until another, which is left out; 1,440 is midnight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Span {
    start: u16,
    end: u16,
}

/// From `at_ms` on they are on, or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Turn {
    pub(crate) at_ms: i64,
    pub(crate) is_open: bool,
}

impl Hours {
    pub(crate) fn is_open(&self, at_ms: i64) -> bool {
        let reading = self.zone.reading(at_ms);
        let minute = minute_of(reading);
        let is_within = |span: &Span| (span.start..span.end).contains(&minute);
        self.spans(reading.date()).iter().any(is_within) && !self.is_absent(reading)
    }

    /// Whatever the weekly rows say (AV-33).
    pub(crate) fn is_out_of_office(&self, at_ms: i64) -> bool {
        self.is_absent(self.zone.reading(at_ms))
    }

    fn is_absent(&self, reading: DateTime) -> bool {
        self.absences.iter().any(|(from, until)| (*from..*until).contains(&reading))
    }

    /// The first change after this instant; `None` if there is none within `FAR_DAYS`.
    pub(crate) fn next_turn(&self, after_ms: i64) -> Option<Turn> {
        self.next(after_ms, |_| true)
    }

    /// The first opening after this instant.
    pub(crate) fn next_opening_ms(&self, after_ms: i64) -> Option<i64> {
        self.next(after_ms, |turn| turn.is_open).map(|turn| turn.at_ms)
    }

    /// Whether a row was written that ends on the next day (AV-24).
    pub(crate) fn run_past_midnight(&self) -> bool {
        self.past_midnight
    }

    fn next(&self, after_ms: i64, wanted: impl Fn(&Turn) -> bool) -> Option<Turn> {
        let near = self.turns(after_ms, NEAR_DAYS);
        let far = || self.turns(after_ms, FAR_DAYS);
        near.into_iter().find(&wanted).or_else(|| far().into_iter().find(&wanted))
    }

    /// Between two neighbours among these instants nothing can change.
    fn turns(&self, after_ms: i64, days: usize) -> Vec<Turn> {
        // A clock that is put back can show yesterday again; the last dates may lack a neighbour.
        let first = self.zone.reading(after_ms - DAY_MS).date();
        let until_ms = after_ms + DAY_MS * i64::try_from(days).expect("a small number");
        let mut instants: Vec<i64> = Zone::dates(first, days + 3)
            .flat_map(|date| self.bounds(date))
            .chain(self.absences.iter().flat_map(|(from, until)| [*from, *until]))
            .flat_map(|reading| self.zone.instants(reading))
            .chain(self.zone.jumps(after_ms, until_ms))
            .filter(|at_ms| (after_ms + 1..=until_ms).contains(at_ms))
            .collect();
        instants.sort_unstable();
        let mut was_open = self.is_open(after_ms);
        let turns = instants.into_iter().filter_map(|at_ms| {
            let is_open = self.is_open(at_ms);
            let has_turned = is_open != was_open;
            was_open = is_open;
            has_turned.then_some(Turn { at_ms, is_open })
        });
        turns.collect()
    }

    fn bounds(&self, date: Date) -> Vec<DateTime> {
        let spans = self.spans(date).iter();
        spans.flat_map(|span| [reading(date, span.start), reading(date, span.end)]).collect()
    }

    fn spans(&self, date: Date) -> &[Span] {
        self.holidays.get(&date).unwrap_or_else(|| {
            let day = date.weekday().to_monday_zero_offset();
            &self.week[usize::try_from(day).expect("0 to 6")]
        })
    }
}

fn minute_of(reading: DateTime) -> u16 {
    u16::try_from(i32::from(reading.hour()) * 60 + i32::from(reading.minute())).expect("of a day")
}

fn reading(date: Date, minute: u16) -> DateTime {
    if minute == DAY_MINUTES {
        return date.tomorrow().unwrap_or(date).to_datetime(Time::midnight());
    }
    let part = |number: u16| i8::try_from(number).expect("below 60");
    date.at(part(minute / 60), part(minute % 60), 0, 0)
}
