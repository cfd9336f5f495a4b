//! For the benchmark: the same rows into one bare table, without heads, look-ups or rules.

use salotto_protocol::{ConversationId, Entry};

use super::query::{Rows, query};
use super::{Store, StoreError, entries};

pub(crate) struct Floor<'a>(&'a Store);

const CREATE: &str = "
    CREATE TABLE floor (
        conversation {id} NOT NULL, seq BIGINT NOT NULL, at_ms BIGINT NOT NULL,
        author TEXT NOT NULL, author_id {id}, author_name TEXT, client_id {id},
        hidden BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conversation, seq)
    ) {clustered}";

const INSERT: &str = "
    {insert_rows} floor SELECT * FROM ({rows}) AS new WHERE new.column1 IS NOT NULL";

impl Floor<'_> {
    /// Beside the tables of a store that has no such table yet.
    pub(crate) async fn create(store: &Store) -> Result<Floor<'_>, StoreError> {
        query(CREATE).run(store.writer().await.connection().await?).await?;
        Ok(Floor(store))
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
        let mut writer = self.0.writer().await;
        let mut batch = writer.begin().await?;
        batch.run(rows.into_query(INSERT)).await?;
        batch.commit().await
    }
}
