//! A head as it stands in the database.

use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    AgentId, ChatflowId, ConversationId, ConversationNumber, ConversationState, Facts, InboxId,
    Party, SiteId, TeamId, VisitorId,
};
use uuid::Uuid;

use super::head::Head;
use super::query::Rows;
use super::row::stored;
use super::{StoreError, decode};

pub(super) struct HeadRow {
    pub(super) id: Uuid,
    number: i64,
    site: Uuid,
    inbox: Uuid,
    chatflow: Uuid,
    visitor: Uuid,
    seq: i64,
    visitor_seq: i64,
    state: String,
    assignee: Option<Uuid>,
    slot_agent: Option<Uuid>,
    assignment: i64,
    answered: i64,
    beside: i64,
    started_at_ms: i64,
    last_at_ms: i64,
    waiting_since_ms: Option<i64>,
    missed_at_ms: Option<i64>,
    slot_excess: i64,
    active_at_ms: Option<i64>,
    email: Option<String>,
    due_at_ms: Option<i64>,
    slot_ticket: i64,
    started_on: String,
    preview: String,
    preview_by: Option<String>,
    facts: String,
    team: Option<Uuid>,
}

stored!(HeadRow {
    id,
    number,
    site,
    inbox,
    chatflow,
    visitor,
    seq,
    visitor_seq,
    state,
    assignee,
    slot_agent,
    assignment,
    answered,
    beside,
    started_at_ms,
    last_at_ms,
    waiting_since_ms,
    missed_at_ms,
    slot_excess,
    active_at_ms,
    email,
    due_at_ms,
    slot_ticket,
    started_on,
    preview,
    preview_by,
    facts,
    team
});

pub(super) fn add_whole(rows: &mut Rows, head: &Head) {
    rows.cell(head.id.0)
        .cell(head.number.0)
        .cell(head.site.0)
        .cell(head.inbox.0)
        .cell(head.chatflow.0)
        .cell(head.visitor.0)
        .cell(i64::from(head.seq.0))
        .cell(i64::from(head.visitor_seq.0))
        .cell(head.state.as_str())
        .cell(head.assignee.map(|agent| agent.0))
        .cell(head.slot_agent.map(|agent| agent.0))
        .cell(i64::from(head.assignment))
        .cell(i64::from(head.answered))
        .cell(i64::from(head.beside))
        .cell(head.started_at_ms)
        .cell(head.last_at_ms)
        .cell(head.waiting_since_ms)
        .cell(decode::to_json(&head.started_on))
        .cell(head.preview.clone())
        .cell(head.preview_by.map(Party::as_str))
        .cell(head.missed_at_ms)
        .cell(i64::from(head.slot_excess))
        .cell(head.active_at_ms)
        .cell(head.email.as_ref().map(|it| it.as_str().to_owned()))
        .cell(head.due_at_ms)
        .cell(i64::from(head.slot_ticket))
        .cell(stored_facts(&head.facts))
        .cell(head.team.map(|team| team.0));
}

/// Of most there is nothing to say: an empty text.
pub(super) fn stored_facts(facts: &Facts) -> String {
    if *facts == Facts::default() { String::new() } else { decode::to_json(facts) }
}

impl HeadRow {
    pub(super) fn into_head(self) -> Result<Head, StoreError> {
        Ok(Head {
            id: ConversationId(self.id),
            number: ConversationNumber(self.number),
            site: SiteId(self.site),
            inbox: InboxId(self.inbox),
            chatflow: ChatflowId(self.chatflow),
            visitor: VisitorId(self.visitor),
            seq: decode::seq(self.seq)?,
            visitor_seq: decode::seq(self.visitor_seq)?,
            state: decode::word(&self.state, ConversationState::from_word)?,
            assignee: self.assignee.map(AgentId),
            slot_agent: self.slot_agent.map(AgentId),
            slot_excess: self.slot_excess != 0,
            slot_ticket: self.slot_ticket != 0,
            // An older node has written it last, and knew nothing of this.
            active_at_ms: self.active_at_ms.unwrap_or(self.last_at_ms),
            assignment: decode::count(self.assignment)?,
            answered: self.answered != 0,
            beside: self.beside != 0,
            started_at_ms: self.started_at_ms,
            last_at_ms: self.last_at_ms,
            waiting_since_ms: self.waiting_since_ms,
            missed_at_ms: self.missed_at_ms,
            email: self.email.map(EmailAddress::stored),
            due_at_ms: self.due_at_ms,
            started_on: decode::json(&self.started_on)?,
            preview: self.preview,
            preview_by: self
                .preview_by
                .map(|word| decode::word(&word, Party::from_word))
                .transpose()?,
            facts: decode::json_or_default(&self.facts)?,
            team: self.team.map(TeamId),
        })
    }
}
