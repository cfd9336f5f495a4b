//! What the REST API takes and gives. Errors are `Problem`s with the codes of `ErrorCode`.

use serde::{Deserialize, Serialize};

use crate::chatflow::PublicChatflow;
use crate::people::Permissions;
use crate::{
    AgentId, AgentPresence, AgentStatus, ConversationId, ConversationSummary, Epoch, ErrorCode,
    InboxId, Seq, SiteId, ViewedEntry, VisitorId,
};

/// The body of every answer outside 2xx, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// Stable; clients branch on it.
    pub code: ErrorCode,
    /// For people; may be reworded.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// `GET /api/v1/sites/{site}`, cacheable for 60 s: all that `loader.js` needs to know.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SiteSettings {
    pub site: SiteId,
    /// The enabled chatflow of the highest priority; none, no launcher.
    pub chatflow: Option<PublicChatflow>,
}

/// `POST /api/v1/visitors`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NewVisitor {
    pub site: SiteId,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct VisitorToken {
    pub visitor: VisitorId,
    pub token: String,
}

/// `GET /api/v1/conversations/{id}/entries?after=&limit=`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EntryPage {
    pub epoch: Epoch,
    pub entries: Vec<ViewedEntry>,
    /// Ask again with `after` = the last seq here.
    pub more: bool,
    /// The newest seq in this view.
    pub head: Seq,
}

/// `GET /api/v1/conversations/{id}`
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ConversationAnswer {
    pub conversation: ConversationSummary,
}

/// `POST /api/v1/session`: signs an agent in and sets the session cookie.
#[derive(Clone, Deserialize, Serialize)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

/// `GET /api/v1/session`, and the answer to `POST`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Session {
    pub agent: AgentId,
    pub name: String,
    pub email: String,
    pub status: AgentStatus,
    /// A super admin has them all, named or not.
    #[serde(default)]
    pub permissions: Permissions,
    pub inboxes: Vec<InboxName>,
    /// For `hello` on `/ws/agent`. Good for 60 s; ask again before each connect.
    pub socket_token: String,
    /// To be sent as `X-Salotto-CSRF` with every request that changes something.
    pub csrf_token: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct InboxName {
    pub id: InboxId,
    pub name: String,
}

/// `GET /api/v1/agents`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Agents {
    pub agents: Vec<AgentPresence>,
}

/// `POST /api/v1/loadtest/agents`, with the load-test token as bearer: makes sure that so many
/// agents named `loadtest-…` exist and are Available, and signs them in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LoadTestAgents {
    pub count: u32,
    pub capacity: u32,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LoadTestDesk {
    pub site: SiteId,
    /// A chatflow of its own, assigned to these agents alone; the site's pages never show it.
    pub chatflow: PublicChatflow,
    pub inbox: InboxId,
    pub agents: Vec<LoadTestAgent>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LoadTestAgent {
    pub id: AgentId,
    /// For `hello`; good for an hour.
    pub socket_token: String,
}

/// A client's own record of one entry, for `salotto verify --receipts`: JSON, one a line.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "receipt", rename_all = "snake_case")]
pub enum Receipt {
    /// An `ack` was read.
    Acked {
        conversation: ConversationId,
        epoch: Epoch,
        seq: Seq,
        client_id: crate::ClientId,
        text: String,
    },
    /// An entry was read; `socket` tells one attached log from another.
    Received {
        socket: u64,
        conversation: ConversationId,
        epoch: Epoch,
        seq: Seq,
        after: Seq,
        client_id: Option<crate::ClientId>,
    },
}
