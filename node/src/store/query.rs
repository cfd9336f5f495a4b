//! A statement and what is bound to it, whichever engine runs it.
//!
//! A list of rows is joined with `CROSS JOIN … WHERE`, list first: SQLite then looks each row up,
//! where a plain `JOIN` may make it walk the whole table past the list.

use std::borrow::Cow;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe};
use uuid::Uuid;

use super::StoreError;
use super::connection::Connection;
use super::dialect::{self, Engine, ROWS_MAX};
use super::row::{Row, Stored, read_all};

/// A cell. Ids, numbers, texts and bytes: both engines store nothing else.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Id(Option<Uuid>),
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

/// A statement with its values.
#[derive(Clone, Debug)]
pub(super) struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
    /// The values are rows of so many columns, for `{rows}`.
    columns: Option<usize>,
}

/// A statement with `$1`, `$2` … for the values bound to it.
pub(super) fn query(sql: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: sql.into(), values: Vec::new(), columns: None }
}

impl Query {
    /// The next value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Query {
        self.values.push(value.into());
        self
    }

    /// The number of rows changed.
    pub(super) async fn run(self, on: Connection<'_>) -> Result<u64, StoreError> {
        if self.is_of_no_rows() {
            return Ok(0);
        }
        match on {
            Connection::Sqlite(connection) => {
                let (sql, arguments) = self.for_sqlite();
                let done = sqlx::query_with(sql, arguments).execute(connection).await?;
                Ok(done.rows_affected())
            }
            Connection::Postgres(connection) => {
                let (sql, arguments) = self.for_postgres();
                let done = sqlx::query_with(sql, arguments).execute(connection).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// And then another, of other tables; both of lists. A server is asked once.
    pub(super) async fn run_before(
        self,
        next: Query,
        on: Connection<'_>,
    ) -> Result<(), StoreError> {
        match on {
            Connection::Postgres(connection) if !self.is_of_no_rows() && !next.is_of_no_rows() => {
                let mut arguments = PgArguments::default();
                let first = self.into_postgres(&mut arguments);
                let next = next.into_postgres(&mut arguments);
                let sql = AssertSqlSafe(format!("WITH first AS ({first}) {next}"));
                sqlx::query_with(sql, arguments).execute(connection).await?;
            }
            Connection::Postgres(connection) => {
                self.run(Connection::Postgres(connection)).await?;
                next.run(Connection::Postgres(connection)).await?;
            }
            Connection::Sqlite(connection) => {
                self.run(Connection::Sqlite(connection)).await?;
                next.run(Connection::Sqlite(connection)).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn all<T: Stored>(self, on: Connection<'_>) -> Result<Vec<T>, StoreError> {
        read_all(&self.fetch(on).await?)
    }

    pub(super) async fn fetch(self, on: Connection<'_>) -> Result<Vec<Row>, StoreError> {
        if self.is_of_no_rows() {
            return Ok(Vec::new());
        }
        match on {
            Connection::Sqlite(connection) => {
                let (sql, arguments) = self.for_sqlite();
                let rows = sqlx::query_with(sql, arguments).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Connection::Postgres(connection) => {
                let (sql, arguments) = self.for_postgres();
                let rows = sqlx::query_with(sql, arguments).fetch_all(connection).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    pub(super) async fn optional<T: Stored>(
        self,
        on: Connection<'_>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(on).await?.into_iter().next())
    }

    /// No row is an error.
    pub(super) async fn one<T: Stored>(self, on: Connection<'_>) -> Result<T, StoreError> {
        self.optional(on).await?.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// For an empty list there is nothing to do, and no cell says of which kind a column is.
    fn is_of_no_rows(&self) -> bool {
        self.columns.is_some() && self.values.is_empty()
    }

    /// Row by row, for lists that may be long.
    pub(super) fn stream<'c, T: Stored + 'c>(
        self,
        on: Connection<'c>,
    ) -> BoxStream<'c, Result<T, StoreError>> {
        match on {
            Connection::Sqlite(connection) => {
                let (sql, arguments) = self.for_sqlite();
                let rows = sqlx::query_with(sql, arguments).fetch(connection);
                Box::pin(rows.map(move |row| Ok(T::read(&Row::Sqlite(row?))?)))
            }
            Connection::Postgres(connection) => {
                let (sql, arguments) = self.for_postgres();
                let rows = sqlx::query_with(sql, arguments).fetch(connection);
                Box::pin(rows.map(move |row| Ok(T::read(&Row::Postgres(row?))?)))
            }
        }
    }

    /// Lists are padded with rows of NULL up to a power of two, so that few statement texts are
    /// ever prepared: every statement that takes rows skips those whose first column is NULL.
    fn for_sqlite(mut self) -> (AssertSqlSafe<Cow<'static, str>>, SqliteArguments) {
        let mut list = None;
        if let Some(columns) = self.columns {
            let rows = self.values.len() / columns;
            let padded = rows.next_power_of_two();
            self.values.resize(padded * columns, Value::Number(None));
            list = Some(dialect::values(padded, columns));
        }
        let mut arguments = SqliteArguments::default();
        for value in self.values {
            dialect::add_to_sqlite(&mut arguments, value);
        }
        (AssertSqlSafe(text(Engine::Sqlite, self.sql, list.as_deref())), arguments)
    }

    fn for_postgres(self) -> (AssertSqlSafe<Cow<'static, str>>, PgArguments) {
        let mut arguments = PgArguments::default();
        let sql = self.into_postgres(&mut arguments);
        (AssertSqlSafe(sql), arguments)
    }

    /// Lists are arrays, one for each column: one statement text for any number of rows.
    fn into_postgres(self, arguments: &mut PgArguments) -> Cow<'static, str> {
        let Some(columns) = self.columns else {
            for value in self.values {
                dialect::add_to_postgres(arguments, value);
            }
            return text(Engine::Postgres, self.sql, None);
        };
        let list = dialect::unnest(arguments.len(), columns);
        let mut arrays: Vec<Vec<Value>> = Vec::new();
        arrays.resize_with(columns, || Vec::with_capacity(self.values.len() / columns));
        for (n, value) in self.values.into_iter().enumerate() {
            arrays[n % columns].push(value);
        }
        for array in arrays {
            dialect::add_array(arguments, array);
        }
        text(Engine::Postgres, self.sql, Some(&list))
    }
}

/// With the engine's words and its list of rows.
fn text(engine: Engine, sql: Cow<'static, str>, rows: Option<&str>) -> Cow<'static, str> {
    if !sql.contains('{') {
        return sql;
    }
    let sql = dialect::fill(engine, &sql);
    Cow::Owned(match rows {
        Some(rows) => sql.replace("{rows}", rows),
        None => sql,
    })
}

/// Many rows for one statement, cell by cell. All cells of a column are of one kind.
pub(super) struct Rows {
    columns: usize,
    cells: Vec<Value>,
}

impl Rows {
    pub(super) fn new(columns: usize) -> Rows {
        Rows { columns, cells: Vec::new() }
    }

    /// The next cell of the current row.
    pub(super) fn cell(&mut self, value: impl Into<Value>) -> &mut Rows {
        self.cells.push(value.into());
        self
    }

    /// The statement, in which `{rows}` stands for the list: `column1`, `column2` …
    pub(super) fn into_query(self, sql: impl Into<Cow<'static, str>>) -> Query {
        debug_assert_eq!(self.cells.len() % self.columns, 0, "rows are whole");
        debug_assert!(self.cells.len() / self.columns <= ROWS_MAX, "callers take chunks");
        Query { sql: sql.into(), values: self.cells, columns: Some(self.columns) }
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Value {
        Value::Id(Some(id))
    }
}

impl From<Option<Uuid>> for Value {
    fn from(id: Option<Uuid>) -> Value {
        Value::Id(id)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Value {
        Value::Number(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Value {
        Value::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Value {
        Value::Text(text.map(str::to_owned))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Bytes(bytes)
    }
}
