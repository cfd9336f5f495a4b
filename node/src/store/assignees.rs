//! Whom the assignment rule of a chatflow means: users, main members of teams, and who may see its
//! inbox (AS-2, AS-8, AV-14). Pure.

use std::collections::HashSet;

use salotto_protocol::AgentId;
use salotto_protocol::people::InboxAccess;

use super::{ChatflowRow, Settings, SlotKind};

#[derive(Clone, Debug, Default)]
pub(crate) struct Assignees {
    /// Each once. `None`: everybody.
    pub(crate) named: Option<Vec<AgentId>>,
    /// Of what they are given: by the kind of the inbox.
    pub(crate) kind: SlotKind,
    /// Of the inbox. `None`: everybody.
    members: Option<HashSet<AgentId>>,
}

impl Assignees {
    /// Teams that are no more mean nobody (AS-9); a rule that names nobody at all means everybody.
    pub(crate) fn of(settings: &Settings, chatflow: &ChatflowRow) -> Assignees {
        let (rule, assignment) = (&chatflow.settings, &chatflow.settings.assignment);
        let agents = rule.agents.iter().chain(&assignment.agents).copied();
        let teams = assignment.teams.iter().filter_map(|team| settings.team(*team));
        let mains = teams.flat_map(|team| team.main_members.iter().copied());
        let is_silent =
            rule.agents.is_empty() && assignment.agents.is_empty() && assignment.teams.is_empty();
        let named = (rule.assign && !is_silent).then(|| each_once(agents.chain(mains)));
        let kind = settings.slot_kind(chatflow.inbox);
        Assignees { named, kind, members: members(settings, chatflow) }
    }

    /// May be given conversations of the inbox (PERM-5).
    pub(crate) fn has_access(&self, agent: AgentId) -> bool {
        self.members.as_ref().is_none_or(|members| members.contains(&agent))
    }
}

fn members(settings: &Settings, chatflow: &ChatflowRow) -> Option<HashSet<AgentId>> {
    let inbox = settings.inboxes.iter().find(|it| it.id == chatflow.inbox)?;
    match &inbox.access {
        InboxAccess::Everyone => None,
        InboxAccess::Chosen { agents, teams } => {
            let teams = teams.iter().filter_map(|team| settings.team(*team));
            let of_teams =
                teams.flat_map(|team| team.main_members.iter().chain(&team.extra_members));
            Some(agents.iter().chain(of_teams).copied().collect())
        }
    }
}

fn each_once(agents: impl Iterator<Item = AgentId>) -> Vec<AgentId> {
    let mut seen = HashSet::new();
    agents.filter(|agent| seen.insert(*agent)).collect()
}

#[cfg(test)]
mod tests {
    use salotto_protocol::people::InboxKind;
    use salotto_protocol::{ChatflowId, InboxId, SiteId, TeamId};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::store::{InboxRow, TeamRow};

    const SALES: TeamId = TeamId(Uuid::from_u128(50));
    const INBOX: InboxId = InboxId(Uuid::from_u128(60));

    fn agent(number: u128) -> AgentId {
        AgentId(Uuid::from_u128(number))
    }

    /// Sales has 1 and 2 as main members, 3 as an extra one.
    fn settings(access: InboxAccess) -> Settings {
        let sales = TeamRow {
            id: SALES,
            name: "Sales".to_owned(),
            main_members: vec![agent(1), agent(2)],
            extra_members: vec![agent(3)],
            skills: Default::default(),
        };
        let inbox = InboxRow { id: INBOX, name: "Shop".to_owned(), access, kind: InboxKind::Inbox };
        Settings { teams: vec![sales], inboxes: vec![inbox], ..Settings::default() }
    }

    fn named(agents: &[AgentId], teams: &[TeamId], assign: bool) -> Option<Vec<AgentId>> {
        let row = chatflow(json!({
            "name": "Shop", "assign": assign, "agents": agents, "assignment": { "teams": teams },
        }));
        Assignees::of(&settings(InboxAccess::Everyone), &row).named
    }

    fn chatflow(settings: serde_json::Value) -> ChatflowRow {
        ChatflowRow {
            id: ChatflowId(Uuid::from_u128(1)),
            site: SiteId(Uuid::nil()),
            inbox: INBOX,
            enabled: true,
            priority: 1,
            settings: serde_json::from_value(settings).expect("settings"),
        }
    }

    #[test]
    fn perm_4_of_a_team_only_main_members_are_named_each_once() {
        let expected = Some(vec![agent(7), agent(1), agent(2)]);
        assert_eq!(named(&[agent(7), agent(1)], &[SALES], true), expected);
    }

    #[test]
    fn as_9_a_team_that_is_no_more_names_nobody_and_no_rule_names_everybody() {
        assert_eq!(named(&[], &[TeamId(Uuid::nil())], true), Some(Vec::new()));
        assert_eq!(named(&[], &[], true), None);
        assert_eq!(named(&[agent(7)], &[SALES], false), None);
    }

    #[test]
    fn perm_5_access_is_of_the_chosen_and_of_all_members_of_chosen_teams() {
        let access = InboxAccess::Chosen { agents: vec![agent(7)], teams: vec![SALES] };
        let row = chatflow(json!({ "name": "Shop" }));
        let assignees = Assignees::of(&settings(access), &row);
        for (number, expected) in [(1, true), (3, true), (7, true), (8, false)] {
            assert_eq!(assignees.has_access(agent(number)), expected, "{number}");
        }
        let everyone = Assignees::of(&settings(InboxAccess::Everyone), &row);
        assert!(everyone.has_access(agent(8)));
    }
}
