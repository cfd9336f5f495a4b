//! What stands in an assignment rule and means nobody, as things are now (AS-9). Pure.

use std::collections::HashMap;

use salotto_protocol::assignment::{ChatflowAssignment, SkipReason, Skipped};
use salotto_protocol::{AgentId, SkillId, TeamId};

use super::assignees::Pool;
use super::{AgentRow, Assignees, ChatflowRow, Settings};

/// In the order in which it stands there.
pub(crate) fn skipped(
    settings: &Settings,
    agents: &[AgentRow],
    chatflow: &ChatflowRow,
    assignment: &ChatflowAssignment,
) -> Vec<Skipped> {
    let assignees = Assignees::of(settings, chatflow);
    let known = agents.iter().map(|row| (row.id, row)).collect();
    let look = Look { settings, known, assignees: &assignees };
    let mut found = look.named("", &assignment.agents, &assignment.teams);
    for (place, rule) in assignment.rules.iter().enumerate() {
        let path = format!("rules[{place}]");
        found.extend(look.skills(&path, &rule.skills));
        found.extend(look.named(&format!("{path}."), &rule.agents, &rule.teams));
        let pool = assignees.rules.get(place).map(|it| &it.pool);
        let has_somebody = |pool| agents.iter().any(|row| look.can(row) && Pool::has(pool, row));
        if pool.is_some_and(|pool| !has_somebody(pool)) {
            found.push(Skipped { field: path, reason: SkipReason::Nobody });
        }
    }
    if let Some(overflow) = &assignment.overflow {
        found.extend(look.named("overflow.", &overflow.agents, &overflow.teams));
    }
    found
}

struct Look<'a> {
    settings: &'a Settings,
    known: HashMap<AgentId, &'a AgentRow>,
    assignees: &'a Assignees,
}

impl Look<'_> {
    fn named(&self, before: &str, agents: &[AgentId], teams: &[TeamId]) -> Vec<Skipped> {
        let agents = agents.iter().enumerate().filter_map(|(place, id)| {
            let field = format!("{before}agents[{place}]");
            self.of_agent(*id).map(|reason| Skipped { field, reason })
        });
        let teams = teams.iter().enumerate().filter_map(|(place, id)| {
            let field = format!("{before}teams[{place}]");
            self.of_team(*id).map(|reason| Skipped { field, reason })
        });
        agents.chain(teams).collect()
    }

    fn of_team(&self, id: TeamId) -> Option<SkipReason> {
        let Some(team) = self.settings.team(id) else { return Some(SkipReason::Unknown) };
        if team.main_members.is_empty() {
            return Some(SkipReason::EmptyTeam);
        }
        let has_somebody = team.main_members.iter().any(|it| self.of_agent(*it).is_none());
        (!has_somebody).then_some(SkipReason::Nobody)
    }

    fn skills(&self, path: &str, skills: &[SkillId]) -> Vec<Skipped> {
        let is_known = |id| self.settings.skills.iter().any(|it| it.id == id);
        let unknown = skills.iter().enumerate().filter(|(_, id)| !is_known(**id));
        unknown
            .map(|(place, _)| Skipped {
                field: format!("{path}.skills[{place}]"),
                reason: SkipReason::Unknown,
            })
            .collect()
    }

    fn of_agent(&self, id: AgentId) -> Option<SkipReason> {
        let Some(row) = self.known.get(&id) else { return Some(SkipReason::Unknown) };
        if row.is_deactivated() {
            Some(SkipReason::Deactivated)
        } else if !row.has_seat_for(self.assignees.kind) {
            Some(SkipReason::NoSeat)
        } else if !self.assignees.has_access(id) {
            Some(SkipReason::NoAccess)
        } else {
            None
        }
    }

    fn can(&self, row: &AgentRow) -> bool {
        self.of_agent(row.id).is_none()
    }
}
