//! What SQLite says in its own way: transactions, lists of rows, error numbers.
//!
//! Everything else in this folder is SQL that PostgreSQL understands as well.

use sqlx::sqlite::SqliteArguments;

use super::error::Trouble;

pub(super) type Arguments = SqliteArguments;
pub(super) type Connection = sqlx::SqliteConnection;
pub(super) type Database = sqlx::Sqlite;
pub(super) type Pool = sqlx::SqlitePool;

/// Takes the write lock at once: a transaction that reads first and writes later may fail.
pub(super) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
/// One snapshot for several reads.
pub(super) const BEGIN_READ: &str = "BEGIN DEFERRED";

/// The engine's own check of its file; the one row `ok` if it finds nothing.
pub(super) const INTEGRITY: &str = "PRAGMA integrity_check";
/// Moves pages from the log to the file as far as that blocks nobody.
pub(super) const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// A consistent copy of everything, into a file.
pub(super) const COPY: &str = "VACUUM INTO $1";

/// Many rows at once. A row that is refused fails the batch, which is rolled back as a whole: so
/// the engine need not copy every page it changes into a statement journal (half the writing).
const INSERT_ROWS: &str = "INSERT OR FAIL INTO";
const UPDATE_ROWS: &str = "UPDATE OR FAIL";

/// Of two values the smaller and the greater one.
const LEAST: &str = "min";
const GREATEST: &str = "max";

/// The database's own clock: the one that all nodes share. Milliseconds since 1970, UTC.
const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
/// Keeps a row that was read as it is until the transaction ends. The write lock does so here.
const KEEP: &str = "";

/// SQLite takes 32,766 parameters in a statement; the widest row here has 20.
pub(super) const ROWS_MAX: usize = 1_024;
const _: () = assert!(ROWS_MAX * 20 < 32_766);

/// The engine's words in a statement.
pub(super) fn fill(sql: &str) -> String {
    let words = [
        ("{insert_rows}", INSERT_ROWS),
        ("{update_rows}", UPDATE_ROWS),
        ("{least}", LEAST),
        ("{greatest}", GREATEST),
        ("{now_ms}", NOW_MS),
        ("{keep}", KEEP),
    ];
    words.into_iter().fold(sql.to_owned(), |sql, (name, word)| sql.replace(name, word))
}

/// `VALUES (?,?),(?,?)`. Without numbers: SQLite looks a numbered parameter up by its name,
/// which makes a long list quadratic.
pub(super) fn values(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("VALUES {}", vec![row; rows].join(","))
}

// Primary result codes: https://sqlite.org/rescode.html
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const CONSTRAINT: u32 = 19;
const ERROR: u32 = 1;
const TOO_BIG: u32 = 18;
const MISMATCH: u32 = 20;
const RANGE: u32 = 25;

/// What is not known to be harmless is fatal: the node stops rather than write on.
pub(super) fn trouble(error: &sqlx::Error) -> Trouble {
    let sqlx::Error::Database(error) = error else {
        return match error {
            sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_) => Trouble::Refused,
            sqlx::Error::PoolTimedOut => Trouble::Locked,
            _ => Trouble::Fatal,
        };
    };
    match error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(BUSY | LOCKED) => Trouble::Locked,
        Some(CONSTRAINT | ERROR | TOO_BIG | MISMATCH | RANGE) => Trouble::Refused,
        Some(_) | None => Trouble::Fatal,
    }
}
