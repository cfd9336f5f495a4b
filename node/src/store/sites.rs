//! Web sites that embed the loader.

use salotto_protocol::SiteId;
use uuid::Uuid;

use super::batch::Batch;
use super::connection::Connection;
use super::query::query;
use super::{StoreError, decode};

/// A site that embeds the loader, and the origins its pages may have.
#[derive(Clone, Debug)]
pub(crate) struct SiteRow {
    pub(crate) id: SiteId,
    pub(crate) name: String,
    pub(crate) origins: Vec<String>,
}

const ALL: &str = "SELECT id, name, origins FROM sites ORDER BY id";

const PUT: &str = "
    INSERT INTO sites (id, name, origins) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, origins = excluded.origins
    WHERE sites.name <> excluded.name OR sites.origins <> excluded.origins";

pub(super) async fn all(read: Connection<'_>) -> Result<Vec<SiteRow>, StoreError> {
    let rows: Vec<(Uuid, String, String)> = query(ALL).all(read).await?;
    rows.into_iter()
        .map(|(id, name, origins)| {
            Ok(SiteRow { id: SiteId(id), name, origins: decode::json(&origins)? })
        })
        .collect()
}

impl Batch<'_> {
    /// False if it is so already.
    pub(crate) async fn put_site(&mut self, site: &SiteRow) -> Result<bool, StoreError> {
        let put = query(PUT)
            .bind(site.id.0)
            .bind(site.name.as_str())
            .bind(decode::to_json(&site.origins));
        Ok(self.run(put).await? == 1)
    }
}
