//! When a chatflow can be answered, and what its visitors get in each state (AV-1 to AV-28).

use serde::{Deserialize, Serialize};

use crate::hours::OperatingHours;
use crate::{Availability, limits};

/// Stored with the chatflow: what an older release does not know, it ignores.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct AvailabilitySettings {
    pub mode: AvailabilityMode,
    /// For the mode `hours`; the others keep them.
    pub hours: OperatingHours,
    pub available: WhenAvailable,
    pub away: WhenAway,
    pub offline: WhenOffline,
    pub at_capacity: WhenAtCapacity,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilityMode {
    /// While an assigned agent is Available (AV-1).
    #[default]
    Agents,
    /// Within operating hours (AV-2).
    Hours,
    /// Around the clock (AV-3).
    Always,
}

/// AV-20
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct WhenAvailable {
    pub reply_time: ReplyTimeChoice,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyTimeChoice {
    FewMinutes,
    FewHours,
    Day,
    /// From the last seven days, as far as that can be told.
    Computed,
    #[default]
    Hidden,
}

/// AV-21. An empty text is that of `ChatflowSettings::away_message`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "show", rename_all = "snake_case")]
pub enum WhenAway {
    AwayMessage {
        #[serde(default)]
        text: String,
    },
    NoLauncher,
    Nothing,
}

/// AV-22. An empty text is that of `ChatflowSettings::away_message`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "show", rename_all = "snake_case")]
pub enum WhenOffline {
    /// The text stands in where no time can be told (AV-24).
    ReturnTime {
        #[serde(default)]
        text: String,
    },
    AwayMessage {
        #[serde(default)]
        text: String,
    },
    NoLauncher,
    Nothing,
}

/// AV-23. An empty text is that of `ChatflowSettings::wait_message`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "show", rename_all = "snake_case")]
pub enum WhenAtCapacity {
    WaitMessage {
        #[serde(default)]
        text: String,
    },
    NoLauncher,
    Nothing,
}

/// What holds now, as a browser is told it: the outcome, and nothing of the settings behind it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AvailabilityNow {
    pub availability: Availability,
    #[serde(default)]
    pub launcher: Launcher,
    /// None: the widget is as it is when somebody is available (AV-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_time: Option<ReplyTime>,
}

/// A visitor with an open conversation keeps the launcher in any case (AV-28).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Launcher {
    #[default]
    Shown,
    Hidden,
}

/// A text may be empty: then the widget's own words have to do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    ReturnTime { returns_at_ms: i64 },
    AwayMessage { text: String },
    WaitMessage { text: String },
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyTime {
    FewMinutes,
    FewHours,
    Day,
}

/// What settings alone do not say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Measured {
    /// The next start of the operating hours, if it can be told.
    pub returns_at_ms: Option<i64>,
    /// How soon visitors were answered of late, if it can be told.
    pub reply_time: Option<ReplyTime>,
}

/// The chatflow's own texts, for behaviours without one.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) away: &'a str,
    pub(crate) wait: &'a str,
}

impl AvailabilitySettings {
    pub(crate) fn now(
        &self,
        texts: Texts<'_>,
        availability: Availability,
        measured: Measured,
    ) -> AvailabilityNow {
        let (launcher, notice) = match availability {
            Availability::Available => (Launcher::Shown, None),
            Availability::Away => self.away.shown(texts.away),
            Availability::AtCapacity => self.at_capacity.shown(texts.wait),
            Availability::Offline => self.offline.shown(texts.away, measured.returns_at_ms),
        };
        let is_as_available = launcher == Launcher::Shown && notice.is_none();
        let shown = || self.available.reply_time.shown(measured.reply_time);
        let reply_time = if is_as_available { shown() } else { None };
        AvailabilityNow { availability, launcher, notice, reply_time }
    }

    /// The field whose text is longer than `limits::NOTICE_BYTES_MAX`.
    pub fn too_long(&self) -> Option<&'static str> {
        let is_long = |text: &str| text.len() > limits::NOTICE_BYTES_MAX;
        match &self.away {
            WhenAway::AwayMessage { text } if is_long(text) => return Some("away.text"),
            WhenAway::AwayMessage { .. } | WhenAway::NoLauncher | WhenAway::Nothing => {}
        }
        match &self.offline {
            WhenOffline::ReturnTime { text } | WhenOffline::AwayMessage { text }
                if is_long(text) =>
            {
                return Some("offline.text");
            }
            WhenOffline::ReturnTime { .. }
            | WhenOffline::AwayMessage { .. }
            | WhenOffline::NoLauncher
            | WhenOffline::Nothing => {}
        }
        match &self.at_capacity {
            WhenAtCapacity::WaitMessage { text } if is_long(text) => Some("at_capacity.text"),
            WhenAtCapacity::WaitMessage { .. }
            | WhenAtCapacity::NoLauncher
            | WhenAtCapacity::Nothing => None,
        }
    }
}

type Shown = (Launcher, Option<Notice>);

impl WhenAway {
    fn shown(&self, fallback: &str) -> Shown {
        match self {
            WhenAway::AwayMessage { text } => away_message(text, fallback),
            WhenAway::NoLauncher => (Launcher::Hidden, None),
            WhenAway::Nothing => (Launcher::Shown, None),
        }
    }
}

impl WhenOffline {
    fn shown(&self, fallback: &str, returns_at_ms: Option<i64>) -> Shown {
        match self {
            WhenOffline::ReturnTime { text } => match returns_at_ms {
                Some(returns_at_ms) => {
                    (Launcher::Shown, Some(Notice::ReturnTime { returns_at_ms }))
                }
                None => away_message(text, fallback),
            },
            WhenOffline::AwayMessage { text } => away_message(text, fallback),
            WhenOffline::NoLauncher => (Launcher::Hidden, None),
            WhenOffline::Nothing => (Launcher::Shown, None),
        }
    }
}

impl WhenAtCapacity {
    fn shown(&self, fallback: &str) -> Shown {
        match self {
            WhenAtCapacity::WaitMessage { text } => {
                let text = own_or(text, fallback);
                (Launcher::Shown, Some(Notice::WaitMessage { text }))
            }
            WhenAtCapacity::NoLauncher => (Launcher::Hidden, None),
            WhenAtCapacity::Nothing => (Launcher::Shown, None),
        }
    }
}

impl ReplyTimeChoice {
    fn shown(self, computed: Option<ReplyTime>) -> Option<ReplyTime> {
        match self {
            ReplyTimeChoice::FewMinutes => Some(ReplyTime::FewMinutes),
            ReplyTimeChoice::FewHours => Some(ReplyTime::FewHours),
            ReplyTimeChoice::Day => Some(ReplyTime::Day),
            ReplyTimeChoice::Computed => computed,
            ReplyTimeChoice::Hidden => None,
        }
    }
}

fn away_message(text: &str, fallback: &str) -> Shown {
    (Launcher::Shown, Some(Notice::AwayMessage { text: own_or(text, fallback) }))
}

fn own_or(text: &str, fallback: &str) -> String {
    if text.is_empty() { fallback.to_owned() } else { text.to_owned() }
}

/// As today's chatflows have it: the message, if there is one.
impl Default for WhenAway {
    fn default() -> WhenAway {
        WhenAway::AwayMessage { text: String::new() }
    }
}

impl Default for WhenOffline {
    fn default() -> WhenOffline {
        WhenOffline::AwayMessage { text: String::new() }
    }
}

impl Default for WhenAtCapacity {
    fn default() -> WhenAtCapacity {
        WhenAtCapacity::WaitMessage { text: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: Texts<'_> = Texts { away: "Away.", wait: "Wait." };
    const RETURNS: Option<i64> = Some(1_795_420_800_000);

    fn now(settings: &AvailabilitySettings, state: Availability) -> AvailabilityNow {
        let reply_time = Some(ReplyTime::FewMinutes);
        settings.now(TEXTS, state, Measured { returns_at_ms: RETURNS, reply_time })
    }

    fn message(text: &str) -> Option<Notice> {
        Some(Notice::AwayMessage { text: text.to_owned() })
    }

    fn with_reply_time(reply_time: ReplyTimeChoice) -> AvailabilitySettings {
        let available = WhenAvailable { reply_time };
        AvailabilitySettings { available, ..AvailabilitySettings::default() }
    }

    /// AV-20
    #[test]
    fn who_is_available_shows_the_reply_time_that_was_chosen_and_nobody_else_does() {
        let settings = with_reply_time(ReplyTimeChoice::FewHours);
        let available = now(&settings, Availability::Available);
        assert_eq!(available.reply_time, Some(ReplyTime::FewHours));
        assert_eq!((available.launcher, available.notice), (Launcher::Shown, None));
        for state in [Availability::Away, Availability::Offline, Availability::AtCapacity] {
            assert_eq!(now(&settings, state).reply_time, None, "{state:?}");
        }
        let computed = with_reply_time(ReplyTimeChoice::Computed);
        let found = now(&computed, Availability::Available).reply_time;
        assert_eq!(found, Some(ReplyTime::FewMinutes), "what was found");
        let unknown = computed.now(TEXTS, Availability::Available, Measured::default());
        assert_eq!(unknown.reply_time, None, "nothing was found");
        let hidden = with_reply_time(ReplyTimeChoice::Hidden);
        assert_eq!(now(&hidden, Availability::Available).reply_time, None);
    }

    /// AV-21, AV-22, AV-23
    #[test]
    fn without_settings_each_state_shows_the_message_of_the_chatflow() {
        let settings = AvailabilitySettings::default();
        assert_eq!(now(&settings, Availability::Away).notice, message("Away."));
        assert_eq!(now(&settings, Availability::Offline).notice, message("Away."));
        let wait = Some(Notice::WaitMessage { text: "Wait.".to_owned() });
        assert_eq!(now(&settings, Availability::AtCapacity).notice, wait);
    }

    /// AV-21, AV-22, AV-23
    #[test]
    fn a_message_of_its_own_goes_before_that_of_the_chatflow() {
        let text = || "Mine.".to_owned();
        let settings = AvailabilitySettings {
            away: WhenAway::AwayMessage { text: text() },
            offline: WhenOffline::AwayMessage { text: text() },
            at_capacity: WhenAtCapacity::WaitMessage { text: text() },
            ..AvailabilitySettings::default()
        };
        assert_eq!(now(&settings, Availability::Away).notice, message("Mine."));
        assert_eq!(now(&settings, Availability::Offline).notice, message("Mine."));
        let wait = Some(Notice::WaitMessage { text: text() });
        assert_eq!(now(&settings, Availability::AtCapacity).notice, wait);
    }

    /// AV-22, AV-24
    #[test]
    fn the_return_time_is_shown_if_it_can_be_told_and_else_the_away_message() {
        let offline = WhenOffline::ReturnTime { text: "Later.".to_owned() };
        let settings = AvailabilitySettings { offline, ..AvailabilitySettings::default() };
        let told = now(&settings, Availability::Offline).notice;
        assert_eq!(told, Some(Notice::ReturnTime { returns_at_ms: 1_795_420_800_000 }));
        let untold = settings.now(TEXTS, Availability::Offline, Measured::default()).notice;
        assert_eq!(untold, message("Later."));
    }

    /// AV-21, AV-22, AV-23
    #[test]
    fn each_state_but_available_can_hide_the_launcher() {
        let settings = AvailabilitySettings {
            away: WhenAway::NoLauncher,
            offline: WhenOffline::NoLauncher,
            at_capacity: WhenAtCapacity::NoLauncher,
            ..AvailabilitySettings::default()
        };
        for state in [Availability::Away, Availability::Offline, Availability::AtCapacity] {
            let now = now(&settings, state);
            assert_eq!((now.launcher, now.notice), (Launcher::Hidden, None), "{state:?}");
        }
        assert_eq!(now(&settings, Availability::Available).launcher, Launcher::Shown);
    }

    /// AV-25
    #[test]
    fn nothing_looks_like_available_also_by_its_reply_time() {
        let settings = AvailabilitySettings {
            away: WhenAway::Nothing,
            offline: WhenOffline::Nothing,
            at_capacity: WhenAtCapacity::Nothing,
            ..with_reply_time(ReplyTimeChoice::Day)
        };
        for state in [Availability::Away, Availability::Offline, Availability::AtCapacity] {
            let expected =
                AvailabilityNow { availability: state, ..now(&settings, Availability::Available) };
            assert_eq!(now(&settings, state), expected);
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_named() {
        let text = |length: usize| "x".repeat(length);
        let mut settings = AvailabilitySettings {
            at_capacity: WhenAtCapacity::WaitMessage { text: text(limits::NOTICE_BYTES_MAX) },
            ..AvailabilitySettings::default()
        };
        assert_eq!(settings.too_long(), None);
        let long = || text(limits::NOTICE_BYTES_MAX + 1);
        settings.at_capacity = WhenAtCapacity::WaitMessage { text: long() };
        assert_eq!(settings.too_long(), Some("at_capacity.text"));
        settings.offline = WhenOffline::ReturnTime { text: long() };
        assert_eq!(settings.too_long(), Some("offline.text"));
        settings.away = WhenAway::AwayMessage { text: long() };
        assert_eq!(settings.too_long(), Some("away.text"));
    }
}
