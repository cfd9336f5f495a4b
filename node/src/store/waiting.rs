//! Who has waited longer than a conversation that is to be picked out of the queue (REG-14).

use salotto_protocol::ConversationId;
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::head::{Head, limit_of};
use super::query::query;

/// Beyond this it is all the same how many.
const LONGER_MAX: usize = 1_000;

/// By the index of those who wait, up to the conversation's own place in it.
pub(super) const LONGER: &str = "
    SELECT id FROM conversations WHERE state = 'waiting' AND chatflow = $1
        AND (waiting_since_ms < $2 OR (waiting_since_ms = $2 AND id < $3))
    ORDER BY waiting_since_ms, id LIMIT $4";

impl Batch<'_> {
    /// Of the same chatflow, as this transaction sees them; not locked.
    pub(crate) async fn waited_longer(
        &mut self,
        than: &Head,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let since_ms = than.waiting_since_ms.unwrap_or(than.started_at_ms);
        let read = query(LONGER).bind(than.chatflow.0).bind(since_ms).bind(than.id.0);
        let rows: Vec<(Uuid,)> = read.bind(limit_of(LONGER_MAX)).all(self.connection()).await?;
        Ok(rows.into_iter().map(|(id,)| ConversationId(id)).collect())
    }
}
