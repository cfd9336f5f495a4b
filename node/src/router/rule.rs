//! The assignment rule of a chatflow, as the router keeps it. Pure.

use std::collections::HashSet;

use salotto_protocol::{AgentId, Policy, RuleVersion};

use crate::store::ChatflowRow;

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) version: RuleVersion,
    pub(super) distribution: Policy,
    pub(super) ignores_availability: bool,
    /// Each once. Empty: everybody (AS-2).
    pub(super) named: Vec<AgentId>,
}

impl Rule {
    /// `None`: what waits there may go to everybody.
    pub(super) fn of(row: &ChatflowRow, settings_version: i64) -> Option<Rule> {
        let (settings, assignment) = (&row.settings, &row.settings.assignment);
        settings.assign.then(|| Rule {
            version: RuleVersion { chatflow: row.id, settings_version },
            distribution: assignment.distribution,
            ignores_availability: assignment.ignore_availability,
            named: each_once(settings.agents.iter().chain(&assignment.agents)),
        })
    }
}

fn each_once<'a>(agents: impl Iterator<Item = &'a AgentId>) -> Vec<AgentId> {
    let mut seen = HashSet::new();
    agents.filter(|agent| seen.insert(**agent)).copied().collect()
}
