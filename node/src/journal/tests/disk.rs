//! A disk that is full, a crash, a log that grows: what only an embedded store has.

use super::*;
use crate::journal::Busy;

async fn desk() -> Desk {
    Desk::on(Database::sqlite()).await
}

#[tokio::test]
async fn a_full_disk_fails_the_batch_and_the_journal_and_loses_nothing_acknowledged() {
    let mut desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    committed(desk.write(visitor.says(conversation.id, ClientId::fresh(), "acked")).await);
    desk.store.tamper("PRAGMA max_page_count = 1").await;

    let long = "x".repeat(8_000);
    let sent: Vec<_> = (0..20)
        .map(|_| desk.submit(visitor.says(conversation.id, ClientId::fresh(), &long)))
        .collect();

    for outcome in sent {
        assert_eq!(wait(outcome).await, Outcome::Failed);
    }
    tokio::time::timeout(PATIENCE, desk.failure.wait_for(|failed| *failed)).await.unwrap().unwrap();
    let (write, _) = visitor.says(conversation.id, ClientId::fresh(), "too late").into_write();
    assert_eq!(desk.journal.submit(write), Err(Busy));
    assert!(desk.journal.drain().await.is_err(), "nobody can say that all was written");
    let desk = Desk::on(desk.database).await;
    assert_eq!(texts(&desk, conversation.id).await, ["hello", "acked"]);
    committed(desk.write(visitor.says(conversation.id, ClientId::fresh(), "again")).await);
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_file_for_whoever_opens_it_next() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let ack = committed(desk.write(visitor.says(conversation.id, ClientId::fresh(), "hi")).await);

    // No drain and no close: as after a crash, another process reads the file and its log.
    let copy = Database::sqlite();
    for suffix in ["", "-wal"] {
        let name = format!("chat.db{suffix}");
        std::fs::copy(desk.database.folder().join(&name), copy.folder().join(&name)).unwrap();
    }
    let after = Desk::on(copy).await;

    assert_eq!(after.head(conversation.id).await.seq, ack.seq);
    assert_eq!(texts(&after, conversation.id).await, ["hello", "hi"]);
    assert_eq!(after.store.epoch(), desk.store.epoch());
    assert_eq!(after.store.secret(), desk.store.secret());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_moved_into_the_file_while_writing_goes_on() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let file = desk.database.folder().join("chat.db");
    let length = || std::fs::metadata(&file).unwrap().len();
    let before = length();

    let started = std::time::Instant::now();
    while length() == before {
        assert!(started.elapsed() < PATIENCE, "no checkpoint was made");
        let says = |_| desk.submit(visitor.says(conversation.id, ClientId::fresh(), "hello"));
        for outcome in (0..512).map(says).collect::<Vec<_>>() {
            committed(wait(outcome).await);
        }
    }

    let seqs = desk.entries(conversation.id).await;
    assert_eq!(seqs.last().unwrap().seq, desk.head(conversation.id).await.seq.min(Seq(10_000)));
}
