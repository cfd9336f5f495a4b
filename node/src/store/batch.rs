//! The journal's transaction: everything that is written, all or none.

use sqlx::{Connection as _, Transaction};
use tokio::sync::MutexGuard;

use super::dialect::{BEGIN_WRITE, Connection, Database};
use super::rows::Rows;
use super::{Store, StoreError};

/// The one write connection, held by whoever writes now.
pub(crate) struct Writer<'a>(MutexGuard<'a, Connection>);

/// An open transaction. Dropped without `commit`, it has changed nothing.
pub(crate) struct Batch<'a> {
    transaction: Transaction<'a, Database>,
}

impl Store {
    pub(crate) async fn writer(&self) -> Writer<'_> {
        Writer(self.write_connection().lock().await)
    }
}

impl Writer<'_> {
    pub(crate) async fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        Ok(Batch { transaction: self.0.begin_with(BEGIN_WRITE).await? })
    }

    /// Outside of any transaction.
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Batch<'_> {
    /// Returns once it is on disk.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.transaction
    }

    /// Runs a statement that takes `rows` and gives the number of rows changed.
    pub(super) async fn run(&mut self, sql: &str, rows: Rows) -> Result<u64, StoreError> {
        let (sql, arguments) = rows.into_statement(sql);
        let done = sqlx::query_with(sql, arguments).execute(self.connection()).await?;
        Ok(done.rows_affected())
    }
}
