//! The logs: appended by the journal, read after a seq.

use salotto_protocol::{
    AgentId, Author, ClientId, ConversationId, Entry, EntryBody, Seq, View, VisitorId,
};
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::head::{Head, advance, limit_of};
use super::query::{Query, Rows, query};
use super::row::stored;
use super::{Store, StoreError, decode};

pub(super) struct EntryRow {
    pub(super) conversation: Uuid,
    pub(super) seq: i64,
    pub(super) at_ms: i64,
    author: String,
    author_id: Option<Uuid>,
    author_name: Option<String>,
    client_id: Option<Uuid>,
    pub(super) hidden: i64,
    body: String,
}

stored!(EntryRow {
    conversation,
    seq,
    at_ms,
    author,
    author_id,
    author_name,
    client_id,
    hidden,
    body,
});

/// `$3` is 1 for those who also see hidden entries.
const AFTER: &str = "
    SELECT conversation, seq, at_ms, author, author_id, author_name, client_id,
        hidden, body
    FROM entries
    WHERE conversation = $1 AND seq > $2 AND hidden <= $3
    ORDER BY seq
    LIMIT $4";

pub(super) const KNOWN: &str = "
    SELECT conversation, seq, at_ms, author, author_id, author_name, client_id,
        hidden, body
    FROM ({rows}) AS asked CROSS JOIN entries
    WHERE conversation = asked.column1 AND client_id = asked.column2";

const INSERT: &str = "
    {insert_rows} entries (conversation, seq, at_ms, author, author_id, author_name, client_id,
        hidden, body)
    SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

impl Store {
    /// Entries visible in `view` after `after`, oldest first, at most `limit`.
    pub(crate) async fn entries_after(
        &self,
        id: ConversationId,
        view: View,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let hidden = match view {
            View::Visitor => 0_i64,
            View::Agent => 1,
        };
        let read =
            query(AFTER).bind(id.0).bind(i64::from(after.0)).bind(hidden).bind(limit_of(limit));
        let rows: Vec<EntryRow> = self.reads().all(read).await?;
        rows.into_iter().map(EntryRow::into_entry).collect()
    }
}

impl Batch<'_> {
    /// Which of these client ids have been used, and for what.
    pub(crate) async fn known(
        &mut self,
        asked: &[(ConversationId, ClientId)],
    ) -> Result<Vec<(ConversationId, Entry)>, StoreError> {
        let mut rows = Rows::new(2);
        for (conversation, client_id) in asked {
            rows.cell(conversation.0).cell(client_id.0);
        }
        let rows: Vec<EntryRow> = rows.into_query(KNOWN).all(self.connection()).await?;
        rows.into_iter()
            .map(|row| Ok((ConversationId(row.conversation), row.into_entry()?)))
            .collect()
    }

    /// Adds entries to the logs, and stores how far these heads have come by them.
    pub(crate) async fn append(
        &mut self,
        advanced: &[&Head],
        entries: &[(ConversationId, &Entry)],
    ) -> Result<(), StoreError> {
        let mut advanced = advanced.chunks(ROWS_MAX);
        for entries in entries.chunks(ROWS_MAX) {
            let entries = insert(entries);
            match advanced.next() {
                Some(heads) => advance(heads).run_before(entries, self.connection()).await?,
                None => drop(self.run(entries).await?),
            }
        }
        for heads in advanced {
            self.run(advance(heads)).await?;
        }
        Ok(())
    }
}

fn insert(entries: &[(ConversationId, &Entry)]) -> Query {
    let mut rows = Rows::new(9);
    for (conversation, entry) in entries {
        add(&mut rows, *conversation, entry);
    }
    rows.into_query(INSERT)
}

pub(super) fn add(rows: &mut Rows, conversation: ConversationId, entry: &Entry) {
    let (author, author_id, author_name) = match &entry.by {
        Author::Visitor { id } => ("visitor", Some(id.0), None),
        Author::Agent { id, name } => ("agent", Some(id.0), Some(name.clone())),
        Author::System => ("system", None, None),
    };
    rows.cell(conversation.0)
        .cell(i64::from(entry.seq.0))
        .cell(entry.at_ms)
        .cell(author)
        .cell(author_id)
        .cell(author_name)
        .cell(entry.client_id.map(|id| id.0))
        .cell(i64::from(!entry.body.visible_to(View::Visitor)))
        .cell(decode::to_json(&entry.body));
}

impl EntryRow {
    pub(super) fn into_entry(self) -> Result<Entry, StoreError> {
        let by = match (self.author.as_str(), self.author_id, self.author_name) {
            ("visitor", Some(id), _) => Author::Visitor { id: VisitorId(id) },
            ("agent", Some(id), Some(name)) => Author::Agent { id: AgentId(id), name },
            ("system", None, None) => Author::System,
            (word, _, _) => {
                return Err(StoreError::Undecodable(format!("an author of kind {word:?}")));
            }
        };
        let mut body = decode::json(&self.body)?;
        if let EntryBody::Unknown(unknown) = &mut body {
            unknown.hidden = self.hidden != 0;
        }
        Ok(Entry {
            seq: decode::seq(self.seq)?,
            at_ms: self.at_ms,
            by,
            client_id: self.client_id.map(ClientId),
            body,
        })
    }
}
