//! A copy of the store while the node runs, and what must be done to a copy put into its place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::dialect::{COPY, INTEGRITY};
use super::file::{self, close};
use super::{Place, Store, StoreError};

/// Writes a consistent copy, all of it as of one moment, to a file that does not exist yet.
/// The node goes on meanwhile: it is a long read. Returns once the copy is checked and on disk.
pub(crate) async fn backup(store: &Store, to: &Path) -> Result<(), StoreError> {
    let from = match store.place() {
        Place::File(path) => path,
        Place::Server(_) => return Err(StoreError::Backup(ELSEWHERE.to_owned())),
    };
    let failed = |error: io::Error| {
        StoreError::Backup(format!("the backup {} cannot be written: {error}", to.display()))
    };
    if to.try_exists().map_err(failed)? {
        return Err(StoreError::Backup(format!("{} exists already", to.display())));
    }
    let partial = Partial::beside(to).map_err(failed)?;
    copy(from, &partial.0).await?;
    check(&partial.0).await?;
    partial.publish(to).map_err(failed)
}

const ELSEWHERE: &str =
    "the store is in PostgreSQL, which has its own backups: use pg_dump or pg_basebackup";

/// Draws a new epoch: cursors from after the backup was made must not fit by accident. Nobody is
/// signed in or present any more: who signed out after the backup must not be in again.
pub(crate) async fn restored(url: &str) -> Result<(), StoreError> {
    match Place::of(url)? {
        Place::File(path) if !path.is_file() => {
            return Err(StoreError::CannotOpen(format!("there is no file {}", path.display())));
        }
        Place::File(_) | Place::Server(_) => {}
    }
    let store = Store::open(url).await?;
    let mut writer = store.writer().await;
    let mut batch = writer.begin().await?;
    batch.draw_epoch().await?;
    batch.clear_presence().await?;
    batch.delete_nodes().await?;
    batch.clear_attachments().await?;
    batch.release_leases().await?;
    batch.delete_sessions().await?;
    batch.commit().await
}

async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let name = to.to_str().ok_or_else(|| {
        StoreError::Backup(format!("{} is no UTF-8 and so no name of a copy", to.display()))
    })?;
    let mut connection = file::connect(from).await?;
    sqlx::query(COPY).bind(name).execute(&mut connection).await?;
    close(connection).await
}

async fn check(copy: &Path) -> Result<(), StoreError> {
    let mut connection = file::plain(copy).await?;
    let found: Vec<(String,)> = sqlx::query_as(INTEGRITY).fetch_all(&mut connection).await?;
    close(connection).await?;
    match found.as_slice() {
        [(word,)] if word == "ok" => Ok(()),
        found => Err(StoreError::Backup(format!("the copy is damaged: {found:?}"))),
    }
}

/// A file under another name, which disappears unless it is published.
struct Partial(PathBuf);

impl Partial {
    /// In the same folder, so that giving it its name moves no bytes.
    fn beside(to: &Path) -> io::Result<Partial> {
        let name = to.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let name = format!(".{}.{}.partial", name.display(), uuid::Uuid::new_v4().simple());
        let path = folder_of(to).join(name);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Partial(path))
    }

    /// Gives it its name, unless somebody else took that meanwhile.
    fn publish(self, to: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        fs::hard_link(&self.0, to)?;
        fs::remove_file(&self.0)?;
        File::open(folder_of(to))?.sync_all()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}
