//! What holds for the whole account: one row of JSON, so that a new setting needs no migration.

use salotto_protocol::people::AccountSettings;

use super::batch::Batch;
use super::connection::Connection;
use super::query::query;
use super::{StoreError, decode};

const FIND: &str = "SELECT settings FROM account";

const PUT: &str = "
    INSERT INTO account (only_row, settings) VALUES (1, $1)
    ON CONFLICT (only_row) DO UPDATE SET settings = excluded.settings";

/// Who follows the account's capacity gets the new one, and is another candidate than before.
const INHERIT_CAPACITY: &str = "
    UPDATE agents SET capacity = $1, version = version + 1
    WHERE capacity_inherited = 1 AND capacity <> $1";

const INHERIT_TICKET_CAPACITY: &str = "
    UPDATE agents SET ticket_capacity = $1, version = version + 1
    WHERE ticket_capacity_inherited = 1 AND ticket_capacity <> $1";

pub(super) async fn find(read: Connection<'_>) -> Result<AccountSettings, StoreError> {
    let row: Option<(String,)> = query(FIND).optional(read).await?;
    row.map_or(Ok(AccountSettings::default()), |(settings,)| decode::json(&settings))
}

impl Batch<'_> {
    pub(crate) async fn put_account(
        &mut self,
        settings: &AccountSettings,
    ) -> Result<(), StoreError> {
        self.run(query(PUT).bind(decode::to_json(settings))).await?;
        let capacity = i64::from(settings.default_capacity());
        self.run(query(INHERIT_CAPACITY).bind(capacity)).await?;
        let tickets = i64::from(settings.default_ticket_capacity());
        self.run(query(INHERIT_TICKET_CAPACITY).bind(tickets)).await?;
        Ok(())
    }
}
