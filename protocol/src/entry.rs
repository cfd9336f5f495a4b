//! What a conversation's log is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::promise::EmailAddress;
use crate::{AgentId, ClientId, DecisionRecord, InboxId, Seq, TeamId, VisitorId};

/// One item of a conversation's log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Entry {
    /// 1, 2, 3 … per conversation, dense, in commit order.
    pub seq: Seq,
    /// Milliseconds since 1970, UTC. Never before the predecessor's.
    pub at_ms: i64,
    pub by: Author,
    /// The sender's own id of it. Only what a sender asked for has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    #[serde(flatten)]
    pub body: EntryBody,
}

/// Who caused an entry. An agent's name is the one the visitor saw when it was written.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    Visitor { id: VisitorId },
    Agent { id: AgentId, name: String },
    System,
}

/// An agent as an entry names it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AgentRef {
    pub id: AgentId,
    pub name: String,
}

/// A team as an entry names it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TeamRef {
    pub id: TeamId,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EntryBody {
    /// The chatflow's greeting, stored just before the visitor's first message (WM-1).
    Welcome {
        text: String,
    },
    Message {
        text: String,
    },
    /// Internal; never visible to the visitor (IN-10).
    Comment {
        text: String,
    },
    /// `None` is nobody (AS-46).
    Assignment {
        from: Option<AgentRef>,
        to: Option<AgentRef>,
        cause: AssignmentCause,
        /// Picked out of the queue while so many of the same chatflow had waited longer (REG-14).
        #[serde(default, skip_serializing_if = "is_zero")]
        out_of_order: u32,
        /// By hand: it waits for the main members of that team (AS-41). Visitors are not told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamRef>,
    },
    /// Why the router chose whom (BY-3). Never visible to the visitor.
    Decision {
        decision: DecisionRecord,
    },
    Status {
        from: ConversationState,
        to: ConversationState,
    },
    /// It was moved to another inbox (AS-44). Never visible to the visitor.
    InboxChange {
        from: InboxId,
        to: InboxId,
    },
    /// Where the visitor reads mail. Never visible to the visitor's other tabs (BY-15).
    Contact {
        email: EmailAddress,
    },
    /// An answer by e-mail was promised: it will be picked up, in its turn or once it is due.
    Promised {
        due_at_ms: i64,
    },
    /// Of a newer release, by its kind or by a word in it: passed on as it is (I17).
    #[serde(untagged)]
    Unknown(UnknownBody),
}

/// What this release cannot read, word for word.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UnknownBody {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(flatten)]
    pub fields: Map<String, Value>,
    /// The store knows; as long as nobody has asked it, agents alone may see it.
    #[serde(skip, default = "yes")]
    pub hidden: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn yes() -> bool {
    true
}

impl UnknownBody {
    /// This release has such entries, and yet cannot read this one: newer, or damaged.
    pub fn is_of_known_kind(&self) -> bool {
        EntryBody::KINDS.contains(&self.kind.as_str())
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentCause {
    /// The router's policy chose.
    Policy,
    /// An agent took it, or gave it to a colleague.
    Manual,
    /// Answering an unassigned conversation takes it (AS-40).
    Reply,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// A bot answers; no person was asked yet.
    Bot,
    /// The router is to find an agent.
    Waiting,
    /// Nobody has it and the router leaves it alone.
    Unassigned,
    Assigned,
    Closed,
}

impl ConversationState {
    pub const ALL: [ConversationState; 5] = [
        ConversationState::Bot,
        ConversationState::Waiting,
        ConversationState::Unassigned,
        ConversationState::Assigned,
        ConversationState::Closed,
    ];

    /// The word in SQL, JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            ConversationState::Bot => "bot",
            ConversationState::Waiting => "waiting",
            ConversationState::Unassigned => "unassigned",
            ConversationState::Assigned => "assigned",
            ConversationState::Closed => "closed",
        }
    }

    pub fn from_word(word: &str) -> Option<ConversationState> {
        ConversationState::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Set by the agent (AV-30). Only Available ones get automatic assignments.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    Available,
    Away,
}

impl AgentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            AgentStatus::Available => "available",
            AgentStatus::Away => "away",
        }
    }

    pub fn from_word(word: &str) -> Option<AgentStatus> {
        [AgentStatus::Available, AgentStatus::Away].into_iter().find(|it| it.as_str() == word)
    }
}

/// The two sides of a conversation, as marks and typing know them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Visitor,
    /// All agents together.
    Team,
}

impl Party {
    pub fn as_str(self) -> &'static str {
        match self {
            Party::Visitor => "visitor",
            Party::Team => "team",
        }
    }

    pub fn from_word(word: &str) -> Option<Party> {
        [Party::Visitor, Party::Team].into_iter().find(|it| it.as_str() == word)
    }
}

/// Whose sight of the log.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum View {
    Visitor,
    Agent,
}

impl EntryBody {
    pub fn visible_to(&self, view: View) -> bool {
        match view {
            View::Agent => true,
            View::Visitor => match self {
                EntryBody::Welcome { .. }
                | EntryBody::Message { .. }
                | EntryBody::Assignment { .. }
                | EntryBody::Promised { .. }
                | EntryBody::Status { .. } => true,
                EntryBody::Comment { .. }
                | EntryBody::Contact { .. }
                | EntryBody::Decision { .. }
                | EntryBody::InboxChange { .. } => false,
                EntryBody::Unknown(body) => !body.hidden,
            },
        }
    }

    /// Those that this release writes.
    pub const KINDS: [&str; 9] = [
        "welcome",
        "message",
        "comment",
        "assignment",
        "decision",
        "status",
        "inbox_change",
        "contact",
        "promised",
    ];

    /// The word in SQL and JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            EntryBody::Welcome { .. } => "welcome",
            EntryBody::Message { .. } => "message",
            EntryBody::Comment { .. } => "comment",
            EntryBody::Assignment { .. } => "assignment",
            EntryBody::Decision { .. } => "decision",
            EntryBody::Status { .. } => "status",
            EntryBody::InboxChange { .. } => "inbox_change",
            EntryBody::Contact { .. } => "contact",
            EntryBody::Promised { .. } => "promised",
            EntryBody::Unknown(_) => "unknown",
        }
    }

    /// The words a person wrote, if a person wrote any.
    pub fn text(&self) -> Option<&str> {
        match self {
            EntryBody::Welcome { text }
            | EntryBody::Message { text }
            | EntryBody::Comment { text } => Some(text),
            EntryBody::Assignment { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Status { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Unknown(_) => None,
        }
    }
}

/// An entry in a frame to a browser.
///
/// The one rule of every receiver: `after <= last < seq` take it; `seq <= last` drop it;
/// `after > last` something is missing: read it from the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ViewedEntry {
    /// The previous seq visible in this view, or the receiver's own cursor.
    pub after: Seq,
    #[serde(flatten)]
    pub entry: Entry,
}
