//! Floods, silence and a full node: every limit has an answer, and nobody else feels it.

use std::time::Duration;

use salotto_protocol::{ClientFrame, ClientId, CloseCode, ErrorCode, ServerFrame, limits};
use salotto_tests::desk::{AS_VISITOR, Desk, from_the_start};
use salotto_tests::node::Node;
use salotto_tests::socket::{Heard, Socket, hello};
use salotto_tests::wire::{self, Out};

#[tokio::test]
async fn a_flood_of_bad_frames_is_ended() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    for _ in 0..30 {
        visitor.send_text("{").await;
    }
    visitor.assert_refused(ErrorCode::BadJson).await;
    assert_eq!(visitor.closed().await, CloseCode::RateLimited.number());
}

#[tokio::test]
async fn a_full_node_says_when_to_come_back_and_still_takes_agents() {
    let node = Node::start_with(&[("GATEWAY__SOCKETS_MAX", "10")]).await;
    let desk = Desk::open(&node, 1).await;
    let mut inside = Vec::new();
    loop {
        let token = desk.visitor(&node).await.token;
        let mut visitor = Socket::open(node.public, AS_VISITOR).await;
        visitor.send(&hello(&token, Vec::new())).await;
        match visitor.next().await {
            Heard::Frame(ServerFrame::Welcome(_)) => inside.push(visitor),
            Heard::Frame(ServerFrame::Refused(refusal)) => {
                assert_eq!(refusal.code, ErrorCode::Busy);
                assert!(refusal.retry_after_ms.is_some(), "{refusal:?}");
                assert_eq!(visitor.closed().await, CloseCode::TryLater.number());
                break;
            }
            other => panic!("{other:?}"),
        }
        assert!(inside.len() <= 10, "more sockets than the setting allows");
    }
    assert!(inside.len() >= 5, "only {} found room", inside.len());
    drop(desk.agent_socket(&node, 0).await);
}

#[tokio::test]
async fn who_says_nothing_for_five_seconds_is_sent_away() {
    let node = Node::start().await;
    let mut silent = Socket::open(node.public, AS_VISITOR).await;
    assert_eq!(silent.closed().await, CloseCode::HelloTimeout.number());
    // A hello in drips is no hello in time either.
    let mut slow = Socket::open(node.public, AS_VISITOR).await;
    slow.write(&[0x81, 0xfe]).await;
    assert_eq!(slow.closed().await, CloseCode::HelloTimeout.number());
}

#[tokio::test]
async fn a_flood_of_pings_is_ended() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let pings = Out::new(wire::PING, b"").encode().repeat(10_000);
    visitor.write(&pings).await;
    assert_eq!(visitor.closed().await, CloseCode::RateLimited.number());
    node.assert_serves().await;
}

#[tokio::test]
async fn a_flood_of_messages_is_refused_until_it_is_over_and_loses_nothing() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    for _ in 0..limits::VISITOR_MESSAGES_BURST + 10 {
        let client_id = ClientId::fresh();
        let text = "spam".to_owned();
        visitor.send(&ClientFrame::Send { conversation, client_id, text }).await;
    }
    let refusal = visitor.assert_refused(ErrorCode::RateLimited).await;
    let wait = refusal.retry_after_ms.expect("when to come back");
    assert!(refusal.client_id.is_some(), "{refusal:?}");
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let (mut other, _) = desk.visitor_socket(&node).await;
    desk.begin(&mut other, "not limited by somebody else's flood").await;
}

#[tokio::test]
async fn too_many_attached_conversations_are_refused() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    for _ in 0..=limits::ATTACHED_MAX {
        let (mut visitor, _) = desk.visitor_socket(&node).await;
        let conversation = desk.begin(&mut visitor, "hello").await;
        agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    }
    agent.assert_refused(ErrorCode::TooLarge).await;
}
