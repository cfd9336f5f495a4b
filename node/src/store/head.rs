//! A conversation's row: what every write decides on.

use std::collections::HashSet;

use salotto_protocol::limits::PREVIEW_CHARS_MAX;
use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    AgentId, Author, ChatflowId, ConversationId, ConversationNumber, ConversationState, Entry,
    EntryBody, Facts, InboxId, Page, Party, Seq, SiteId, TeamId, VisitorId,
};
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::{Engine, ROWS_MAX};
use super::head_row::{HeadRow, add_whole, stored_facts};
use super::query::{Query, Rows, query};
use super::{Store, StoreError};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Head {
    pub(crate) id: ConversationId,
    pub(crate) number: ConversationNumber,
    pub(crate) site: SiteId,
    pub(crate) inbox: InboxId,
    pub(crate) chatflow: ChatflowId,
    pub(crate) visitor: VisitorId,
    /// The newest entry.
    pub(crate) seq: Seq,
    /// The newest entry that the visitor may see.
    pub(crate) visitor_seq: Seq,
    pub(crate) state: ConversationState,
    pub(crate) assignee: Option<AgentId>,
    /// Whose slot it takes. Without a slot it does not count against a capacity.
    pub(crate) slot_agent: Option<AgentId>,
    /// It is one of the ticket capacity (CAP-22).
    pub(crate) slot_ticket: bool,
    /// The router took the slot above the limit: never (I9).
    pub(crate) slot_excess: bool,
    /// When the slot was taken, or the last message passed since (CAP-5).
    pub(crate) active_at_ms: i64,
    /// Grows with every change of the assignee.
    pub(crate) assignment: u32,
    /// Somebody of the team has written since it was assigned last.
    pub(crate) answered: bool,
    /// Open beside another open conversation of the same visitor, on purpose.
    pub(crate) beside: bool,
    pub(crate) started_at_ms: i64,
    pub(crate) last_at_ms: i64,
    pub(crate) waiting_since_ms: Option<i64>,
    /// Nobody took it before the visitor had long been gone. It waits again when they return.
    pub(crate) missed_at_ms: Option<i64>,
    /// Where the visitor reads mail, if they said so.
    pub(crate) email: Option<EmailAddress>,
    /// An answer by e-mail was promised; from then on it is overdue. Nobody with a promise is
    /// missed.
    pub(crate) due_at_ms: Option<i64>,
    pub(crate) started_on: Page,
    /// The last message, cut.
    pub(crate) preview: String,
    pub(crate) preview_by: Option<Party>,
    /// As of its start, or of when it was opened again: what routing rules go by.
    pub(crate) facts: Facts,
    /// Given to it by hand: automatically it goes to its main members alone (AS-41).
    pub(crate) team: Option<TeamId>,
}

/// What becomes of heads that another node has locked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Held {
    /// They are left out, and named.
    Skipped,
    /// The batch waits for them, and fails after half a second.
    Awaited,
}

pub(crate) struct LockedHeads {
    /// In id order.
    pub(crate) heads: Vec<Head>,
    /// There, and locked by another node.
    pub(crate) held: Vec<ConversationId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct OpenConversation {
    pub(crate) visitor: VisitorId,
    pub(crate) inbox: InboxId,
    pub(crate) conversation: ConversationId,
}

/// The one list of columns; `{rest}` says from where and which.
const SELECT: &str = "
    SELECT id, number, site, inbox, chatflow, visitor, seq, visitor_seq, state, assignee,
        slot_agent, assignment, answered, beside, started_at_ms, last_at_ms, waiting_since_ms,
        started_on, preview, preview_by, missed_at_ms, slot_excess, active_at_ms, email, due_at_ms,
        slot_ticket, facts, team
    FROM {rest}";

const BY_ID: &str = "conversations WHERE id = $1";

pub(super) const OF_VISITOR: &str = "conversations WHERE visitor = $1
    ORDER BY last_at_ms DESC, id DESC LIMIT $2";

pub(super) const OPEN_OF_INBOX: &str = "conversations WHERE inbox = $1 AND state <> 'closed'
    ORDER BY last_at_ms DESC, id DESC LIMIT $2";

pub(super) const CLOSED_OF_INBOX: &str = "conversations WHERE inbox = $1 AND state = 'closed'
    ORDER BY {closed_at_ms} DESC, id DESC LIMIT $2";

pub(super) const WAITING: &str = "conversations WHERE state = 'waiting'
    ORDER BY waiting_since_ms, id LIMIT $1";

/// In id order: every writer locks in the same one.
pub(super) const LOCK: &str = "({rows}) AS asked CROSS JOIN conversations
    WHERE id = asked.column1 ORDER BY id {lock_conversations}";

pub(super) const LOCK_FREE: &str = "({rows}) AS asked CROSS JOIN conversations
    WHERE id = asked.column1 ORDER BY id {lock_free_conversations}";

pub(super) const EXISTING: &str = "
    SELECT id FROM ({rows}) AS asked CROSS JOIN conversations WHERE id = asked.column1";

/// For a start: all that its visitor has open in its inbox.
pub(super) const OPEN: &str = "
    SELECT visitor, inbox, id FROM ({rows}) AS asked CROSS JOIN conversations
    WHERE visitor = asked.column1 AND inbox = asked.column2 AND state <> 'closed'";

/// Two parts, each read from an index of its own.
pub(super) const COUNTS: &str = "
    SELECT state, COUNT(*) FROM conversations WHERE state <> 'closed' GROUP BY state
    UNION ALL SELECT 'closed', COUNT(*) FROM conversations WHERE state = 'closed'";

const INSERT: &str = "
    {insert_rows} conversations (id, number, site, inbox, chatflow, visitor, seq, visitor_seq,
        state, assignee, slot_agent, assignment, answered, beside, started_at_ms, last_at_ms,
        waiting_since_ms, started_on, preview, preview_by, missed_at_ms, slot_excess,
        active_at_ms, email, due_at_ms, slot_ticket, facts, team)
    SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

/// What every message changes. No index of an open conversation has these columns.
pub(super) const ADVANCE: &str = "
    {update_rows} conversations SET seq = new.column2, visitor_seq = new.column3,
        last_at_ms = new.column4, preview = new.column5, preview_by = new.column6,
        active_at_ms = new.column7
    FROM ({rows}) AS new WHERE id = new.column1";

/// What a change of state, assignee or inbox changes besides.
pub(super) const MOVE: &str = "
    {update_rows} conversations SET state = new.column2, assignee = new.column3,
        slot_agent = new.column4, assignment = new.column5, answered = new.column6,
        beside = new.column7, waiting_since_ms = new.column8, missed_at_ms = new.column9,
        inbox = new.column10, slot_excess = new.column11, email = new.column12,
        due_at_ms = new.column13, slot_ticket = new.column14, facts = new.column15,
        team = new.column16
    FROM ({rows}) AS new WHERE id = new.column1";

pub(super) fn select(rest: &str) -> String {
    SELECT.replace("{rest}", rest)
}

impl Store {
    pub(crate) async fn head(&self, id: ConversationId) -> Result<Option<Head>, StoreError> {
        let row: Option<HeadRow> = self.reads().optional(query(select(BY_ID)).bind(id.0)).await?;
        row.map(HeadRow::into_head).transpose()
    }

    /// The open conversations of an inbox and its most recently closed ones, for a board.
    pub(crate) async fn board(
        &self,
        inbox: InboxId,
        open_max: usize,
        closed_max: usize,
    ) -> Result<Vec<Head>, StoreError> {
        let mut heads = self.heads(OPEN_OF_INBOX, inbox.0, open_max).await?;
        heads.extend(self.heads(CLOSED_OF_INBOX, inbox.0, closed_max).await?);
        Ok(heads)
    }

    /// Conversations that wait for an agent, oldest first.
    pub(crate) async fn waiting(&self, limit: usize) -> Result<Vec<Head>, StoreError> {
        let rows: Vec<HeadRow> =
            self.reads().all(query(select(WAITING)).bind(limit_of(limit))).await?;
        rows.into_iter().map(HeadRow::into_head).collect()
    }

    /// Conversations by state, for the metrics.
    pub(crate) async fn counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        self.reads().all(query(COUNTS)).await
    }

    async fn heads(&self, rest: &str, of: Uuid, limit: usize) -> Result<Vec<Head>, StoreError> {
        let read = query(select(rest)).bind(of).bind(limit_of(limit));
        let rows: Vec<HeadRow> = self.reads().all(read).await?;
        rows.into_iter().map(HeadRow::into_head).collect()
    }
}

impl Batch<'_> {
    /// Locks conversations in id order. Unknown ids are left out.
    pub(crate) async fn lock(
        &mut self,
        ids: &[ConversationId],
        held: Held,
    ) -> Result<LockedHeads, StoreError> {
        let lock = match held {
            Held::Awaited => LOCK,
            Held::Skipped => LOCK_FREE,
        };
        let rows: Vec<HeadRow> = list(ids).into_query(select(lock)).all(self.connection()).await?;
        let heads = rows.into_iter().map(HeadRow::into_head).collect::<Result<Vec<Head>, _>>()?;
        let held = match self.engine() {
            // It has one writer: nobody else holds a head.
            Engine::Sqlite => Vec::new(),
            Engine::Postgres => self.missing_and_there(ids, &heads).await?,
        };
        Ok(LockedHeads { heads, held })
    }

    async fn missing_and_there(
        &mut self,
        ids: &[ConversationId],
        found: &[Head],
    ) -> Result<Vec<ConversationId>, StoreError> {
        let found: HashSet<ConversationId> = found.iter().map(|head| head.id).collect();
        let missing: Vec<_> = ids.iter().copied().filter(|id| !found.contains(id)).collect();
        let there = list(&missing).into_query(EXISTING);
        let there: Vec<(Uuid,)> = there.all(self.connection()).await?;
        Ok(there.into_iter().map(|(id,)| ConversationId(id)).collect())
    }

    /// What these visitors have open in these inboxes; not locked.
    pub(crate) async fn open_conversations(
        &mut self,
        asked: &[(VisitorId, InboxId)],
    ) -> Result<Vec<OpenConversation>, StoreError> {
        let mut rows = Rows::new(2);
        for (visitor, inbox) in asked {
            rows.cell(visitor.0).cell(inbox.0);
        }
        let rows: Vec<(Uuid, Uuid, Uuid)> = rows.into_query(OPEN).all(self.connection()).await?;
        let open = rows.into_iter().map(|(visitor, inbox, id)| OpenConversation {
            visitor: VisitorId(visitor),
            inbox: InboxId(inbox),
            conversation: ConversationId(id),
        });
        Ok(open.collect())
    }

    pub(crate) async fn insert_heads(&mut self, heads: &[&Head]) -> Result<(), StoreError> {
        for chunk in heads.chunks(ROWS_MAX) {
            let mut rows = Rows::new(28);
            chunk.iter().for_each(|head| add_whole(&mut rows, head));
            self.run(rows.into_query(INSERT)).await?;
        }
        Ok(())
    }

    /// Stores new states, assignees, slots and inboxes.
    pub(crate) async fn move_heads(&mut self, heads: &[&Head]) -> Result<(), StoreError> {
        for chunk in heads.chunks(ROWS_MAX) {
            let mut rows = Rows::new(16);
            for head in chunk {
                rows.cell(head.id.0)
                    .cell(head.state.as_str())
                    .cell(head.assignee.map(|agent| agent.0))
                    .cell(head.slot_agent.map(|agent| agent.0))
                    .cell(i64::from(head.assignment))
                    .cell(i64::from(head.answered))
                    .cell(i64::from(head.beside))
                    .cell(head.waiting_since_ms)
                    .cell(head.missed_at_ms)
                    .cell(head.inbox.0)
                    .cell(i64::from(head.slot_excess))
                    .cell(head.email.as_ref().map(|it| it.as_str().to_owned()))
                    .cell(head.due_at_ms)
                    .cell(i64::from(head.slot_ticket))
                    .cell(stored_facts(&head.facts))
                    .cell(head.team.map(|team| team.0));
            }
            self.run(rows.into_query(MOVE)).await?;
        }
        Ok(())
    }
}

/// Stores new seqs, times and previews.
pub(super) fn advance(heads: &[&Head]) -> Query {
    let mut rows = Rows::new(7);
    for head in heads {
        rows.cell(head.id.0)
            .cell(i64::from(head.seq.0))
            .cell(i64::from(head.visitor_seq.0))
            .cell(head.last_at_ms)
            .cell(head.preview.clone())
            .cell(head.preview_by.map(Party::as_str))
            .cell(head.active_at_ms);
    }
    rows.into_query(ADVANCE)
}

pub(super) fn list(ids: &[ConversationId]) -> Rows {
    let mut rows = Rows::new(1);
    ids.iter().for_each(|id| {
        rows.cell(id.0);
    });
    rows
}

/// What a line of the live list shows of an entry: nothing, unless it is a message or a greeting.
pub(crate) fn preview_of(entry: &Entry) -> Option<(String, Party)> {
    let text = match &entry.body {
        EntryBody::Welcome { text } | EntryBody::Message { text } => text,
        EntryBody::Comment { .. }
        | EntryBody::Assignment { .. }
        | EntryBody::InboxChange { .. }
        | EntryBody::Contact { .. }
        | EntryBody::Promised { .. }
        | EntryBody::Decision { .. }
        | EntryBody::Status { .. }
        | EntryBody::Unknown(_) => return None,
    };
    let party = match &entry.by {
        Author::Visitor { .. } => Party::Visitor,
        Author::Agent { .. } | Author::System => Party::Team,
    };
    Some((text.chars().take(PREVIEW_CHARS_MAX).collect(), party))
}

pub(super) fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
