//! What a client may say on a socket, visitor or agent.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, AgentStatus, ChatflowId, ClientId, ConversationId, Epoch, InboxId, Seq, TeamId,
};

/// One JSON object per text message, told apart by `type`. Unknown fields are ignored, an
/// unknown `type` is refused.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Always the first frame, within 5 s and 4 KiB. Both roles.
    Hello(Hello),
    /// The answer to `ping`. Both roles.
    Pong,
    /// Visitor: starts a conversation with a first message, or joins the one already open.
    Start(Start),
    /// A message. A visitor's reopens a closed conversation (IN-6); an agent's is refused there.
    Send { conversation: ConversationId, client_id: ClientId, text: String },
    /// Agent: an internal comment.
    Comment { conversation: ConversationId, client_id: ClientId, text: String },
    /// Agent: gives the conversation to an agent, or to nobody. The note is a comment, kept with it
    /// or not at all.
    Assign {
        conversation: ConversationId,
        client_id: ClientId,
        to: Option<AgentId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Agent: takes it from whoever has it, and from now on it waits for the main members of that
    /// team alone (AS-41). A frame of its own: a node that does not know teams refuses it, and does
    /// not give the conversation to nobody.
    AssignTeam {
        conversation: ConversationId,
        client_id: ClientId,
        team: TeamId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Agent: from now on it stands in another inbox (AS-44).
    Move { conversation: ConversationId, client_id: ClientId, inbox: InboxId },
    /// Agent.
    Close { conversation: ConversationId, client_id: ClientId },
    /// Agent.
    Reopen { conversation: ConversationId, client_id: ClientId },
    /// Visitor: yes to the offer of an answer by e-mail (BY-15).
    Promise { conversation: ConversationId, client_id: ClientId, email: String },
    /// Follow a conversation from a cursor. Both roles; a visitor only their own.
    Attach(Cursor),
    /// Follow it no longer. Both roles.
    Detach { conversation: ConversationId },
    /// Positions of this side, never lowered. Both roles.
    Mark { conversation: ConversationId, delivered: Seq, read: Seq },
    /// Both roles; lapses by itself after 6 s.
    Typing { conversation: ConversationId, on: bool },
    /// Visitor: now looks at another page.
    Page(Page),
    /// Agent: the live list of an inbox, from now on.
    Board { inbox: InboxId },
    /// Agent: sets the own status (AV-31).
    Status { status: AgentStatus },
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Hello {
    /// The version of this protocol: 1.
    pub protocol: u16,
    /// A visitor's token, or an agent's socket token.
    pub token: String,
    /// Where the client stands; each is attached. At most `limits::CURSORS_MAX`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cursors: Vec<Cursor>,
    /// Visitor: the page it looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// How far a client has read a conversation. `seq` 0 means from the start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cursor {
    pub conversation: ConversationId,
    /// The store epoch of `seq`; left out when `seq` is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    #[serde(default)]
    pub seq: Seq,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Start {
    /// Of the start itself: `(visitor, client_id)` returns the first conversation for ever.
    pub client_id: ClientId,
    pub chatflow: ChatflowId,
    /// Of the first message.
    pub message_client_id: ClientId,
    pub text: String,
}

#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Page {
    pub url: String,
    #[serde(default)]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
}

impl ClientFrame {
    /// What a refusal of this frame is about: the client id and the conversation it names.
    pub fn subject(&self) -> (Option<ClientId>, Option<ConversationId>) {
        match self {
            ClientFrame::Start(start) => (Some(start.message_client_id), None),
            ClientFrame::Send { conversation, client_id, .. }
            | ClientFrame::Comment { conversation, client_id, .. }
            | ClientFrame::Assign { conversation, client_id, .. }
            | ClientFrame::AssignTeam { conversation, client_id, .. }
            | ClientFrame::Move { conversation, client_id, .. }
            | ClientFrame::Promise { conversation, client_id, .. }
            | ClientFrame::Close { conversation, client_id }
            | ClientFrame::Reopen { conversation, client_id } => {
                (Some(*client_id), Some(*conversation))
            }
            ClientFrame::Attach(cursor) => (None, Some(cursor.conversation)),
            ClientFrame::Detach { conversation }
            | ClientFrame::Mark { conversation, .. }
            | ClientFrame::Typing { conversation, .. } => (None, Some(*conversation)),
            ClientFrame::Hello(_)
            | ClientFrame::Pong
            | ClientFrame::Page(_)
            | ClientFrame::Board { .. }
            | ClientFrame::Status { .. } => (None, None),
        }
    }

    /// The value of `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            ClientFrame::Hello(_) => "hello",
            ClientFrame::Pong => "pong",
            ClientFrame::Start(_) => "start",
            ClientFrame::Send { .. } => "send",
            ClientFrame::Comment { .. } => "comment",
            ClientFrame::Assign { .. } => "assign",
            ClientFrame::AssignTeam { .. } => "assign_team",
            ClientFrame::Move { .. } => "move",
            ClientFrame::Close { .. } => "close",
            ClientFrame::Reopen { .. } => "reopen",
            ClientFrame::Promise { .. } => "promise",
            ClientFrame::Attach(_) => "attach",
            ClientFrame::Detach { .. } => "detach",
            ClientFrame::Mark { .. } => "mark",
            ClientFrame::Typing { .. } => "typing",
            ClientFrame::Page(_) => "page",
            ClientFrame::Board { .. } => "board",
            ClientFrame::Status { .. } => "status",
        }
    }
}
