//! Fixed ids, so that the golden files never change by themselves.

use salotto_protocol::{
    AgentId, ChatflowId, ClientId, ConversationId, Epoch, InboxId, NodeId, SiteId, TeamId,
    VisitorId,
};
use uuid::Uuid;

pub(crate) const AT_MS: i64 = 1_795_305_600_000;

pub(crate) fn visitor() -> VisitorId {
    VisitorId(id(0x01))
}

pub(crate) fn agent() -> AgentId {
    AgentId(id(0x02))
}

pub(crate) fn colleague() -> AgentId {
    AgentId(id(0x12))
}

pub(crate) fn conversation() -> ConversationId {
    ConversationId(id(0x03))
}

pub(crate) fn chatflow() -> ChatflowId {
    ChatflowId(id(0x04))
}

pub(crate) fn inbox() -> InboxId {
    InboxId(id(0x05))
}

pub(crate) fn other_inbox() -> InboxId {
    InboxId(id(0x15))
}

pub(crate) fn site() -> SiteId {
    SiteId(id(0x06))
}

pub(crate) fn node() -> NodeId {
    NodeId(id(0x07))
}

pub(crate) fn client() -> ClientId {
    ClientId(id(0x08))
}

pub(crate) fn message_client() -> ClientId {
    ClientId(id(0x18))
}

pub(crate) fn team() -> TeamId {
    TeamId(id(0x0a))
}

pub(crate) fn epoch() -> Epoch {
    Epoch(id(0x09))
}

fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_7f00_0000_7000_8000_0000_0000_0000 + last)
}
