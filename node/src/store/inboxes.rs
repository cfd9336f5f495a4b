//! Containers of conversations (OBJ-1).

use salotto_protocol::InboxId;
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::dialect::Connection;

#[derive(Clone, Debug)]
pub(crate) struct InboxRow {
    pub(crate) id: InboxId,
    pub(crate) name: String,
}

const ALL: &str = "SELECT id, name FROM inboxes ORDER BY id";

const PUT: &str = "
    INSERT INTO inboxes (id, name) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE inboxes.name <> excluded.name";

pub(super) async fn all(connection: &mut Connection) -> Result<Vec<InboxRow>, StoreError> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(ALL).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, name)| InboxRow { id: InboxId(id), name }).collect())
}

impl Batch<'_> {
    /// False if it is so already.
    pub(crate) async fn put_inbox(&mut self, inbox: &InboxRow) -> Result<bool, StoreError> {
        let done =
            sqlx::query(PUT).bind(inbox.id.0).bind(&inbox.name).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }
}
