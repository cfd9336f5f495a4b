//! Opening a store: a file that is missing, unusable, or somebody else's.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::super::query::query;
use super::*;

#[tokio::test]
async fn a_missing_file_is_made_with_its_folder_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();

    let store = Store::open(&url_in(&folder, "data/chat.db")).await.unwrap();

    let mode = fs::metadata(folder.path().join("data/chat.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(store.settings_version().await.unwrap(), 0);
}

#[tokio::test]
async fn a_store_keeps_its_epoch_and_its_secret() {
    let (desk, other) = (desk().await, desk().await);

    let again = Store::open(desk.database.url()).await.unwrap();

    assert_eq!((again.epoch(), again.secret()), (desk.store.epoch(), desk.store.secret()));
    assert_ne!(
        (other.store.epoch(), other.store.secret()),
        (desk.store.epoch(), desk.store.secret())
    );
}

#[tokio::test]
async fn what_is_on_disk_survives_a_loss_of_power() {
    let desk = desk().await;
    let mut writer = desk.store.writer().await;

    let (journal,): (String,) =
        query("PRAGMA journal_mode").one(writer.connection().await.unwrap()).await.unwrap();
    let (full,): (i64,) =
        query("PRAGMA synchronous").one(writer.connection().await.unwrap()).await.unwrap();

    assert_eq!((journal.as_str(), full), ("wal", 2));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "dear diary ".repeat(1_000)).unwrap();

    let error = Store::open(&url_in(&folder, "notes.txt")).await.unwrap_err();

    let expected = format!("the file {} is not a database", file.display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(fs::read_to_string(file).unwrap(), "dear diary ".repeat(1_000));
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();

    let error = Store::open(&format!("sqlite:{}", folder.path().display())).await.unwrap_err();

    let error = error.to_string();
    assert!(error.contains(&folder.path().display().to_string()), "{error}");
    assert!(error.contains("cannot be written"), "{error}");
}

#[tokio::test]
async fn a_path_through_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();

    let error = Store::open(&url_in(&folder, "file/chat.db")).await.unwrap_err();

    assert!(matches!(error, StoreError::CannotOpen(_)), "{error:?}");
}

/// Who may do everything is not stopped by permissions: then there is nothing to see.
#[tokio::test]
async fn a_file_that_may_not_be_written_is_named_and_one_that_may_is_opened() {
    let desk = desk().await;
    let file = desk.database.folder().join("chat.db");
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    let may_write = fs::OpenOptions::new().append(true).open(&file).is_ok();

    let opened = Store::open(desk.database.url()).await;

    match opened {
        Ok(_) => assert!(may_write),
        Err(error) => {
            assert!(!may_write, "{error:?}");
            assert!(matches!(error, StoreError::CannotOpen(_)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn another_kind_of_store_is_refused_without_repeating_its_password() {
    for url in ["mysql://anna:hunter2@db/chat", "chat.db", "sqlite:", "sqlite::memory:"] {
        let error = Store::open(url).await.unwrap_err();

        assert!(matches!(error, StoreError::BadUrl(_)), "{error:?}");
        assert!(!error.to_string().contains("hunter2"));
        assert!(error.to_string().contains("sqlite:path/to/file.db"), "{error}");
    }
}

#[tokio::test]
async fn a_store_in_a_log_shows_no_secret() {
    let desk = desk().await;

    let shown = format!("{:?}", desk.store);

    assert!(shown.contains("chat.db"));
    assert!(!shown.contains("secret"));
}
