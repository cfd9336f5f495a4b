//! Changes of people by an admin: users, teams, access, the account, skills, who is assigned what.
//! Decided inside the transaction on what is true then, one after the other on all nodes.

mod assignment;
mod rules;
mod skills;

pub(super) use rules::{check_name, field};
pub(crate) use skills::SkillsAsked;

use salotto_protocol::assignment::ChatflowAssignment;
use salotto_protocol::people::{HeldSkills, InboxAccess, InboxKind, Permission};
use salotto_protocol::people_api::{AccountPatch, TeamPatch, UserPatch};
use salotto_protocol::{AgentId, AgentStatus, ChatflowId, InboxId, TeamId};
use uuid::Uuid;

use super::change::Notice;
use crate::clock;
use crate::store::{AgentRow, Batch, InboxRow, People, PeopleChange, StoreError, TeamRow};

/// What is asked for, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Nobody: the command line, which may do everything.
    pub(crate) by: Option<AgentId>,
    pub(crate) asked: Asked,
}

#[derive(Clone, Debug)]
pub(crate) enum Asked {
    AddUser(NewAccount),
    User { user: AgentId, patch: UserPatch },
    Status { user: AgentId, status: AgentStatus },
    UserSkills { user: AgentId, skills: HeldSkills },
    AddTeam(TeamRow),
    Team { team: TeamId, patch: TeamPatch },
    DeleteTeam(TeamId),
    Access { inbox: InboxId, access: InboxAccess },
    InboxKind { inbox: InboxId, kind: InboxKind },
    Account(AccountPatch),
    Skills(SkillsAsked),
    Assignment { chatflow: ChatflowId, assignment: Box<ChatflowAssignment> },
}

/// A user to be added.
#[derive(Clone, Debug)]
pub(crate) struct NewAccount {
    /// Its capacity is that of the account if it `inherits_capacity`, whatever it says.
    pub(crate) row: AgentRow,
    pub(crate) password_hash: String,
    /// Becomes a super admin if there is none yet: else nobody could make one.
    pub(crate) first_is_super_admin: bool,
}

/// Why nothing was changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Complaint {
    /// Of what was asked for: its path, and what is wrong with it.
    Field { field: String, complaint: String },
    /// The permission that it needs, in words.
    Forbidden(&'static str),
    /// What it is about is not there.
    NotFound,
}

/// Whether anything changed and whom it is about, or why not.
pub(super) async fn run(
    batch: &mut Batch<'_>,
    request: Request,
) -> Result<Result<(bool, Notice), Complaint>, StoreError> {
    let Request { by, asked } = request;
    let people = batch.lock_people().await?;
    if let Err(complaint) = rules::check(&people, by, &asked) {
        return Ok(Err(complaint));
    }
    if let Some(complaint) = named_by_a_rule(batch, &asked).await? {
        return Ok(Err(complaint));
    }
    let line = line_of(by, &asked);
    let done = perform(batch, &people, by, asked).await?;
    if done.0 {
        batch.note_change(&line).await?;
    }
    Ok(Ok(done))
}

/// A rule that named what is gone would route to nobody.
async fn named_by_a_rule(
    batch: &mut Batch<'_>,
    asked: &Asked,
) -> Result<Option<Complaint>, StoreError> {
    let (id, field) = match asked {
        Asked::DeleteTeam(team) => (team.0, "team"),
        Asked::Skills(SkillsAsked::Delete(skill)) => (skill.0, "skill"),
        Asked::AddUser(_)
        | Asked::User { .. }
        | Asked::Status { .. }
        | Asked::UserSkills { .. }
        | Asked::AddTeam(_)
        | Asked::Team { .. }
        | Asked::Access { .. }
        | Asked::InboxKind { .. }
        | Asked::Account(_)
        | Asked::Skills(
            SkillsAsked::Add(_) | SkillsAsked::Skill { .. } | SkillsAsked::Category(_),
        )
        | Asked::Assignment { .. } => return Ok(None),
    };
    let is_named = batch.is_in_a_rule(id).await?;
    Ok(is_named.then(|| rules::field(field, "is named in a rule: take it out there first")))
}

async fn perform(
    batch: &mut Batch<'_>,
    people: &People,
    by: Option<AgentId>,
    asked: Asked,
) -> Result<(bool, Notice), StoreError> {
    match asked {
        Asked::AddUser(new) => add_user(batch, people, new).await,
        Asked::User { user, patch } => change_user(batch, people, user, &patch).await,
        Asked::Status { user, status } => {
            let someone_else = by.filter(|by| *by != user);
            let done = match someone_else {
                Some(by) => batch.set_status_by(user, status, Some(by)).await?,
                None => batch.set_status(user, status).await?,
            };
            Ok((done, Notice::Agents(vec![user])))
        }
        Asked::UserSkills { user, skills } => {
            let is_new = rules::user(people, user).is_some_and(|row| *row.skills != skills);
            batch.set_skills(user, &skills).await?;
            Ok((is_new, Notice::Agents(vec![user])))
        }
        Asked::AddTeam(team) => {
            batch.put_team(&team).await?;
            Ok((true, Notice::Settings))
        }
        Asked::Team { team, patch } => change_team(batch, people, team, patch).await,
        Asked::DeleteTeam(team) => {
            batch.delete_team(team).await?;
            batch.change_access().await?;
            Ok((true, Notice::Settings))
        }
        Asked::Access { inbox, access } => {
            let is_new = |it: &InboxRow| it.id == inbox && it.access != access;
            let is_new = people.settings.inboxes.iter().any(is_new);
            batch.set_access(inbox, &access).await?;
            if is_new {
                batch.change_access().await?;
            }
            Ok((is_new, Notice::Settings))
        }
        Asked::InboxKind { inbox, kind } => set_kind(batch, people, inbox, kind).await,
        Asked::Account(patch) => {
            let account = patch.applied(people.settings.account);
            batch.put_account(&account).await?;
            Ok((people.settings.account != account, Notice::Settings))
        }
        Asked::Skills(asked) => Ok((change_skills(batch, people, &asked).await?, Notice::Settings)),
        Asked::Assignment { chatflow, assignment } => {
            let (assign, agents, settings) = assignment.into_parts();
            let changed = [
                batch.put_chatflow_part(chatflow, "assign", &assign).await?,
                batch.put_chatflow_part(chatflow, "agents", &agents).await?,
                batch.put_chatflow_part(chatflow, "assignment", &settings).await?,
            ];
            Ok((changed.contains(&true), Notice::Settings))
        }
    }
}

async fn add_user(
    batch: &mut Batch<'_>,
    people: &People,
    new: NewAccount,
) -> Result<(bool, Notice), StoreError> {
    let NewAccount { mut row, password_hash, first_is_super_admin } = new;
    if first_is_super_admin && rules::super_admins(&people.agents).next().is_none() {
        row.permissions.0.insert(Permission::SuperAdmin);
    }
    if row.inherits_capacity {
        row.capacity = people.settings.account.default_capacity();
    }
    if row.inherits_ticket_capacity {
        row.ticket_capacity = people.settings.account.default_ticket_capacity();
    }
    let added = batch.insert_agent(&row, &password_hash).await?;
    Ok((added, Notice::Agents(vec![row.id])))
}

/// Other agents may be given its conversations, by other limits.
async fn set_kind(
    batch: &mut Batch<'_>,
    people: &People,
    inbox: InboxId,
    kind: InboxKind,
) -> Result<(bool, Notice), StoreError> {
    let is_new = people.settings.inboxes.iter().any(|it| it.id == inbox && it.kind != kind);
    batch.set_kind(inbox, kind).await?;
    if is_new {
        batch.change_access().await?;
    }
    Ok((is_new, Notice::Settings))
}

/// Whoever is deactivated is signed out everywhere; their sockets end when the roster says so.
async fn change_user(
    batch: &mut Batch<'_>,
    people: &People,
    user: AgentId,
    patch: &UserPatch,
) -> Result<(bool, Notice), StoreError> {
    let before = rules::user(people, user).expect("the rules found them");
    let after = rules::patched(before, patch, &people.settings.account, clock::now_ms());
    let changed = after != *before;
    if changed {
        batch.set_user(&after).await?;
    }
    if after.is_deactivated() {
        batch.delete_sessions_of(user).await?;
    }
    Ok((changed, Notice::Agents(vec![user])))
}

async fn change_team(
    batch: &mut Batch<'_>,
    people: &People,
    team: TeamId,
    patch: TeamPatch,
) -> Result<(bool, Notice), StoreError> {
    let before = people.settings.team(team).expect("the rules found it");
    let TeamPatch { name, main_members, extra_members, skills } = patch;
    let after = TeamRow {
        id: team,
        name: name.unwrap_or_else(|| before.name.clone()),
        main_members: main_members.unwrap_or_else(|| before.main_members.clone()),
        extra_members: extra_members.unwrap_or_else(|| before.extra_members.clone()),
        skills: skills.unwrap_or_else(|| before.skills.clone()),
    };
    batch.put_team(&after).await?;
    if after != *before {
        batch.change_access().await?;
    }
    Ok((after != *before, Notice::Settings))
}

async fn change_skills(
    batch: &mut Batch<'_>,
    people: &People,
    asked: &SkillsAsked,
) -> Result<bool, StoreError> {
    if let SkillsAsked::Delete(skill) = asked {
        batch.delete_skill(*skill).await?;
        return Ok(true);
    }
    let known = &people.settings.skills;
    let changed = skills::changed(known, asked);
    for skill in &changed {
        batch.put_skill(skill).await?;
    }
    Ok(changed.iter().any(|skill| !known.contains(skill)))
}

/// For the trail.
fn line_of(by: Option<AgentId>, asked: &Asked) -> PeopleChange {
    let (kind, subject, new_value): (_, Option<Uuid>, _) = match asked {
        Asked::AddUser(NewAccount { row, .. }) => {
            let AgentRow { email, name, seat, permissions, .. } = row;
            let value = serde_json::json!({
                "email": email, "name": name, "seat": seat, "permissions": permissions,
            });
            ("user_added", Some(row.id.0), value)
        }
        Asked::User { user, patch } => ("user", Some(user.0), json(patch)),
        Asked::Status { user, status } => ("status", Some(user.0), json(status)),
        Asked::UserSkills { user, skills } => ("user_skills", Some(user.0), json(skills)),
        Asked::AddTeam(team) => {
            let TeamRow { name, main_members, extra_members, .. } = team;
            let value = serde_json::json!({
                "name": name, "main_members": main_members, "extra_members": extra_members,
            });
            ("team_added", Some(team.id.0), value)
        }
        Asked::Team { team, patch } => ("team", Some(team.0), json(patch)),
        Asked::DeleteTeam(team) => ("team_deleted", Some(team.0), json(&())),
        Asked::Access { inbox, access } => ("inbox_access", Some(inbox.0), json(access)),
        Asked::InboxKind { inbox, kind } => ("inbox_kind", Some(inbox.0), json(kind)),
        Asked::Account(patch) => ("account", None, json(patch)),
        Asked::Skills(SkillsAsked::Add(skills)) => {
            let names: Vec<_> = skills.iter().map(|it| (&it.category, &it.name)).collect();
            ("skills_added", None, json(&names))
        }
        Asked::Skills(SkillsAsked::Skill { skill, patch }) => ("skill", Some(skill.0), json(patch)),
        Asked::Skills(SkillsAsked::Category(patch)) => ("skill_category", None, json(patch)),
        Asked::Skills(SkillsAsked::Delete(skill)) => ("skill_deleted", Some(skill.0), json(&())),
        Asked::Assignment { chatflow, assignment } => {
            ("assignment", Some(chatflow.0), json(assignment))
        }
    };
    PeopleChange { by, kind, subject, new_value: new_value.to_string() }
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("what was asked for is plain data")
}
