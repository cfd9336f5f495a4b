//! What a node says on a socket.

use serde::{Deserialize, Serialize};

use crate::availability::AvailabilityNow;
use crate::promise::EmailAddress;
use crate::{
    AgentId, AgentStatus, Author, ChatflowId, ClientId, ConversationId, ConversationNumber,
    ConversationState, Epoch, ErrorCode, InboxId, NodeId, Page, Party, QueuePlace, Seq, TeamId,
    ViewedEntry, VisitorId,
};

/// One JSON object per text message, told apart by `type`. A client ignores a `type` that it
/// does not know, and fields that it does not know.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The answer to `hello`.
    Welcome(Welcome),
    /// New or missed entries of an attached conversation, in order.
    Entries { conversation: ConversationId, epoch: Epoch, entries: Vec<ViewedEntry> },
    /// Too far behind: read `cursor < seq` with `GET /api/v1/conversations/{id}/entries` up to
    /// `head`, then attach again.
    Limited { conversation: ConversationId, epoch: Epoch, head: Seq },
    /// The cursor means nothing here: forget the local log; entries from the first follow.
    Reset { conversation: ConversationId, epoch: Epoch, head: Seq, reason: ResetReason },
    /// Committed and on disk. Never moves a cursor: the sender also receives the entry.
    Ack { client_id: ClientId, conversation: ConversationId, seq: Seq, at_ms: i64 },
    /// A definite no to one frame, or the reason of the close that follows.
    Refused(Refusal),
    /// How far one side has received and read.
    Marks { conversation: ConversationId, party: Party, delivered: Seq, read: Seq },
    /// Somebody of the other side, or a colleague, is writing.
    Typing { conversation: ConversationId, by: Author, on: bool },
    /// The facts of a conversation beside its log; sent at attach and when they change.
    Conversation { conversation: ConversationSummary },
    /// To agents: the page that the visitor looks at.
    Page { conversation: ConversationId, page: Page },
    /// To visitors: whether their chatflow can be answered, and what they get, when that changes.
    Availability {
        chatflow: ChatflowId,
        #[serde(flatten)]
        now: AvailabilityNow,
    },
    /// To visitors: where their waiting conversation stands; without a place, nothing is said of
    /// that any more. Holds as long as the conversation waits.
    Queue {
        conversation: ConversationId,
        #[serde(flatten)]
        place: Option<QueuePlace>,
        /// They may have the answer by e-mail instead: `ClientFrame::Promise` (BY-15).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        offer: bool,
        /// What the chatflow says with the offer; left out: say it in your own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offer_text: Option<String>,
    },
    /// To agents: the live list.
    Board(BoardUpdate),
    /// To agents: the team, when somebody's line changes.
    Agents {
        agents: Vec<AgentPresence>,
        /// They are all: forget the others.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        whole: bool,
        /// No longer of the team: their accounts were deactivated.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gone: Vec<AgentId>,
    },
    /// Still here. Answer with `pong`.
    Ping,
    /// The node goes away: come back after so many milliseconds.
    Reconnect { after_ms: u64 },
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Welcome {
    pub protocol: u16,
    pub node: NodeId,
    pub epoch: Epoch,
    /// The longest silence from the node; twice this without a frame means the line is dead.
    pub heartbeat_ms: u64,
    /// Spread the next reconnect over this window.
    pub reconnect_window_ms: u64,
    /// Visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<VisitorId>,
    /// Visitor: their conversations, the latest activity first, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<ConversationSummary>,
    /// Agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// Agent: the inboxes whose board can be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inboxes: Vec<InboxId>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ConversationSummary {
    pub id: ConversationId,
    pub number: ConversationNumber,
    pub chatflow: ChatflowId,
    pub state: ConversationState,
    pub assignee: Option<AgentId>,
    /// The newest seq in the receiver's view.
    pub head: Seq,
    pub started_at_ms: i64,
    pub last_at_ms: i64,
    pub marks: Vec<MarkPair>,
    /// To agents: who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<VisitorId>,
    /// To agents: the page it was started on (IN-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<Box<Page>>,
    /// An answer by e-mail was promised; from then on it is overdue (BY-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_ms: Option<i64>,
    /// To agents: where that answer goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// To agents: the team that it was given to by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MarkPair {
    pub party: Party,
    pub delivered: Seq,
    pub read: Seq,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The cursor belongs to another store, or to this one before it was restored.
    Epoch,
    /// The cursor is ahead of the log.
    Ahead,
}

/// Machine-readable `code`, a sentence for people, and what it was about.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The offending field, if one is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Worth another try after so long; left out when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Refusal {
        let message = message.into();
        Refusal {
            code,
            message,
            client_id: None,
            conversation: None,
            field: None,
            retry_after_ms: None,
        }
    }
}

/// Whether a chatflow can be answered now (AV-10 to AV-13).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Available,
    AtCapacity,
    Away,
    Offline,
}

/// A part of the live list, or all of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct BoardUpdate {
    pub inbox: InboxId,
    /// `rows` is the whole list: forget the old one.
    pub whole: bool,
    /// New or changed.
    pub rows: Vec<BoardRow>,
    /// No longer on the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<ConversationId>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BoardRow {
    pub conversation: ConversationId,
    pub number: ConversationNumber,
    pub visitor: VisitorId,
    pub seq: Seq,
    pub state: ConversationState,
    pub assignee: Option<AgentId>,
    /// The last message, cut to `limits::PREVIEW_CHARS_MAX`.
    pub preview: String,
    /// Which side wrote it; `None` before the first.
    pub preview_by: Option<Party>,
    pub started_at_ms: i64,
    pub last_at_ms: i64,
    /// Since when it waits for an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since_ms: Option<i64>,
    /// Since when the visitor counts as gone, whom nobody took in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_at_ms: Option<i64>,
    /// Whose queue it waits in. Nodes of older releases do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chatflow: Option<ChatflowId>,
    /// The page it began on: its title, or its address, cut to `limits::PREVIEW_CHARS_MAX`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub page: String,
    /// An answer by e-mail was promised; from then on it is overdue (BY-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_ms: Option<i64>,
    /// The team that it was given to by hand (AS-41).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AgentPresence {
    pub id: AgentId,
    pub name: String,
    pub status: AgentStatus,
    /// Has a socket somewhere.
    pub present: bool,
    /// Slots taken.
    pub active: u32,
    /// `people::UNLIMITED` is without a limit.
    pub capacity: u32,
    /// Who set the status, if it was somebody else (PERM-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_by: Option<AgentId>,
}
