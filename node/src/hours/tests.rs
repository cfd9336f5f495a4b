//! Hours over the nights on which clocks change, at the ends of years, and what is refused.

use jiff::Timestamp;
use salotto_protocol::hours::{
    Absence, DayRow, Holiday, HoursRow, OperatingHours, Weekday, WorkingHours,
};

use super::{BadHours, DAY_MS, Hours, Turn};

/// `2026-03-29T01:59:59+01:00`
fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a time").as_millisecond()
}

fn row(days: &[Weekday], start: &str, end: &str) -> HoursRow {
    HoursRow { days: days.to_vec(), start: start.to_owned(), end: end.to_owned() }
}

fn daily(start: &str, end: &str) -> HoursRow {
    row(&Weekday::ALL, start, end)
}

fn written(time_zone: &str, weekly: Vec<HoursRow>) -> OperatingHours {
    OperatingHours { time_zone: time_zone.to_owned(), weekly, holidays: Vec::new() }
}

fn hours(time_zone: &str, weekly: Vec<HoursRow>) -> Hours {
    Hours::of_chatflow(&written(time_zone, weekly)).expect("good hours")
}

fn holiday(date: &str, rows: &[(&str, &str)]) -> Holiday {
    let row =
        |(start, end): &(&str, &str)| DayRow { start: (*start).to_owned(), end: (*end).to_owned() };
    Holiday { date: date.to_owned(), rows: rows.iter().map(row).collect() }
}

fn turn(text: &str, is_open: bool) -> Option<Turn> {
    Some(Turn { at_ms: at(text), is_open })
}

/// Every turn after `from` and up to `until`.
fn turns(hours: &Hours, from: &str, until: &str) -> Vec<(String, bool)> {
    let (mut now, until) = (at(from), at(until));
    let mut turns = Vec::new();
    while let Some(turn) = hours.next_turn(now).filter(|turn| turn.at_ms <= until) {
        let time = Timestamp::from_millisecond(turn.at_ms).expect("a time");
        turns.push((time.to_string(), turn.is_open));
        now = turn.at_ms;
    }
    turns
}

fn expected(turns: &[(&str, bool)]) -> Vec<(String, bool)> {
    turns.iter().map(|(time, is_open)| ((*time).to_owned(), *is_open)).collect()
}

#[test]
fn a_row_is_open_from_its_first_minute_until_its_end() {
    let office = hours("Europe/Berlin", vec![row(&[Weekday::Monday], "09:00", "17:30")]);
    assert!(!office.is_open(at("2026-11-23T08:59:59.999+01:00")));
    assert!(office.is_open(at("2026-11-23T09:00:00+01:00")));
    assert!(office.is_open(at("2026-11-23T17:29:59.999+01:00")));
    assert!(!office.is_open(at("2026-11-23T17:30:00+01:00")));
    assert!(!office.is_open(at("2026-11-24T10:00:00+01:00")), "a Tuesday");
    let sunday = at("2026-11-22T12:00:00+01:00");
    assert_eq!(office.next_turn(sunday), turn("2026-11-23T09:00:00+01:00", true));
    let within = at("2026-11-23T12:00:00+01:00");
    assert_eq!(office.next_turn(within), turn("2026-11-23T17:30:00+01:00", false));
    assert_eq!(office.next_opening_ms(within), Some(at("2026-11-30T09:00:00+01:00")));
}

#[test]
fn rows_that_touch_are_one_opening_also_over_midnight() {
    let rows = vec![
        row(&[Weekday::Monday], "20:00", "22:00"),
        row(&[Weekday::Monday], "22:00", "24:00"),
        row(&[Weekday::Tuesday], "00:00", "02:00"),
    ];
    let night = hours("Asia/Tokyo", rows);
    assert!(!night.run_past_midnight());
    let monday = at("2026-11-23T20:00:00+09:00");
    assert_eq!(night.next_turn(monday), turn("2026-11-24T02:00:00+09:00", false));
}

/// AV-24
#[test]
fn a_row_past_midnight_goes_on_on_the_next_day_and_is_known_as_one() {
    let night = hours("UTC", vec![row(&[Weekday::Sunday], "22:00", "06:00")]);
    assert!(night.run_past_midnight());
    let sunday = at("2026-11-22T12:00:00Z");
    assert_eq!(night.next_turn(sunday), turn("2026-11-22T22:00:00Z", true));
    assert!(night.is_open(at("2026-11-23T05:59:00Z")), "a Monday");
    assert_eq!(night.next_turn(at("2026-11-22T22:00:00Z")), turn("2026-11-23T06:00:00Z", false));
    let until_midnight = hours("UTC", vec![row(&[Weekday::Sunday], "22:00", "00:00")]);
    assert!(!until_midnight.run_past_midnight(), "nothing of it is on Monday");
    assert!(!until_midnight.is_open(at("2026-11-23T00:00:00Z")));
}

#[test]
fn around_the_clock_never_turns_and_no_hours_never_open() {
    let always = hours("Europe/Berlin", vec![daily("00:00", "24:00")]);
    let spring = at("2026-03-28T12:00:00Z");
    assert!(always.is_open(spring));
    assert_eq!(always.next_turn(spring), None);
    let never = hours("Europe/Berlin", Vec::new());
    assert!(!never.is_open(spring));
    assert_eq!(never.next_opening_ms(spring), None);
}

#[test]
fn the_hour_that_a_northern_spring_leaves_out_is_not_open() {
    let early = hours("Europe/Berlin", vec![daily("02:15", "02:45")]);
    let turns_seen = turns(&early, "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z");
    let two_days = [
        ("2026-03-28T01:15:00Z", true),
        ("2026-03-28T01:45:00Z", false),
        ("2026-03-30T00:15:00Z", true),
        ("2026-03-30T00:45:00Z", false),
    ];
    assert_eq!(turns_seen, expected(&two_days), "and nothing on the 29th");
}

#[test]
fn what_begins_in_the_left_out_hour_begins_when_the_clock_has_jumped() {
    let from = "2026-03-28T12:00:00Z";
    let begins = hours("Europe/Berlin", vec![daily("02:30", "05:00")]);
    assert_eq!(begins.next_turn(at(from)), turn("2026-03-29T01:00:00Z", true));
    let ends = hours("Europe/Berlin", vec![daily("00:00", "02:30")]);
    assert_eq!(ends.next_turn(at("2026-03-28T23:30:00Z")), turn("2026-03-29T01:00:00Z", false));
}

#[test]
fn the_hour_that_comes_twice_in_a_northern_autumn_is_open_twice() {
    let early = hours("Europe/Berlin", vec![daily("02:15", "02:45")]);
    let turns_seen = turns(&early, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
    let twice = [
        ("2026-10-25T00:15:00Z", true),
        ("2026-10-25T00:45:00Z", false),
        ("2026-10-25T01:15:00Z", true),
        ("2026-10-25T01:45:00Z", false),
    ];
    assert_eq!(turns_seen, expected(&twice));
    let through = hours("Europe/Berlin", vec![daily("01:00", "04:00")]);
    let night = turns(&through, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
    let once = [("2026-10-24T23:00:00Z", true), ("2026-10-25T03:00:00Z", false)];
    assert_eq!(night, expected(&once), "four hours long");
}

#[test]
fn what_ends_in_the_hour_that_comes_twice_opens_again_for_its_second_time() {
    let ends = hours("Europe/Berlin", vec![daily("00:00", "02:30")]);
    let turns_seen = turns(&ends, "2026-10-24T23:00:00Z", "2026-10-25T12:00:00Z");
    let again = [
        ("2026-10-25T00:30:00Z", false),
        ("2026-10-25T01:00:00Z", true),
        ("2026-10-25T01:30:00Z", false),
    ];
    assert_eq!(turns_seen, expected(&again));
}

#[test]
fn in_the_south_clocks_change_the_other_way_round() {
    let early = hours("Australia/Sydney", vec![daily("02:15", "02:45")]);
    let april = turns(&early, "2026-04-04T12:00:00Z", "2026-04-05T12:00:00Z");
    let twice = [
        ("2026-04-04T15:15:00Z", true),
        ("2026-04-04T15:45:00Z", false),
        ("2026-04-04T16:15:00Z", true),
        ("2026-04-04T16:45:00Z", false),
    ];
    assert_eq!(april, expected(&twice));
    let october = turns(&early, "2026-10-03T12:00:00Z", "2026-10-04T12:00:00Z");
    assert_eq!(october, expected(&[]), "left out");
    let office = hours("Australia/Sydney", vec![daily("09:00", "17:00")]);
    assert_eq!(office.next_turn(at("2026-10-03T08:00:00Z")), turn("2026-10-03T22:00:00Z", true));
    assert_eq!(office.next_turn(at("2026-10-02T12:00:00Z")), turn("2026-10-02T23:00:00Z", true));
}

#[test]
fn a_zone_whose_clock_never_changes_opens_at_the_same_instant_all_year() {
    let office = hours("Asia/Kolkata", vec![daily("09:00", "17:00")]);
    for day in ["2026-01-15", "2026-03-29", "2026-07-15", "2026-10-25"] {
        let midnight = at(&format!("{day}T00:00:00Z"));
        let opens = turn(&format!("{day}T03:30:00Z"), true);
        assert_eq!(office.next_turn(midnight), opens);
    }
}

#[test]
fn a_year_ends_in_the_zone_and_not_elsewhere() {
    let mut eve = written("Pacific/Auckland", vec![daily("09:00", "17:00")]);
    eve.holidays = vec![holiday("2027-01-01", &[])];
    let hours = Hours::of_chatflow(&eve).expect("good hours");
    assert!(hours.is_open(at("2026-12-31T16:59:00+13:00")));
    let closes = at("2026-12-31T17:00:00+13:00");
    assert!(!hours.is_open(at("2027-01-01T12:00:00+13:00")), "2026 still in UTC and west of it");
    assert_eq!(hours.next_opening_ms(closes), Some(at("2027-01-02T09:00:00+13:00")));
}

#[test]
fn a_leap_day_is_a_day() {
    let mut leap = written("UTC", vec![daily("09:00", "17:00")]);
    leap.holidays = vec![holiday("2028-02-29", &[("10:00", "12:00")])];
    let hours = Hours::of_chatflow(&leap).expect("good hours");
    let seen = turns(&hours, "2028-02-28T17:00:00Z", "2028-03-01T09:00:00Z");
    let leap_day = [
        ("2028-02-29T10:00:00Z", true),
        ("2028-02-29T12:00:00Z", false),
        ("2028-03-01T09:00:00Z", true),
    ];
    assert_eq!(seen, expected(&leap_day));
    leap.holidays = vec![holiday("2027-02-29", &[])];
    assert_eq!(refused(&leap), "holidays[0].date");
}

#[test]
fn a_holiday_takes_the_place_of_the_weekly_rows() {
    let mut december = written("Europe/Berlin", vec![daily("09:00", "17:00")]);
    december.holidays = vec![
        holiday("2026-12-24", &[("10:00", "12:00"), ("13:00", "14:00")]),
        holiday("2026-12-25", &[]),
    ];
    let hours = Hours::of_chatflow(&december).expect("good hours");
    assert!(!hours.is_open(at("2026-12-24T09:30:00+01:00")));
    assert!(hours.is_open(at("2026-12-24T13:30:00+01:00")));
    let eve = at("2026-12-24T14:00:00+01:00");
    assert_eq!(hours.next_opening_ms(eve), Some(at("2026-12-26T09:00:00+01:00")));
}

#[test]
fn holidays_for_months_leave_an_opening_that_is_found_and_for_years_none() {
    let mut closed = written("UTC", vec![row(&[Weekday::Monday], "09:00", "17:00")]);
    let mondays = |count: i64| {
        let first = at("2026-11-23T00:00:00Z");
        let date = move |week: i64| Timestamp::from_millisecond(first + week * 7 * DAY_MS);
        let text = move |week| date(week).expect("a date").to_string()[..10].to_owned();
        (0..count).map(|week| holiday(&text(week), &[])).collect::<Vec<_>>()
    };
    let sunday = at("2026-11-22T12:00:00Z");
    closed.holidays = mondays(20);
    let hours = Hours::of_chatflow(&closed).expect("good hours");
    assert_eq!(hours.next_opening_ms(sunday), Some(at("2027-04-12T09:00:00Z")));
    closed.holidays = mondays(60);
    let hours = Hours::of_chatflow(&closed).expect("good hours");
    assert_eq!(hours.next_opening_ms(sunday), None);
}

/// AV-33
#[test]
fn who_is_out_of_office_is_away_meanwhile_whatever_the_hours_say() {
    let absence = Absence { from: "2026-11-24T12:00".into(), until: "2026-11-26T00:00".into() };
    let mut agent = WorkingHours {
        time_zone: "Europe/Berlin".to_owned(),
        weekly: vec![daily("09:00", "17:00")],
        out_of_office: vec![absence],
    };
    let hours = Hours::of_agent(&agent).expect("good hours");
    let seen = turns(&hours, "2026-11-24T00:00:00Z", "2026-11-26T12:00:00Z");
    let away = [
        ("2026-11-24T08:00:00Z", true),
        ("2026-11-24T11:00:00Z", false),
        ("2026-11-26T08:00:00Z", true),
    ];
    assert_eq!(seen, expected(&away));
    agent.weekly = Vec::new();
    let hours = Hours::of_agent(&agent).expect("good hours");
    let seen = turns(&hours, "2026-11-24T00:00:00Z", "2026-11-28T00:00:00Z");
    let absent = [("2026-11-24T11:00:00Z", false), ("2026-11-25T23:00:00Z", true)];
    assert_eq!(seen, expected(&absent), "without rows there is nothing but the absence");
}

fn refused(written: &OperatingHours) -> String {
    Hours::of_chatflow(written).expect_err("bad hours").field
}

#[test]
fn what_is_wrong_is_refused_with_the_path_of_its_field() {
    use Weekday::{Friday, Monday, Sunday};
    let of = |weekly: Vec<HoursRow>| refused(&written("UTC", weekly));
    assert_eq!(refused(&written("Europe/Atlantis", Vec::new())), "time_zone");
    assert_eq!(refused(&written("", Vec::new())), "time_zone");
    assert_eq!(of(vec![row(&[], "09:00", "17:00")]), "weekly[0].days");
    assert_eq!(of(vec![row(&[Monday, Friday, Monday], "09:00", "17:00")]), "weekly[0].days[2]");
    for bad in ["9:00", "09:60", "24:01", "0900", "09:00:00", "+9:00", "", "２4:00"] {
        assert_eq!(of(vec![row(&[Monday], "09:00", bad)]), "weekly[0].end", "{bad}");
        assert_eq!(of(vec![row(&[Monday], bad, "17:00")]), "weekly[0].start", "{bad}");
    }
    assert_eq!(of(vec![row(&[Monday], "24:00", "09:00")]), "weekly[0].start");
    assert_eq!(of(vec![row(&[Monday], "09:00", "09:00")]), "weekly[0].end");
    let overlap = vec![daily("09:00", "12:00"), row(&[Friday], "11:59", "13:00")];
    assert_eq!(of(overlap), "weekly[1]");
    let past_midnight = vec![row(&[Sunday], "22:00", "06:00"), row(&[Monday], "05:00", "09:00")];
    assert_eq!(of(past_midnight), "weekly[1]");
    let rows = std::iter::repeat_n(daily("09:00", "10:00"), 65).collect();
    assert_eq!(of(rows), "weekly");
}

#[test]
fn holidays_and_absences_are_refused_by_their_paths_too() {
    let of = |holidays| refused(&OperatingHours { holidays, ..written("UTC", Vec::new()) });
    for bad in ["2026-02-30", "2026-2-3", "24.12.2026", "2026-12-24T00:00", "9999-01-01", ""] {
        assert_eq!(of(vec![holiday(bad, &[])]), "holidays[0].date", "{bad}");
    }
    let twice = vec![holiday("2026-12-24", &[]), holiday("2026-12-24", &[])];
    assert_eq!(of(twice), "holidays[1].date");
    let overlap = holiday("2026-12-24", &[("09:00", "12:00"), ("11:00", "13:00")]);
    assert_eq!(of(vec![overlap]), "holidays[0].rows[1]");
    assert_eq!(of(vec![holiday("2026-12-24", &[("22:00", "06:00")])]), "holidays[0].rows[0].end");
    let absent = |times: &[(&str, &str)]| -> BadHours {
        let absence = |(from, until): &(&str, &str)| Absence {
            from: (*from).to_owned(),
            until: (*until).to_owned(),
        };
        let out_of_office = times.iter().map(absence).collect();
        let written = WorkingHours { out_of_office, ..WorkingHours::default() };
        Hours::of_agent(&written).expect_err("bad hours")
    };
    let ends = "2026-12-24T12:00";
    assert_eq!(absent(&[("2026-12-24", ends)]).field, "out_of_office[0].from");
    assert_eq!(absent(&[(ends, "2026-12-24T24:00")]).field, "out_of_office[0].until");
    assert_eq!(absent(&[(ends, ends)]).field, "out_of_office[0].until");
    let twice = [("2026-12-20T00:00", ends), ("2026-12-24T11:59", "2026-12-31T00:00")];
    assert_eq!(absent(&twice).field, "out_of_office[1]");
}
