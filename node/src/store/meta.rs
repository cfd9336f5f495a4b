//! Facts of the store itself: its epoch, its secret, the version of its settings.

use salotto_protocol::Epoch;
use uuid::Uuid;

use super::batch::Batch;
use super::dialect::Connection;
use super::{Store, StoreError, decode};
use crate::clock;

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
const SET_EPOCH: &str = "UPDATE meta SET epoch = $1";

impl Meta {
    pub(super) async fn read_or_draw(connection: &mut Connection) -> Result<Meta, StoreError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| StoreError::CannotOpen(format!("no random bytes: {error}")))?;
        sqlx::query(INSERT)
            .bind(Uuid::new_v4())
            .bind(secret.to_vec())
            .bind(clock::now_ms())
            .execute(&mut *connection)
            .await?;
        let (epoch, secret): (Uuid, Vec<u8>) = sqlx::query_as(FIND).fetch_one(connection).await?;
        Ok(Meta { epoch: Epoch(epoch), secret: decode::bytes(&secret)? })
    }
}

pub(super) async fn settings_version(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(VERSION).fetch_one(connection).await?)
}

impl Store {
    pub(crate) async fn settings_version(&self) -> Result<i64, StoreError> {
        settings_version(&mut *self.reads().acquire().await?).await
    }
}

impl Batch<'_> {
    pub(crate) async fn next_settings_version(&mut self) -> Result<(), StoreError> {
        sqlx::query(NEXT_VERSION).execute(self.connection()).await?;
        Ok(())
    }

    /// Cursors of before mean nothing any more.
    pub(crate) async fn draw_epoch(&mut self) -> Result<(), StoreError> {
        sqlx::query(SET_EPOCH).bind(Uuid::new_v4()).execute(self.connection()).await?;
        Ok(())
    }
}
