//! Who may see and answer the conversations of which inbox, as the settings say (PERM-5, PERM-6).
//!
//! What is known is used at once, so that what an agent says keeps its order. Whether it was still
//! true is decided in the transaction: an agent's row says when access changed last, and what was
//! decided by older settings is decided anew by fresh ones.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use salotto_protocol::{AgentId, ErrorCode, InboxId};

use super::handle::Follower;
use crate::journal::Rejection;
use crate::store::{AgentRow, Settings, Store, StoreError};

/// A change that the transaction cannot notice (by a node of an older release) is known by then.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// Never sent: the write is decided once more, by the settings of now.
pub(super) const STALE_ACCESS: Rejection =
    Rejection::new(ErrorCode::Conflict, "Access to inboxes has changed meanwhile.");

/// May look, as a super admin, or not even that.
pub(super) const NOT_AMONG_YOURS: Rejection =
    Rejection::new(ErrorCode::Forbidden, "this inbox is not among yours");

#[derive(Clone)]
pub(super) struct Access {
    store: Store,
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    settings: Option<Arc<Settings>>,
    asked_at: Option<Instant>,
}

impl Access {
    pub(super) fn new(store: Store) -> Access {
        Access { store, known: Arc::default() }
    }

    /// Those in force, as far as the store can be asked now.
    pub(super) async fn latest(&self) -> Arc<Settings> {
        match self.fresh().await {
            Ok(settings) => settings,
            Err(error) => {
                tracing::warn!(%error, "the settings could not be read: the last known ones hold");
                let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
                known.settings.clone().unwrap_or_default()
            }
        }
    }

    /// Those read last, if any were. Asks beside whether there are newer ones.
    pub(super) fn known(&self) -> Option<Arc<Settings>> {
        let (settings, is_old) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let is_old = known.asked_at.is_none_or(|at| at.elapsed() > ASKED_EVERY);
            (known.settings.clone(), is_old)
        };
        if is_old {
            self.known.write().unwrap_or_else(PoisonError::into_inner).asked_at =
                Some(Instant::now());
            let access = self.clone();
            tokio::spawn(async move { access.fresh().await.map(drop) });
        }
        settings
    }

    /// Those in force: the version is asked for each time, and they are read when it changed.
    pub(super) async fn fresh(&self) -> Result<Arc<Settings>, StoreError> {
        let (asked_at, version) = (Instant::now(), self.store.settings_version().await?);
        let known = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.settings.clone().filter(|it| it.version == version)
        };
        let settings = match known {
            Some(settings) => settings,
            None => Arc::new(self.store.settings().await?),
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let is_newer = known.settings.as_ref().is_none_or(|it| it.version < settings.version);
        if is_newer {
            known.settings = Some(settings.clone());
        }
        known.asked_at = Some(asked_at);
        Ok(settings)
    }

    /// May follow a conversation of that inbox.
    pub(super) async fn may_see(
        &self,
        inbox: InboxId,
        follower: Follower,
    ) -> Result<bool, StoreError> {
        match follower {
            Follower::Visitor { .. } | Follower::Agent { sees_all: true, .. } => Ok(true),
            Follower::Agent { id, sees_all: false } => Ok(self.fresh().await?.is_member(inbox, id)),
        }
    }

    /// May say something there, as far as is known: marks and typing are worth no transaction.
    pub(super) fn may_answer(&self, inbox: InboxId, agent: AgentId) -> bool {
        self.known().is_none_or(|settings| settings.is_member(inbox, agent))
    }
}

/// Access has changed since these settings.
pub(super) fn is_stale(settings: &Settings, row: &AgentRow) -> bool {
    row.access_version > settings.version
}
