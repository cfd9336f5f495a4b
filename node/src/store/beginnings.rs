//! How conversations began: the first entries of many logs at once.

use salotto_protocol::{ConversationId, Entry};

use super::entries::EntryRow;
use super::head::list;
use super::{Store, StoreError};

/// The list first: a log is looked up, never searched. Within thirty entries somebody has answered,
/// or nobody will.
pub(super) const BEGINNINGS: &str = "
    SELECT conversation, seq, at_ms, author, author_id, author_name, client_id,
        hidden, body
    FROM ({rows}) AS asked CROSS JOIN entries
    WHERE conversation = asked.column1 AND seq <= 30 AND hidden = 0
    ORDER BY conversation, seq";

impl Store {
    /// What visitors see of the first entries of these logs, in order.
    pub(crate) async fn beginnings(
        &self,
        ids: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Entry)>, StoreError> {
        let rows: Vec<EntryRow> = self.reads().all(list(ids).into_query(BEGINNINGS)).await?;
        rows.into_iter()
            .map(|row| Ok((ConversationId(row.conversation), row.into_entry()?)))
            .collect()
    }
}
