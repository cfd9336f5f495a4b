//! Back up a running node, restore, verify: the commands that an operator has in bad hours.

use std::fs;
use std::path::Path;

use salotto_protocol::api::Receipt;
use salotto_protocol::{
    ClientFrame, ClientId, ConversationId, Cursor, ResetReason, Seq, ServerFrame,
};
use salotto_tests::desk::{AS_VISITOR, Desk, acked, epoch_of, say, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::socket::Socket;
use sqlx::{Connection, SqliteConnection};

#[tokio::test]
async fn a_backup_of_a_running_node_is_restored_and_old_cursors_are_reset() {
    let mut node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "before the backup").await;
    let backup = node.folder().join("backup.db");
    let made = node.run(&["backup", backup.to_str().expect("UTF-8")]).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lost = say(&mut visitor, conversation, "after the backup").await;
    let epoch = epoch_of(&node, &token.token, conversation).await;

    node.kill().await;
    replace_database(&node.database(), &backup);
    let restored = node.run(&["restored"]).await;
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    node.start_again().await;

    let cursor = Cursor { conversation, epoch: Some(epoch), seq: lost };
    let (mut back, welcome) =
        Socket::welcomed(node.public, AS_VISITOR, &token.token, vec![cursor]).await;
    assert_ne!(welcome.epoch, epoch, "a restored store has an epoch of its own");
    let reason = back.until("a reset", |frame| match frame {
        ServerFrame::Reset { reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, ResetReason::Epoch);
    let log = visitor_log(&node, &token.token, conversation).await;
    assert!(log.iter().all(|entry| entry.seq < lost), "{log:?}");
    let verified = node.run(&["verify"]).await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[tokio::test]
async fn verify_finds_nothing_in_an_honest_store_and_in_honest_receipts() {
    let world = World::recorded().await;

    let output = world.node.run(&["verify"]).await;
    assert!(output.status.success(), "{}", said(&output));
    let output = world.verify(&world.receipts).await;
    assert!(output.status.success(), "{}", said(&output));
}

/// BY-1
#[tokio::test]
async fn verify_finds_every_kind_of_damage_in_a_store() {
    for damage in [
        "DELETE FROM entries WHERE seq = 2",
        "UPDATE entries SET seq = 9 WHERE seq = 3",
        "UPDATE entries SET at_ms = 1 WHERE seq = 3",
        "UPDATE conversations SET seq = 7",
    ] {
        let world = World::recorded().await;
        world.tamper(damage).await;

        let output = world.node.run(&["verify"]).await;

        assert!(!output.status.success(), "{damage}: {}", said(&output));
        assert!(said(&output).contains(&world.conversation.to_string()), "{}", said(&output));
    }
}

/// BY-1
#[tokio::test]
async fn verify_finds_what_receipts_and_store_disagree_about() {
    let world = World::recorded().await;
    let Receipt::Acked { conversation, epoch, seq, client_id, text } = &world.receipts[0] else {
        panic!("the first receipt is an ack")
    };
    let (conversation, epoch, seq) = (*conversation, *epoch, *seq);
    let acked = |seq, text: &str| Receipt::Acked {
        conversation,
        epoch,
        seq,
        client_id: *client_id,
        text: text.to_owned(),
    };
    let received = |seq, after, client_id| Receipt::Received {
        socket: 1,
        conversation,
        epoch,
        seq: Seq(seq),
        after: Seq(after),
        client_id,
    };
    let cases = [
        ("lost (I1)", vec![acked(Seq(99), text)]),
        ("another text (I1)", vec![acked(seq, "not what was said")]),
        ("a ghost (I2)", vec![received(99, 98, None)]),
        ("out of order (I4)", vec![received(2, 1, None), received(1, 0, None)]),
        ("disagreement (I5)", vec![received(1, 0, Some(ClientId::fresh()))]),
    ];
    for (what, receipts) in cases {
        let output = world.verify(&receipts).await;
        assert!(!output.status.success(), "{what}: {}", said(&output));
    }
}

/// A stopped node whose store has one conversation, and one client's receipts.
struct World {
    node: Node,
    conversation: ConversationId,
    receipts: Vec<Receipt>,
}

impl World {
    async fn recorded() -> World {
        let mut node = Node::start().await;
        let desk = Desk::open(&node, 1).await;
        let (mut visitor, token) = desk.visitor_socket(&node).await;
        let conversation = desk.begin(&mut visitor, "one").await;
        let mut receipts = Vec::new();
        let mut last = None;
        for text in ["two", "three", "four"] {
            let client_id = ClientId::fresh();
            let text = text.to_owned();
            visitor.send(&ClientFrame::Send { conversation, client_id, text: text.clone() }).await;
            let (_, seq) = acked(&mut visitor, client_id).await;
            last = Some((client_id, seq, text));
        }
        let (client_id, seq, text) = last.expect("three messages");
        let epoch = epoch_of(&node, &token.token, conversation).await;
        receipts.push(Receipt::Acked { conversation, epoch, seq, client_id, text });
        node.terminate_quickly().await;
        World { node, conversation, receipts }
    }

    async fn verify(&self, receipts: &[Receipt]) -> std::process::Output {
        let path = self.node.folder().join("receipts.jsonl");
        let lines: Vec<String> =
            receipts.iter().map(|it| serde_json::to_string(it).expect("a receipt")).collect();
        fs::write(&path, lines.join("\n") + "\n").expect("a file");
        self.node.run(&["verify", "--receipts", path.to_str().expect("UTF-8")]).await
    }

    async fn tamper(&self, sql: &'static str) {
        let url = format!("sqlite:{}", self.node.database().display());
        let mut database = SqliteConnection::connect(&url).await.expect("the store opens");
        let changed = sqlx::query(sql).execute(&mut database).await.expect(sql).rows_affected();
        assert!(changed > 0, "{sql} changed nothing");
        database.close().await.expect("the store closes");
    }
}

/// As an operator does it: the file, and nothing left of the old one's write-ahead log.
fn replace_database(database: &Path, backup: &Path) {
    for suffix in ["-wal", "-shm"] {
        let beside = database.with_file_name(format!("salotto.db{suffix}"));
        if beside.exists() {
            fs::remove_file(beside).expect("removable");
        }
    }
    fs::copy(backup, database).expect("copied");
}

fn said(output: &std::process::Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}
