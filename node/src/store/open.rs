//! Opens a store by its URL: connects, and brings the schema up to date.

use super::batch::WriteConnection;
use super::connection::Reads;
use super::meta::Meta;
use super::server::Server;
use super::{Place, Store, StoreError, file, schema};

impl Store {
    /// `sqlite:PATH`, whose file is made if it is missing, or `postgres://USER@HOST/DATABASE`.
    pub(crate) async fn open(url: &str) -> Result<Store, StoreError> {
        let place = Place::of(url)?;
        let (reads, mut write) = match &place {
            Place::File(path) => {
                file::ensure_file(path)?;
                let mut write = file::connect(path).await?;
                schema::bring_up_to_date(&mut write).await?;
                let reads = Reads::Sqlite(file::readers(path).await?);
                (reads, WriteConnection::Sqlite(write))
            }
            Place::Server(server) => {
                server.bring_up_to_date(schema::Steps::Expand).await?;
                let reads = Reads::Postgres(server.readers());
                (reads, WriteConnection::postgres(server.clone()))
            }
        };
        let meta = Meta::read_or_draw(&mut write).await?;
        write.serve(meta.epoch);
        Ok(Store::of(place, reads, write, meta))
    }

    /// Every step of the schema, those as well that nodes of the release before cannot bear.
    pub(crate) async fn migrate(url: &str) -> Result<(), StoreError> {
        match Place::of(url)? {
            Place::File(_) => Store::open(url).await.map(|_| ()),
            Place::Server(server) => server.bring_up_to_date(schema::Steps::All).await,
        }
    }
}

impl Place {
    pub(super) fn of(url: &str) -> Result<Place, StoreError> {
        match scheme_of(url) {
            "sqlite" => Ok(Place::File(file::path_of(url)?)),
            "postgres" | "postgresql" => Ok(Place::Server(Server::of(url)?)),
            scheme => Err(StoreError::BadUrl(format!(
                "{scheme:?} is no store this node can open: write sqlite:path/to/file.db or \
                 postgres://user@host/database"
            ))),
        }
    }
}

/// Whether it could name a store; looks at nothing but the words.
pub(crate) fn check_url(url: &str) -> Result<(), StoreError> {
    Place::of(url).map(|_| ())
}

/// A URL may hold a password: only what stands before the first colon is ever repeated.
fn scheme_of(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}
