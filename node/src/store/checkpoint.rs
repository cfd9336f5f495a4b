//! Moves committed pages from the write-ahead log into the database file, beside the writer.
//!
//! Left to itself, SQLite does this inside a commit, and every sender waits for it. A pass on a
//! connection of its own blocks nobody, but never quite catches up with a busy writer: so the
//! writer does the short rest, and then starts its log from the beginning again.

use sqlx::Connection as _;

use super::batch::Writer;
use super::dialect::{CHECKPOINT, Connection};
use super::{Store, StoreError, open};

pub(crate) struct Checkpointer(Connection);

impl Checkpointer {
    pub(crate) async fn open(store: &Store) -> Result<Checkpointer, StoreError> {
        Ok(Checkpointer(open::connect(store.path()).await?))
    }

    /// Moves what was committed up to now, and gives the number of pages committed meanwhile.
    pub(crate) async fn pass(&mut self) -> Result<u64, StoreError> {
        pass(&mut self.0).await
    }

    pub(crate) async fn close(self) -> Result<(), StoreError> {
        Ok(self.0.close().await?)
    }
}

impl Writer<'_> {
    /// The last pass: nothing is committed meanwhile.
    pub(crate) async fn finish_checkpoint(&mut self) -> Result<u64, StoreError> {
        pass(self.connection()).await
    }
}

async fn pass(connection: &mut Connection) -> Result<u64, StoreError> {
    let (_busy, pages, moved): (i64, i64, i64) =
        sqlx::query_as(CHECKPOINT).fetch_one(connection).await?;
    Ok(u64::try_from(pages - moved).unwrap_or(0))
}
