//! Why the router chose an agent (BY-3): enough to repeat the choice.

use serde::{Deserialize, Serialize};

use crate::AgentId;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DecisionRecord {
    pub policy: Policy,
    /// Of the policy's code: a changed rule is a new version.
    pub policy_version: u32,
    pub candidates: Vec<Candidate>,
    pub chosen: AgentId,
    /// Decides between equals; drawn by the router, written down to be repeatable.
    pub seed: u32,
    /// Of the router: never lower than that of an earlier decision (I11). Older records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The fewest chats first (AS-23).
    LoadBalanced,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Candidate {
    pub agent: AgentId,
    /// Slots taken when the policy looked.
    pub active: u32,
    pub capacity: u32,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Chosen,
    /// Eligible, but another one was preferred.
    Passed,
    Away,
    /// No socket anywhere.
    Absent,
    AtCapacity,
}
