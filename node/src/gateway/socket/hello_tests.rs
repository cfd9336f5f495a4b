//! From the request of the upgrade to `welcome` or a refusal, on a whole node's routes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use salotto_protocol::{
    AgentId, ClientId, CloseCode, ConversationId, ErrorCode, Party, ServerFrame, VisitorId, Welcome,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::admission::Tier;
use super::test_peer::{hear_close, hear_frame, refused_code, say};
use crate::clock;
use crate::gateway::server::{Door, listen, serve};
use crate::gateway::test_support::{Harness, LOADTEST_TOKEN};
use crate::session::Identity;

/// A node that listens.
pub(super) struct Running {
    pub(super) harness: Harness,
    address: SocketAddr,
    _stop: watch::Sender<bool>,
}

pub(super) async fn running() -> Running {
    let harness = Harness::new().await;
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let door = Door { connections_max: 1_000, proxies: None };
    tokio::spawn(serve(listener, harness.router.clone(), door, stopped));
    Running { harness, address, _stop: stop }
}

impl Running {
    pub(super) fn visitor_token(&self) -> String {
        let site = self.harness.site;
        self.harness.app.tokens.for_visitor(Identity { visitor: VisitorId::fresh(), site })
    }

    pub(super) async fn agent_token(&self) -> (AgentId, String) {
        let agent = self.harness.add_agent().await;
        let expires_at_ms = clock::now_ms() + 60_000;
        (agent, self.harness.app.tokens.for_socket(agent, expires_at_ms))
    }

    /// Upgrades, and sends `early` in the same breath as the request.
    pub(super) async fn upgrade(&self, path: &str, headers: &str, early: &[u8]) -> TcpStream {
        let mut peer = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        peer.write_all(&[request.as_bytes(), early].concat()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(peer.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
        peer
    }

    pub(super) async fn open(&self, path: &str, first: &str) -> TcpStream {
        self.upgrade(path, "", &say(first)).await
    }
}

pub(super) fn hello(token: &str) -> String {
    json!({"type": "hello", "protocol": 1, "token": token}).to_string()
}

pub(super) async fn hear_welcome(peer: &mut TcpStream) -> Welcome {
    match hear_frame(peer).await {
        ServerFrame::Welcome(welcome) => welcome,
        other => panic!("{other:?}"),
    }
}

/// A conversation, acknowledged.
pub(super) async fn start(node: &Running, peer: &mut TcpStream) -> ConversationId {
    let message = ClientId::fresh();
    let start = json!({"type": "start", "client_id": ClientId::fresh(), "text": "Hello!",
        "chatflow": node.harness.chatflow, "message_client_id": message});
    peer.write_all(&say(&start.to_string())).await.unwrap();
    loop {
        match hear_frame(peer).await {
            ServerFrame::Ack { client_id, conversation, .. } if client_id == message => {
                return conversation;
            }
            ServerFrame::Refused(refusal) => panic!("{refusal:?}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn whoever_does_not_begin_with_a_good_hello_is_told_why_and_closed() {
    let node = running().await;
    let (_, agent_token) = node.agent_token().await;
    let expired = node.harness.app.tokens.for_socket(AgentId::fresh(), clock::now_ms() - 1);
    let cases = [
        ("/ws/visitor", "{\"type\":\"pong\"}".to_owned(), ErrorCode::BadHello, 4002),
        ("/ws/visitor", "nonsense".to_owned(), ErrorCode::BadJson, 4002),
        (
            "/ws/visitor",
            json!({"type": "hello", "protocol": 2, "token": node.visitor_token()}).to_string(),
            ErrorCode::UnsupportedProtocol,
            4002,
        ),
        ("/ws/visitor", hello("made up"), ErrorCode::Unauthenticated, 4001),
        ("/ws/visitor", hello(&agent_token), ErrorCode::Unauthenticated, 4001),
        ("/ws/agent", hello(&node.visitor_token()), ErrorCode::Unauthenticated, 4001),
        ("/ws/agent", hello(&expired), ErrorCode::Unauthenticated, 4001),
    ];
    for (path, first, error, close) in cases {
        let mut peer = node.open(path, &first).await;

        assert_eq!(refused_code(hear_frame(&mut peer).await), error, "{first}");
        assert_eq!(hear_close(&mut peer).await, close, "{first}");
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_in_time() {
    let node = running().await;
    let began = Instant::now();
    let mut peer = node.upgrade("/ws/visitor", "", b"").await;

    assert_eq!(hear_close(&mut peer).await, CloseCode::HelloTimeout.number());

    assert!(began.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn an_agent_from_a_foreign_page_is_forbidden_and_one_from_ours_is_welcome() {
    let node = running().await;
    let (agent, token) = node.agent_token().await;

    let foreign = "Origin: https://evil.example\r\n";
    let mut peer = node.upgrade("/ws/agent", foreign, &say(&hello(&token))).await;
    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::Forbidden);
    assert_eq!(hear_close(&mut peer).await, 4004);

    let ours = "Origin: http://chat.example\r\n";
    let mut peer = node.upgrade("/ws/agent", ours, &say(&hello(&token))).await;
    let welcome = hear_welcome(&mut peer).await;
    assert_eq!(welcome.agent, Some(agent));
    assert!(!welcome.inboxes.is_empty());
}

#[tokio::test]
async fn a_full_node_asks_each_tier_to_come_later_in_its_turn() {
    let node = running().await;
    let fill = |tier| std::iter::from_fn(|| node.harness.app.sockets.seat(tier)).collect();
    let cursors = json!([{"conversation": ConversationId::fresh()}]);
    let token = node.visitor_token();
    let mut first = node.open("/ws/visitor", &hello(&token)).await;
    start(&node, &mut first).await;
    let stranger = node.visitor_token();
    let made_up = json!({"type": "hello", "protocol": 1, "token": stranger, "cursors": cursors});
    let resuming = json!({"type": "hello", "protocol": 1, "token": token, "cursors": cursors});
    let (_, agent_token) = node.agent_token().await;

    let _idle: Vec<_> = fill(Tier::Idle);
    let mut peer = node.open("/ws/visitor", &hello(&token)).await;
    let ServerFrame::Refused(refusal) = hear_frame(&mut peer).await else { panic!("full") };
    assert_eq!(refusal.code, ErrorCode::Busy);
    assert!(refusal.retry_after_ms.is_some_and(|wait| (2_000..=4_000).contains(&wait)));
    assert_eq!(hear_close(&mut peer).await, 1013);
    let mut peer = node.open("/ws/visitor", &made_up.to_string()).await;
    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::Busy, "made-up cursors");
    let mut peer = node.open("/ws/visitor", &resuming.to_string()).await;
    hear_welcome(&mut peer).await;

    let _resuming: Vec<_> = fill(Tier::Resuming);
    let mut peer = node.open("/ws/visitor", &resuming.to_string()).await;
    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::Busy);
    let mut peer = node.open("/ws/agent", &hello(&agent_token)).await;
    hear_welcome(&mut peer).await;
}

/// BY-9
#[tokio::test]
async fn in_a_storm_of_hellos_the_idle_are_sent_away_first_and_agents_never() {
    let node = running().await;
    let sockets = &node.harness.app.sockets;
    let token = node.visitor_token();
    let mut first = node.open("/ws/visitor", &hello(&token)).await;
    let cursors = json!([{"conversation": start(&node, &mut first).await}]);
    let resuming = json!({"type": "hello", "protocol": 1, "token": token, "cursors": cursors});
    let stranger = node.visitor_token();
    let made_up = json!({"type": "hello", "protocol": 1, "token": stranger, "cursors": cursors});
    let (_, agent_token) = node.agent_token().await;
    let fill = |tier| std::iter::from_fn(|| sockets.hello(tier)).collect();

    let mut storm: Vec<_> = fill(Tier::Idle);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let mut peer = node.open("/ws/visitor", &hello(&node.visitor_token())).await;
        let ServerFrame::Refused(refusal) = hear_frame(&mut peer).await else { panic!("a storm") };
        assert_eq!(refusal.code, ErrorCode::Busy);
        assert_eq!(hear_close(&mut peer).await, 1013);
        waits.push(refusal.retry_after_ms.expect("when to come back"));
    }
    let mut peer = node.open("/ws/visitor", &made_up.to_string()).await;
    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::Busy, "made-up cursors");
    let mut peer = node.open("/ws/visitor", &resuming.to_string()).await;
    hear_welcome(&mut peer).await;

    storm.extend(fill(Tier::Resuming));
    let mut peer = node.open("/ws/visitor", &resuming.to_string()).await;
    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::Busy);
    assert_eq!(hear_close(&mut peer).await, 1013);
    let mut peer = node.open("/ws/agent", &hello(&agent_token)).await;
    hear_welcome(&mut peer).await;

    drop(storm);
    let mut peer = node.open("/ws/visitor", &hello(&node.visitor_token())).await;
    hear_welcome(&mut peer).await;
    assert!(waits.iter().all(|wait| (2_000..=12_000).contains(wait)), "{waits:?}");
    waits.dedup();
    assert!(waits.len() > 1, "spread: {waits:?}");
}

/// BY-9
#[tokio::test]
async fn a_node_that_will_leave_sends_those_who_only_look_to_another_and_takes_the_others() {
    let node = running().await;
    let token = node.visitor_token();
    let mut first = node.open("/ws/visitor", &hello(&token)).await;
    let cursors = json!([{"conversation": start(&node, &mut first).await}]);
    let resuming = json!({"type": "hello", "protocol": 1, "token": token, "cursors": cursors});
    let stranger = node.visitor_token();
    let made_up = json!({"type": "hello", "protocol": 1, "token": stranger, "cursors": cursors});
    let (_, agent_token) = node.agent_token().await;

    node.harness.app.sockets.prepare_to_leave();

    for idle in [hello(&node.visitor_token()), made_up.to_string()] {
        let mut peer = node.open("/ws/visitor", &idle).await;
        let ServerFrame::Refused(refusal) = hear_frame(&mut peer).await else { panic!("leaving") };
        assert_eq!(refusal.code, ErrorCode::Draining);
        assert!(refusal.retry_after_ms.is_some_and(|wait| (500..=1_000).contains(&wait)));
        assert_eq!(hear_close(&mut peer).await, 1013);
    }
    let mut peer = node.open("/ws/visitor", &resuming.to_string()).await;
    hear_welcome(&mut peer).await;
    let mut peer = node.open("/ws/agent", &hello(&agent_token)).await;
    hear_welcome(&mut peer).await;
}

#[tokio::test]
async fn a_visitor_is_welcomed_talks_and_finds_the_conversation_again() {
    let node = running().await;
    let token = node.visitor_token();
    let mut peer = node.open("/ws/visitor", &hello(&token)).await;
    let welcome = hear_welcome(&mut peer).await;
    assert_eq!(welcome.conversations, []);
    assert_eq!(node.harness.app.sockets.count(Party::Visitor), 1);
    start(&node, &mut peer).await;
    let mut second = node.open("/ws/visitor", &hello(&token)).await;
    assert_eq!(hear_welcome(&mut second).await.conversations.len(), 1);
}

#[tokio::test]
async fn a_socket_that_ends_gives_back_its_place() {
    let node = running().await;
    let sockets = &node.harness.app.sockets;
    let mut peer = node.open("/ws/visitor", &hello(&node.visitor_token())).await;
    hear_welcome(&mut peer).await;
    assert_eq!(sockets.count(Party::Visitor), 1);

    drop(peer);

    let deadline = Instant::now() + Duration::from_secs(10);
    while sockets.count(Party::Visitor) > 0 {
        assert!(Instant::now() < deadline, "the end is noticed");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_draining_node_welcomes_nobody_new() {
    let node = running().await;
    node.harness.app.sockets.drain(Duration::ZERO).await;

    let mut peer = node.open("/ws/visitor", &hello(&node.visitor_token())).await;

    assert_eq!(refused_code(hear_frame(&mut peer).await), ErrorCode::Draining);
    assert_eq!(hear_close(&mut peer).await, 1012);
}

#[tokio::test]
async fn only_the_load_test_token_in_its_header_exempts_from_the_limits_of_rate() {
    let node = running().await;
    let flood = |peer: TcpStream| async move {
        let (mut reading, mut writing) = peer.into_split();
        let typing = json!({"type": "typing", "on": true, "conversation": ConversationId::fresh()});
        let frames = say(&typing.to_string()).repeat(400);
        writing.write_all(&frames).await.unwrap();
        writing.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
        let mut received = Vec::new();
        reading.read_to_end(&mut received).await.unwrap();
        String::from_utf8_lossy(&received).contains("rate_limited")
    };
    let first = say(&hello(&node.visitor_token()));
    let exempt = format!("X-Salotto-LoadTest: {LOADTEST_TOKEN}\r\n");

    assert!(flood(node.upgrade("/ws/visitor", "", &first).await).await);
    assert!(!flood(node.upgrade("/ws/visitor", &exempt, &first).await).await);
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let node = running().await;

    let answer = node.harness.get("/ws/visitor").await;

    assert_eq!(answer.problem(), (426, "bad_hello".to_owned()));
}
