//! Chatflows: their settings are JSON, so that a new setting needs no migration.

use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{ChatflowId, InboxId, SiteId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::batch::Batch;
use super::connection::Connection;
use super::query::query;
use super::row::stored;
use super::{StoreError, decode};

#[derive(Clone, Debug)]
pub(crate) struct ChatflowRow {
    pub(crate) id: ChatflowId,
    pub(crate) site: SiteId,
    pub(crate) inbox: InboxId,
    pub(crate) enabled: bool,
    /// 1 wins over 2 (CF-11).
    pub(crate) priority: i64,
    pub(crate) settings: ChatflowSettings,
}

struct StoredChatflow {
    id: Uuid,
    site: Uuid,
    inbox: Uuid,
    enabled: i64,
    priority: i64,
    settings: String,
}

stored!(StoredChatflow { id, site, inbox, enabled, priority, settings });

struct StoredSettings {
    settings: String,
}

stored!(StoredSettings { settings });

const ALL: &str = "
    SELECT id, site, inbox, enabled, priority, settings FROM chatflows
    ORDER BY site, priority, id";

const PUT: &str = "
    INSERT INTO chatflows (id, site, inbox, enabled, priority, settings)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE SET site = excluded.site, inbox = excluded.inbox,
        enabled = excluded.enabled, priority = excluded.priority, settings = excluded.settings
    WHERE chatflows.site <> excluded.site OR chatflows.inbox <> excluded.inbox
        OR chatflows.enabled <> excluded.enabled OR chatflows.priority <> excluded.priority
        OR chatflows.settings <> excluded.settings";

const LOCK_SETTINGS: &str = "
    SELECT settings FROM chatflows WHERE id = $1 {lock_chatflows}";

const SET_SETTINGS: &str = "
    UPDATE chatflows SET settings = $2 WHERE id = $1";

pub(super) async fn all(read: Connection<'_>) -> Result<Vec<ChatflowRow>, StoreError> {
    let rows: Vec<StoredChatflow> = query(ALL).all(read).await?;
    rows.into_iter()
        .map(|row| {
            Ok(ChatflowRow {
                id: ChatflowId(row.id),
                site: SiteId(row.site),
                inbox: InboxId(row.inbox),
                enabled: row.enabled != 0,
                priority: row.priority,
                settings: decode::json(&row.settings)?,
            })
        })
        .collect()
}

impl Batch<'_> {
    /// False if it is so already.
    pub(crate) async fn put_chatflow(&mut self, row: &ChatflowRow) -> Result<bool, StoreError> {
        let put = query(PUT)
            .bind(row.id.0)
            .bind(row.site.0)
            .bind(row.inbox.0)
            .bind(i64::from(row.enabled))
            .bind(row.priority)
            .bind(decode::to_json(&row.settings));
        Ok(self.run(put).await? == 1)
    }

    /// Replaces one part of a chatflow's settings. The others stay as they are stored, also what
    /// only a newer release can read. False if it is so already, or there is no such chatflow.
    pub(crate) async fn put_chatflow_part<T: Serialize>(
        &mut self,
        id: ChatflowId,
        part: &str,
        value: &T,
    ) -> Result<bool, StoreError> {
        let locked: Option<StoredSettings> =
            query(LOCK_SETTINGS).bind(id.0).optional(self.connection()).await?;
        let Some(StoredSettings { settings }) = locked else { return Ok(false) };
        let mut parts: serde_json::Map<String, Value> = decode::json(&settings)?;
        let value = serde_json::to_value(value).expect("settings are plain data");
        if parts.get(part) == Some(&value) {
            return Ok(false);
        }
        parts.insert(part.to_owned(), value);
        let set = query(SET_SETTINGS).bind(id.0).bind(decode::to_json(&parts));
        Ok(self.run(set).await? == 1)
    }
}
