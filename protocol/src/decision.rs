//! Why the router chose an agent (BY-3): enough to repeat the choice.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ChatflowId, ContactId, TeamId};

/// Older records have nothing in what may be absent; they are of the policies' first versions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DecisionRecord {
    pub policy: Policy,
    /// Of the policy's code: a changed rule is a new version.
    pub policy_version: u32,
    pub candidates: Vec<Candidate>,
    pub chosen: AgentId,
    /// Decides between equals; drawn by the router, written down to be repeatable.
    pub seed: u32,
    /// Of the router: never lower than that of an earlier decision (I11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<u64>,
    /// Which rule it followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleVersion>,
    /// How far round robin had come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// What decided between the chosen one and the next best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie_break: Option<TieBreak>,
    /// Who was asked before, and why they were passed over; whose the candidates are comes last.
    /// Left out where the chatflow has neither routing rules, owners nor overflow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// What the rules saw of the visitor; beside that they see the page where it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// When this was decided it had waited for so long; where there is overflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<i64>,
}

/// What is known of a visitor when a conversation begins, or begins again (SK-8). Kept with it, so
/// that every node decides on the same.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Facts {
    /// There was another conversation before.
    #[serde(default)]
    pub returning: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// Of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<AgentId>,
}

/// One who was asked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Step {
    #[serde(flatten)]
    pub target: Target,
    #[serde(flatten)]
    pub outcome: StepOutcome,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum Target {
    /// AS-3
    ContactOwner { agent: AgentId },
    /// By its place among the rules, and its name then (AS-21).
    Rule { place: u32, name: String },
    /// The agents and teams of the chatflow (AS-20).
    Default,
    /// Whoever may have it after so long.
    Overflow { after_ms: u64 },
    /// By hand, and as the team was called then: nobody else was asked (AS-41).
    Team { team: TeamId, name: String },
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StepOutcome {
    /// The candidates are theirs.
    Chosen,
    /// The rule's condition at this place did not hold.
    NotMatched { condition: u32 },
    /// None of them could answer.
    NobodyEligible,
    /// The owner could not.
    OwnerSkipped { verdict: Verdict },
}

/// The assignment rule of a chatflow, as of some settings.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RuleVersion {
    pub chatflow: ChatflowId,
    /// Grows with every change of any settings.
    pub settings_version: i64,
}

/// Before the decision.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Round {
    /// The present one: in each of them everybody has one turn at most (AS-24).
    pub cycle: u32,
    /// The number of the latest turn.
    pub turn: u32,
}

/// Whom of several who could answer (AS-23).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The fewest chats first.
    #[default]
    LoadBalanced,
    /// One to each before anybody gets a second (AS-24).
    RoundRobin,
    /// Whoever the seed says.
    Random,
}

/// What a choice hung on at last.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TieBreak {
    /// Nobody else could answer.
    OnlyOne,
    /// Fewer chats than everybody else.
    FewestChats,
    /// Everybody else has had a turn in this cycle.
    OnlyTurnLeft,
    /// Everybody else had their latest turn later.
    LongestSinceTurn,
    /// Equal but for what the seed makes of their ids.
    Seed,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Candidate {
    pub agent: AgentId,
    /// Slots taken when the policy looked.
    pub active: u32,
    pub capacity: u32,
    pub verdict: Verdict,
    /// Where in round robin this agent had the latest turn; nowhere yet is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub had: Option<Round>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Chosen,
    /// Eligible, but another one was preferred.
    Passed,
    /// Eligible, but not again in this cycle (AS-24).
    HadTurn,
    Away,
    /// No socket anywhere.
    Absent,
    AtCapacity,
    /// May not be given anything automatically (PERM-2).
    NoSeat,
    /// Is no member of the inbox (PERM-5).
    NoAccess,
    Deactivated,
}

impl Verdict {
    /// Could have answered.
    pub fn is_eligible(self) -> bool {
        match self {
            Verdict::Chosen | Verdict::Passed | Verdict::HadTurn => true,
            Verdict::Away
            | Verdict::Absent
            | Verdict::AtCapacity
            | Verdict::NoSeat
            | Verdict::NoAccess
            | Verdict::Deactivated => false,
        }
    }
}
