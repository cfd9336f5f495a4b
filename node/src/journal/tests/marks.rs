//! Marks: coalesced, never lowered, never beyond the head, told only when they rise.

use salotto_protocol::Party;

use super::*;
use crate::journal::actor::MARKS_DELAY;
use crate::journal::{Commit, CommitStream};
use crate::store::Marks;

async fn next_mark(stream: &mut CommitStream) -> (ConversationId, Party, Seq, Seq) {
    loop {
        let commit = tokio::time::timeout(PATIENCE, stream.next()).await.expect("in time");
        if let Some(Commit::Marks { conversation, party, delivered, read }) = commit {
            return (conversation, party, delivered, read);
        }
    }
}

async fn long_conversation(desk: &Desk, entries: u32) -> ConversationId {
    let head = desk.conversation().await;
    let visitor = Visitor { id: head.visitor, inbox: head.inbox };
    for _ in 1..entries {
        committed(desk.write(visitor.says(head.id, ClientId::fresh(), "hello")).await);
    }
    head.id
}

#[tokio::test]
async fn marks_are_stored_and_told_once_for_many_calls() {
    let desk = desk().await;
    let id = long_conversation(&desk, 5).await;
    let mut stream = desk.journal.commits();

    for seq in [1, 3, 2] {
        desk.journal.mark(id, Party::Team, Seq(seq), Seq(seq - 1));
    }

    assert_eq!(next_mark(&mut stream).await, (id, Party::Team, Seq(3), Seq(2)));
    let marks = desk.store.marks(id).await.unwrap();
    let team = Marks { team_delivered: Seq(3), team_read: Seq(2), ..Marks::default() };
    assert_eq!(marks, team);
}

#[tokio::test]
async fn marks_never_fall_never_pass_the_head_and_are_told_only_when_they_rise() {
    let desk = desk().await;
    let id = long_conversation(&desk, 5).await;
    let mut stream = desk.journal.commits();

    desk.journal.mark(id, Party::Visitor, Seq(4), Seq(4));
    assert_eq!(next_mark(&mut stream).await, (id, Party::Visitor, Seq(4), Seq(4)));
    desk.journal.mark(id, Party::Visitor, Seq(2), Seq(1));
    desk.journal.mark(ConversationId::fresh(), Party::Visitor, Seq(1), Seq(1));
    desk.journal.drain().await.expect("drained");
    let desk = desk.reopened().await;
    let mut stream = desk.journal.commits();
    desk.journal.mark(id, Party::Visitor, Seq(900), Seq(0));

    assert_eq!(next_mark(&mut stream).await, (id, Party::Visitor, Seq(5), Seq(4)));
}

#[tokio::test]
async fn whoever_has_read_has_received() {
    let desk = desk().await;
    let id = long_conversation(&desk, 3).await;
    let mut stream = desk.journal.commits();

    desk.journal.mark(id, Party::Team, Seq(0), Seq(3));

    assert_eq!(next_mark(&mut stream).await, (id, Party::Team, Seq(3), Seq(3)));
}

#[tokio::test]
async fn a_write_takes_waiting_marks_along() {
    let desk = desk().await;
    let id = long_conversation(&desk, 2).await;
    let client_id = ClientId::fresh();

    desk.journal.mark(id, Party::Team, Seq(2), Seq(2));
    let reply = on(id, Some(client_id), says(anna(), client_id, "hello"));
    committed(desk.write(reply).await);

    assert_eq!(desk.store.marks(id).await.unwrap().team_read, Seq(2));
}

#[tokio::test]
async fn marks_survive_a_write_that_fails() {
    let desk = desk().await;
    let id = long_conversation(&desk, 2).await;
    let mut stream = desk.journal.commits();
    let wrong: Decide = Box::new(|locked| {
        let body = EntryBody::Comment { text: "nobody has it".to_owned() };
        let entries = vec![NewEntry { by: Author::System, client_id: None, body }];
        let state = ConversationState::Assigned;
        Ok(Decision { state, assignee: None, ..stay(locked, entries) })
    });

    desk.journal.mark(id, Party::Team, Seq(2), Seq(2));
    assert_eq!(desk.write(on(id, None, wrong)).await, Outcome::Failed);

    assert_eq!(next_mark(&mut stream).await, (id, Party::Team, Seq(2), Seq(2)));
}

#[tokio::test]
async fn marks_that_could_not_be_stored_are_tried_again_without_a_write() {
    let desk = desk().await;
    let id = long_conversation(&desk, 2).await;
    let mut stream = desk.journal.commits();
    desk.store.tamper("ALTER TABLE marks RENAME TO away").await;
    desk.journal.mark(id, Party::Team, Seq(2), Seq(2));
    // Its own timer comes, and fails; there is nothing to see of that from outside.
    tokio::time::sleep(MARKS_DELAY * 3).await;

    desk.store.tamper("ALTER TABLE away RENAME TO marks").await;

    assert_eq!(next_mark(&mut stream).await, (id, Party::Team, Seq(2), Seq(2)));
}
