//! When committed pages are moved from the write-ahead log into the database file.

use ractor::ActorRef;
use tokio::sync::mpsc;

use super::actor::Msg;
use crate::metrics;
use crate::store::{Checkpointer, Store, StoreError};

/// Entries between two checkpoints: some 80 MB of log. A page that changed many times meanwhile
/// is moved once.
pub(super) const CHECKPOINT_ENTRIES: usize = 8_192;
/// So few that the writer moves them in a moment.
const REST_PAGES_MAX: u64 = 1_000;
/// Each pass leaves less than the one before, or the disk is too slow for another to help.
const PASSES_MAX: usize = 4;

/// Starts a task that makes a checkpoint whenever it is told. It ends with the sender.
pub(super) fn start(store: Store) -> mpsc::Sender<ActorRef<Msg>> {
    let (due, mut told) = mpsc::channel::<ActorRef<Msg>>(1);
    tokio::spawn(async move {
        while let Some(journal) = told.recv().await {
            match passes(&store).await {
                Ok(()) => {
                    let _ = journal.cast(Msg::FinishCheckpoint);
                }
                Err(error) => {
                    metrics::store_error("checkpoint", error.trouble().as_str());
                    tracing::error!(?error, "a checkpoint failed; the log grows meanwhile");
                }
            }
        }
    });
    due
}

async fn passes(store: &Store) -> Result<(), StoreError> {
    let Some(mut checkpointer) = Checkpointer::open(store).await? else { return Ok(()) };
    for _ in 0..PASSES_MAX {
        if checkpointer.pass().await? <= REST_PAGES_MAX {
            break;
        }
    }
    checkpointer.close().await
}
