//! SQLite's database file: made if it is missing, and connected to.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection, SqlitePool};

use super::StoreError;
use super::connection::READER_TIMEOUT;

/// Readers at once. Reads are short; each reader is a thread.
const READERS_MAX: u32 = 4;
/// How long another process, such as a backup, may hold the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Nine sizes of each statement that takes rows, and the others.
const STATEMENTS_MAX: usize = 256;
/// Rows that a read may run ahead of its reader: a whole batch of heads.
const ROW_BUFFER: usize = 512;
/// The writer's cache: the heads and newest pages of 10,000 busy conversations fit.
const CACHE_KIB: i64 = 64 * 1024;
/// The journal asks for checkpoints long before; then SQLite makes one within a commit.
/// 65,536 pages are 256 MiB.
const LOG_PAGES_MAX: i64 = 65_536;
/// What remains of the write-ahead log after a checkpoint: room for the next round.
const LOG_BYTES_KEPT: i64 = 128 * 1024 * 1024;

/// The path in `sqlite:PATH`.
pub(super) fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    let path = url.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
    match path {
        Some(path) if !path.contains([':', '?']) && !path.is_empty() => Ok(PathBuf::from(path)),
        Some(_) | None => Err(StoreError::BadUrl(format!(
            "{url:?} names no database file: write sqlite:path/to/file.db"
        ))),
    }
}

/// Readable by its owner alone: it holds keys and what people wrote in confidence.
pub(super) fn ensure_file(path: &Path) -> Result<(), StoreError> {
    let trouble = |error: io::Error| {
        StoreError::CannotOpen(format!(
            "the database file {} cannot be written: {error}",
            path.display()
        ))
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(trouble)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options.open(path).map(|_| ()).map_err(trouble)
}

/// A connection that may read and write.
pub(super) async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    options(path).connect().await.map_err(|error| unusable(path, error))
}

pub(super) async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(READER_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options(path).pragma("query_only", "ON"))
        .await
        .map_err(|error| unusable(path, error))
}

/// A connection to a file that stays as it is: no write-ahead log is left beside it.
pub(super) async fn plain(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).pragma("query_only", "ON");
    options.connect().await.map_err(|error| unusable(path, error))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS_MAX)
        .row_buffer_size(ROW_BUFFER)
        .pragma("cache_size", (-CACHE_KIB).to_string())
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", LOG_PAGES_MAX.to_string())
        .pragma("journal_size_limit", LOG_BYTES_KEPT.to_string())
        .disable_statement_logging()
}

fn unusable(path: &Path, error: sqlx::Error) -> StoreError {
    let path = path.display();
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    match code.as_ref() {
        "26" => StoreError::CannotOpen(format!("the file {path} is not a database")),
        "8" | "14" | "1544" | "1032" => StoreError::CannotOpen(format!(
            "the database file {path}, or the folder it is in, cannot be written"
        )),
        "5" | "261" => {
            StoreError::CannotOpen(format!("the database file {path} is held by another program"))
        }
        _ => StoreError::Database(error),
    }
}

/// Closes a connection and so lets go of its file.
pub(super) async fn close(connection: SqliteConnection) -> Result<(), StoreError> {
    Ok(connection.close().await?)
}
