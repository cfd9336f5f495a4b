//! Hours as people write them: weekly rows, holidays and absences, on the clock of a time zone.
//!
//! Texts here may be wrong: a node checks them when they are saved, and names the field.

use serde::{Deserialize, Serialize};

/// When a chatflow is open (AV-2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct OperatingHours {
    /// Its name in the IANA database: `Europe/Berlin`.
    pub time_zone: String,
    pub weekly: Vec<HoursRow>,
    /// Dates on which the weekly rows do not hold.
    pub holidays: Vec<Holiday>,
}

/// When an agent works (AV-32), and is out of office (AV-33).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct WorkingHours {
    pub time_zone: String,
    pub weekly: Vec<HoursRow>,
    pub out_of_office: Vec<Absence>,
}

/// On each of these days from `start` to `end`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HoursRow {
    pub days: Vec<Weekday>,
    /// `HH:MM`.
    pub start: String,
    /// `HH:MM`, up to `24:00`. Not after `start`: that time of the next day.
    pub end: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Holiday {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// What holds on that date; none, closed all day.
    #[serde(default)]
    pub rows: Vec<DayRow>,
}

/// Within one day.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DayRow {
    pub start: String,
    pub end: String,
}

/// From one minute on, until another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Absence {
    /// `YYYY-MM-DDTHH:MM`.
    pub from: String,
    pub until: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
}

impl Default for OperatingHours {
    fn default() -> OperatingHours {
        OperatingHours { time_zone: utc(), weekly: Vec::new(), holidays: Vec::new() }
    }
}

impl Default for WorkingHours {
    fn default() -> WorkingHours {
        WorkingHours { time_zone: utc(), weekly: Vec::new(), out_of_office: Vec::new() }
    }
}

fn utc() -> String {
    "UTC".to_owned()
}
