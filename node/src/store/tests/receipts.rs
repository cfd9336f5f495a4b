//! What clients say they were told, held against the store.

use salotto_protocol::Epoch;
use salotto_protocol::api::Receipt;

use super::*;
use crate::store::{Report, verify_receipts};

struct Told {
    desk: Desk,
    head: Head,
    entries: Vec<Entry>,
}

impl Told {
    async fn new() -> Told {
        let desk = desk().await;
        let (head, entries) = conversation();
        desk.put(&head, &entries).await;
        Told { desk, head, entries }
    }

    fn acked(&self, seq: u32) -> Receipt {
        let entry = &self.entries[seq as usize - 1];
        Receipt::Acked {
            conversation: self.head.id,
            epoch: self.desk.store.epoch(),
            seq: Seq(seq),
            client_id: entry.client_id.unwrap(),
            text: entry.body.text().unwrap().to_owned(),
        }
    }

    fn received(&self, socket: u64, after: u32, seq: u32) -> Receipt {
        Receipt::Received {
            socket,
            conversation: self.head.id,
            epoch: self.desk.store.epoch(),
            seq: Seq(seq),
            after: Seq(after),
            client_id: self.entries.get(seq as usize - 1).and_then(|entry| entry.client_id),
        }
    }

    async fn check(&self, receipts: Vec<Receipt>) -> Report {
        verify_receipts(&self.desk.store, receipts.into_iter()).await.unwrap()
    }

    async fn findings(&self, receipts: Vec<Receipt>) -> Vec<String> {
        self.check(receipts).await.findings.iter().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn honest_receipts_are_sound() {
    let told = Told::new().await;
    let receipts = vec![
        told.acked(1),
        told.acked(3),
        told.acked(3),
        told.received(1, 0, 1),
        told.received(1, 1, 3),
        told.received(2, 0, 1),
        told.received(2, 1, 2),
        told.received(2, 2, 3),
        told.received(3, 1, 3),
    ];
    let count = receipts.len() as u64;

    let report = told.check(receipts).await;

    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!(report.receipts, count);
}

#[tokio::test]
async fn an_acknowledged_message_that_is_gone_moved_changed_or_doubled_is_found() {
    let told = Told::new().await;
    let receipts = vec![told.acked(1), told.acked(3)];
    for (words, sql) in [
        ("acked seq 3: is not in the store", "DELETE FROM entries WHERE seq = 3"),
        ("acked seq 1: is stored under another seq", "UPDATE entries SET seq = 9 WHERE seq = 1"),
        ("acked seq 9: is not", "SELECT 1"),
        (
            "acked seq 1: is stored with another text",
            r#"
            UPDATE entries SET body = '{"type":"message","text":"other"}' WHERE seq = 1"#,
        ),
        (
            "acked seq 1: is stored more than once",
            "
            DROP INDEX entries_client_id;
            INSERT INTO entries SELECT conversation, 9, at_ms, author, author_id, author_name,
                client_id, hidden, body FROM entries WHERE seq = 1",
        ),
    ] {
        let told = Told { desk: desk().await, ..Told::new().await };
        told.desk.put(&told.head, &told.entries).await;
        let mut receipts = vec![told.acked(1), told.acked(3)];
        if let Receipt::Acked { conversation, epoch, text, .. } = told.acked(1) {
            let (seq, client_id) = (Seq(9), ClientId::fresh());
            receipts.push(Receipt::Acked { conversation, epoch, seq, client_id, text });
        }
        told.desk.store.tamper(sql).await;

        let found = told.findings(receipts).await;

        assert!(found.iter().any(|it| it.starts_with("I1") && it.contains(words)), "{found:?}");
    }
    assert!(told.findings(receipts).await.is_empty(), "the untouched one is sound");
}

#[tokio::test]
async fn an_entry_that_was_received_and_never_stored_is_found() {
    let told = Told::new().await;

    let found = told.findings(vec![told.received(1, 3, 4)]).await;

    assert!(found[0].starts_with("I2") && found[0].contains("seq 4"), "{found:?}");
}

#[tokio::test]
async fn a_log_that_steps_back_repeats_or_leaves_something_out_is_found() {
    let told = Told::new().await;
    for steps in [[(0, 1), (0, 1)], [(0, 2), (0, 1)], [(0, 1), (2, 3)]] {
        let receipts = steps.map(|(after, seq)| told.received(1, after, seq));

        let found = told.findings(receipts.to_vec()).await;

        assert_eq!(found.len(), 1, "{steps:?}: {found:?}");
        assert!(found[0].starts_with("I4"), "{found:?}");
    }
}

#[tokio::test]
async fn another_entry_under_the_same_seq_is_found() {
    let told = Told::new().await;
    let Receipt::Received { socket, conversation, epoch, seq, after, .. } = told.received(1, 0, 1)
    else {
        panic!("received")
    };
    let client_id = Some(ClientId::fresh());
    let other = Receipt::Received { socket, conversation, epoch, seq, after, client_id };

    let found = told.findings(vec![told.received(2, 0, 1), other]).await;

    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("I5"), "{found:?}");
}

#[tokio::test]
async fn receipts_of_another_epoch_are_counted_and_not_judged_by_this_store() {
    let told = Told::new().await;
    let Receipt::Acked { conversation, client_id, text, .. } = told.acked(1) else {
        panic!("acked")
    };
    let epoch = Epoch::fresh();
    let seq = Seq(70);

    let report =
        told.check(vec![Receipt::Acked { conversation, epoch, seq, client_id, text }]).await;

    assert!(report.is_sound());
    assert_eq!((report.receipts, report.receipts_of_other_epochs), (0, 1));
}

#[tokio::test]
async fn receipts_beyond_one_statement_are_all_looked_up() {
    let told = Told::new().await;
    let mut receipts: Vec<_> = (0..2_000).map(|socket| told.received(socket, 0, 1)).collect();
    receipts.push(told.received(1, 1, 9));

    let report = told.check(receipts).await;

    assert_eq!((report.receipts, report.findings_total), (2_001, 1));
}
