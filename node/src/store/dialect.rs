//! What the engines say each in its own way: transactions, locks, lists of rows.
//!
//! Everything else in this folder is SQL that both understand.

use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use uuid::Uuid;

use super::query::Value;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// SQLite takes the write lock at once: a transaction that reads first and writes later may fail.
pub(super) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
/// PostgreSQL: each statement sees what was committed before it, so that what is read under a
/// lock is as new as the lock.
pub(super) const BEGIN_WRITE_POSTGRES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// One snapshot for several reads.
pub(super) const BEGIN_READ: &str = "BEGIN DEFERRED";
pub(super) const BEGIN_READ_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// SQLite's own check of its file; the one row `ok` if it finds nothing.
pub(super) const INTEGRITY: &str = "PRAGMA integrity_check";
/// Moves pages from SQLite's log to its file as far as that blocks nobody.
pub(super) const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// A consistent copy of everything in SQLite, into a file.
pub(super) const COPY: &str = "VACUUM INTO $1";

/// Word, SQLite, PostgreSQL.
const WORDS: [(&str, &str, &str); 15] = [
    // Many rows at once. A row that is refused fails the batch, which is rolled back as a whole:
    // so SQLite need not copy every page it changes into a statement journal (half the writing).
    ("{insert_rows}", "INSERT OR FAIL INTO", "INSERT INTO"),
    ("{update_rows}", "UPDATE OR FAIL", "UPDATE"),
    // Of two values the smaller and the greater one.
    ("{least}", "min", "LEAST"),
    ("{greatest}", "max", "GREATEST"),
    // SQLite has one writer: whoever writes has locked everything. In PostgreSQL no key is ever
    // changed, and the weaker lock lets other rows refer to a locked one.
    ("{lock_conversations}", "", "FOR NO KEY UPDATE OF conversations"),
    ("{lock_free_conversations}", "", "FOR NO KEY UPDATE OF conversations SKIP LOCKED"),
    ("{lock_agents}", "", "FOR NO KEY UPDATE OF agents"),
    ("{lock_cycles}", "", "FOR NO KEY UPDATE OF cycles"),
    ("{lock_chatflows}", "", "FOR NO KEY UPDATE OF chatflows"),
    ("{lock_free_mails}", "", "FOR NO KEY UPDATE OF mails SKIP LOCKED"),
    // Keeps a row that was read as it is until the transaction ends.
    ("{keep}", "", "FOR SHARE"),
    // The database's own clock, which all nodes share: milliseconds since 1970, UTC. PostgreSQL's
    // usual one stands still within a transaction.
    (
        "{now_ms}",
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    ),
    // The time of closed conversations only: in PostgreSQL a message that changes a column of an
    // index, whether of a part or of all rows, would have to be written into all indexes.
    ("{closed_at_ms}", "last_at_ms", "closed_at_ms"),
    // For a table made at run time: the type of an id, and rows kept in the order of their key.
    ("{id}", "BLOB", "UUID"),
    ("{clustered}", "WITHOUT ROWID", ""),
];

/// Rows of one statement. SQLite takes 32,766 parameters in one; the widest row here has 28.
pub(super) const ROWS_MAX: usize = 1_024;
const _: () = assert!(ROWS_MAX * 28 < 32_766);

/// The engine's words in a statement.
pub(super) fn fill(engine: Engine, sql: &str) -> String {
    WORDS.into_iter().fold(sql.to_owned(), |sql, (name, sqlite, postgres)| match engine {
        Engine::Sqlite => sql.replace(name, sqlite),
        Engine::Postgres => sql.replace(name, postgres),
    })
}

/// SQLite's list: `VALUES (?,?),(?,?)`. Without numbers: it looks a numbered parameter up by its
/// name, which makes a long list quadratic.
pub(super) fn values(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("VALUES {}", vec![row; rows].join(","))
}

/// PostgreSQL's list, with the same names of columns; behind so many other parameters.
pub(super) fn unnest(behind: usize, columns: usize) -> String {
    let each = |what: &str, behind: usize| {
        let names = (1..=columns).map(|n| format!("{what}{}", behind + n));
        names.collect::<Vec<_>>().join(",")
    };
    let (arrays, names) = (each("$", behind), each("column", 0));
    format!("SELECT * FROM UNNEST({arrays}) AS list ({names})")
}

pub(super) fn add_to_sqlite(arguments: &mut SqliteArguments, value: Value) {
    match value {
        Value::Id(id) => arguments.add(id),
        Value::Number(number) => arguments.add(number),
        Value::Text(text) => arguments.add(text),
        Value::Bytes(bytes) => arguments.add(bytes),
    }
    .expect(ENCODABLE);
}

pub(super) fn add_to_postgres(arguments: &mut PgArguments, value: Value) {
    match value {
        Value::Id(id) => arguments.add(id),
        Value::Number(number) => arguments.add(number),
        Value::Text(text) => arguments.add(text),
        Value::Bytes(bytes) => arguments.add(bytes),
    }
    .expect(ENCODABLE);
}

/// One column of a list as an array.
pub(super) fn add_array(arguments: &mut PgArguments, column: Vec<Value>) {
    let mut array = Array::None;
    for value in column {
        array.push(value);
    }
    match array {
        Array::Ids(ids) => arguments.add(ids),
        Array::Numbers(numbers) => arguments.add(numbers),
        Array::Texts(texts) => arguments.add(texts),
        Array::Blobs(blobs) => arguments.add(blobs),
        Array::None => arguments.add(Vec::<i64>::new()),
    }
    .expect(ENCODABLE);
}

const ENCODABLE: &str = "ids, numbers, texts and bytes can be encoded";

/// Grows cell by cell; the first one says of which kind it is.
enum Array {
    None,
    Ids(Vec<Option<Uuid>>),
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Blobs(Vec<Vec<u8>>),
}

impl Array {
    fn push(&mut self, value: Value) {
        match (self, value) {
            (Array::Ids(ids), Value::Id(id)) => ids.push(id),
            (Array::Numbers(numbers), Value::Number(number)) => numbers.push(number),
            (Array::Texts(texts), Value::Text(text)) => texts.push(text),
            (Array::Blobs(blobs), Value::Bytes(bytes)) => blobs.push(bytes),
            (array @ Array::None, Value::Id(id)) => *array = Array::Ids(vec![id]),
            (array @ Array::None, Value::Number(it)) => *array = Array::Numbers(vec![it]),
            (array @ Array::None, Value::Text(text)) => *array = Array::Texts(vec![text]),
            (array @ Array::None, Value::Bytes(it)) => *array = Array::Blobs(vec![it]),
            (Array::Ids(_) | Array::Numbers(_) | Array::Texts(_) | Array::Blobs(_), value) => {
                panic!("all cells of a column are of one kind, not {value:?}")
            }
        }
    }
}
