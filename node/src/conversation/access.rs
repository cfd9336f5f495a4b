//! Who may have a conversation of which inbox, as the settings say: for what agents do by hand.
//!
//! Read right before the write, and not in its transaction: whoever loses access in the same
//! moment may still be given a conversation, as if it had been a moment earlier.

use std::sync::{Arc, PoisonError, RwLock};

use crate::store::{Settings, Store, StoreError};

#[derive(Clone)]
pub(super) struct Access {
    store: Store,
    known: Arc<RwLock<Arc<Settings>>>,
}

impl Access {
    pub(super) fn new(store: Store) -> Access {
        Access { store, known: Arc::default() }
    }

    /// Those in force, as far as the store can be asked now.
    pub(super) async fn latest(&self) -> Arc<Settings> {
        match self.settings().await {
            Ok(settings) => settings,
            Err(error) => {
                tracing::warn!(%error, "the settings could not be read: the last known ones hold");
                self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
            }
        }
    }

    /// Those in force: the version is asked for each time, and they are read when it changed.
    pub(super) async fn settings(&self) -> Result<Arc<Settings>, StoreError> {
        let version = self.store.settings_version().await?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.version == version {
            return Ok(known);
        }
        let fresh = Arc::new(self.store.settings().await?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }
}
