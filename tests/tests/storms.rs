//! Many at once: who is let in first, and whose limits are whose (BY-9, REG-17).

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::{Signal, kill_process};
use salotto_protocol::{ClientFrame, ClientId, CloseCode, ErrorCode, Refusal, ServerFrame};
use salotto_tests::desk::{
    AS_AGENT, AS_VISITOR, Desk, demo_site, from_the_start, new_visitor, say,
};
use salotto_tests::fault_proxy::FaultProxy;
use salotto_tests::node::Node;
use salotto_tests::rest::{Answer, Ask};
use salotto_tests::socket::{Heard, Socket, hello};

const CROWD: usize = 200;
const V1: &str = "PROXY TCP4 192.0.2.7 10.0.0.1 50000 80\r\n";
/// Version 2, from 192.0.2.8.
const V2: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x08\x0a\x00\x00\x01\xc3\x50\x00\x50";

/// BY-9: BY-9
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_agents_and_conversations_get_through_and_the_others_come_back_spread() {
    let node = Node::start_with(&[
        ("GATEWAY__HELLOS_MAX", "10"),
        ("GATEWAY__RECONNECT_WINDOW_MS", "500"),
        ("GATEWAY__TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    let desk = Desk::open(&node, 1).await;
    let (mut talking, token) = desk.visitor_socket(&node).await;
    let cursor = from_the_start(desk.begin(&mut talking, "hello").await);
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let token = desk.visitor(&node).await.token;
        crowd.push((Socket::open(node.public, AS_VISITOR).await, hello(&token, Vec::new())));
    }

    let mut agent = Socket::open(node.public, AS_AGENT).await;
    let mut resuming = Socket::open(node.public, AS_VISITOR).await;

    // While the node stands still, all of them speak; then it hears them in one moment.
    kill_process(node.pid(), Signal::STOP).expect("our own child takes signals");
    for (socket, hello) in &mut crowd {
        socket.send(hello).await;
    }
    resuming.send(&hello(&token.token, vec![cursor])).await;
    agent.send(&hello(&desk.agents[0].1, Vec::new())).await;
    kill_process(node.pid(), Signal::CONT).expect("our own child takes signals");
    agent.welcome().await;
    resuming.welcome().await;
    let told = join_all(crowd.iter_mut().map(|(socket, _)| answer(socket))).await;

    let answered = told.into_iter().zip(&crowd);
    let refused: Vec<_> =
        answered.filter_map(|(answer, (_, hello))| Some((answer.err()?, hello.clone()))).collect();
    assert!(!refused.is_empty(), "{CROWD} at once are a storm");
    let hints: BTreeSet<u64> = refused.iter().map(|(refusal, _)| hint(refusal)).collect();
    assert!(hints.iter().all(|ms| (2_000..=2_500).contains(ms)), "{hints:?}");
    assert!(hints.len() > refused.len() / 4, "{} are told {hints:?}", refused.len());
    let counted = node.metric("salotto_hellos_refused_total").await;
    assert!(counted >= refused.len() as f64, "{counted} of {}", refused.len());

    let back = refused.into_iter().map(|(refusal, hello)| come_back(&node, refusal, hello));
    join_all(back).await;
}

/// REG-17
#[tokio::test]
async fn behind_a_balancer_that_speaks_the_proxy_protocol_each_address_has_its_own_limits() {
    let mut node = Node::start_with(&[
        ("GATEWAY__PROXY_PROTOCOL", "required"),
        ("GATEWAY__TRUSTED_PROXIES", "127.0.0.1"),
        ("LIMITS__VISITORS_PER_ADDRESS_PER_MINUTE", "2"),
        ("LIMITS__MESSAGES_PER_ADDRESS_PER_MINUTE", "3"),
    ])
    .await;
    assert!(Ask::get(node.public, "/").try_send().await.is_none(), "nobody comes without a header");
    let (seven, eight) = (balancer(&node, V1.as_bytes()).await, balancer(&node, V2).await);

    node.public = seven.address();
    let site = demo_site(&node).await;
    let newcomer = async |node: &Node| new_visitor(node, site, &node.origin()).await;
    for _ in 0..2 {
        assert_eq!(newcomer(&node).await.status.as_u16(), 200);
    }
    assert_refused_for_the_address(&newcomer(&node).await);

    let desk = Desk::open(&node, 1).await;
    let (mut one, _) = desk.visitor_socket(&node).await;
    let (mut neighbour, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut one, "first").await;
    say(&mut one, conversation, "second").await;
    let conversation = desk.begin(&mut neighbour, "third").await;
    let (client_id, text) = (ClientId::fresh(), "fourth".to_owned());
    neighbour.send(&ClientFrame::Send { conversation, client_id, text }).await;
    let refusal = neighbour.assert_refused(ErrorCode::RateLimited).await;
    assert!(refusal.message.contains("from your network address: at most 3 a minute"));
    assert!(hint(&refusal) > 0);

    node.public = eight.address();
    assert_eq!(newcomer(&node).await.status.as_u16(), 200);
    let (mut elsewhere, _) = desk.visitor_socket(&node).await;
    desk.begin(&mut elsewhere, "another address").await;
}

/// REG-17
#[tokio::test]
async fn behind_an_http_balancer_the_nearest_stranger_counts_whatever_a_visitor_forges() {
    let node = Node::start_with(&[
        ("GATEWAY__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
        ("LIMITS__VISITORS_PER_ADDRESS_PER_MINUTE", "2"),
    ])
    .await;
    let site = demo_site(&node).await;
    let from = async |forwarded: &str| {
        let ask = Ask::post(node.public, "/api/v1/visitors").header("origin", &node.origin());
        let ask = ask.header("x-forwarded-for", forwarded);
        ask.json(&salotto_protocol::api::NewVisitor { site }).send().await
    };

    for forged in ["1.1.1.1", "2.2.2.2"] {
        let answer = from(&format!("{forged}, 192.0.2.7, 10.0.0.2")).await;
        assert_eq!(answer.status.as_u16(), 200);
    }
    assert_refused_for_the_address(&from("3.3.3.3, 192.0.2.7, 10.0.0.2").await);

    assert_eq!(from("192.0.2.8, 10.0.0.2").await.status.as_u16(), 200);
}

/// A TCP balancer that passes on one client.
async fn balancer(node: &Node, header: &[u8]) -> FaultProxy {
    let balancer = FaultProxy::before(node.public).await;
    balancer.introduce(header);
    balancer
}

/// `welcome`, or a refusal that asks to come later, in due form.
async fn answer(socket: &mut Socket) -> Result<(), Refusal> {
    let answer = socket.until("welcome or a refusal", |frame| match frame {
        ServerFrame::Welcome(_) => Some(Ok(())),
        ServerFrame::Refused(refusal) => Some(Err(refusal)),
        _ => None,
    });
    let refusal = match answer.await {
        Ok(()) => return Ok(()),
        Err(refusal) => refusal,
    };
    assert_eq!(refusal.code, ErrorCode::Busy, "{refusal:?}");
    assert_eq!(socket.next().await, Heard::Closed(CloseCode::TryLater.number()));
    Err(refusal)
}

/// As a client does: after the time that it was told, again and again.
async fn come_back(node: &Node, mut refusal: Refusal, hello: ClientFrame) {
    loop {
        tokio::time::sleep(Duration::from_millis(hint(&refusal))).await;
        let mut socket = Socket::open(node.public, AS_VISITOR).await;
        socket.send(&hello).await;
        match answer(&mut socket).await {
            Ok(()) => return,
            Err(again) => refusal = again,
        }
    }
}

fn hint(refusal: &Refusal) -> u64 {
    refusal.retry_after_ms.expect("when to come back")
}

fn assert_refused_for_the_address(answer: &Answer) {
    answer.assert_refused(429, ErrorCode::RateLimited);
    let title = answer.problem().title;
    assert!(title.contains("from your network address: at most 2 a minute"), "{title}");
}
