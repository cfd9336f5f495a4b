//! From hours as somebody wrote them to hours that can be asked; what is wrong names its field.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use salotto_protocol::hours::{Absence, Holiday, HoursRow, OperatingHours, Weekday, WorkingHours};
use salotto_protocol::limits;

use super::zone::Zone;
use super::{DAY_MINUTES, Hours, Span, reading};

/// The calendar of those who use this.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2999;

/// The first thing that is wrong. `field` is a path such as `weekly[1].end`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field} {complaint}")]
pub(crate) struct BadHours {
    pub(crate) field: String,
    pub(crate) complaint: String,
}

type Written<T> = Result<T, BadHours>;

impl Hours {
    pub(crate) fn of_chatflow(written: &OperatingHours) -> Written<Hours> {
        let zone = zone(&written.time_zone)?;
        let (week, past_midnight) = week(&written.weekly)?;
        let holidays = holidays(&written.holidays)?;
        Ok(Hours { zone, week, holidays, absences: Vec::new(), past_midnight })
    }

    /// Without weekly rows: whenever not out of office.
    pub(crate) fn of_agent(written: &WorkingHours) -> Written<Hours> {
        let zone = zone(&written.time_zone)?;
        let (mut week, past_midnight) = week(&written.weekly)?;
        if written.weekly.is_empty() {
            week = std::array::from_fn(|_| vec![Span { start: 0, end: DAY_MINUTES }]);
        }
        let absences = absences(&written.out_of_office)?;
        Ok(Hours { zone, week, holidays: BTreeMap::new(), absences, past_midnight })
    }
}

fn zone(name: &str) -> Written<Zone> {
    Zone::named(name).ok_or_else(|| bad("time_zone", "is not a time zone, as `Europe/Berlin` is"))
}

/// Rows that end on the next day are split there; whether there are any.
fn week(rows: &[HoursRow]) -> Written<([Vec<Span>; 7], bool)> {
    at_most("weekly", rows.len(), limits::HOURS_ROWS_MAX)?;
    let mut week: [Vec<Span>; 7] = Default::default();
    let mut past_midnight = false;
    for (at, row) in rows.iter().enumerate() {
        let path = format!("weekly[{at}]");
        if row.days.is_empty() {
            return Err(bad(format!("{path}.days"), "names no day"));
        }
        let (today, tomorrow) = spans_of(&path, &row.start, &row.end)?;
        past_midnight |= tomorrow.is_some();
        for (nth, day) in row.days.iter().enumerate() {
            if row.days[..nth].contains(day) {
                return Err(bad(format!("{path}.days[{nth}]"), "names a day again"));
            }
            let place = place_of(*day);
            add(&mut week[place], today, &path)?;
            if let Some(tomorrow) = tomorrow {
                add(&mut week[(place + 1) % 7], tomorrow, &path)?;
            }
        }
    }
    Ok((week, past_midnight))
}

fn holidays(written: &[Holiday]) -> Written<BTreeMap<Date, Vec<Span>>> {
    at_most("holidays", written.len(), limits::HOLIDAYS_MAX)?;
    let mut holidays = BTreeMap::new();
    for (at, holiday) in written.iter().enumerate() {
        let path = format!("holidays[{at}]");
        let date = date(&holiday.date).ok_or_else(|| bad(format!("{path}.date"), NO_DATE))?;
        at_most(&format!("{path}.rows"), holiday.rows.len(), limits::HOURS_ROWS_MAX)?;
        let mut spans = Vec::new();
        for (at, row) in holiday.rows.iter().enumerate() {
            let path = format!("{path}.rows[{at}]");
            let (span, tomorrow) = spans_of(&path, &row.start, &row.end)?;
            if tomorrow.is_some() {
                return Err(bad(format!("{path}.end"), "is on the next day: write `24:00`"));
            }
            add(&mut spans, span, &path)?;
        }
        if holidays.insert(date, spans).is_some() {
            return Err(bad(format!("{path}.date"), "stands here twice"));
        }
    }
    Ok(holidays)
}

fn absences(written: &[Absence]) -> Written<Vec<(DateTime, DateTime)>> {
    at_most("out_of_office", written.len(), limits::ABSENCES_MAX)?;
    let mut absences: Vec<(DateTime, DateTime)> = Vec::with_capacity(written.len());
    for (at, absence) in written.iter().enumerate() {
        let path = format!("out_of_office[{at}]");
        let read = |name: &str, text: &str| {
            date_and_time(text).ok_or_else(|| bad(format!("{path}.{name}"), NO_MINUTE))
        };
        let (from, until) = (read("from", &absence.from)?, read("until", &absence.until)?);
        if until <= from {
            return Err(bad(format!("{path}.until"), "is not after `from`"));
        }
        if absences.iter().any(|other| from < other.1 && other.0 < until) {
            return Err(bad(path, "overlaps another one"));
        }
        absences.push((from, until));
    }
    Ok(absences)
}

/// What is of the day itself, and what of the next one.
fn spans_of(path: &str, start: &str, end: &str) -> Written<(Span, Option<Span>)> {
    let from = minute(start).filter(|it| *it < DAY_MINUTES);
    let from = from.ok_or_else(|| bad(format!("{path}.start"), NO_TIME))?;
    let until = minute(end).ok_or_else(|| bad(format!("{path}.end"), NO_TIME))?;
    if until == from {
        return Err(bad(
            format!("{path}.end"),
            "is the start as well: the whole day is to `24:00`",
        ));
    }
    if from < until {
        return Ok((Span { start: from, end: until }, None));
    }
    let tomorrow = (until > 0).then_some(Span { start: 0, end: until });
    Ok((Span { start: from, end: DAY_MINUTES }, tomorrow))
}

fn add(day: &mut Vec<Span>, span: Span, path: &str) -> Written<()> {
    if day.iter().any(|other| span.start < other.end && other.start < span.end) {
        return Err(bad(path, "overlaps another row"));
    }
    day.push(span);
    Ok(())
}

fn place_of(day: Weekday) -> usize {
    Weekday::ALL.iter().position(|it| *it == day).expect("all days are there")
}

const NO_TIME: &str = "is not a time of day, as `09:30` is";
const NO_DATE: &str = "is not a date, as `2026-12-24` is";
const NO_MINUTE: &str = "is not a date and time, as `2026-12-24T12:00` is";

/// `HH:MM`, `24:00` included.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY_MINUTES).then_some(minute)
}

fn two_digits(text: &str) -> Option<u16> {
    let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().expect("two digits"))
}

fn date(text: &str) -> Option<Date> {
    let is_plain = text.len() == "YYYY-MM-DD".len();
    let date: Date = is_plain.then(|| text.parse().ok()).flatten()?;
    YEARS.contains(&date.year()).then_some(date)
}

fn date_and_time(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    Some(reading(date(day)?, minute(time).filter(|it| *it < DAY_MINUTES)?))
}

fn at_most(field: &str, count: usize, max: usize) -> Written<()> {
    if count <= max { Ok(()) } else { Err(bad(field, format!("has more than {max}"))) }
}

fn bad(field: impl Into<String>, complaint: impl Into<String>) -> BadHours {
    BadHours { field: field.into(), complaint: complaint.into() }
}
