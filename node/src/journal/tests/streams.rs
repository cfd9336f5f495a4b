//! What is told after a commit, in which order, and to whom.

use super::*;
use crate::journal::Commit;

#[tokio::test]
async fn every_stream_gets_every_commit_in_order() {
    let desk = desk().await;
    let (mut one, mut two) = (desk.journal.commits(), desk.journal.commits());
    let visitor = Visitor::new();
    let ack = committed(desk.write(visitor.start(ClientId::fresh(), "hello")).await);
    let client_id = ClientId::fresh();
    let comment = on(ack.conversation, Some(client_id), comments(client_id, "difficult"));
    committed(desk.write(comment).await);

    for stream in [&mut one, &mut two] {
        let Some(Commit::Entries(start)) = stream.next().await else { panic!("the start") };
        assert_eq!((start.state_before, start.visitor_seq_before), (None, Seq(0)));
        assert_eq!(start.entries[0].body.text(), Some("hello"));
        assert_eq!((start.head.seq, start.head.visitor_seq), (Seq(1), Seq(1)));
        let Some(Commit::Entries(comment)) = stream.next().await else { panic!("the comment") };
        assert_eq!(comment.state_before, Some(ConversationState::Unassigned));
        assert_eq!(comment.visitor_seq_before, Seq(1));
        assert_eq!((comment.head.seq, comment.head.visitor_seq), (Seq(2), Seq(1)));
    }
}

#[tokio::test]
async fn a_stream_begins_when_it_is_opened_and_a_dropped_one_is_forgotten() {
    let desk = desk().await;
    drop(desk.journal.commits());
    let conversation = desk.conversation().await;
    let mut late = desk.journal.commits();

    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    committed(desk.write(visitor.says(conversation.id, ClientId::fresh(), "two")).await);

    let Some(Commit::Entries(write)) = late.next().await else { panic!("an entry") };
    assert_eq!(write.head.seq, Seq(2));
}

#[tokio::test]
async fn a_sender_who_panics_keeps_nobody_waiting() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let (mut write, _) = visitor.says(conversation.id, ClientId::fresh(), "one").into_write();
    write.done = Box::new(|_| panic!("on purpose"));

    assert!(desk.journal.submit(write).is_ok());
    let next = desk.write(visitor.says(conversation.id, ClientId::fresh(), "two")).await;

    assert_eq!(committed(next).seq, Seq(3));
}
