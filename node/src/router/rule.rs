//! The assignment rule of a chatflow, as the router keeps it: who is meant is a set of places,
//! made when settings or skills change, and never for one decision. Pure.

use salotto_protocol::assignment::AssignmentSettings;
use salotto_protocol::{InboxId, Policy, RuleVersion};

use super::bits::Bits;
use super::field::Field;
use crate::presence::Roster;
use crate::store::{AgentRow, Assignees, Case, ChatflowRow, Pool, Settings};

#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// None of a chatflow that is not known here: everybody, load balanced.
    pub(super) version: Option<RuleVersion>,
    pub(super) distribution: Policy,
    pub(super) ignores_availability: bool,
    pub(super) assignees: Assignees,
    pub(super) pools: Pools,
    /// Where its conversations begin; most of them stay there.
    pub(super) inbox: Option<InboxId>,
    /// As they were set: while they stay, whoever waits stays in their lane.
    settings: AssignmentSettings,
}

/// By place.
#[derive(Clone, Debug, Default)]
pub(super) struct Pools {
    pub(super) members: Bits,
    pub(super) rules: Vec<Bits>,
    pub(super) named: Bits,
    pub(super) overflow: Bits,
    /// Of all of them.
    pub(super) anybody: Bits,
}

impl Rule {
    pub(super) fn of(settings: &Settings, row: &ChatflowRow) -> Rule {
        let assignment = &row.settings.assignment;
        let version = RuleVersion { chatflow: row.id, settings_version: settings.version };
        Rule {
            version: Some(version),
            distribution: assignment.distribution,
            ignores_availability: assignment.ignore_availability,
            assignees: Assignees::of(settings, row),
            pools: Pools::default(),
            inbox: Some(row.inbox),
            settings: assignment.clone(),
        }
    }

    pub(super) fn everybody() -> Rule {
        Rule {
            version: None,
            distribution: Policy::default(),
            ignores_availability: false,
            assignees: Assignees::default(),
            pools: Pools::default(),
            inbox: None,
            settings: AssignmentSettings::default(),
        }
    }

    /// Whether conversations have to be sorted into lanes anew.
    pub(super) fn sorts_like(&self, other: &Rule) -> bool {
        self.settings == other.settings && self.inbox == other.inbox
    }

    /// Which of its rules hold, by their places.
    pub(super) fn matching(&self, case: &Case) -> Box<[u16]> {
        let rules = self.assignees.rules.iter().zip(0_u16..);
        let holding = rules.filter(|(rule, _)| rule.conditions.unmet(case).is_none());
        holding.map(|(_, place)| place).collect()
    }

    /// Who is meant, as people are now.
    pub(super) fn find_places(&mut self, rows: &Roster, field: &Field) {
        let at = |row: &AgentRow| field.place(row.id).expect("every row has a place");
        let mut pools = Pools::default();
        let assignees = &self.assignees;
        pools.rules.resize(assignees.rules.len(), Bits::default());
        for row in rows.values() {
            let place = at(row);
            let has = |pool: &Pool| pool.has(row);
            pools.members.put(place, assignees.has_access(row.id));
            pools.named.put(place, has(&assignees.named));
            pools.overflow.put(place, assignees.overflow.as_ref().is_some_and(|it| has(&it.pool)));
            for (rule, bits) in assignees.rules.iter().zip(&mut pools.rules) {
                bits.put(place, has(&rule.pool));
            }
        }
        pools.anybody = pools.named.clone();
        pools.anybody.add(&pools.overflow);
        pools.rules.iter().for_each(|bits| pools.anybody.add(bits));
        self.pools = pools;
    }

    /// After which time others may have it as well.
    pub(super) fn overflow_ms(&self) -> Option<i64> {
        let later = self.assignees.overflow.as_ref()?;
        Some(i64::try_from(later.after_ms).unwrap_or(i64::MAX))
    }

    /// A record says who was asked only where there is a choice of whom to ask.
    pub(super) fn has_steps(&self) -> bool {
        let Assignees { owner_first, rules, overflow, .. } = &self.assignees;
        *owner_first || !rules.is_empty() || overflow.is_some()
    }
}
