//! Teams, with main and extra members (OBJ-11), and who may see an inbox.

use std::collections::HashSet;

use salotto_protocol::people::{HeldSkills, InboxAccess, InboxKind, Permission};
use salotto_protocol::{AgentId, InboxId, TeamId};
use uuid::Uuid;

use super::batch::Batch;
use super::connection::Connection;
use super::query::query;
use super::row::stored;
use super::{AgentRow, Settings, SlotKind, StoreError, decode};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TeamRow {
    pub(crate) id: TeamId,
    pub(crate) name: String,
    /// Those whom a rule means that names the team (PERM-4).
    pub(crate) main_members: Vec<AgentId>,
    pub(crate) extra_members: Vec<AgentId>,
    pub(crate) skills: HeldSkills,
}

struct StoredTeam {
    id: Uuid,
    name: String,
    main_members: String,
    extra_members: String,
    skills: String,
}

stored!(StoredTeam { id, name, main_members, extra_members, skills });

const ALL: &str = "
    SELECT id, name, main_members, extra_members, skills FROM teams ORDER BY name_key, id";

const PUT: &str = "
    INSERT INTO teams (id, name, name_key, main_members, extra_members, skills)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
        main_members = excluded.main_members, extra_members = excluded.extra_members,
        skills = excluded.skills";

const DELETE: &str = "DELETE FROM teams WHERE id = $1";

pub(super) async fn all(read: Connection<'_>) -> Result<Vec<TeamRow>, StoreError> {
    let rows: Vec<StoredTeam> = query(ALL).all(read).await?;
    rows.into_iter()
        .map(|row| {
            Ok(TeamRow {
                id: TeamId(row.id),
                name: row.name,
                main_members: decode::json(&row.main_members)?,
                extra_members: decode::json(&row.extra_members)?,
                skills: decode::json_or_default(&row.skills)?,
            })
        })
        .collect()
}

impl TeamRow {
    pub(crate) fn is_member(&self, agent: AgentId) -> bool {
        self.members().any(|it| it == agent)
    }

    /// Main ones first.
    pub(crate) fn members(&self) -> impl Iterator<Item = AgentId> {
        self.main_members.iter().chain(&self.extra_members).copied()
    }
}

impl Settings {
    pub(crate) fn team(&self, id: TeamId) -> Option<&TeamRow> {
        self.teams.iter().find(|team| team.id == id)
    }

    /// May be given conversations of this inbox, and answer in it: a super admin only as a member
    /// (PERM-5). An inbox that is not known here is too new to be for chosen ones.
    pub(crate) fn is_member(&self, inbox: InboxId, agent: AgentId) -> bool {
        let Some(inbox) = self.inboxes.iter().find(|it| it.id == inbox) else { return true };
        match &inbox.access {
            InboxAccess::Everyone => true,
            InboxAccess::Chosen { agents, teams } => {
                let has = |id: &TeamId| self.team(*id).is_some_and(|it| it.is_member(agent));
                agents.contains(&agent) || teams.iter().any(has)
            }
        }
    }

    /// Who may be given its conversations; `None`: everybody.
    pub(crate) fn members(&self, inbox: InboxId) -> Option<HashSet<AgentId>> {
        let inbox = self.inboxes.iter().find(|it| it.id == inbox)?;
        match &inbox.access {
            InboxAccess::Everyone => None,
            InboxAccess::Chosen { agents, teams } => {
                let teams = teams.iter().filter_map(|team| self.team(*team));
                let of_teams = teams.flat_map(TeamRow::members);
                Some(agents.iter().copied().chain(of_teams).collect())
            }
        }
    }

    /// May be given its conversations by hand (PERM-6): of an inbox that names teams only those; of
    /// one that names users alone a team with one of them as a main member.
    pub(crate) fn is_open_to(&self, inbox: InboxId, team: &TeamRow) -> bool {
        let Some(inbox) = self.inboxes.iter().find(|it| it.id == inbox) else { return true };
        match &inbox.access {
            InboxAccess::Everyone => true,
            InboxAccess::Chosen { agents, teams } if teams.is_empty() => {
                team.main_members.iter().any(|main| agents.contains(main))
            }
            InboxAccess::Chosen { teams, .. } => teams.contains(&team.id),
        }
    }

    /// Of what its conversations take a slot; of an inbox that is not known here, a chat's.
    pub(crate) fn slot_kind(&self, inbox: InboxId) -> SlotKind {
        let row = self.inboxes.iter().find(|it| it.id == inbox);
        match row.map(|it| it.kind).unwrap_or_default() {
            InboxKind::Inbox => SlotKind::Chat,
            InboxKind::HelpDesk => SlotKind::Ticket,
        }
    }

    /// May see it: members, and super admins (PERM-5).
    pub(crate) fn may_see(&self, inbox: InboxId, agent: &AgentRow) -> bool {
        agent.may(Permission::SuperAdmin) || self.is_member(inbox, agent.id)
    }
}

impl Batch<'_> {
    /// The name of no other team, by `PeopleChange`'s rules; a breach is an error.
    pub(crate) async fn put_team(&mut self, team: &TeamRow) -> Result<(), StoreError> {
        let put = query(PUT)
            .bind(team.id.0)
            .bind(team.name.as_str())
            .bind(team.name.to_lowercase())
            .bind(decode::to_json(&team.main_members))
            .bind(decode::to_json(&team.extra_members))
            .bind(decode::to_json(&team.skills));
        self.run(put).await?;
        Ok(())
    }

    pub(crate) async fn delete_team(&mut self, team: TeamId) -> Result<(), StoreError> {
        self.run(query(DELETE).bind(team.0)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::people::Permissions;

    use super::*;
    use crate::store::InboxRow;

    fn agent(number: u128) -> AgentId {
        AgentId(Uuid::from_u128(number))
    }

    fn team(main: &[u128], extra: &[u128]) -> TeamRow {
        let ids = |numbers: &[u128]| numbers.iter().map(|it| agent(*it)).collect();
        TeamRow {
            id: TeamId(Uuid::from_u128(9)),
            name: "Sales".to_owned(),
            main_members: ids(main),
            extra_members: ids(extra),
            skills: HeldSkills::default(),
        }
    }

    fn settings(access: InboxAccess) -> (Settings, InboxId) {
        let id = InboxId(Uuid::from_u128(5));
        let inboxes =
            vec![InboxRow { id, name: "Main".to_owned(), access, kind: InboxKind::Inbox }];
        let teams = vec![team(&[1], &[2])];
        (Settings { inboxes, teams, ..Settings::default() }, id)
    }

    /// PERM-4
    #[test]
    fn extra_members_are_members_but_no_main_ones() {
        let team = team(&[1, 3], &[2]);
        assert_eq!(team.members().collect::<Vec<_>>(), [agent(1), agent(3), agent(2)]);
        assert_eq!(team.main_members, [agent(1), agent(3)]);
        assert!(team.is_member(agent(2)) && !team.is_member(agent(4)));
    }

    /// PERM-5
    #[test]
    fn an_inbox_of_chosen_ones_has_them_and_all_members_of_its_teams() {
        let teams = vec![team(&[], &[]).id];
        let (settings, inbox) = settings(InboxAccess::Chosen { agents: vec![agent(7)], teams });
        let members = (1..9).filter(|it| settings.is_member(inbox, agent(*it)));
        assert_eq!(members.collect::<Vec<_>>(), [1, 2, 7]);
        assert!(settings.is_member(InboxId(Uuid::nil()), agent(8)), "is not known yet");
    }

    #[test]
    fn perm_6_an_inbox_that_names_teams_is_open_to_these_alone() {
        let ours = team(&[1], &[2]);
        let other = TeamRow { id: TeamId(Uuid::from_u128(8)), ..team(&[1, 7], &[]) };
        for (agents, teams, expected) in [
            (vec![], vec![ours.id], [true, false]),
            (vec![agent(7)], vec![ours.id], [true, false]),
            (vec![agent(7)], vec![], [false, true]),
            (vec![agent(2)], vec![], [false, false]),
        ] {
            let (settings, inbox) = settings(InboxAccess::Chosen { agents, teams });
            assert_eq!([&ours, &other].map(|it| settings.is_open_to(inbox, it)), expected);
        }
        let (settings, inbox) = settings(InboxAccess::Everyone);
        assert!(settings.is_open_to(inbox, &other));
        assert_eq!(settings.members(inbox), None, "everybody");
    }

    /// PERM-5
    #[test]
    fn a_super_admin_sees_an_inbox_without_being_a_member_of_it() {
        let nobody = InboxAccess::Chosen { agents: Vec::new(), teams: Vec::new() };
        let (settings, inbox) = settings(nobody);
        let mut row = AgentRow::new(agent(4), "ada@example.com", "Ada");
        assert!(!settings.may_see(inbox, &row));
        row.permissions = Permissions::of(&[Permission::SuperAdmin]);
        assert!(settings.may_see(inbox, &row) && !settings.is_member(inbox, row.id));
        row.deactivated_at_ms = Some(1);
        assert!(!settings.may_see(inbox, &row));
    }
}
