//! The settings of a chat on a set of pages.

use serde::{Deserialize, Serialize};

use crate::assignment::AssignmentSettings;
use crate::{AgentId, Availability, ChatflowId};

/// What an admin sets. Stored as JSON; every field has a default but the name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
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
    /// Shown when nobody is there; empty for none (AV-21).
    #[serde(default)]
    pub away_message: String,
    /// Shown when everybody has all hands full; empty for none (AV-23).
    #[serde(default)]
    pub wait_message: String,
    /// Assign new conversations automatically (AS-1).
    #[serde(default)]
    pub assign: bool,
    /// To whom (AS-2). Empty: to every agent.
    #[serde(default)]
    pub agents: Vec<AgentId>,
    /// How (AS-6, AS-23).
    #[serde(default, skip_serializing_if = "AssignmentSettings::is_default")]
    pub assignment: AssignmentSettings,
}

/// What the browser is told of a chatflow.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PublicChatflow {
    pub id: ChatflowId,
    pub heading: String,
    pub accent_color: String,
    pub welcome: String,
    pub away_message: String,
    pub wait_message: String,
    pub availability: Availability,
}

impl ChatflowSettings {
    pub fn public(&self, id: ChatflowId, availability: Availability) -> PublicChatflow {
        PublicChatflow {
            id,
            heading: self.heading.clone(),
            accent_color: self.accent_color.clone(),
            welcome: self.welcome.clone(),
            away_message: self.away_message.clone(),
            wait_message: self.wait_message.clone(),
            availability,
        }
    }
}

fn default_heading() -> String {
    "Chat with us".to_owned()
}

fn default_accent_color() -> String {
    "#0b6e4f".to_owned()
}
