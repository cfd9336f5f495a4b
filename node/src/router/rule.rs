//! The assignment rule of a chatflow, as the router keeps it. Pure.

use salotto_protocol::{Policy, RuleVersion};

use crate::store::{Assignees, ChatflowRow, Settings};

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) version: RuleVersion,
    pub(super) distribution: Policy,
    pub(super) ignores_availability: bool,
    pub(super) assignees: Assignees,
}

impl Rule {
    pub(super) fn of(settings: &Settings, row: &ChatflowRow) -> Rule {
        let assignment = &row.settings.assignment;
        Rule {
            version: RuleVersion { chatflow: row.id, settings_version: settings.version },
            distribution: assignment.distribution,
            ignores_availability: assignment.ignore_availability,
            assignees: Assignees::of(settings, row),
        }
    }
}
