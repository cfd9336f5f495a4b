//! Reading what a socket missed: from its cursor, if the cursor still means anything.

use salotto_protocol::{Cursor, Entry, Epoch, ResetReason, Seq, limits};

use super::access::Access;
use super::handle::Follower;
use crate::metrics;
use crate::store::{Head, Marks, Standing, Store, StoreError};

/// One more than is sent tells that there are too many.
pub(super) const READ_MAX: usize = limits::CATCH_UP_ENTRIES_MAX + 1;

/// What was read for one socket. The head is read first: entries may reach beyond it.
pub(super) struct Missed {
    pub(super) head: Head,
    pub(super) marks: Marks,
    /// Of an agent: whether the inbox is among theirs.
    pub(super) may_see: bool,
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
    access: &Access,
    cursor: Cursor,
    follower: Follower,
) -> Result<Option<Missed>, StoreError> {
    let id = cursor.conversation;
    let Some(Standing { head, marks }) = store.standing(id).await? else { return Ok(None) };
    let may_see = access.may_see(head.inbox, follower).await?;
    let view = follower.view();
    let (reset, from) = begin(cursor, store.epoch(), head.seq);
    let entries = if from < head.seq {
        store.entries_after(id, view, from, READ_MAX).await?
    } else {
        Vec::new()
    };
    let entries = MissedEntries::of(entries);
    if cursor.seq > Seq(0) {
        metrics::session_resumed(resume_word(reset, &entries));
    }
    Ok(Some(Missed { head, marks, may_see, reset, from, entries }))
}

/// Where a history begins: after the cursor, or with the first entry if it must be reset.
pub(super) fn begin(cursor: Cursor, epoch: Epoch, head: Seq) -> (Option<ResetReason>, Seq) {
    let reset = reset_reason(cursor, epoch, head);
    (reset, if reset.is_some() { Seq(0) } else { cursor.seq })
}

impl MissedEntries {
    /// At most `READ_MAX` of them were read.
    pub(super) fn of(entries: Vec<Entry>) -> MissedEntries {
        if entries.len() < READ_MAX { MissedEntries::All(entries) } else { MissedEntries::TooMany }
    }
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
    use salotto_protocol::ConversationId;

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
