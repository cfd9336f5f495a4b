//! The hours of the day that it is, on their own clock: what a table of colleagues shows (AV-34).

use jiff::civil::DateTime;
use salotto_protocol::hours::DayRow;

use super::{DAY_MINUTES, Hours, Span, minute_of, reading};

/// What is left of the day's rows beside absences, and until when one that is on now lasts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Today {
    pub(crate) rows: Vec<DayRow>,
    /// `YYYY-MM-DDTHH:MM`
    pub(crate) out_until: Option<String>,
}

impl Hours {
    pub(crate) fn today(&self, now_ms: i64) -> Today {
        let now = self.zone.reading(now_ms);
        let midnight = (reading(now.date(), 0), reading(now.date(), DAY_MINUTES));
        let mut spans: Vec<Span> = self.spans(now.date()).to_vec();
        for absence in &self.absences {
            spans = spans.into_iter().flat_map(|it| without(it, *absence, midnight)).collect();
        }
        spans.sort_unstable_by_key(|span| span.start);
        let is_on = |(from, until): &&(DateTime, DateTime)| (*from..*until).contains(&now);
        let until = self.absences.iter().find(is_on).map(|(_, until)| *until);
        Today {
            rows: spans.into_iter().map(row).collect(),
            out_until: until.map(|it| format!("{}T{}", it.date(), clock(minute_of(it)))),
        }
    }
}

/// What an absence leaves of a span: nothing, one piece or two.
fn without(
    span: Span,
    (from, until): (DateTime, DateTime),
    (morning, night): (DateTime, DateTime),
) -> Vec<Span> {
    if until <= morning || from >= night {
        return vec![span];
    }
    let gone = Span {
        start: if from <= morning { 0 } else { minute_of(from) },
        end: if until >= night { DAY_MINUTES } else { minute_of(until) },
    };
    let before = Span { start: span.start, end: span.end.min(gone.start) };
    let after = Span { start: span.start.max(gone.end), end: span.end };
    [before, after].into_iter().filter(|it| it.start < it.end).collect()
}

fn row(span: Span) -> DayRow {
    DayRow { start: clock(span.start), end: clock(span.end) }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use salotto_protocol::hours::{Absence, HoursRow, Weekday, WorkingHours};

    use super::*;

    fn hours(absences: &[(&str, &str)]) -> Hours {
        let row = |start: &str, end: &str| HoursRow {
            days: vec![Weekday::Monday],
            start: start.to_owned(),
            end: end.to_owned(),
        };
        let absence = |(from, until): &(&str, &str)| Absence {
            from: (*from).to_owned(),
            until: (*until).to_owned(),
        };
        Hours::of_agent(&WorkingHours {
            time_zone: "Asia/Tokyo".to_owned(),
            weekly: vec![row("13:00", "17:30"), row("09:00", "12:00"), row("22:00", "02:00")],
            out_of_office: absences.iter().map(absence).collect(),
        })
        .expect("good hours")
    }

    fn today(absences: &[(&str, &str)], at: &str) -> (String, Option<String>) {
        let at: Timestamp = at.parse().expect("a time");
        let Today { rows, out_until } = hours(absences).today(at.as_millisecond());
        let rows: Vec<String> = rows.iter().map(|it| format!("{}-{}", it.start, it.end)).collect();
        (rows.join(" "), out_until)
    }

    /// AV-34
    #[test]
    fn today_is_the_day_that_it_is_where_they_work() {
        let monday = "09:00-12:00 13:00-17:30 22:00-24:00";
        assert_eq!(today(&[], "2026-11-23T00:00:00+09:00").0, monday);
        assert_eq!(today(&[], "2026-11-22T23:59:59+09:00").0, "", "a Sunday there");
        assert_eq!(today(&[], "2026-11-23T18:00:00Z").0, "00:00-02:00", "Tuesday there");
    }

    /// AV-33, AV-34
    #[test]
    fn who_is_out_of_office_does_not_work_then() {
        let noon = "2026-11-23T12:00:00+09:00";
        let lunch = [("2026-11-23T11:00", "2026-11-23T14:00")];
        let until = Some("2026-11-23T14:00".to_owned());
        assert_eq!(today(&lunch, noon), ("09:00-11:00 14:00-17:30 22:00-24:00".into(), until));
        let all_week = [("2026-11-20T00:00", "2026-11-27T08:30")];
        assert_eq!(today(&all_week, noon), (String::new(), Some("2026-11-27T08:30".into())));
        let later = [("2026-11-24T00:00", "2026-11-27T08:30")];
        assert_eq!(today(&later, noon).1, None);
    }
}
