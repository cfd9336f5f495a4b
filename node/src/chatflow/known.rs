//! What everybody on this node may read of chatflows without waiting.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use salotto_protocol::availability::{AvailabilityNow, ReplyTime};
use salotto_protocol::{ChatflowId, ServerFrame};

use super::reply_time::ReplyTimes;
use super::state::Snapshot;
use crate::fanout::{Frame, encode};

/// The settings in force, and what each chatflow's actor found its availability to be.
#[derive(Default)]
pub(super) struct Known {
    snapshot: RwLock<Arc<Snapshot>>,
    told: RwLock<HashMap<ChatflowId, Told>>,
    reply_times: RwLock<ReplyTimes>,
}

/// What holds for a chatflow's visitors, and the one frame that tells it.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) chatflow: ChatflowId,
    pub(super) now: AvailabilityNow,
    pub(super) frame: Frame,
}

impl Told {
    pub(super) fn new(chatflow: ChatflowId, now: AvailabilityNow) -> Told {
        let frame = encode(&ServerFrame::Availability { chatflow, now: now.clone() });
        Told { chatflow, now, frame }
    }
}

/// What is behind the locks is replaced whole, so a panic elsewhere leaves nothing half done.
impl Known {
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts settings in force, and forgets the availability of what is no longer published.
    pub(super) fn replace(&self, snapshot: Arc<Snapshot>) {
        let mut told = self.told.write().unwrap_or_else(PoisonError::into_inner);
        told.retain(|id, _| snapshot.is_published(*id));
        drop(told);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// Whether it was looked for, whatever was found.
    pub(super) fn has_reply_time(&self, id: ChatflowId) -> bool {
        self.reply_times.read().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    pub(super) fn reply_time(&self, id: ChatflowId) -> Option<ReplyTime> {
        self.reply_times.read().unwrap_or_else(PoisonError::into_inner).get(&id).copied()?
    }

    pub(super) fn set_reply_times(&self, found: ReplyTimes) {
        *self.reply_times.write().unwrap_or_else(PoisonError::into_inner) = found;
    }

    pub(super) fn told(&self, id: ChatflowId) -> Option<Told> {
        self.told.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(super) fn tell(&self, told: Told) {
        let mut all = self.told.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(told.chatflow, told);
    }
}
