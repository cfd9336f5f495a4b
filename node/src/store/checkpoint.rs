//! Moves committed pages from the write-ahead log into the database file, beside the writer.
//!
//! Left to itself, SQLite does this inside a commit, and every sender waits for it. A pass on a
//! connection of its own blocks nobody, but never quite catches up with a busy writer: so the
//! writer does the short rest, and then starts its log from the beginning again.

use sqlx::{Connection as _, SqliteConnection};

use super::batch::Writer;
use super::connection::Connection;
use super::dialect::CHECKPOINT;
use super::query::query;
use super::{Place, Store, StoreError, file};

pub(crate) struct Checkpointer(SqliteConnection);

impl Checkpointer {
    /// `None` for a server, which does this by itself.
    pub(crate) async fn open(store: &Store) -> Result<Option<Checkpointer>, StoreError> {
        match store.place() {
            Place::File(path) => Ok(Some(Checkpointer(file::connect(path).await?))),
            Place::Server(_) => Ok(None),
        }
    }

    /// Moves what was committed up to now, and gives the number of pages committed meanwhile.
    pub(crate) async fn pass(&mut self) -> Result<u64, StoreError> {
        pass(Connection::Sqlite(&mut self.0)).await
    }

    pub(crate) async fn close(self) -> Result<(), StoreError> {
        Ok(self.0.close().await?)
    }
}

impl Writer<'_> {
    /// The last pass: nothing is committed meanwhile.
    pub(crate) async fn finish_checkpoint(&mut self) -> Result<u64, StoreError> {
        pass(self.connection().await?).await
    }
}

async fn pass(connection: Connection<'_>) -> Result<u64, StoreError> {
    let (_busy, pages, moved): (i64, i64, i64) = query(CHECKPOINT).one(connection).await?;
    Ok(u64::try_from(pages - moved).unwrap_or(0))
}
