//! What REST takes and gives about people: users, teams, access, the account, skills.

use serde::{Deserialize, Deserializer, Serialize};

use crate::hours::DayRow;
use crate::people::{AccountSettings, HeldSkills, InboxAccess, Permissions, Seat};
use crate::{AgentId, AgentStatus, ChatflowId, ContactId, InboxId, SiteId, SkillId, TeamId};

/// `GET /api/v1/users`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Users {
    pub users: Vec<User>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct User {
    pub id: AgentId,
    pub email: String,
    pub name: String,
    pub seat: Seat,
    pub permissions: Permissions,
    pub status: AgentStatus,
    /// Who set it, if it was somebody else (PERM-8).
    pub status_by: Option<AgentId>,
    pub present: bool,
    /// Slots taken.
    pub active: u32,
    /// In force; null is without a limit.
    pub capacity: Option<u32>,
    /// Their own (CAP-2); null: the account's default.
    pub capacity_override: Option<u32>,
    /// Open tickets, and as with chats: the limit in force, and the user's own (CAP-20).
    pub tickets: u32,
    pub ticket_capacity: Option<u32>,
    pub ticket_capacity_override: Option<u32>,
    pub skills: HeldSkills,
    /// Null: active.
    pub deactivated_at_ms: Option<i64>,
}

/// `POST /api/v1/users`
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password: String,
    #[serde(default)]
    pub seat: Seat,
    #[serde(default)]
    pub permissions: Permissions,
    #[serde(default)]
    pub capacity_override: Option<u32>,
}

/// `PATCH /api/v1/users/{id}`: what is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<Seat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Permissions>,
    /// Null takes it away: the account's default then holds.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub capacity_override: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub ticket_capacity_override: Option<Option<u32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<bool>,
}

/// Tells a field that is null from one that is left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// `PUT /api/v1/account`: what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_limit_on: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_chat_window_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_capacity_limit_on: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_capacity_limit: Option<u32>,
    /// Null: tickets of any age count.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub ticket_age_days_max: Option<Option<u32>>,
}

impl AccountPatch {
    /// Those who may edit users may set the limit of tickets (PERM-10), and no other (PERM-9).
    pub fn is_of_tickets_alone(&self) -> bool {
        let AccountPatch { capacity_limit_on, capacity_limit, active_chat_window_ms, .. } = self;
        capacity_limit_on.is_none() && capacity_limit.is_none() && active_chat_window_ms.is_none()
    }

    pub fn applied(&self, to: AccountSettings) -> AccountSettings {
        AccountSettings {
            capacity_limit_on: self.capacity_limit_on.unwrap_or(to.capacity_limit_on),
            capacity_limit: self.capacity_limit.unwrap_or(to.capacity_limit),
            active_chat_window_ms: self.active_chat_window_ms.unwrap_or(to.active_chat_window_ms),
            ticket_capacity_limit_on: self
                .ticket_capacity_limit_on
                .unwrap_or(to.ticket_capacity_limit_on),
            ticket_capacity_limit: self.ticket_capacity_limit.unwrap_or(to.ticket_capacity_limit),
            ticket_age_days_max: self.ticket_age_days_max.unwrap_or(to.ticket_age_days_max),
        }
    }
}

/// `PUT /api/v1/users/{id}/status`
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StatusChoice {
    pub status: AgentStatus,
}

/// `GET /api/v1/colleagues`: who has access to inboxes that the asker may see (AV-34).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Colleagues {
    pub colleagues: Vec<Colleague>,
}

/// What the frame `agents` does not say of somebody.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Colleague {
    pub id: AgentId,
    /// Of those that the asker may see.
    pub inboxes: Vec<InboxId>,
    /// Left out by whoever has set none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<HoursToday>,
}

/// Of the day that it is where they work.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HoursToday {
    pub time_zone: String,
    /// In order, without what they are out of office for.
    pub rows: Vec<DayRow>,
    /// Out of office now: until then, on that clock, as `YYYY-MM-DDTHH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_until: Option<String>,
}

/// `GET /api/v1/chatflows`: those of the inboxes that the asker may see.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Chatflows {
    pub chatflows: Vec<ChatflowName>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChatflowName {
    pub id: ChatflowId,
    /// What stands on top of its widget.
    pub heading: String,
    pub inbox: InboxId,
}

/// `GET /api/v1/teams`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Teams {
    pub teams: Vec<Team>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    /// Those whom rules that name the team mean (PERM-4).
    pub main_members: Vec<AgentId>,
    pub extra_members: Vec<AgentId>,
    pub skills: HeldSkills,
}

/// `POST /api/v1/teams`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewTeam {
    pub name: String,
    #[serde(default)]
    pub main_members: Vec<AgentId>,
    #[serde(default)]
    pub extra_members: Vec<AgentId>,
}

/// `PATCH /api/v1/teams/{id}`: what is left out stays as it is; lists are whole lists.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TeamPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_members: Option<Vec<AgentId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_members: Option<Vec<AgentId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<HeldSkills>,
}

/// `GET /api/v1/inboxes/{id}/access`, and the answer to `PUT`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AccessAnswer {
    pub inbox: InboxId,
    pub access: InboxAccess,
}

/// The body of `PUT /api/v1/inboxes/{id}/access`: what is wrong with it can be named.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessChoice {
    pub to: AccessTo,
    /// For `chosen`, as are the teams.
    #[serde(default)]
    pub agents: Vec<AgentId>,
    #[serde(default)]
    pub teams: Vec<TeamId>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTo {
    Everyone,
    Chosen,
}

impl AccessChoice {
    /// Or the field that makes no sense beside `everyone`.
    pub fn access(self) -> Result<InboxAccess, &'static str> {
        let AccessChoice { to, agents, teams } = self;
        match to {
            AccessTo::Chosen => Ok(InboxAccess::Chosen { agents, teams }),
            AccessTo::Everyone if !agents.is_empty() => Err("agents"),
            AccessTo::Everyone if !teams.is_empty() => Err("teams"),
            AccessTo::Everyone => Ok(InboxAccess::Everyone),
        }
    }
}

/// `GET /api/v1/inboxes/{id}/kind`, and the answer to `PUT`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KindAnswer {
    pub inbox: InboxId,
    pub kind: crate::people::InboxKind,
}

/// The body of `PUT /api/v1/inboxes/{id}/kind`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KindChoice {
    pub kind: crate::people::InboxKind,
}

/// `GET /api/v1/skills` (SK-2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Skills {
    /// Built in: every user and team can have them as main or secondary ones (SK-3).
    pub languages: Vec<String>,
    pub categories: Vec<SkillCategory>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SkillCategory {
    pub name: String,
    pub skills: Vec<Skill>,
}

/// With those who have it (SK-5).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Skill {
    pub id: SkillId,
    pub name: String,
    pub users: Vec<AgentId>,
    pub teams: Vec<TeamId>,
}

/// `POST /api/v1/skills`: several of one category (SK-4).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewSkills {
    pub category: String,
    pub names: Vec<String>,
}

/// `PATCH /api/v1/skills/{id}`: what is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SkillPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// `PATCH /api/v1/skills`: gives a category another name (SK-5).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryPatch {
    pub category: String,
    pub name: String,
}

/// `PUT /api/v1/visitors/{id}/contact`: what is left out is nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    pub email: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub owner: Option<AgentId>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Contact {
    pub id: ContactId,
    pub site: SiteId,
    /// In lower case: one contact for each address of a site.
    pub email: String,
    pub name: Option<String>,
    pub owner: Option<AgentId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_a_capacity_away_and_leaving_it_out_changes_nothing() {
        let read = |json| serde_json::from_str::<UserPatch>(json).unwrap().capacity_override;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"capacity_override":null}"#), Some(None));
        assert_eq!(read(r#"{"capacity_override":3}"#), Some(Some(3)));
    }
}
