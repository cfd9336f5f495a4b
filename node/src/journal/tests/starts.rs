//! Starting a conversation: once for each start, one open conversation for each visitor.

use super::*;

#[tokio::test]
async fn two_starts_at_once_make_one_conversation_with_both_messages() {
    let desk = desk().await;
    let visitor = Visitor::new();

    let one = desk.submit(visitor.start(ClientId::fresh(), "from one tab"));
    let two = desk.submit(visitor.start(ClientId::fresh(), "from the other"));
    let (one, two) = (committed(wait(one).await), committed(wait(two).await));

    assert_eq!(one.conversation, two.conversation);
    assert_eq!((one.seq, two.seq), (Seq(1), Seq(2)));
    assert_eq!(desk.store.latest_of(visitor.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_later_start_joins_the_open_conversation_for_ever() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let first = committed(desk.write(visitor.start(ClientId::fresh(), "one")).await);
    let start = ClientId::fresh();

    let joined = committed(desk.write(visitor.start(start, "two")).await);
    let close = moves_to(ConversationState::Closed, None);
    committed(desk.write(on(first.conversation, None, close)).await);
    let again = committed(desk.write(visitor.start(start, "two")).await);

    assert_eq!(joined.conversation, first.conversation);
    assert_eq!(again, Ack { repeated: true, ..joined });
}

#[tokio::test]
async fn a_start_sent_again_after_the_close_gets_its_first_conversation_and_acknowledgement() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let start = ClientId::fresh();
    let first = committed(desk.write(visitor.start(start, "hello")).await);
    let close = moves_to(ConversationState::Closed, None);
    committed(desk.write(on(first.conversation, None, close)).await);

    let desk = desk.reopened().await;
    let again = committed(desk.write(visitor.start(start, "hello")).await);

    assert_eq!(again, Ack { repeated: true, ..first });
    assert_eq!(desk.head(first.conversation).await.state, ConversationState::Closed);
    assert_eq!(desk.store.latest_of(visitor.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_start_sent_again_with_another_text_is_rejected() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let start = ClientId::fresh();
    committed(desk.write(visitor.start(start, "hello")).await);

    let outcome = desk.write(visitor.start(start, "goodbye")).await;

    assert_eq!(rejected(outcome), ErrorCode::ClientIdReused);
}

#[tokio::test]
async fn after_a_close_a_new_start_makes_a_new_conversation_even_in_the_same_batch() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let first = committed(desk.write(visitor.start(ClientId::fresh(), "one")).await);

    let close = moves_to(ConversationState::Closed, None);
    let close = desk.submit(on(first.conversation, None, close));
    let second = desk.submit(visitor.start(ClientId::fresh(), "two"));
    committed(wait(close).await);
    let second = committed(wait(second).await);

    assert_ne!(second.conversation, first.conversation);
    assert_eq!(second.seq, Seq(1));
}

#[tokio::test]
async fn two_visitors_or_two_inboxes_are_two_conversations() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let elsewhere =
        Visitor { inbox: InboxId::fresh(), ..Visitor { id: visitor.id, ..Visitor::new() } };
    let start = ClientId::fresh();

    let one = committed(desk.write(visitor.start(start, "one")).await);
    let two = committed(desk.write(Visitor::new().start(start, "two")).await);
    let three = committed(desk.write(elsewhere.start(ClientId::fresh(), "three")).await);

    assert_ne!(one.conversation, two.conversation);
    assert_ne!(one.conversation, three.conversation);
}

#[tokio::test]
async fn a_reopened_conversation_stands_beside_the_open_one() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let old = committed(desk.write(visitor.start(ClientId::fresh(), "one")).await).conversation;
    let close = moves_to(ConversationState::Closed, None);
    committed(desk.write(on(old, None, close)).await);
    let new = committed(desk.write(visitor.start(ClientId::fresh(), "two")).await).conversation;

    committed(desk.write(visitor.says(old, ClientId::fresh(), "one more thing")).await);

    let (old, new) = (desk.head(old).await, desk.head(new).await);
    assert_eq!((old.state, old.beside), (ConversationState::Unassigned, true));
    assert_eq!((new.state, new.beside), (ConversationState::Unassigned, false));
}

#[tokio::test]
async fn a_rejected_start_leaves_nothing() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let start = ClientId::fresh();
    let write = NewWrite { decide: Box::new(|_| Err(CLOSED)), ..visitor.start(start, "no") };

    let refused = desk.write(write).await;
    let accepted = committed(desk.write(visitor.start(start, "yes")).await);

    assert_eq!(rejected(refused), ErrorCode::Closed);
    assert_eq!(accepted.seq, Seq(1));
    assert_eq!(desk.store.latest_of(visitor.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_conversation_starts_with_seq_zero_in_the_eyes_of_its_decision() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let start = ClientId::fresh();
    let greets: Decide = Box::new(move |locked| {
        assert_eq!(locked.head.seq, Seq(0));
        assert_eq!(locked.head.state, ConversationState::Unassigned);
        let by = Author::System;
        let welcome = EntryBody::Welcome { text: "Welcome!".to_owned() };
        let welcome = NewEntry { by, client_id: None, body: welcome };
        let by = Author::Visitor { id: locked.head.visitor };
        let hello = EntryBody::Message { text: "hello".to_owned() };
        let hello = NewEntry { by, client_id: Some(start), body: hello };
        let state = ConversationState::Waiting;
        Ok(Decision { entries: vec![welcome, hello], state, assignee: None, slot: Slot::Keep })
    });
    let write = NewWrite { decide: greets, ..visitor.start(start, "") };

    let ack = committed(desk.write(write).await);

    assert_eq!(ack.seq, Seq(2), "of the visitor's own message");
    let head = desk.head(ack.conversation).await;
    assert_eq!(head.waiting_since_ms, Some(ack.at_ms));
    assert_eq!(desk.store.waiting(10).await.unwrap(), [head]);
}
