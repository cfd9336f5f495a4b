//! Heads of many conversations at once, as they are now and not locked: what other nodes changed.

use salotto_protocol::{AgentId, ConversationId, Seq};
use uuid::Uuid;

use super::dialect::ROWS_MAX;
use super::head::{Head, list, select};
use super::head_row::HeadRow;
use super::query::Rows;
use super::{Store, StoreError, decode};

pub(super) const UNANSWERED: &str = "({rows}) AS asked CROSS JOIN conversations
    WHERE assignee = asked.column1 AND state = 'assigned' AND answered = 0 LIMIT 256";

/// The primary key's row holds both: nothing else is read.
pub(super) const REACHED: &str = "
    SELECT id, seq FROM ({rows}) AS asked CROSS JOIN conversations WHERE id = asked.column1";

pub(super) const THESE: &str =
    "({rows}) AS asked CROSS JOIN conversations WHERE id = asked.column1";

impl Store {
    /// How far these logs reach. Unknown ids are left out.
    pub(crate) async fn reached(
        &self,
        ids: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        let mut reached = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(ROWS_MAX) {
            let rows: Vec<(Uuid, i64)> = self.reads().all(list(chunk).into_query(REACHED)).await?;
            for (id, seq) in rows {
                reached.push((ConversationId(id), decode::seq(seq)?));
            }
        }
        Ok(reached)
    }

    /// Heads as they are now, not locked. Unknown ids are left out.
    pub(crate) async fn heads_of(&self, ids: &[ConversationId]) -> Result<Vec<Head>, StoreError> {
        let mut heads = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(ROWS_MAX) {
            let read = list(chunk).into_query(select(THESE));
            let rows: Vec<HeadRow> = self.reads().all(read).await?;
            for row in rows {
                heads.push(row.into_head()?);
            }
        }
        Ok(heads)
    }

    /// What these agents have and nobody has answered; some of it, if it is much.
    pub(crate) async fn unanswered(&self, agents: &[AgentId]) -> Result<Vec<Head>, StoreError> {
        let mut heads = Vec::new();
        for chunk in agents.chunks(ROWS_MAX) {
            let mut rows = Rows::new(1);
            for agent in chunk {
                rows.cell(agent.0);
            }
            let read = rows.into_query(select(UNANSWERED));
            let rows: Vec<HeadRow> = self.reads().all(read).await?;
            for row in rows {
                heads.push(row.into_head()?);
            }
        }
        Ok(heads)
    }
}
