//! Hours drawn at random, in zones that change their clocks in every way, against a slow look at
//! every minute.

use jiff::Timestamp;
use salotto_protocol::hours::{HoursRow, OperatingHours, Weekday};

use super::{DAY_MS, Hours, Turn};
use crate::simulation::Random;

const MINUTE_MS: i64 = 60_000;
/// The beginning of 2026.
const START_MS: i64 = 1_767_225_600_000;
/// Two days around a change of the clock.
const DAYS: i64 = 2;
const ZONES: [&str; 10] = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
];
const DAY_NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Weekly rows that do not overlap: up to two a day, of whole five minutes.
fn drawn(random: &mut Random) -> Vec<HoursRow> {
    let time = |fives: usize| format!("{:02}:{:02}", fives / 12, fives % 12 * 5);
    let mut rows = Vec::new();
    for day in Weekday::ALL {
        let mut from = random.below(60);
        for _ in 0..random.below(3) {
            let until = from + 1 + random.below(120);
            if until > 288 {
                break;
            }
            let (start, end) = (time(from), time(until));
            rows.push(HoursRow { days: vec![day], start, end });
            from = until + random.below(60);
        }
    }
    rows
}

/// Of words, not of numbers: what the clock on the wall shows, beside what somebody wrote.
fn shows_open(zone: &jiff::tz::TimeZone, rows: &[HoursRow], at_ms: i64) -> bool {
    let time = Timestamp::from_millisecond(at_ms).expect("a time").to_zoned(zone.clone());
    let (day, clock) = (time.strftime("%a").to_string(), time.strftime("%H:%M").to_string());
    let place = DAY_NAMES.iter().position(|name| *name == day).expect("a day");
    let is_on = |row: &HoursRow| row.start <= clock && clock < row.end;
    rows.iter().any(|row| row.days == [Weekday::ALL[place]] && is_on(row))
}

/// Looks at every minute.
fn turns_of_the_wall(zone: &jiff::tz::TimeZone, rows: &[HoursRow], after: i64) -> Vec<Turn> {
    let mut seen = shows_open(zone, rows, after);
    let minutes = (1..=DAYS * 24 * 60).map(|minute| after + minute * MINUTE_MS);
    let turns = minutes.filter_map(|at_ms| {
        let is_open = shows_open(zone, rows, at_ms);
        let has_turned = is_open != seen;
        seen = is_open;
        has_turned.then_some(Turn { at_ms, is_open })
    });
    turns.collect()
}

fn turns_of(hours: &Hours, after: i64) -> Vec<Turn> {
    let next = |turn: &Turn| hours.next_turn(turn.at_ms);
    let is_in_time = |turn: &Turn| turn.at_ms <= after + DAYS * DAY_MS;
    std::iter::successors(hours.next_turn(after), next).take_while(is_in_time).collect()
}

#[test]
fn drawn_hours_turn_exactly_when_the_clock_on_the_wall_says_so() {
    for seed in 0..80 {
        let mut random = Random::new(seed);
        let name = ZONES[random.below(ZONES.len())];
        let zone = jiff::tz::TimeZone::get(name).expect("a zone");
        let rows = drawn(&mut random);
        let written = OperatingHours {
            time_zone: name.to_owned(),
            weekly: rows.clone(),
            holidays: Vec::new(),
        };
        let hours = Hours::of_chatflow(&written).expect("good hours");
        // A day before a change of the clock, where there is one.
        let year = Timestamp::from_millisecond(START_MS).expect("a time");
        let jump = zone.following(year).nth(random.below(4)).map(|it| it.timestamp());
        let after = jump.map_or(START_MS, |it| it.as_millisecond() - DAY_MS);
        let after = after + MINUTE_MS * i64::try_from(random.below(600)).expect("small");

        assert_eq!(hours.is_open(after), shows_open(&zone, &rows, after), "{name}, seed {seed}");
        let expected = turns_of_the_wall(&zone, &rows, after);
        assert_eq!(turns_of(&hours, after), expected, "{name}, seed {seed}");
        let opening = expected.iter().find(|turn| turn.is_open).map(|turn| turn.at_ms);
        let next = hours.next_opening_ms(after);
        assert!(opening.is_none() || next == opening, "{name}, seed {seed}");
    }
}
