//! What an engine's error means for whoever writes.

use sqlx::postgres::PgDatabaseError;

use super::error::Trouble;

// SQLite's primary result codes: https://sqlite.org/rescode.html
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const CONSTRAINT: u32 = 19;
const ERROR: u32 = 1;
const TOO_BIG: u32 = 18;
const MISMATCH: u32 = 20;
const RANGE: u32 = 25;

/// Of a file, what is not known to be harmless is fatal: the node stops rather than write on.
/// A server that fails is waited for.
pub(super) fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => of_postgres(error.code()),
            None => of_sqlite(error.code().as_deref()),
        },
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_) => Trouble::Refused,
        sqlx::Error::PoolTimedOut => Trouble::Locked,
        // Of a network only: SQLite's own come with a result code.
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => Trouble::Lost,
        _ => Trouble::Fatal,
    }
}

fn of_sqlite(code: Option<&str>) -> Trouble {
    match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(BUSY | LOCKED) => Trouble::Locked,
        Some(CONSTRAINT | ERROR | TOO_BIG | MISMATCH | RANGE) => Trouble::Refused,
        Some(_) | None => Trouble::Fatal,
    }
}

/// https://www.postgresql.org/docs/current/errcodes-appendix.html
fn of_postgres(code: &str) -> Trouble {
    match code {
        // Serialization failure, deadlock, lock timeout, cancelled; and a row that somebody else
        // was quicker to insert.
        "40001" | "40P01" | "55P03" | "57014" | "23505" => Trouble::Raced,
        // The server or the connection ends; a transaction idle for too long was ended.
        "25P03" => Trouble::Lost,
        // Connected to a standby: what was the primary is elsewhere now.
        "25006" => Trouble::Lost,
        code => match &code[..2] {
            // Connection, resources (too many connections, a full disk), operator intervention,
            // wrong password or database: for whoever runs the server to mend.
            "08" | "53" | "57" | "28" | "3D" => Trouble::Lost,
            _ => Trouble::Refused,
        },
    }
}
