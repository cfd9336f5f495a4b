//! Containers of conversations (OBJ-1).

use salotto_protocol::InboxId;
use salotto_protocol::people::{InboxAccess, InboxKind};
use uuid::Uuid;

use super::batch::Batch;
use super::connection::Connection;
use super::query::query;
use super::{StoreError, decode};

#[derive(Clone, Debug)]
pub(crate) struct InboxRow {
    pub(crate) id: InboxId,
    pub(crate) name: String,
    pub(crate) access: InboxAccess,
    pub(crate) kind: InboxKind,
}

const ALL: &str = "SELECT id, name, access, kind FROM inboxes ORDER BY id";

const PUT: &str = "
    INSERT INTO inboxes (id, name) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE inboxes.name <> excluded.name";

const SET_ACCESS: &str = "UPDATE inboxes SET access = $2 WHERE id = $1";

const SET_KIND: &str = "UPDATE inboxes SET kind = $2 WHERE id = $1";

pub(super) async fn all(read: Connection<'_>) -> Result<Vec<InboxRow>, StoreError> {
    let rows: Vec<(Uuid, String, Option<String>, String)> = query(ALL).all(read).await?;
    let row = |(id, name, stored, kind): (Uuid, String, Option<String>, String)| {
        let access = stored.map_or(InboxAccess::Everyone, |it| access(&it));
        // A kind of a newer release is none that this node knows to count apart.
        let kind = InboxKind::from_word(&kind).unwrap_or_default();
        InboxRow { id: InboxId(id), name, access, kind }
    };
    Ok(rows.into_iter().map(row).collect())
}

/// In the words of a newer release: nobody but super admins, until this node is newer as well.
fn access(stored: &str) -> InboxAccess {
    let nobody = InboxAccess::Chosen { agents: Vec::new(), teams: Vec::new() };
    decode::json(stored).unwrap_or(nobody)
}

impl Batch<'_> {
    /// False if it is so already. Who may see it stays as it is.
    pub(crate) async fn put_inbox(&mut self, id: InboxId, name: &str) -> Result<bool, StoreError> {
        let put = query(PUT).bind(id.0).bind(name);
        Ok(self.run(put).await? == 1)
    }

    pub(crate) async fn set_kind(
        &mut self,
        inbox: InboxId,
        kind: InboxKind,
    ) -> Result<(), StoreError> {
        self.run(query(SET_KIND).bind(inbox.0).bind(kind.as_str())).await?;
        Ok(())
    }

    pub(crate) async fn set_access(
        &mut self,
        inbox: InboxId,
        access: &InboxAccess,
    ) -> Result<(), StoreError> {
        let stored = match access {
            InboxAccess::Everyone => None,
            InboxAccess::Chosen { .. } => Some(decode::to_json(access)),
        };
        self.run(query(SET_ACCESS).bind(inbox.0).bind(stored)).await?;
        Ok(())
    }
}
