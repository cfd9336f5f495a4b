//! A row of either engine, and what it is read into. One `fetch` for all: sqlx's own would be
//! compiled once for each kind of row and engine.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Error, Postgres, Row as _, Sqlite, Type};

use super::StoreError;

pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a row can be read into.
pub(super) trait Stored: Send + Sized {
    fn read(row: &Row) -> Result<Self, Error>;
}

/// What either engine can say in a cell.
pub(super) trait Cell:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> + Send
{
}

impl<T> Cell for T where
    T: for<'r> Decode<'r, Sqlite>
        + Type<Sqlite>
        + for<'r> Decode<'r, Postgres>
        + Type<Postgres>
        + Send
{
}

/// A column by its name, or by its place from 0.
pub(super) trait Column: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> {}

impl<I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>> Column for I {}

impl Row {
    pub(super) fn get<T: Cell>(&self, column: impl Column) -> Result<T, Error> {
        match self {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        }
    }
}

pub(super) fn read_all<T: Stored>(rows: &[Row]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| Ok(T::read(row)?)).collect()
}

/// Short lists of cells, in the order of the columns.
macro_rules! tuples {
    ($($cell:ident $column:literal),+) => {
        impl<$($cell: Cell),+> Stored for ($($cell,)+) {
            fn read(row: &Row) -> Result<Self, Error> {
                Ok(($(row.get::<$cell>($column)?,)+))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);

/// A struct whose fields are called as the columns are.
macro_rules! stored {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::store::row::Stored for $name {
            fn read(row: &$crate::store::row::Row) -> Result<Self, sqlx::Error> {
                Ok($name { $($field: row.get(stringify!($field))?),+ })
            }
        }
    };
}

pub(super) use stored;
