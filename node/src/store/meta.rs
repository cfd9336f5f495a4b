//! Facts of the store itself: its epoch, its secret, the version of its settings.

use salotto_protocol::Epoch;
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{Batch, WriteConnection};
use super::connection::Connection;
use super::query::query;
use super::{Store, StoreError, decode};
use crate::clock;
use crate::sabotage::{self, Switch};

/// Drawn once, when the store is made.
#[derive(Clone, Copy)]
pub(super) struct Meta {
    pub(super) epoch: Epoch,
    pub(super) secret: [u8; 32],
}

const INSERT: &str = "
    INSERT INTO meta (only_row, epoch, secret, settings_version, created_at_ms)
    VALUES (1, $1, $2, 0, $3)
    ON CONFLICT DO NOTHING";

const FIND: &str = "SELECT epoch, secret FROM meta";
const VERSION: &str = "SELECT settings_version FROM meta";
const NEXT_VERSION: &str = "UPDATE meta SET settings_version = settings_version + 1";
const LOCK_SETTINGS: &str = "UPDATE meta SET settings_version = settings_version";
const SET_EPOCH: &str = "UPDATE meta SET epoch = $1";

/// The server's timeline: it grows when a standby takes over or a backup is recovered, and then
/// entries that were read may be gone. Kept beside the epoch, which is drawn anew.
const FOLLOW_TIMELINE: &str = "
    UPDATE meta SET timeline = now.timeline,
        epoch = CASE WHEN meta.timeline = 0 THEN epoch ELSE $1 END
    FROM (SELECT CAST(CAST('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS BIT(32))
        AS BIGINT) AS timeline) AS now
    WHERE meta.timeline <> now.timeline";

/// A server that came back must still be the store that this node serves.
pub(super) async fn check_epoch(
    connection: &mut PgConnection,
    served: Epoch,
) -> Result<(), StoreError> {
    follow_timeline(Connection::Postgres(&mut *connection)).await?;
    let (epoch, _): (Uuid, Vec<u8>) = query(FIND).one(Connection::Postgres(connection)).await?;
    if epoch == served.0 {
        return Ok(());
    }
    Err(StoreError::CannotOpen(
        "the store has another epoch now: it was restored, or a standby took over; the node must \
         start again"
            .to_owned(),
    ))
}

async fn follow_timeline(on: Connection<'_>) -> Result<(), StoreError> {
    match on {
        Connection::Sqlite(_) => {}
        Connection::Postgres(_) => {
            query(FOLLOW_TIMELINE).bind(Uuid::new_v4()).run(on).await?;
        }
    }
    Ok(())
}

impl Meta {
    pub(super) async fn read_or_draw(write: &mut WriteConnection) -> Result<Meta, StoreError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| StoreError::CannotOpen(format!("no random bytes: {error}")))?;
        let insert = query(INSERT).bind(Uuid::new_v4()).bind(secret.to_vec()).bind(clock::now_ms());
        insert.run(write.connection().await?).await?;
        follow_timeline(write.connection().await?).await?;
        let (epoch, secret): (Uuid, Vec<u8>) = query(FIND).one(write.connection().await?).await?;
        Ok(Meta { epoch: Epoch(epoch), secret: decode::bytes(&secret)? })
    }
}

pub(super) async fn settings_version(read: Connection<'_>) -> Result<i64, StoreError> {
    let (version,): (i64,) = query(VERSION).one(read).await?;
    Ok(version)
}

impl Store {
    pub(crate) async fn settings_version(&self) -> Result<i64, StoreError> {
        let (version,): (i64,) = self.reads().one(query(VERSION)).await?;
        Ok(version)
    }
}

impl Batch<'_> {
    pub(crate) async fn next_settings_version(&mut self) -> Result<(), StoreError> {
        self.run(query(NEXT_VERSION)).await?;
        Ok(())
    }

    /// Whoever else wants this, on whatever node, waits until the transaction ends.
    pub(super) async fn lock_settings(&mut self) -> Result<(), StoreError> {
        self.run(query(LOCK_SETTINGS)).await?;
        Ok(())
    }

    /// Cursors of before mean nothing any more.
    pub(crate) async fn draw_epoch(&mut self) -> Result<(), StoreError> {
        if sabotage::on(Switch::KeepEpoch) {
            return Ok(());
        }
        self.run(query(SET_EPOCH).bind(Uuid::new_v4())).await?;
        Ok(())
    }
}
