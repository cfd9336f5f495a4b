//! Marks on their way to the store: coalesced, so that a burst of them is one row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use salotto_protocol::{ConversationId, Party, Seq};

use crate::store::Mark;

/// One for each side of each conversation that somebody reads within a fifth of a second. A
/// mark that finds no place is lost; the reader's next one makes up for it.
const PENDING_MARKS_MAX: usize = 65_536;

/// Shared by the handles, which add, and the actor, which takes.
#[derive(Default)]
pub(super) struct PendingMarks(Mutex<HashMap<(ConversationId, Party), (Seq, Seq)>>);

#[derive(Debug, Eq, PartialEq)]
pub(super) enum Added {
    /// The first one since the last `take`: somebody must come and take it.
    First,
    More,
}

impl PendingMarks {
    pub(super) fn add(&self, mark: Mark) -> Added {
        let mut pending = self.pending();
        let added = if pending.is_empty() { Added::First } else { Added::More };
        let is_full = pending.len() >= PENDING_MARKS_MAX;
        let delivered = mark.delivered.max(mark.read);
        match pending.entry((mark.conversation, mark.party)) {
            Entry::Occupied(mut present) => {
                let (most_delivered, most_read) = *present.get();
                present.insert((most_delivered.max(delivered), most_read.max(mark.read)));
            }
            Entry::Vacant(_) if is_full || delivered == Seq(0) => {}
            Entry::Vacant(place) => {
                place.insert((delivered, mark.read));
            }
        }
        added
    }

    pub(super) fn take(&self) -> Vec<Mark> {
        let taken = std::mem::take(&mut *self.pending());
        let marks = taken.into_iter().map(|((conversation, party), (delivered, read))| Mark {
            conversation,
            party,
            delivered,
            read,
        });
        marks.collect()
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<(ConversationId, Party), (Seq, Seq)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
