//! The same thing said twice is done once (I8), however it is repeated.

use salotto_protocol::{ClientFrame, ClientId, EntryBody, ErrorCode, Start};
use salotto_tests::desk::{AS_VISITOR, Desk, acked, acked_and_received, say, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::socket::Socket;

#[tokio::test]
async fn a_repeated_message_gets_the_same_answer_and_is_stored_once() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "one").await;
    let client_id = ClientId::fresh();
    let frame = ClientFrame::Send { conversation, client_id, text: "two".to_owned() };

    visitor.send(&frame).await;
    let first = acked(&mut visitor, client_id).await;
    say(&mut visitor, conversation, "three").await;
    visitor.send(&frame).await;
    let again = acked(&mut visitor, client_id).await;
    let (mut other_tab, _) =
        Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await;
    other_tab.send(&frame).await;
    let elsewhere = acked(&mut other_tab, client_id).await;

    assert_eq!((first, first), (again, elsewhere));
    let log = visitor_log(&node, &token.token, conversation).await;
    let copies = log.iter().filter(|entry| entry.client_id == Some(client_id)).count();
    assert_eq!(copies, 1);
}

#[tokio::test]
async fn repeats_at_the_same_moment_are_stored_once() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "one").await;
    let client_id = ClientId::fresh();
    let frame = ClientFrame::Send { conversation, client_id, text: "two".to_owned() };

    for _ in 0..10 {
        visitor.send(&frame).await;
    }
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(acked(&mut visitor, client_id).await);
    }

    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let log = visitor_log(&node, &token.token, conversation).await;
    let copies = log.iter().filter(|entry| entry.client_id == Some(client_id)).count();
    assert_eq!(copies, 1);
}

#[tokio::test]
async fn a_client_id_with_another_text_is_refused_and_changes_nothing() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "one").await;
    let client_id = ClientId::fresh();
    let send = |text: &str| ClientFrame::Send { conversation, client_id, text: text.to_owned() };

    visitor.send(&send("two")).await;
    acked(&mut visitor, client_id).await;
    visitor.send(&send("two, but other")).await;

    let refusal = visitor.assert_refused(ErrorCode::ClientIdReused).await;
    assert_eq!(refusal.client_id, Some(client_id));
    let log = visitor_log(&node, &token.token, conversation).await;
    let stored = log.iter().find(|entry| entry.client_id == Some(client_id));
    assert_eq!(stored.expect("stored").body, EntryBody::Message { text: "two".to_owned() });
}

#[tokio::test]
async fn reg_6_two_tabs_that_start_at_once_share_one_conversation() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut one, token) = desk.visitor_socket(&node).await;
    let (mut two, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await;
    let (first, second) = (desk.start_frame("from tab one"), desk.start_frame("from tab two"));

    tokio::join!(one.send(&first), two.send(&second));
    let (in_one, in_two) = (ids_of(&first).1, ids_of(&second).1);
    // Each tab also sees what the other one wrote.
    let both = [in_one, in_two];
    let (of_one, of_two) = tokio::join!(
        acked_and_received(&mut one, in_one, &both),
        acked_and_received(&mut two, in_two, &both),
    );

    assert_eq!(of_one.0, of_two.0, "one conversation");
    assert_ne!(of_one.1, of_two.1, "two messages");
    let log = visitor_log(&node, &token.token, of_one.0).await;
    let messages = log.iter().filter(|it| matches!(it.body, EntryBody::Message { .. })).count();
    assert_eq!(messages, 2);
}

#[tokio::test]
async fn a_repeated_start_returns_the_first_conversation_even_when_it_is_closed() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let start = desk.start_frame("hello");
    let (_, message) = ids_of(&start);
    visitor.send(&start).await;
    let first = acked(&mut visitor, message).await;
    let close = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation: first.0, client_id: close }).await;
    acked(&mut agent, close).await;

    let (mut back, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await;
    back.send(&start).await;

    assert_eq!(acked(&mut back, message).await, first);
}

#[tokio::test]
async fn what_was_acknowledged_before_a_crash_is_acknowledged_again_after_it() {
    let mut node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let start = desk.start_frame("hello");
    let (_, message) = ids_of(&start);
    visitor.send(&start).await;
    let first = acked(&mut visitor, message).await;

    node.kill().await;
    node.start_again().await;
    let (mut back, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await;
    back.send(&start).await;

    assert_eq!(acked_and_received(&mut back, message, &[message]).await, first);
}

fn ids_of(start: &ClientFrame) -> (ClientId, ClientId) {
    let ClientFrame::Start(Start { client_id, message_client_id, .. }) = start else {
        panic!("not a start")
    };
    (*client_id, *message_client_id)
}
