//! Connections of either engine: the pool of readers, snapshots, transactions.

use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool};

use super::StoreError;
use super::dialect::{BEGIN_READ, BEGIN_READ_POSTGRES, Engine};
use super::error::Trouble;
use super::query::Query;
use super::row::{Row, Stored, read_all};

/// Longer than any read takes; shorter than a caller's patience.
pub(super) const READER_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two tries to read from a server that went away, at most.
const PAUSE_MS_MAX: u64 = 200;

/// Somebody's connection, lent for one statement.
pub(super) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// Readers. Those of PostgreSQL outlive a server that is started again.
#[derive(Clone)]
pub(super) enum Reads {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Several reads as of the same moment.
pub(super) enum Snapshot {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Reads {
    pub(super) async fn all<T: Stored>(&self, query: Query) -> Result<Vec<T>, StoreError> {
        read_all(&self.fetch(query).await?)
    }

    async fn fetch(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        let pool = match self {
            Reads::Sqlite(pool) => {
                let mut reader = pool.acquire().await?;
                return query.fetch(Connection::Sqlite(&mut reader)).await;
            }
            Reads::Postgres(pool) => pool,
        };
        let patience = Patience::begun();
        loop {
            match fetch(pool, query.clone(), &patience).await {
                Err(error) if patience.allows_another(&error).await => {}
                fetched => return fetched,
            }
        }
    }

    pub(super) async fn optional<T: Stored>(&self, query: Query) -> Result<Option<T>, StoreError> {
        Ok(self.all(query).await?.into_iter().next())
    }

    /// No row is an error.
    pub(super) async fn one<T: Stored>(&self, query: Query) -> Result<T, StoreError> {
        self.optional(query).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    pub(super) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let pool = match self {
            Reads::Sqlite(pool) => {
                return Ok(Snapshot::Sqlite(pool.begin_with(BEGIN_READ).await?));
            }
            Reads::Postgres(pool) => pool,
        };
        let patience = Patience::begun();
        loop {
            match pool.begin_with(BEGIN_READ_POSTGRES).await.map_err(StoreError::from) {
                Err(error) if patience.allows_another(&error).await => {}
                begun => return Ok(Snapshot::Postgres(begun?)),
            }
        }
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Reads::Sqlite(_) => Engine::Sqlite,
            Reads::Postgres(_) => Engine::Postgres,
        }
    }
}

impl Snapshot {
    pub(super) fn connection(&mut self) -> Connection<'_> {
        match self {
            Snapshot::Sqlite(transaction) => Connection::Sqlite(transaction),
            Snapshot::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }
}

/// A connection on which no answer came is closed, not given back: nobody may wait for it again.
async fn fetch(pool: &PgPool, query: Query, patience: &Patience) -> Result<Vec<Row>, StoreError> {
    let mut reader = pool.acquire().await?;
    let answer = query.fetch(Connection::Postgres(&mut reader));
    match tokio::time::timeout_at(patience.until.into(), answer).await {
        Ok(answer) => answer,
        Err(_) => {
            drop(reader.detach());
            Err(StoreError::Database(sqlx::Error::PoolTimedOut))
        }
    }
}

/// How long a reader tries again while the server is away.
pub(super) struct Patience {
    until: Instant,
}

impl Patience {
    pub(super) fn begun() -> Patience {
        Patience { until: Instant::now() + READER_TIMEOUT }
    }

    /// After a pause, if it was the connection that failed and there is time left.
    pub(super) async fn allows_another(&self, error: &StoreError) -> bool {
        if error.trouble() != Trouble::Lost || Instant::now() >= self.until {
            return false;
        }
        tokio::time::sleep(jittered(Duration::from_millis(PAUSE_MS_MAX))).await;
        true
    }
}

/// From a quarter of it to all of it: so that not all nodes come back at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let share = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    pause.mul_f64(0.25 + 0.75 * share)
}
