//! `salotto migrate`: brings the schema up to date, as every start does.

use super::{Failed, open_store};
use crate::config::Config;

pub(crate) async fn migrate(config: &Config) -> Result<String, Failed> {
    open_store(config).await?;
    Ok("the schema is up to date".to_owned())
}
