//! People and what they may do: seats, permissions, skills, access to inboxes, the account.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{AgentId, SkillId, TeamId};

/// A name of a user, a team, a skill or its category.
pub const NAME_CHARS_MAX: usize = 100;
/// Teams of an account; the settings are read as a whole.
pub const TEAMS_MAX: usize = 500;
/// Members of a team, main and extra together, and names in one inbox's access: what fits the
/// body of a request.
pub const MEMBERS_MAX: usize = 1_000;
/// Skills of an account.
pub const SKILLS_MAX: usize = 500;
/// Skills and languages of one user or team.
pub const HELD_SKILLS_MAX: usize = 50;
/// What `AccountSettings::active_chat_window_ms` can be: from a second, for trials, to thirty days.
/// Of `ticket_age_days_max`.
pub const TICKET_AGE_DAYS_MAX: u32 = 3_650;
pub const ACTIVE_CHAT_WINDOW_MS_MIN: u64 = 1_000;
pub const ACTIVE_CHAT_WINDOW_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// The highest limit that can be set. Above it is only "without a limit".
pub const CAPACITY_MAX: u32 = 10_000;
/// The capacity of who has no limit.
pub const UNLIMITED: u32 = u32::MAX;

const _: () = assert!(CAPACITY_MAX < UNLIMITED);

/// The languages that every account has as skills (SK-3): ISO 639-1.
pub const LANGUAGES: [&str; 40] = [
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk",
    "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh",
];

/// What an account was paid for (PERM-2). Only who has one is given conversations automatically.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// May look, and answer where they are members (PERM-5).
    None,
    Sales,
    /// Also of the help desk, and of skills (PERM-3, PERM-11).
    #[default]
    Service,
}

impl Seat {
    pub const ALL: [Seat; 3] = [Seat::None, Seat::Sales, Seat::Service];

    pub fn as_str(self) -> &'static str {
        match self {
            Seat::None => "none",
            Seat::Sales => "sales",
            Seat::Service => "service",
        }
    }

    pub fn from_word(word: &str) -> Option<Seat> {
        Seat::ALL.into_iter().find(|seat| seat.as_str() == word)
    }

    /// May be in rules (PERM-2).
    pub fn is_paid(self) -> bool {
        match self {
            Seat::None => false,
            Seat::Sales | Seat::Service => true,
        }
    }
}

/// What somebody may do beyond answering.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Everything, and alone: the account's capacity (PERM-9), skills (PERM-11), access to
    /// inboxes, other super admins.
    SuperAdmin,
    /// Add and edit users and teams (PERM-10).
    Users,
    /// Set another one Available or Away (PERM-8).
    AvailabilityManagement,
    /// Create and edit chatflows (PERM-1).
    Chatflows,
    /// Create and edit routing rules, with a seat (PERM-2).
    Routing,
    /// Take a waiting conversation before an older one (REG-14).
    PickOutOfOrder,
}

impl Permission {
    pub const ALL: [Permission; 6] = [
        Permission::SuperAdmin,
        Permission::Users,
        Permission::AvailabilityManagement,
        Permission::Chatflows,
        Permission::Routing,
        Permission::PickOutOfOrder,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Permission::SuperAdmin => "super_admin",
            Permission::Users => "users",
            Permission::AvailabilityManagement => "availability_management",
            Permission::Chatflows => "chatflows",
            Permission::Routing => "routing",
            Permission::PickOutOfOrder => "pick_out_of_order",
        }
    }

    pub fn from_word(word: &str) -> Option<Permission> {
        Permission::ALL.into_iter().find(|permission| permission.as_str() == word)
    }
}

/// What one account was granted.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Permissions(pub BTreeSet<Permission>);

impl Permissions {
    pub fn of(granted: &[Permission]) -> Permissions {
        Permissions(granted.iter().copied().collect())
    }

    /// As the store has them: words with spaces between.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|it| it.as_str()).collect();
        words.join(" ")
    }

    /// Words of a newer release mean nothing here, and are left out.
    pub fn from_words(words: &str) -> Permissions {
        Permissions(words.split_whitespace().filter_map(Permission::from_word).collect())
    }

    /// A super admin has them all.
    pub fn include(&self, permission: Permission) -> bool {
        self.0.contains(&Permission::SuperAdmin) || self.0.contains(&permission)
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }
}

/// Who may see an inbox and answer in it (PERM-5). Who is on a team, main or extra, is meant too.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum InboxAccess {
    #[default]
    Everyone,
    Chosen {
        #[serde(default)]
        agents: Vec<AgentId>,
        #[serde(default)]
        teams: Vec<TeamId>,
    },
}

/// What the conversations of an inbox are.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxKind {
    /// Chats: they count while somebody talks (CAP-5).
    #[default]
    Inbox,
    /// Tickets: they count while they are open (CAP-22), for Service seats (PERM-3).
    HelpDesk,
}

impl InboxKind {
    pub const ALL: [InboxKind; 2] = [InboxKind::Inbox, InboxKind::HelpDesk];

    pub fn as_str(self) -> &'static str {
        match self {
            InboxKind::Inbox => "inbox",
            InboxKind::HelpDesk => "help_desk",
        }
    }

    pub fn from_word(word: &str) -> Option<InboxKind> {
        InboxKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What holds for the whole account (CAP-1, CAP-2, CAP-20).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AccountSettings {
    /// Whether users without a limit of their own have one.
    #[serde(default)]
    pub capacity_limit_on: bool,
    /// Conversations at once; kept while it is off.
    #[serde(default = "default_capacity")]
    pub capacity_limit: u32,
    /// For so long after the last message a conversation counts against the limit (CAP-5, CAP-6).
    #[serde(default = "default_active_chat_window_ms")]
    pub active_chat_window_ms: u64,
    /// Whether users without a ticket limit of their own have one (CAP-20, CAP-21).
    #[serde(default)]
    pub ticket_capacity_limit_on: bool,
    /// Open tickets; kept while it is off.
    #[serde(default = "default_ticket_capacity")]
    pub ticket_capacity_limit: u32,
    /// Tickets that began longer ago do not count; without it all do (CAP-23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_age_days_max: Option<u32>,
}

fn default_ticket_capacity() -> u32 {
    20
}

fn default_active_chat_window_ms() -> u64 {
    12 * 3_600_000
}

fn default_capacity() -> u32 {
    5
}

impl Default for AccountSettings {
    fn default() -> AccountSettings {
        AccountSettings {
            capacity_limit_on: false,
            capacity_limit: default_capacity(),
            active_chat_window_ms: default_active_chat_window_ms(),
            ticket_capacity_limit_on: false,
            ticket_capacity_limit: default_ticket_capacity(),
            ticket_age_days_max: None,
        }
    }
}

impl AccountSettings {
    /// The capacity of who has none of their own.
    pub fn default_capacity(&self) -> u32 {
        if self.capacity_limit_on { self.capacity_limit } else { UNLIMITED }
    }

    /// What began before does not count, if it is a ticket.
    pub fn tickets_count_since_ms(&self, now_ms: i64) -> Option<i64> {
        let days = self.ticket_age_days_max?;
        Some(now_ms - i64::from(days) * 24 * 3_600_000)
    }

    /// The ticket capacity of who has none of their own.
    pub fn default_ticket_capacity(&self) -> u32 {
        if self.ticket_capacity_limit_on { self.ticket_capacity_limit } else { UNLIMITED }
    }
}

/// The skills of a user or a team (SK-7).
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeldSkills {
    /// Of `LANGUAGES` (SK-3).
    #[serde(default)]
    pub main_languages: Vec<String>,
    #[serde(default)]
    pub secondary_languages: Vec<String>,
    #[serde(default)]
    pub skills: Vec<SkillId>,
}

impl HeldSkills {
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    pub fn count(&self) -> usize {
        self.main_languages.len() + self.secondary_languages.len() + self.skills.len()
    }

    /// In either of the two ways.
    pub fn speaks(&self, language: &str) -> bool {
        self.main_languages.iter().chain(&self.secondary_languages).any(|it| it == language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_what_it_stands_for() {
        for seat in Seat::ALL {
            assert_eq!(Seat::from_word(seat.as_str()), Some(seat));
            assert_eq!(serde_json::to_value(seat).unwrap(), seat.as_str());
        }
        for kind in InboxKind::ALL {
            assert_eq!(InboxKind::from_word(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for permission in Permission::ALL {
            assert_eq!(Permission::from_word(permission.as_str()), Some(permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
        }
    }

    #[test]
    fn a_super_admin_has_every_permission_and_nobody_else_has_one_that_was_not_granted() {
        let (all, one) = (Permissions::of(&[Permission::SuperAdmin]), Permission::Users);
        assert!(Permission::ALL.into_iter().all(|it| all.include(it)));
        let granted = Permissions::of(&[one]);
        assert!(Permission::ALL.into_iter().all(|it| granted.include(it) == (it == one)));
    }

    #[test]
    fn a_permission_of_a_newer_release_is_left_out() {
        let read = Permissions::from_words("users fly_to_the_moon routing");
        assert_eq!(read, Permissions::of(&[Permission::Users, Permission::Routing]));
        assert_eq!(Permissions::from_words(&read.words()), read);
    }

    #[test]
    fn who_has_no_limit_of_their_own_has_the_accounts_if_it_is_on() {
        let off = AccountSettings::default();
        let on = AccountSettings { capacity_limit_on: true, ..off };
        assert_eq!((off.default_capacity(), on.default_capacity()), (UNLIMITED, 5));
    }

    #[test]
    fn languages_stand_once_and_in_order() {
        assert!(LANGUAGES.is_sorted_by(|a, b| a < b));
    }
}
