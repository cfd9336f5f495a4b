//! Reading the log on from where this node stands.

use salotto_protocol::{ConversationId, Entry, Seq, View};

use crate::store::{Head, Marks, Standing, Store, StoreError};

/// Bounds the memory of one read while catching up with the log.
pub(super) const READ_ON_ENTRIES_MAX: usize = 500;

/// The log read on. The head is read first: entries may reach beyond it.
pub(super) struct CaughtUp {
    pub(super) head: Head,
    pub(super) marks: Marks,
    pub(super) entries: Vec<Entry>,
}

/// `None`: there is no such conversation.
pub(super) async fn read_on(
    store: &Store,
    id: ConversationId,
    after: Seq,
) -> Result<Option<CaughtUp>, StoreError> {
    let Some(Standing { head, marks }) = store.standing(id).await? else { return Ok(None) };
    let entries = store.entries_after(id, View::Agent, after, READ_ON_ENTRIES_MAX).await?;
    Ok(Some(CaughtUp { head, marks, entries }))
}
