//! `salotto backup`: a copy of the database while the node runs.

use std::path::Path;

use super::{Failed, open_store};
use crate::config::Config;
use crate::store;

pub(crate) async fn backup(config: &Config, to: &Path) -> Result<String, Failed> {
    if config.store_file().is_some_and(|file| !file.is_file()) {
        return Err(Failed::Config(config.complain("store.url", "names no database to back up")));
    }
    let store = open_store(config).await?;
    store::backup(&store, to).await?;
    Ok(format!("backed up to {}", to.display()))
}
