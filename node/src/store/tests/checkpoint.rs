//! Checkpoints: pages move from the log into the file, whoever writes or reads meanwhile.

use std::fs;

use super::super::Checkpointer;
use super::*;

#[tokio::test]
async fn a_pass_moves_everything_that_was_committed() {
    let desk = desk().await;
    let file = desk.database.folder().join("chat.db");
    let before = fs::metadata(&file).unwrap().len();
    for _ in 0..20 {
        let (head, entries) = conversation();
        desk.put(&head, &entries).await;
    }

    let mut checkpointer = Checkpointer::open(&desk.store).await.unwrap().unwrap();
    let left = checkpointer.pass().await.unwrap();
    let rest = desk.store.writer().await.finish_checkpoint().await.unwrap();

    assert_eq!((left, rest), (0, 0));
    assert!(fs::metadata(&file).unwrap().len() > before);
    checkpointer.close().await.unwrap();
}

#[tokio::test]
async fn a_pass_waits_for_no_transaction() {
    let desk = desk().await;
    let (head, _) = conversation();
    let mut writer = desk.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    batch.insert_heads(&[&head]).await.unwrap();

    let mut checkpointer = Checkpointer::open(&desk.store).await.unwrap().unwrap();
    checkpointer.pass().await.unwrap();

    batch.commit().await.unwrap();
    assert!(desk.store.head(head.id).await.unwrap().is_some());
}
