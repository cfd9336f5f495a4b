//! Backups of a running node, and what follows when one is put into place.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use salotto_protocol::NodeId;

use super::super::{backup, restored, verify};
use super::*;

#[tokio::test]
async fn a_backup_taken_while_writing_is_of_one_moment_and_sound() {
    let desk = desk().await;
    let done = Arc::new(AtomicBool::new(false));
    let writing = {
        let (store, done) = (desk.store.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let desk = Desk { database: Database::sqlite(), store };
            let mut written = 0;
            while !done.load(Ordering::SeqCst) {
                let (head, entries) = conversation();
                desk.put(&head, &entries).await;
                written += 1;
            }
            written
        })
    };
    while verify(&desk.store).await.unwrap().conversations < 20 {}

    let copy = desk.database.folder().join("backup.db");
    backup(&desk.store, &copy).await.unwrap();
    done.store(true, Ordering::SeqCst);
    let written: u64 = writing.await.unwrap();

    let copied = Store::open(&format!("sqlite:{}", copy.display())).await.unwrap();
    let report = verify(&copied).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert!((20..=written).contains(&report.conversations), "{report:?}");
    assert_eq!(report.entries, 3 * report.conversations);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_behind() {
    let desk = desk().await;
    let there = desk.database.folder().join("there.db");
    fs::write(&there, "precious").unwrap();

    let refused = backup(&desk.store, &there).await.unwrap_err();
    let nowhere = backup(&desk.store, &desk.database.folder().join("no/such/folder.db")).await;
    backup(&desk.store, &desk.database.folder().join("fine.db")).await.unwrap();

    assert_eq!(refused.to_string(), format!("{} exists already", there.display()));
    assert!(matches!(nowhere, Err(StoreError::Backup(_))), "{nowhere:?}");
    assert_eq!(fs::read_to_string(there).unwrap(), "precious");
    let mut names: Vec<_> = fs::read_dir(desk.database.folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("chat.db"))
        .collect();
    names.sort();
    assert_eq!(names, ["fine.db", "there.db"]);
}

#[tokio::test]
async fn a_restored_store_has_a_new_epoch_nobody_present_nobody_signed_in_and_all_messages() {
    let desk = desk().await;
    let (head, entries) = conversation();
    desk.put(&head, &entries).await;
    let agent = desk.put_agent(0).await;
    let node = NodeId::fresh();
    desk.store.immortal(node).await;
    {
        let mut writer = desk.store.writer().await;
        let mut batch = writer.begin().await.unwrap();
        assert!(batch.set_presence(agent, node, true).await.unwrap());
        assert!(batch.insert_session([7; 32], agent, i64::MAX, 0).await.unwrap());
        batch.commit().await.unwrap();
    }
    let copy = desk.database.folder().join("copy.db");
    backup(&desk.store, &copy).await.unwrap();
    let url = format!("sqlite:{}", copy.display());

    restored(&url).await.unwrap();

    let store = Store::open(&url).await.unwrap();
    assert_ne!(store.epoch(), desk.store.epoch());
    assert_eq!(store.secret(), desk.store.secret(), "visitors keep their tokens");
    assert_eq!(store.head(head.id).await.unwrap(), Some(head));
    assert!(desk.store.agents().await.unwrap()[0].present);
    assert!(!store.agents().await.unwrap()[0].present);
    assert_eq!(store.session([7; 32], 0).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_that_is_not_there_cannot_be_declared_restored() {
    let folder = tempfile::tempdir().unwrap();

    let error = restored(&url_in(&folder, "missing.db")).await.unwrap_err();

    assert!(error.to_string().contains("there is no file"), "{error}");
    assert!(!folder.path().join("missing.db").exists());
}
