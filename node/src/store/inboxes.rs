//! Containers of conversations (OBJ-1).

use salotto_protocol::InboxId;
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::connection::Connection;
use super::query::query;

#[derive(Clone, Debug)]
pub(crate) struct InboxRow {
    pub(crate) id: InboxId,
    pub(crate) name: String,
}

const ALL: &str = "SELECT id, name FROM inboxes ORDER BY id";

const PUT: &str = "
    INSERT INTO inboxes (id, name) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE inboxes.name <> excluded.name";

pub(super) async fn all(read: Connection<'_>) -> Result<Vec<InboxRow>, StoreError> {
    let rows: Vec<(Uuid, String)> = query(ALL).all(read).await?;
    Ok(rows.into_iter().map(|(id, name)| InboxRow { id: InboxId(id), name }).collect())
}

impl Batch<'_> {
    /// False if it is so already.
    pub(crate) async fn put_inbox(&mut self, inbox: &InboxRow) -> Result<bool, StoreError> {
        let put = query(PUT).bind(inbox.id.0).bind(inbox.name.as_str());
        Ok(self.run(put).await? == 1)
    }
}
