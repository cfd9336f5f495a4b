//! The settings of a chat on a set of pages.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::assignment::AssignmentSettings;
use crate::availability::{AvailabilityNow, AvailabilitySettings, Measured, Texts};
use crate::promise::Patience;
use crate::{AgentId, Availability, ChatflowId, ShowQueue};

/// What an admin sets. Stored as JSON; every field has a default but the name. Fields that a newer
/// release has stored are ignored: what somebody misspelt is refused where it is taken.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChatflowSettings {
    pub name: String,
    /// Shown on top of the widget (SET-3).
    #[serde(default = "default_heading")]
    pub heading: String,
    /// `#rrggbb` (SET-2).
    #[serde(default = "default_accent_color")]
    pub accent_color: String,
    /// The greeting; empty for none (WM-1).
    #[serde(default)]
    pub welcome: String,
    /// For when nobody is there, unless `availability` has a text of its own (AV-21).
    #[serde(default)]
    pub away_message: String,
    /// For when everybody has all hands full, unless `availability` has one (AV-23).
    #[serde(default)]
    pub wait_message: String,
    /// Assign new conversations automatically (AS-1).
    #[serde(default)]
    pub assign: bool,
    /// To whom (AS-2). Empty: to every agent.
    #[serde(default)]
    pub agents: Vec<AgentId>,
    /// How (AS-6, AS-23).
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "AssignmentSettings::is_default"
    )]
    pub assignment: AssignmentSettings,
    /// When it can be answered, and what visitors get when it cannot.
    #[serde(default, deserialize_with = "or_default")]
    pub availability: Box<AvailabilitySettings>,
    /// What those who wait are told of their place in the queue (CAP-9).
    #[serde(default)]
    pub show_queue: ShowQueue,
    /// How long they are to wait before an answer by e-mail is offered (BY-15).
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Patience::is_default"
    )]
    pub patience: Box<Patience>,
}

/// What the browser is told of a chatflow.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PublicChatflow {
    pub id: ChatflowId,
    pub heading: String,
    pub accent_color: String,
    pub welcome: String,
    #[serde(flatten)]
    pub now: AvailabilityNow,
}

impl ChatflowSettings {
    pub fn public(&self, id: ChatflowId, now: AvailabilityNow) -> PublicChatflow {
        PublicChatflow {
            id,
            heading: self.heading.clone(),
            accent_color: self.accent_color.clone(),
            welcome: self.welcome.clone(),
            now,
        }
    }

    /// What a state means for visitors.
    pub fn now(&self, availability: Availability, measured: Measured) -> AvailabilityNow {
        let texts = Texts { away: &self.away_message, wait: &self.wait_message };
        self.availability.now(texts, availability, measured)
    }
}

/// A word of a newer release: as if nothing had been set.
fn or_default<'de, D, T>(stored: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(stored)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

fn default_heading() -> String {
    "Chat with us".to_owned()
}

fn default_accent_color() -> String {
    "#0b6e4f".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::availability::{AvailabilityMode, Notice};

    fn stored(text: &str) -> ChatflowSettings {
        serde_json::from_str(text).expect("every other field has a default")
    }

    #[test]
    fn what_was_stored_before_there_were_hours_means_what_it_meant() {
        let settings = stored(r#"{"name":"Shop","away_message":"Away.","assign":true}"#);
        assert_eq!(*settings.availability, AvailabilitySettings::default());
        assert_eq!(settings.availability.mode, AvailabilityMode::Agents);
        let now = settings.now(Availability::Offline, Measured::default());
        assert_eq!(now.notice, Some(Notice::AwayMessage { text: "Away.".to_owned() }));
    }

    #[test]
    fn fields_and_words_of_a_newer_release_do_no_harm() {
        let settings = stored(r#"{"name":"Shop","fancy":1,"availability":{"mode":"moonlight"}}"#);
        assert_eq!(*settings.availability, AvailabilitySettings::default());
        let settings = stored(r#"{"name":"Shop","availability":{"mode":"always","fancy":[]}}"#);
        assert_eq!(settings.availability.mode, AvailabilityMode::Always);
    }
}
