//! `salotto migrate`: takes every step of the schema, those as well that older nodes cannot bear.

use super::{Failed, because};
use crate::config::Config;
use crate::store::Store;

pub(crate) async fn migrate(config: &Config) -> Result<String, Failed> {
    Store::migrate(&config.store_url)
        .await
        .map_err(|error| Failed::Config(config.complain("store.url", &because(&error))))?;
    Ok("the schema is up to date".to_owned())
}
