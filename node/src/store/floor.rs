//! For the benchmark: the same rows into one bare table, without heads, look-ups or rules.

use std::path::Path;

use salotto_protocol::{ConversationId, Entry};
use sqlx::Connection as _;

use super::dialect::{BEGIN_WRITE, Connection};
use super::rows::Rows;
use super::{StoreError, entries, open};

pub(crate) struct Floor(Connection);

const CREATE: &str = "
    CREATE TABLE floor (
        conversation BLOB NOT NULL, seq BIGINT NOT NULL, at_ms BIGINT NOT NULL,
        author TEXT NOT NULL, author_id BLOB, author_name TEXT, client_id BLOB,
        hidden BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conversation, seq)
    ) WITHOUT ROWID";

const INSERT: &str = "
    {insert_rows} floor SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

impl Floor {
    pub(crate) async fn create(path: &Path) -> Result<Floor, StoreError> {
        open::ensure_file(path)?;
        let mut connection = open::connect(path).await?;
        sqlx::query(CREATE).execute(&mut connection).await?;
        Ok(Floor(connection))
    }

    /// One transaction, on disk when it returns.
    pub(crate) async fn insert(
        &mut self,
        entries: &[(ConversationId, Entry)],
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(9);
        for (conversation, entry) in entries {
            entries::add(&mut rows, *conversation, entry);
        }
        let (sql, arguments) = rows.into_statement(INSERT);
        let mut transaction = self.0.begin_with(BEGIN_WRITE).await?;
        sqlx::query_with(sql, arguments).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
