//! Many rows in one statement, padded so that few statement texts are ever prepared.
//!
//! A list is joined with `CROSS JOIN … WHERE`, list first: SQLite then looks each row up, where a
//! plain `JOIN` may make it walk the whole table past the list.

use sqlx::{Arguments as _, AssertSqlSafe, Encode, Type};

use super::dialect::{Arguments, Database, ROWS_MAX, fill, values};

/// The rows of a `VALUES` list, row by row. Lists are padded with rows of NULL up to a power of
/// two: every statement that takes them skips rows whose first column is NULL.
pub(super) struct Rows {
    columns: usize,
    cells: usize,
    arguments: Arguments,
}

impl Rows {
    pub(super) fn new(columns: usize) -> Rows {
        Rows { columns, cells: 0, arguments: Arguments::default() }
    }

    /// The next cell of the current row.
    pub(super) fn cell<'q, T>(&mut self, value: T) -> &mut Rows
    where
        T: Encode<'q, Database> + Type<Database> + 'q,
    {
        self.arguments.add(value).expect("ids, numbers and texts can be encoded");
        self.cells += 1;
        self
    }

    /// The statement with its `{rows}` and the engine's words filled in, and the cells to bind.
    pub(super) fn into_statement(mut self, sql: &str) -> (AssertSqlSafe<String>, Arguments) {
        let rows = self.cells / self.columns;
        debug_assert_eq!(self.cells % self.columns, 0, "rows are whole");
        debug_assert!(rows <= ROWS_MAX, "callers take chunks");
        let padded = rows.next_power_of_two();
        for _ in self.cells..padded * self.columns {
            self.cell(None::<i64>);
        }
        let list = values(padded, self.columns);
        (AssertSqlSafe(fill(sql).replace("{rows}", &list)), self.arguments)
    }
}
