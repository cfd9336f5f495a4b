//! Reading what a socket missed: from its cursor, if the cursor still means anything.

use salotto_protocol::{ConversationId, Cursor, Entry, Epoch, ResetReason, Seq, View, limits};

use crate::metrics;
use crate::store::{Head, Marks, Standing, Store, StoreError};

/// What was read for one socket. The head is read first: entries may reach beyond it.
pub(super) struct Missed {
    pub(super) head: Head,
    pub(super) marks: Marks,
    pub(super) reset: Option<ResetReason>,
    /// The cursor in force: after a reset, the beginning.
    pub(super) from: Seq,
    pub(super) entries: MissedEntries,
}

pub(super) enum MissedEntries {
    All(Vec<Entry>),
    /// More than `limits::CATCH_UP_ENTRIES_MAX`: the client pages.
    TooMany,
}

/// `None`: there is no such conversation.
pub(super) async fn read_missed(
    store: &Store,
    cursor: Cursor,
    view: View,
) -> Result<Option<Missed>, StoreError> {
    let id = cursor.conversation;
    let Some(Standing { head, marks }) = store.standing(id).await? else { return Ok(None) };
    let reset = reset_reason(cursor, store.epoch(), head.seq);
    let from = if reset.is_some() { Seq(0) } else { cursor.seq };
    let entries = if from < head.seq {
        read_entries(store, id, view, from).await?
    } else {
        MissedEntries::All(Vec::new())
    };
    if cursor.seq > Seq(0) {
        metrics::session_resumed(resume_word(reset, &entries));
    }
    Ok(Some(Missed { head, marks, reset, from, entries }))
}

async fn read_entries(
    store: &Store,
    id: ConversationId,
    view: View,
    from: Seq,
) -> Result<MissedEntries, StoreError> {
    let limit = limits::CATCH_UP_ENTRIES_MAX + 1;
    let entries = store.entries_after(id, view, from, limit).await?;
    if entries.len() < limit { Ok(MissedEntries::All(entries)) } else { Ok(MissedEntries::TooMany) }
}

/// I6: a cursor that means nothing here is answered by an explicit reset, never by silence.
fn reset_reason(cursor: Cursor, epoch: Epoch, head: Seq) -> Option<ResetReason> {
    if cursor.seq == Seq(0) {
        None
    } else if cursor.epoch != Some(epoch) {
        Some(ResetReason::Epoch)
    } else if cursor.seq > head {
        Some(ResetReason::Ahead)
    } else {
        None
    }
}

fn resume_word(reset: Option<ResetReason>, entries: &MissedEntries) -> &'static str {
    match (reset, entries) {
        (Some(ResetReason::Epoch), _) => "expired",
        (Some(ResetReason::Ahead), _) => "unknown",
        (None, MissedEntries::TooMany) => "gap",
        (None, MissedEntries::All(_)) => "resumed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(epoch: Option<Epoch>, seq: u32) -> Cursor {
        Cursor { conversation: ConversationId::fresh(), epoch, seq: Seq(seq) }
    }

    #[test]
    fn a_cursor_of_another_epoch_or_ahead_of_the_log_is_reset() {
        let ours = Epoch::fresh();
        let reason = |cursor| reset_reason(cursor, ours, Seq(5));

        assert_eq!(reason(cursor(Some(ours), 5)), None);
        assert_eq!(reason(cursor(None, 0)), None);
        assert_eq!(reason(cursor(Some(Epoch::fresh()), 5)), Some(ResetReason::Epoch));
        assert_eq!(reason(cursor(None, 1)), Some(ResetReason::Epoch));
        assert_eq!(reason(cursor(Some(ours), 6)), Some(ResetReason::Ahead));
    }
}
