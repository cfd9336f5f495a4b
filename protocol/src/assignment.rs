//! Whom the conversations of a chatflow go to: the assignment rule, as an admin sets it.

use serde::{Deserialize, Serialize};

use crate::{AgentId, Policy, TeamId};

/// Beside `assign` and `agents` of the chatflow, which mean what they meant: whether anything is
/// assigned at all (AS-1), and to whom (AS-2).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct AssignmentSettings {
    /// Whom of several (AS-23).
    #[serde(default)]
    pub distribution: Policy,
    /// To those who are Away, too (AS-6). They have to be connected all the same.
    #[serde(default)]
    pub ignore_availability: bool,
    /// More agents, beside those of the chatflow (AS-2).
    #[serde(default)]
    pub agents: Vec<AgentId>,
    /// Their main members, as if each stood among the agents (AS-2, PERM-4).
    #[serde(default)]
    pub teams: Vec<TeamId>,
}

impl AssignmentSettings {
    /// Nothing that older nodes could not read, and would not do by themselves.
    pub fn is_default(&self) -> bool {
        *self == AssignmentSettings::default()
    }
}
