//! The journal's transaction: everything that is written, all or none.

use std::time::Duration;

use salotto_protocol::Epoch;
use sqlx::{Connection as _, PgConnection, Sqlite, SqliteConnection};
use tokio::sync::{MutexGuard, Notify};

use super::connection::Connection;
use super::dialect::{BEGIN_WRITE, BEGIN_WRITE_POSTGRES, Engine};
use super::query::Query;
use super::server::Server;
use super::{Place, Store, StoreError, Trouble, meta, server};

/// A commit waits for the server's disk, and may follow half a second of waiting for locks.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(6);

/// The one write connection, held by whoever writes now.
pub(crate) struct Writer<'a> {
    connection: MutexGuard<'a, WriteConnection>,
    mails: &'a Notify,
}

/// An open transaction. Dropped without `commit`, it has changed nothing.
pub(crate) struct Batch<'a> {
    transaction: Transaction<'a>,
    mails: &'a Notify,
    /// Whoever sends mails is to be told of it.
    has_mails: bool,
}

enum Transaction<'a> {
    Sqlite(sqlx::Transaction<'a, Sqlite>),
    Postgres(&'a mut PgConnection, &'a mut bool),
}

pub(super) enum WriteConnection {
    Sqlite(SqliteConnection),
    Postgres(Box<Line>),
}

/// A connection to a server, made again when it is lost.
pub(super) struct Line {
    server: Server,
    connection: Option<PgConnection>,
    /// Of the store that this node serves, once it is known.
    epoch: Option<Epoch>,
    /// A transaction was begun and not seen to end.
    is_open: bool,
}

impl Store {
    pub(crate) async fn writer(&self) -> Writer<'_> {
        Writer { connection: self.write_connection().lock().await, mails: self.mail_bell() }
    }

    /// Waits for a server no longer than an answer may take, then hangs up: what it was asked
    /// to write may be written or not. A disk is waited for.
    pub(crate) async fn patiently<T>(
        &self,
        writing: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.place() {
            Place::File(_) => writing.await,
            Place::Server(_) => match tokio::time::timeout(ANSWER_TIMEOUT, writing).await {
                Ok(written) => written,
                Err(_) => {
                    self.write_connection().lock().await.hang_up();
                    Err(server::silence())
                }
            },
        }
    }
}

impl Writer<'_> {
    /// Connects again if it must.
    pub(crate) async fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        let transaction = match &mut *self.connection {
            WriteConnection::Sqlite(connection) => {
                Transaction::Sqlite(connection.begin_with(BEGIN_WRITE).await?)
            }
            WriteConnection::Postgres(line) => {
                line.begin().await?;
                let Line { connection, is_open, .. } = &mut **line;
                Transaction::Postgres(connection.as_mut().expect(BEGUN), is_open)
            }
        };
        Ok(Batch { transaction, mails: self.mails, has_mails: false })
    }

    /// Outside of any transaction.
    pub(super) async fn connection(&mut self) -> Result<Connection<'_>, StoreError> {
        self.connection.connection().await
    }
}

const BEGUN: &str = "a transaction was begun on it";

impl Batch<'_> {
    /// Returns once it is on disk.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self.transaction {
            Transaction::Sqlite(transaction) => transaction.commit().await?,
            Transaction::Postgres(connection, is_open) => {
                end(connection, "COMMIT", is_open).await?;
            }
        }
        if self.has_mails {
            self.mails.notify_one();
        }
        Ok(())
    }

    /// Once it is committed, whoever sends mails looks at once.
    pub(super) fn has_mails(&mut self) {
        self.has_mails = true;
    }

    /// Lets go of every lock at once. A lost connection has done so by itself.
    pub(crate) async fn roll_back(self) {
        let _ = match self.transaction {
            Transaction::Sqlite(transaction) => transaction.rollback().await.map_err(Into::into),
            Transaction::Postgres(connection, is_open) => {
                end(connection, "ROLLBACK", is_open).await
            }
        };
    }

    pub(super) fn connection(&mut self) -> Connection<'_> {
        match &mut self.transaction {
            Transaction::Sqlite(transaction) => Connection::Sqlite(transaction),
            Transaction::Postgres(connection, _) => Connection::Postgres(connection),
        }
    }

    pub(super) fn engine(&self) -> Engine {
        match &self.transaction {
            Transaction::Sqlite(_) => Engine::Sqlite,
            Transaction::Postgres(..) => Engine::Postgres,
        }
    }

    /// Runs a statement and gives the number of rows changed.
    pub(super) async fn run(&mut self, query: Query) -> Result<u64, StoreError> {
        query.run(self.connection()).await
    }
}

async fn end(
    connection: &mut PgConnection,
    word: &'static str,
    is_open: &mut bool,
) -> Result<(), StoreError> {
    simple(connection, word).await?;
    *is_open = false;
    Ok(())
}

async fn simple(connection: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

impl WriteConnection {
    pub(super) fn postgres(server: Server) -> WriteConnection {
        WriteConnection::Postgres(Box::new(Line {
            server,
            connection: None,
            epoch: None,
            is_open: false,
        }))
    }

    pub(super) async fn connection(&mut self) -> Result<Connection<'_>, StoreError> {
        match self {
            WriteConnection::Sqlite(connection) => Ok(Connection::Sqlite(connection)),
            WriteConnection::Postgres(line) => Ok(Connection::Postgres(line.connected().await?)),
        }
    }

    /// From now on the store must be the same whenever it is connected to.
    pub(super) fn serve(&mut self, served: Epoch) {
        match self {
            WriteConnection::Sqlite(_) => {}
            WriteConnection::Postgres(line) => line.epoch = Some(served),
        }
    }

    fn hang_up(&mut self) {
        match self {
            WriteConnection::Sqlite(_) => {}
            WriteConnection::Postgres(line) => line.connection = None,
        }
    }
}

impl Line {
    /// On the connection there is, else on a new one.
    async fn begin(&mut self) -> Result<(), StoreError> {
        match self.try_to_begin().await {
            Err(error) if error.trouble() == Trouble::Lost => {
                self.connection = None;
                self.is_open = false;
                self.try_to_begin().await
            }
            begun => begun,
        }
    }

    async fn try_to_begin(&mut self) -> Result<(), StoreError> {
        let is_open = std::mem::replace(&mut self.is_open, true);
        let connection = self.connected().await?;
        if is_open {
            simple(connection, "ROLLBACK").await?;
        }
        simple(connection, BEGIN_WRITE_POSTGRES).await
    }

    async fn connected(&mut self) -> Result<&mut PgConnection, StoreError> {
        if self.connection.is_none() {
            let mut connection = self.server.connect_writer().await?;
            if let Some(served) = self.epoch {
                meta::check_epoch(&mut connection, served).await?;
            }
            self.connection = Some(connection);
        }
        Ok(self.connection.as_mut().expect("it was just connected"))
    }
}
