//! The SQL database: the truth. One file per table; `batch.rs` is the journal's transaction.

mod agent_presence;
mod agent_sessions;
mod agents;
mod attachments;
mod audit;
mod backup;
mod batch;
mod chatflows;
mod checkpoint;
mod decode;
mod dialect;
mod entries;
mod error;
mod floor;
mod head;
mod inboxes;
mod leases;
mod marks;
mod meta;
mod nodes;
mod open;
mod rows;
mod sites;
mod starts;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use agents::AgentRow;
pub(crate) use attachments::{Attached, Subject};
pub(crate) use audit::{Recount, SlotCount};
pub(crate) use backup::{backup, restored};
pub(crate) use batch::Batch;
pub(crate) use chatflows::ChatflowRow;
pub(crate) use checkpoint::Checkpointer;
pub(crate) use error::{StoreError, Trouble};
pub(crate) use floor::Floor;
pub(crate) use head::{Head, preview_of};
pub(crate) use inboxes::InboxRow;
pub(crate) use leases::{LEASE_MS, Term};
pub(crate) use marks::{Mark, Marks};
pub(crate) use nodes::Row;
pub(crate) use sites::SiteRow;
pub(crate) use starts::StartKey;
pub(crate) use verify::{Report, verify, verify_receipts};

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dialect::{BEGIN_READ, Connection, Pool};
use meta::Meta;
use salotto_protocol::Epoch;

/// Reads go through a pool; writes only through the journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store(Arc<Inner>);

struct Inner {
    path: PathBuf,
    reads: Pool,
    write: tokio::sync::Mutex<Connection>,
    epoch: Epoch,
    secret: [u8; 32],
}

/// Everything an admin sets, read in one go; small.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Grows with every change of a site, an inbox or a chatflow.
    pub(crate) version: i64,
    pub(crate) sites: Vec<SiteRow>,
    pub(crate) inboxes: Vec<InboxRow>,
    pub(crate) chatflows: Vec<ChatflowRow>,
}

impl Store {
    fn of(path: PathBuf, reads: Pool, write: Connection, meta: Meta) -> Store {
        let Meta { epoch, secret } = meta;
        let write = tokio::sync::Mutex::new(write);
        Store(Arc::new(Inner { path, reads, write, epoch, secret }))
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.0.epoch
    }

    /// The node's signing key, drawn when the store was made.
    pub(crate) fn secret(&self) -> [u8; 32] {
        self.0.secret
    }

    /// Sites, inboxes and chatflows, all as of the same moment.
    pub(crate) async fn settings(&self) -> Result<Settings, StoreError> {
        let mut read = self.reads().begin_with(BEGIN_READ).await?;
        Ok(Settings {
            version: meta::settings_version(&mut read).await?,
            sites: sites::all(&mut read).await?,
            inboxes: inboxes::all(&mut read).await?,
            chatflows: chatflows::all(&mut read).await?,
        })
    }

    fn path(&self) -> &Path {
        &self.0.path
    }

    fn reads(&self) -> &Pool {
        &self.0.reads
    }

    fn write_connection(&self) -> &tokio::sync::Mutex<Connection> {
        &self.0.write
    }
}

/// Without the secret.
impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store").field("path", &self.0.path).finish_non_exhaustive()
    }
}
