//! What agents wrote in promised conversations, until it has found its way to the visitor (BY-15).

use salotto_protocol::{ConversationId, Seq};
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::ROWS_MAX;
use super::head::limit_of;
use super::query::{Rows, query};
use super::{Store, StoreError, decode};

/// An answer that may have to be mailed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) at_ms: i64,
}

const INSERT: &str = "
    {insert_rows} answers (conversation, seq, at_ms)
    SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

/// The oldest, whose conversations are looked at.
pub(super) const DUE: &str = "
    SELECT conversation FROM answers WHERE at_ms <= $1 ORDER BY at_ms LIMIT $2";

pub(super) const OF: &str = "
    SELECT seq FROM answers WHERE conversation = $1 ORDER BY seq LIMIT $2";

pub(super) const DELETE: &str = "
    DELETE FROM answers WHERE (conversation, seq) IN
        (SELECT gone.column1, gone.column2 FROM ({rows}) AS gone)";

impl Store {
    /// Conversations with an answer that was written then or before, each once.
    pub(crate) async fn answered_until(
        &self,
        at_ms: i64,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let read = query(DUE).bind(at_ms).bind(limit_of(limit));
        let rows: Vec<(Uuid,)> = self.reads().all(read).await?;
        let mut ids: Vec<ConversationId> =
            rows.into_iter().map(|(id,)| ConversationId(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The oldest answers of a conversation that may have to be mailed.
    pub(crate) async fn answers_of(
        &self,
        id: ConversationId,
        limit: usize,
    ) -> Result<Vec<Seq>, StoreError> {
        let read = query(OF).bind(id.0).bind(limit_of(limit));
        let rows: Vec<(i64,)> = self.reads().all(read).await?;
        rows.into_iter().map(|(seq,)| decode::seq(seq)).collect()
    }
}

impl Batch<'_> {
    pub(crate) async fn insert_answers(&mut self, answers: &[Answer]) -> Result<(), StoreError> {
        for chunk in answers.chunks(ROWS_MAX) {
            let mut rows = Rows::new(3);
            for Answer { conversation, seq, at_ms } in chunk {
                rows.cell(conversation.0).cell(i64::from(seq.0)).cell(*at_ms);
            }
            self.run(rows.into_query(INSERT)).await?;
        }
        Ok(())
    }

    /// How many of them were still there.
    pub(crate) async fn delete_answers(
        &mut self,
        conversation: ConversationId,
        seqs: &[Seq],
    ) -> Result<u64, StoreError> {
        let mut gone = 0;
        for chunk in seqs.chunks(ROWS_MAX) {
            let mut rows = Rows::new(2);
            for seq in chunk {
                rows.cell(conversation.0).cell(i64::from(seq.0));
            }
            gone += self.run(rows.into_query(DELETE)).await?;
        }
        Ok(gone)
    }
}
