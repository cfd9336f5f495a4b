//! For the router's tests: agents and heads in a line.

use salotto_protocol::{
    AgentId, ChatflowId, ConversationId, ConversationNumber, ConversationState, InboxId, Page, Seq,
    SiteId, VisitorId,
};
use uuid::Uuid;

use crate::store::{AgentRow, Head};

/// Available, present, nothing to do.
pub(super) fn agent(number: u128, capacity: u32) -> AgentRow {
    let id = AgentId(Uuid::from_u128(number));
    let (email, name) = (format!("agent-{number}@example.com"), format!("Agent {number}"));
    AgentRow { capacity, present: true, ..AgentRow::new(id, &email, &name) }
}

/// A conversation that waits.
#[cfg_attr(
    not(any(test, feature = "benchmarks")),
    expect(dead_code, reason = "schedules make heads of their own")
)]
pub(super) fn head(number: u128, chatflow: u128, since_ms: i64) -> Head {
    Head {
        id: ConversationId(Uuid::from_u128(number)),
        number: ConversationNumber(1),
        site: SiteId(Uuid::nil()),
        inbox: InboxId(Uuid::nil()),
        chatflow: ChatflowId(Uuid::from_u128(chatflow)),
        visitor: VisitorId(Uuid::nil()),
        seq: Seq(1),
        visitor_seq: Seq(1),
        state: ConversationState::Waiting,
        assignee: None,
        slot_agent: None,
        slot_excess: false,
        slot_ticket: false,
        active_at_ms: since_ms,
        assignment: 0,
        answered: false,
        beside: false,
        started_at_ms: since_ms,
        last_at_ms: since_ms,
        waiting_since_ms: Some(since_ms),
        missed_at_ms: None,
        email: None,
        due_at_ms: None,
        started_on: Page::default(),
        preview: String::new(),
        preview_by: None,
        facts: Default::default(),
        team: None,
    }
}
