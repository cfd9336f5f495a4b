//! Who has waited longer than a conversation that is to be picked out of the queue (REG-14).

use salotto_protocol::ConversationId;
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::head::{Head, limit_of};
use super::query::query;

/// Beyond this it is all the same how many.
const LONGER_MAX: usize = 1_000;

/// By the index of those who wait, up to the conversation's own place in it. In another inbox, or
/// given to a team, they wait for others.
pub(super) const LONGER: &str = "
    SELECT id FROM conversations WHERE state = 'waiting' AND chatflow = $1
        AND (waiting_since_ms < $2 OR (waiting_since_ms = $2 AND id < $3))
        AND inbox = $4 AND (team = $5 OR (team IS NULL AND $6 = 1))
    ORDER BY waiting_since_ms, id LIMIT $7";

impl Batch<'_> {
    /// Of the same chatflow, in the same inbox, and for the same team if it was given to one; as
    /// this transaction sees them, not locked.
    pub(crate) async fn waited_longer(
        &mut self,
        than: &Head,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let since_ms = than.waiting_since_ms.unwrap_or(than.started_at_ms);
        let read = query(LONGER).bind(than.chatflow.0).bind(since_ms).bind(than.id.0);
        let read = read.bind(than.inbox.0).bind(than.team.map(|team| team.0));
        let read = read.bind(i64::from(than.team.is_none())).bind(limit_of(LONGER_MAX));
        let rows: Vec<(Uuid,)> = read.all(self.connection()).await?;
        Ok(rows.into_iter().map(|(id,)| ConversationId(id)).collect())
    }
}
