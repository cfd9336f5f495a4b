//! What may be changed of people, and by whom. Pure.

use std::collections::HashSet;
use std::hash::Hash;

use salotto_protocol::people::{
    ACTIVE_CHAT_WINDOW_MS_MAX, ACTIVE_CHAT_WINDOW_MS_MIN, AccountSettings, CAPACITY_MAX,
    InboxAccess, MEMBERS_MAX, NAME_CHARS_MAX, Permission, Permissions, Seat, TEAMS_MAX,
    TICKET_AGE_DAYS_MAX,
};
use salotto_protocol::people_api::{TeamPatch, UserPatch};
use salotto_protocol::{AgentId, InboxId, TeamId};

use super::{Asked, Complaint, NewAccount, assignment, skills};
use crate::store::{AgentRow, People, TeamRow};

pub(in crate::journal) type Checked = Result<(), Complaint>;

/// Whether this may be done now.
pub(super) fn check(people: &People, by: Option<AgentId>, asked: &Asked) -> Checked {
    let by = match by {
        None => None,
        Some(id) => Some(user(people, id).ok_or(Complaint::Forbidden("this account is gone"))?),
    };
    if let Some(by) = by
        && let Some(permission) = needed(by, asked)
    {
        allow(by, permission)?;
    }
    match asked {
        Asked::AddUser(new) => check_new(people, by, new),
        Asked::User { user, patch } => check_user(people, by, *user, patch),
        Asked::Status { user, .. } => find(people, *user).map(drop),
        Asked::UserSkills { user, skills } => {
            let row = find(people, *user)?;
            if row.seat != Seat::Service && !skills.is_empty() {
                return Err(field("skills", "need a Service seat"));
            }
            skills::check_held(people, "", skills)
        }
        Asked::AddTeam(team) => check_new_team(people, team),
        Asked::Team { team, patch } => check_team(people, by, *team, patch),
        Asked::DeleteTeam(team) => check_team_is_free(people, *team),
        Asked::Access { inbox, access } => check_access(people, *inbox, access),
        Asked::InboxKind { inbox, .. } => find_inbox(people, *inbox),
        Asked::Account(patch) => check_account(&patch.applied(people.settings.account)),
        Asked::Skills(change) => skills::check(people, change),
        Asked::Assignment { chatflow, assignment } => {
            assignment::check(people, *chatflow, assignment)
        }
    }
}

/// `None`: everybody may.
fn needed(by: &AgentRow, asked: &Asked) -> Option<Permission> {
    match asked {
        Asked::AddUser(_)
        | Asked::User { .. }
        | Asked::AddTeam(_)
        | Asked::Team { .. }
        | Asked::DeleteTeam(_) => Some(Permission::Users),
        Asked::Status { user, .. } if *user == by.id => None,
        Asked::Status { .. } => Some(Permission::AvailabilityManagement),
        Asked::Assignment { .. } => Some(Permission::Routing),
        Asked::Account(patch) if patch.is_of_tickets_alone() => Some(Permission::Users),
        Asked::UserSkills { .. }
        | Asked::Access { .. }
        | Asked::InboxKind { .. }
        | Asked::Account(_)
        | Asked::Skills(_) => Some(Permission::SuperAdmin),
    }
}

fn allow(by: &AgentRow, permission: Permission) -> Checked {
    if by.may(permission) {
        return Ok(());
    }
    Err(Complaint::Forbidden(match permission {
        Permission::SuperAdmin => "only a super admin may do this",
        Permission::Users => "this needs the permission to add and edit users",
        Permission::AvailabilityManagement => "this needs the permission to manage availability",
        Permission::Chatflows => "this needs the permission to edit chatflows",
        Permission::Routing => "this needs the permission to edit routing rules, and a seat",
        Permission::PickOutOfOrder => "this needs the permission to pick out of order",
    }))
}

pub(super) fn user(people: &People, id: AgentId) -> Option<&AgentRow> {
    people.agents.iter().find(|row| row.id == id)
}

fn find(people: &People, id: AgentId) -> Result<&AgentRow, Complaint> {
    user(people, id).ok_or(Complaint::NotFound)
}

/// Those who can sign in.
pub(super) fn super_admins(agents: &[AgentRow]) -> impl Iterator<Item = &AgentRow> {
    agents.iter().filter(|row| row.may(Permission::SuperAdmin))
}

fn check_new(people: &People, by: Option<&AgentRow>, new: &NewAccount) -> Checked {
    let row = &new.row;
    check_name("name", &row.name)?;
    let email = row.email.to_lowercase();
    let twin = |it: &AgentRow| it.id != row.id && it.email.to_lowercase() == email;
    if people.agents.iter().any(twin) {
        return Err(field("email", "has an account already"));
    }
    if !row.inherits_capacity {
        by.map_or(Ok(()), |by| allow(by, Permission::SuperAdmin))?;
        check_capacity("capacity_override", row.capacity)?;
    }
    check_grant(by, &Permissions::default(), &row.permissions)
}

fn check_user(people: &People, by: Option<&AgentRow>, id: AgentId, patch: &UserPatch) -> Checked {
    let before = find(people, id)?;
    if before.permissions.has(Permission::SuperAdmin)
        && let Some(by) = by
    {
        allow(by, Permission::SuperAdmin)?;
    }
    patch.name.as_deref().map_or(Ok(()), |name| check_name("name", name))?;
    if let (Some(_), Some(by)) = (patch.capacity_override, by) {
        allow(by, Permission::SuperAdmin)?;
    }
    if let Some(Some(capacity)) = patch.capacity_override {
        check_capacity("capacity_override", capacity)?;
    }
    if let Some(Some(capacity)) = patch.ticket_capacity_override {
        check_capacity("ticket_capacity_override", capacity)?;
    }
    let seat = patch.seat.unwrap_or(before.seat);
    if patch.seat.is_some() && seat != Seat::Service && !before.skills.is_empty() {
        return Err(field("seat", "must be Service while the user has skills"));
    }
    if let Some(permissions) = &patch.permissions {
        check_grant(by, &before.permissions, permissions)?;
    }
    check_last_super_admin(people, before, patch)
}

/// Nobody gives or takes what they do not have: else who may edit users could do everything.
fn check_grant(by: Option<&AgentRow>, before: &Permissions, after: &Permissions) -> Checked {
    let Some(by) = by else { return Ok(()) };
    let changed = before.0.symmetric_difference(&after.0);
    match changed.copied().find(|it| !by.permissions.include(*it)) {
        Some(Permission::SuperAdmin) => allow(by, Permission::SuperAdmin),
        Some(_) => Err(Complaint::Forbidden("a permission that you do not have yourself")),
        None => Ok(()),
    }
}

fn check_last_super_admin(people: &People, before: &AgentRow, patch: &UserPatch) -> Checked {
    if !before.may(Permission::SuperAdmin) {
        return Ok(());
    }
    let after = patched(before, patch, &people.settings.account, 0);
    let others = super_admins(&people.agents).any(|row| row.id != before.id);
    if others || after.may(Permission::SuperAdmin) {
        return Ok(());
    }
    let blamed = if after.is_deactivated() { "deactivated" } else { "permissions" };
    Err(field(blamed, "would leave no super admin"))
}

/// The user as the patch leaves them.
pub(super) fn patched(
    before: &AgentRow,
    patch: &UserPatch,
    account: &AccountSettings,
    now_ms: i64,
) -> AgentRow {
    let UserPatch { name, seat, permissions, capacity_override, .. } = patch;
    let UserPatch { ticket_capacity_override, deactivated, .. } = patch;
    let mut after = before.clone();
    if let Some(name) = name {
        after.name.clone_from(name);
    }
    if let Some(seat) = seat {
        after.seat = *seat;
    }
    if let Some(permissions) = permissions {
        after.permissions.clone_from(permissions);
    }
    if let Some(own) = capacity_override {
        after.inherits_capacity = own.is_none();
        after.capacity = own.unwrap_or(account.default_capacity());
    }
    if let Some(own) = ticket_capacity_override {
        after.inherits_ticket_capacity = own.is_none();
        after.ticket_capacity = own.unwrap_or(account.default_ticket_capacity());
    }
    match deactivated {
        Some(true) => after.deactivated_at_ms = before.deactivated_at_ms.or(Some(now_ms)),
        Some(false) => after.deactivated_at_ms = None,
        None => {}
    }
    after
}

fn check_new_team(people: &People, team: &TeamRow) -> Checked {
    if people.settings.teams.len() >= TEAMS_MAX {
        return Err(field("name", &format!("would be one of more than {TEAMS_MAX} teams")));
    }
    check_team_name(people, team.id, &team.name)?;
    check_members(people, &team.main_members, &team.extra_members)
}

fn check_team(people: &People, by: Option<&AgentRow>, id: TeamId, patch: &TeamPatch) -> Checked {
    let before = people.settings.team(id).ok_or(Complaint::NotFound)?;
    if let Some(name) = &patch.name {
        check_team_name(people, id, name)?;
    }
    let main = patch.main_members.as_ref().unwrap_or(&before.main_members);
    let extra = patch.extra_members.as_ref().unwrap_or(&before.extra_members);
    check_members(people, main, extra)?;
    let Some(skills) = &patch.skills else { return Ok(()) };
    by.map_or(Ok(()), |by| allow(by, Permission::SuperAdmin))?;
    skills::check_held(people, "skills.", skills)
}

fn check_team_name(people: &People, id: TeamId, name: &str) -> Checked {
    check_name("name", name)?;
    let key = name.to_lowercase();
    let is_twin = |it: &TeamRow| it.id != id && it.name.to_lowercase() == key;
    if people.settings.teams.iter().any(is_twin) {
        return Err(field("name", "is the name of another team"));
    }
    Ok(())
}

/// Nobody twice, and nobody both main and extra.
fn check_members(people: &People, main: &[AgentId], extra: &[AgentId]) -> Checked {
    if main.len() + extra.len() > MEMBERS_MAX {
        return Err(field("main_members", &format!("and extra_members: more than {MEMBERS_MAX}")));
    }
    let is_user = |id: &AgentId| user(people, *id).is_some();
    let mut seen = HashSet::new();
    check_list("main_members", main, &mut seen, is_user)?;
    check_list("extra_members", extra, &mut seen, is_user)
}

fn check_team_is_free(people: &People, id: TeamId) -> Checked {
    people.settings.team(id).ok_or(Complaint::NotFound)?;
    let names = |access: &InboxAccess| match access {
        InboxAccess::Everyone => false,
        InboxAccess::Chosen { teams, .. } => teams.contains(&id),
    };
    match people.settings.inboxes.iter().find(|inbox| names(&inbox.access)) {
        Some(inbox) => Err(field("team", &format!("has access to the inbox {:?}", inbox.name))),
        None => Ok(()),
    }
}

fn find_inbox(people: &People, inbox: InboxId) -> Checked {
    let is_there = people.settings.inboxes.iter().any(|it| it.id == inbox);
    if is_there { Ok(()) } else { Err(Complaint::NotFound) }
}

fn check_access(people: &People, inbox: InboxId, access: &InboxAccess) -> Checked {
    find_inbox(people, inbox)?;
    let InboxAccess::Chosen { agents, teams } = access else { return Ok(()) };
    if agents.is_empty() && teams.is_empty() {
        return Err(field("agents", "and teams are empty: nobody could answer"));
    }
    if agents.len() + teams.len() > MEMBERS_MAX {
        return Err(field("agents", &format!("and teams: more than {MEMBERS_MAX}")));
    }
    check_list("agents", agents, &mut HashSet::new(), |id| user(people, *id).is_some())?;
    check_list("teams", teams, &mut HashSet::new(), |id| people.settings.team(*id).is_some())?;
    let teams = teams.iter().filter_map(|id| people.settings.team(*id));
    let mut members = agents.iter().copied().chain(teams.flat_map(TeamRow::members));
    if members.any(|id| user(people, id).is_some_and(|row| !row.is_deactivated())) {
        return Ok(());
    }
    Err(field("agents", "and teams have no active members: nobody could answer"))
}

pub(super) fn check_list<T: Eq + Hash + Clone>(
    path: &str,
    list: &[T],
    seen: &mut HashSet<T>,
    is_known: impl Fn(&T) -> bool,
) -> Checked {
    for (place, it) in list.iter().enumerate() {
        let path = format!("{path}[{place}]");
        if !is_known(it) {
            return Err(field(&path, "is not known"));
        }
        if !seen.insert(it.clone()) {
            return Err(field(&path, "is there twice"));
        }
    }
    Ok(())
}

pub(in crate::journal) fn check_name(path: &str, name: &str) -> Checked {
    let is_plain = name.trim() == name && !name.contains(char::is_control);
    if name.is_empty() || !is_plain || name.chars().count() > NAME_CHARS_MAX {
        let complaint = format!("must have 1 to {NAME_CHARS_MAX} characters, no space around them");
        return Err(field(path, &complaint));
    }
    Ok(())
}

fn check_account(account: &AccountSettings) -> Checked {
    check_capacity("capacity_limit", account.capacity_limit)?;
    check_capacity("ticket_capacity_limit", account.ticket_capacity_limit)?;
    if account.ticket_age_days_max.is_some_and(|days| !(1..=TICKET_AGE_DAYS_MAX).contains(&days)) {
        let complaint = format!("must be a number from 1 to {TICKET_AGE_DAYS_MAX}, or null");
        return Err(field("ticket_age_days_max", &complaint));
    }
    let (min, max) = (ACTIVE_CHAT_WINDOW_MS_MIN, ACTIVE_CHAT_WINDOW_MS_MAX);
    if !(min..=max).contains(&account.active_chat_window_ms) {
        let complaint = format!("must be a number from {min} to {max}");
        return Err(field("active_chat_window_ms", &complaint));
    }
    Ok(())
}

fn check_capacity(path: &str, capacity: u32) -> Checked {
    if capacity == 0 || capacity > CAPACITY_MAX {
        return Err(field(path, &format!("must be a number from 1 to {CAPACITY_MAX}")));
    }
    Ok(())
}

pub(in crate::journal) fn field(path: &str, complaint: &str) -> Complaint {
    Complaint::Field { field: path.to_owned(), complaint: complaint.to_owned() }
}
