//! How far each side of a conversation has received and read. Marks only ever rise.

use std::collections::HashMap;

use salotto_protocol::{ConversationId, Party, Seq};
use uuid::Uuid;

use super::batch::Batch;
use super::connection::Reads;
use super::dialect::ROWS_MAX;
use super::head::list;
use super::query::Rows;
use super::{Store, StoreError, decode};

/// How far each side has received and read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Marks {
    pub(crate) visitor_delivered: Seq,
    pub(crate) visitor_read: Seq,
    pub(crate) team_delivered: Seq,
    pub(crate) team_read: Seq,
}

impl Marks {
    /// Each the higher of the two: marks never fall.
    pub(crate) fn raised_by(self, other: Marks) -> Marks {
        Marks {
            visitor_delivered: self.visitor_delivered.max(other.visitor_delivered),
            visitor_read: self.visitor_read.max(other.visitor_read),
            team_delivered: self.team_delivered.max(other.team_delivered),
            team_read: self.team_read.max(other.team_read),
        }
    }
}

/// One side's marks in one conversation. Whoever has read has received: `read <= delivered`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mark {
    pub(crate) conversation: ConversationId,
    pub(crate) party: Party,
    pub(crate) delivered: Seq,
    pub(crate) read: Seq,
}

pub(super) const OF: &str = "
    SELECT conversation, party, delivered_seq, read_seq
    FROM ({rows}) AS asked CROSS JOIN marks WHERE conversation = asked.column1";

/// Never beyond the head. Gives back the rows that rose.
pub(super) const RAISE: &str = "
    INSERT INTO marks (conversation, party, delivered_seq, read_seq)
    SELECT id, new.column2, {least}(new.column3, seq), {least}(new.column4, seq)
    FROM ({rows}) AS new CROSS JOIN conversations WHERE id = new.column1
    ON CONFLICT (conversation, party) DO UPDATE
    SET delivered_seq = {greatest}(marks.delivered_seq, excluded.delivered_seq),
        read_seq = {greatest}(marks.read_seq, excluded.read_seq)
    WHERE excluded.delivered_seq > marks.delivered_seq OR excluded.read_seq > marks.read_seq
    RETURNING conversation, party, delivered_seq, read_seq";

impl Store {
    pub(crate) async fn marks(&self, id: ConversationId) -> Result<Marks, StoreError> {
        Ok(of(self.reads(), &[id]).await?.remove(&id).unwrap_or_default())
    }
}

/// Of these conversations, as far as there are any.
pub(super) async fn of(
    reads: &Reads,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Marks>, StoreError> {
    let rows: Vec<(Uuid, String, i64, i64)> = reads.all(list(ids).into_query(OF)).await?;
    let mut all: HashMap<ConversationId, Marks> = HashMap::new();
    for (id, party, delivered, read) in rows {
        let marks = all.entry(ConversationId(id)).or_default();
        let (delivered, read) = (decode::seq(delivered)?, decode::seq(read)?);
        match decode::word(&party, Party::from_word)? {
            Party::Visitor => (marks.visitor_delivered, marks.visitor_read) = (delivered, read),
            Party::Team => (marks.team_delivered, marks.team_read) = (delivered, read),
        }
    }
    Ok(all)
}

impl Batch<'_> {
    /// Raises marks and gives those that rose. No two may be of the same side and conversation.
    pub(crate) async fn raise_marks(&mut self, marks: &[Mark]) -> Result<Vec<Mark>, StoreError> {
        let mut raised = Vec::new();
        // In the same order on all nodes.
        let mut marks = marks.to_vec();
        marks.sort_unstable_by_key(|mark| (mark.conversation, mark.party.as_str()));
        for chunk in marks.chunks(ROWS_MAX) {
            let mut rows = Rows::new(4);
            for mark in chunk {
                rows.cell(mark.conversation.0)
                    .cell(mark.party.as_str())
                    .cell(i64::from(mark.delivered.0))
                    .cell(i64::from(mark.read.0));
            }
            let rows: Vec<(Uuid, String, i64, i64)> =
                rows.into_query(RAISE).all(self.connection()).await?;
            for (conversation, party, delivered, read) in rows {
                raised.push(Mark {
                    conversation: ConversationId(conversation),
                    party: decode::word(&party, Party::from_word)?,
                    delivered: decode::seq(delivered)?,
                    read: decode::seq(read)?,
                });
            }
        }
        Ok(raised)
    }
}
