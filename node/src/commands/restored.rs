//! `salotto restored`: says that the database is a backup put in place, while no node runs on it.

use super::Failed;
use crate::config::Config;
use crate::store;

pub(crate) async fn restored(config: &Config) -> Result<String, Failed> {
    store::restored(&config.store_url).await?;
    Ok("a new epoch began: clients forget what this database does not know".to_owned())
}
