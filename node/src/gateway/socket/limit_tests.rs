//! What one visitor or agent may have and do at once, on a whole node's sockets.

use std::time::Duration;

use salotto_protocol::limits::{BOARDS_MAX, VISITOR_ATTACHES_BURST, VISITOR_SOCKETS_MAX};
use salotto_protocol::{ClientFrame, ClientId, ConversationId, ErrorCode, InboxId, ServerFrame};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::hello_tests::{hear_welcome, hello, running, start};
use super::test_peer::{hear_close, hear_frame, refused_code, say};
use crate::gateway::test_support::LOADTEST_TOKEN;
use crate::test_support::socket;

fn exempt() -> String {
    format!("X-Salotto-LoadTest: {LOADTEST_TOKEN}\r\n")
}

async fn hear_refusal(peer: &mut TcpStream) -> salotto_protocol::Refusal {
    loop {
        if let ServerFrame::Refused(refusal) = hear_frame(peer).await {
            return refusal;
        }
    }
}

#[tokio::test]
async fn a_visitor_with_too_many_sockets_is_sent_away_and_the_load_tester_is_not() {
    let node = running().await;
    let hello = hello(&node.visitor_token());
    let mut held = Vec::new();
    for _ in 0..VISITOR_SOCKETS_MAX {
        let mut peer = node.open("/ws/visitor", &hello).await;
        hear_welcome(&mut peer).await;
        held.push(peer);
    }

    let mut one_more = node.open("/ws/visitor", &hello).await;
    let refusal = hear_refusal(&mut one_more).await;
    assert_eq!(refusal.code, ErrorCode::RateLimited);
    assert!(refusal.retry_after_ms.is_some());
    assert_eq!(hear_close(&mut one_more).await, 4029);

    let mut tester = node.upgrade("/ws/visitor", &exempt(), &say(&hello)).await;
    hear_welcome(&mut tester).await;
    start(&node, &mut tester).await;
    for mut peer in held {
        while !matches!(hear_frame(&mut peer).await, ServerFrame::Entries { .. }) {}
    }
}

#[tokio::test]
async fn attaching_again_and_again_is_refused_beyond_its_rate_and_the_load_testers_is_not() {
    let node = running().await;
    let hello = hello(&node.visitor_token());
    for headers in ["", &exempt()] {
        let mut peer = node.upgrade("/ws/visitor", headers, &say(&hello)).await;
        hear_welcome(&mut peer).await;
        let conversation = start(&node, &mut peer).await;
        let attach = json!({"type": "attach", "conversation": conversation, "seq": 0});
        let attaches = VISITOR_ATTACHES_BURST as usize + 30;
        let nowhere = ClientId::fresh();
        let end = json!({"type": "start", "client_id": ClientId::fresh(), "text": "Hello!",
            "chatflow": ConversationId::fresh(), "message_client_id": nowhere});

        peer.write_all(&say(&attach.to_string()).repeat(attaches)).await.unwrap();
        peer.write_all(&say(&end.to_string())).await.unwrap();

        let mut refused = 0;
        let last = loop {
            let refusal = hear_refusal(&mut peer).await;
            if refusal.client_id == Some(nowhere) {
                break refusal;
            }
            assert_eq!(refusal.code, ErrorCode::RateLimited);
            assert_eq!(refusal.conversation, Some(conversation));
            assert!(refusal.retry_after_ms.is_some());
            refused += 1;
        };
        assert_eq!(last.code, ErrorCode::NotFound);
        assert_eq!(refused > 0, headers.is_empty(), "{refused} refused");
    }
}

#[tokio::test]
async fn a_flood_of_frames_is_ended_on_both_sides() {
    let node = running().await;
    let (_, agent_token) = node.agent_token().await;
    let visitor = ("/ws/visitor", hello(&node.visitor_token()));
    for (path, hello) in [visitor, ("/ws/agent", hello(&agent_token))] {
        let mut peer = node.open(path, &hello).await;
        hear_welcome(&mut peer).await;
        let typing = json!({"type": "typing", "on": true, "conversation": ConversationId::fresh()});

        let (mut reading, mut writing) = (peer, Vec::new());
        writing.extend_from_slice(&say(&typing.to_string()).repeat(2_000));
        reading.write_all(&writing).await.unwrap();

        assert_eq!(hear_close(&mut reading).await, 4029, "{path}");
    }
}

#[tokio::test]
async fn a_socket_watches_so_many_boards_and_no_more() {
    let node = running().await;
    let (_, token) = node.agent_token().await;
    let mut peer = node.open("/ws/agent", &hello(&token)).await;
    hear_welcome(&mut peer).await;
    for _ in 0..BOARDS_MAX {
        let board = json!({"type": "board", "inbox": InboxId::fresh()});
        peer.write_all(&say(&board.to_string())).await.unwrap();
        while !matches!(hear_frame(&mut peer).await, ServerFrame::Board(_)) {}
    }

    let board = json!({"type": "board", "inbox": InboxId::fresh()});
    peer.write_all(&say(&board.to_string())).await.unwrap();

    let refused = loop {
        let frame = hear_frame(&mut peer).await;
        // The team may be told of in between.
        if !matches!(frame, ServerFrame::Agents { .. }) {
            break frame;
        }
    };
    assert_eq!(refused_code(refused), ErrorCode::TooLarge);
}

#[tokio::test]
async fn after_a_lost_queue_every_board_comes_whole_again() {
    let node = running().await;
    let (agent, _) = node.agent_token().await;
    let agents = &node.harness.app.agents;
    let (outbox, mut browser) = socket().await;
    let inboxes = [InboxId::fresh(), InboxId::fresh()];
    agents.join(agent, outbox.clone(), Vec::new());
    let whole = |frame, inbox| match frame {
        ServerFrame::Board(update) if update.whole && update.inbox == inbox => Some(()),
        _ => None,
    };
    for inbox in inboxes {
        agents.frame(agent, &outbox, ClientFrame::Board { inbox }, false).await.unwrap();
        browser.until(|frame| whole(frame, inbox)).await;
    }

    agents.join(agent, outbox, Vec::new());

    for inbox in inboxes {
        let again = browser.until(|frame| whole(frame, inbox));
        timeout(Duration::from_secs(20), again).await.expect("whole again");
    }
}

#[tokio::test]
async fn an_agent_who_signs_out_is_taken_off_the_line() {
    let node = running().await;
    let (agent, token) = node.agent_token().await;
    let mut peer = node.open("/ws/agent", &hello(&token)).await;
    hear_welcome(&mut peer).await;

    node.harness.sign_out().await;

    assert_eq!(hear_close(&mut peer).await, 4001, "{agent}");
}
