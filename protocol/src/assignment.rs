//! Whom the conversations of a chatflow go to: the assignment rule, as an admin sets it.

use serde::{Deserialize, Serialize};

use crate::{AgentId, Policy, SkillId, TeamId};

/// Routing rules of a chatflow: each is looked at for every conversation that begins.
pub const RULES_MAX: usize = 200;
/// Conditions of one rule.
pub const CONDITIONS_MAX: usize = 10;
/// Skills and languages that one rule asks for.
pub const RULE_SKILLS_MAX: usize = 10;
/// Agents and teams that one rule names: teams are for more.
pub const RULE_MEMBERS_MAX: usize = 100;
/// What a condition compares an address with: longer ones are not typed by hand.
pub const CONDITION_TEXT_BYTES_MAX: usize = 512;
/// Whoever is to answer gets a moment to do so.
pub const OVERFLOW_MS_MIN: u64 = 1_000;
/// Nobody waits longer than a day for somebody else.
pub const OVERFLOW_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// Beside `assign` and `agents` of the chatflow, which mean what they meant: whether anything is
/// assigned at all (AS-1), and to whom (AS-2).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct AssignmentSettings {
    #[serde(default)]
    pub assign_to: AssignTo,
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
    /// The first that matches, and of which somebody can answer, says who (AS-21, SK-9). If none
    /// does, the agents and teams above are asked.
    #[serde(default)]
    pub rules: Vec<RoutingRule>,
    /// Who else may have whoever waits for long.
    #[serde(default)]
    pub overflow: Option<Overflow>,
}

/// Who comes first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignTo {
    /// The agents and teams that are named; everybody if none is (AS-2).
    #[default]
    Named,
    /// The owner of the visitor's contact (AS-3). The rules, the agents and the teams are for when
    /// there is none, or none who can answer (AS-4): nobody, if none is named.
    ContactOwner,
}

/// Whoever has all the skills and languages, and is named if anybody is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RoutingRule {
    pub name: String,
    /// All of them hold (SK-9); none: always.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// One's own, or those of a team that one is a main member of (SK-7).
    #[serde(default)]
    pub skills: Vec<SkillId>,
    /// Main or secondary ones, likewise (SK-3).
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub agents: Vec<AgentId>,
    /// Their main members.
    #[serde(default)]
    pub teams: Vec<TeamId>,
}

/// What the node knows of a conversation when it begins (SK-8).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// The address of the page on which it began; letters of another case are the same.
    PageUrl { operator: TextOperator, text: String },
    /// The visitor has had another conversation with this site before.
    ReturningVisitor { is: bool },
    /// The visitor is known as a contact.
    KnownContact { is: bool },
    /// That contact has an owner.
    ContactOwner { is: bool },
    /// One of a newer release: never holds.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TextOperator {
    Is,
    StartsWith,
    Contains,
}

/// More of those who may answer, after some time.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Overflow {
    /// Since it began to wait.
    pub after_ms: u64,
    #[serde(default)]
    pub agents: Vec<AgentId>,
    /// Their main members.
    #[serde(default)]
    pub teams: Vec<TeamId>,
}

impl AssignmentSettings {
    /// Nothing that older nodes could not read, and would not do by themselves.
    pub fn is_default(&self) -> bool {
        *self == AssignmentSettings::default()
    }
}

impl RoutingRule {
    /// Whether it says who at all.
    pub fn names_nobody(&self) -> bool {
        self.skills.is_empty()
            && self.languages.is_empty()
            && self.agents.is_empty()
            && self.teams.is_empty()
    }
}

/// `PUT /api/v1/chatflows/{id}/assignment`: all of it at once.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChatflowAssignment {
    /// Assign new conversations automatically (AS-1).
    #[serde(default)]
    pub assign: bool,
    #[serde(default)]
    pub assign_to: AssignTo,
    #[serde(default)]
    pub distribution: Policy,
    #[serde(default)]
    pub ignore_availability: bool,
    /// With the teams: everybody if both are empty, or with `contact_owner` nobody.
    #[serde(default)]
    pub agents: Vec<AgentId>,
    #[serde(default)]
    pub teams: Vec<TeamId>,
    #[serde(default)]
    pub rules: Vec<RoutingRule>,
    #[serde(default)]
    pub overflow: Option<Overflow>,
}

/// What `GET` and `PUT` answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AssignmentAnswer {
    #[serde(flatten)]
    pub assignment: ChatflowAssignment,
    /// What stands in it and is skipped, as things are now (AS-9).
    pub skipped: Vec<Skipped>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Skipped {
    /// Its path, as `rules[2].teams[0]`.
    pub field: String,
    pub reason: SkipReason,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The user, the team or the skill is there no more.
    Unknown,
    Deactivated,
    /// None, or for tickets one that is no Service seat (PERM-3).
    NoSeat,
    /// Is no member of the chatflow's inbox.
    NoAccess,
    /// A team without main members.
    EmptyTeam,
    /// A rule that nobody fulfils: nobody has all its skills. A team none of whose main members
    /// could be given anything.
    Nobody,
}

impl ChatflowAssignment {
    /// As it is stored: the agents where every release looks for them.
    pub fn into_parts(self) -> (bool, Vec<AgentId>, AssignmentSettings) {
        let ChatflowAssignment {
            assign,
            assign_to,
            distribution,
            ignore_availability,
            agents,
            teams,
            rules,
            overflow,
        } = self;
        let beside = Vec::new();
        let settings = AssignmentSettings {
            assign_to,
            distribution,
            ignore_availability,
            agents: beside,
            teams,
            rules,
            overflow,
        };
        (assign, agents, settings)
    }

    /// From what is stored; each agent once.
    pub fn of(assign: bool, agents: &[AgentId], settings: &AssignmentSettings) -> Self {
        let mut all: Vec<AgentId> = agents.to_vec();
        all.extend(settings.agents.iter().filter(|agent| !agents.contains(agent)));
        ChatflowAssignment {
            assign,
            assign_to: settings.assign_to,
            distribution: settings.distribution,
            ignore_availability: settings.ignore_availability,
            agents: all,
            teams: settings.teams.clone(),
            rules: settings.rules.clone(),
            overflow: settings.overflow.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_as_it_was() {
        let taken = r#"{"assign":true,"assign_to":"contact_owner","distribution":"random",
            "ignore_availability":true,
            "agents":["019ac000-0000-7000-8000-000000000001"],"teams":[],
            "rules":[{"name":"Prices","conditions":[
                {"kind":"page_url","operator":"contains","text":"/pricing"},
                {"kind":"returning_visitor","is":true}],"languages":["es"]}],
            "overflow":{"after_ms":60000,"teams":["019ac000-0000-7000-8000-000000000002"]}}"#;
        let taken: ChatflowAssignment = serde_json::from_str(taken).unwrap();
        let (assign, agents, settings) = taken.clone().into_parts();
        assert!(settings.agents.is_empty() && !settings.is_default());
        assert_eq!(ChatflowAssignment::of(assign, &agents, &settings), taken);
    }

    #[test]
    fn a_condition_of_a_newer_release_is_read_as_one_that_never_holds() {
        let stored = r#"{"rules":[{"name":"x","conditions":[{"kind":"weather","is":"fine"}]}]}"#;
        let settings: AssignmentSettings = serde_json::from_str(stored).unwrap();
        assert_eq!(settings.rules[0].conditions, [Condition::Unknown]);
        assert!(settings.rules[0].names_nobody());
    }
}
