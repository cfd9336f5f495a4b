//! Bad input gets the documented answer, and the node goes on serving.

use salotto_protocol::api::{SiteSettings, VisitorToken};
use salotto_protocol::{
    ClientFrame, ClientId, CloseCode, ConversationId, Cursor, ErrorCode, Seq, ServerFrame, SiteId,
    Start, limits,
};
use salotto_tests::desk::{
    AS_AGENT, AS_VISITOR, Desk, acked, demo_site, from_the_start, new_visitor, say,
};
use salotto_tests::node::Node;
use salotto_tests::rest::Ask;
use salotto_tests::socket::{Socket, hello};
use salotto_tests::wire::{self, Out};

#[tokio::test]
async fn what_is_json_but_wrong_is_refused_and_the_socket_lives_on() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let cases = [
        ("{\"type\":\"send\"".to_owned(), ErrorCode::BadJson),
        (String::new(), ErrorCode::BadJson),
        ("[]".to_owned(), ErrorCode::BadField),
        ("[".repeat(10_000), ErrorCode::BadJson),
        ("{\"type\":\"dance\"}".to_owned(), ErrorCode::UnknownFrame),
        ("{}".to_owned(), ErrorCode::BadField),
        ("{\"type\":\"send\"}".to_owned(), ErrorCode::BadField),
        (send_text(conversation, ""), ErrorCode::BadField),
        (send_text(conversation, "a\\u0000b"), ErrorCode::BadJson),
        (send_text(conversation, "\\ud800"), ErrorCode::BadJson),
        (send_text(conversation, &"x".repeat(limits::TEXT_BYTES_MAX + 1)), ErrorCode::BadField),
        (send_text_of("not-a-uuid", "hi"), ErrorCode::BadField),
        (send_text(ConversationId::fresh(), "hi"), ErrorCode::NotFound),
    ];
    for (text, expected) in cases {
        visitor.send_text(&text).await;
        let refusal = visitor.refused().await;
        let shown: String = text.chars().take(80).collect();
        assert_eq!(refusal.code, expected, "{shown}: {refusal:?}");
        assert!(!refusal.message.is_empty(), "{shown}");
    }

    say(&mut visitor, conversation, &"x".repeat(limits::TEXT_BYTES_MAX)).await;
    node.assert_serves().await;
}

#[tokio::test]
async fn a_bad_field_is_named() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;

    visitor.send_text(&send_text(conversation, "")).await;

    let refusal = visitor.assert_refused(ErrorCode::BadField).await;
    assert_eq!(refusal.field.as_deref(), Some("text"));
    assert!(refusal.client_id.is_some(), "the sender must know which message failed: {refusal:?}");
}

#[tokio::test]
async fn frames_of_the_other_role_are_unknown() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let client_id = ClientId::fresh();
    let comment = ClientFrame::Comment { conversation, client_id, text: "psst".to_owned() };
    let close = ClientFrame::Close { conversation, client_id };
    for frame in [comment, close, ClientFrame::Board { inbox: desk.inbox }] {
        visitor.send(&frame).await;
        visitor.assert_refused(ErrorCode::UnknownFrame).await;
    }
    let mut agent = desk.agent_socket(&node, 0).await;
    agent.send(&desk.start_frame("hello")).await;
    agent.assert_refused(ErrorCode::UnknownFrame).await;
}

#[tokio::test]
async fn what_breaks_the_websocket_closes_it_with_the_documented_code() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let too_long = vec![b' '; limits::FRAME_BYTES_MAX + 1];
    let unmasked = Out { is_masked: false, ..Out::text(b"{\"type\":\"pong\"}") };
    let cases = [
        ("an unmasked frame", unmasked.encode(), CloseCode::ProtocolError),
        ("a reserved bit", Out { reserved: 0x40, ..Out::text(b"{}") }.encode(), PROTOCOL_ERROR),
        ("an unknown opcode", Out::new(5, b"").encode(), PROTOCOL_ERROR),
        ("a long control frame", Out::new(wire::PING, &[0; 126]).encode(), PROTOCOL_ERROR),
        ("a cut control frame", cut_ping(), PROTOCOL_ERROR),
        ("a continuation of nothing", Out::new(wire::CONTINUATION, b"{}").encode(), PROTOCOL_ERROR),
        ("a binary message", Out::new(wire::BINARY, b"{}").encode(), CloseCode::BadData),
        ("bad UTF-8", Out::text(b"{\"type\":\"p\xff\xfe\"}").encode(), CloseCode::BadData),
        ("a frame above its limit", Out::text(&too_long).encode(), CloseCode::TooLarge),
        ("a claim of 60 MiB", claim(60 << 20), CloseCode::TooLarge),
        ("a claim of 2^62 bytes", claim(1 << 62), CloseCode::TooLarge),
        ("too many fragments", fragments(limits::FRAGMENTS_MAX + 1, 1), PROTOCOL_ERROR),
        ("a message above its limit", fragments(5, 60 * 1024), CloseCode::TooLarge),
    ];
    for (what, bytes, expected) in cases {
        let (mut visitor, _) = desk.visitor_socket(&node).await;
        visitor.write(&bytes).await;
        assert_eq!(visitor.closed().await, expected.number(), "{what}");
    }
    node.assert_serves().await;
}

const PROTOCOL_ERROR: CloseCode = CloseCode::ProtocolError;

#[tokio::test]
async fn a_message_in_honest_fragments_is_taken() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let start = serde_json::to_string(&desk.start_frame("in pieces")).expect("a frame");
    let (first, rest) = start.as_bytes().split_at(start.len() / 2);

    visitor.write(&Out { is_last: false, ..Out::text(first) }.encode()).await;
    visitor.write(&Out::new(wire::PING, b"between").encode()).await;
    for byte in Out::new(wire::CONTINUATION, rest).encode() {
        visitor.write(&[byte]).await;
    }

    visitor
        .until("an ack", |frame| match frame {
            ServerFrame::Ack { .. } => Some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_bad_hello_is_refused_with_its_reason_and_closed() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let token = desk.visitor(&node).await.token;
    let other_protocol = format!(r#"{{"type":"hello","protocol":2,"token":"{token}"}}"#);
    let cursor = from_the_start(ConversationId::fresh());
    let many = to_text(&hello(&token, vec![cursor; limits::CURSORS_MAX + 1]));
    let cases = [
        ("{\"type\":\"pong\"}".to_owned(), ErrorCode::BadHello, CloseCode::BadHello),
        ("hello".to_owned(), ErrorCode::BadJson, CloseCode::BadHello),
        (other_protocol, ErrorCode::UnsupportedProtocol, CloseCode::BadHello),
        (many, ErrorCode::BadField, CloseCode::BadHello),
    ];
    for (text, code, close) in cases {
        let mut visitor = Socket::open(node.public, AS_VISITOR).await;
        visitor.send_text(&text).await;
        let shown: String = text.chars().take(60).collect();
        assert_eq!(visitor.refused().await.code, code, "{shown}");
        assert_eq!(visitor.closed().await, close.number(), "{shown}");
    }
}

#[tokio::test]
async fn a_hello_above_its_limit_is_not_read() {
    let node = Node::start().await;
    let mut visitor = Socket::open(node.public, AS_VISITOR).await;
    visitor.send(&hello(&"x".repeat(limits::HELLO_BYTES_MAX), Vec::new())).await;
    assert_eq!(visitor.closed().await, CloseCode::TooLarge.number());
}

#[tokio::test]
async fn a_second_hello_is_refused_and_changes_nothing() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let other = desk.visitor(&node).await.token;
    visitor.send(&hello(&other, Vec::new())).await;
    visitor.assert_refused(ErrorCode::BadHello).await;
    desk.begin(&mut visitor, "still the first visitor").await;
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_unauthenticated() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let token = desk.visitor(&node).await.token;
    let agents = &desk.agents[0].1;
    let elsewhere = Node::start().await;
    let foreign = Desk::open(&elsewhere, 1).await.visitor(&elsewhere).await.token;
    let cases = [
        (AS_VISITOR, String::new()),
        (AS_VISITOR, "x".to_owned()),
        (AS_VISITOR, changed(&token)),
        (AS_VISITOR, token[..token.len() - 1].to_owned()),
        (AS_VISITOR, agents.clone()),
        (AS_VISITOR, foreign),
        (AS_AGENT, token.clone()),
        (AS_AGENT, changed(agents)),
    ];
    for (path, token) in cases {
        let mut socket = Socket::open(node.public, path).await;
        socket.send(&hello(&token, Vec::new())).await;
        assert_eq!(socket.refused().await.code, ErrorCode::Unauthenticated, "{path} {token}");
        assert_eq!(socket.closed().await, CloseCode::Unauthenticated.number(), "{path} {token}");
    }
    let path = format!("/api/v1/conversations/{}", ConversationId::fresh());
    let answer = Ask::get(node.public, &path).bearer(&changed(&token)).send().await;
    answer.assert_refused(401, ErrorCode::Unauthenticated);
    Ask::get(node.public, &path).send().await.assert_refused(401, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_wrong_site_or_origin_makes_no_visitor() {
    let node = Node::start().await;
    let (site, unknown) = (demo_site(&node).await, SiteId::fresh());
    new_visitor(&node, unknown, &node.origin()).await.assert_refused(404, ErrorCode::WrongSite);
    for origin in ["https://evil.example", "null", ""] {
        new_visitor(&node, site, origin).await.assert_refused(403, ErrorCode::WrongSite);
    }
    let unknown = format!("/api/v1/sites/{unknown}");
    node.get(&unknown).await.assert_refused(404, ErrorCode::WrongSite);
}

#[tokio::test]
async fn a_page_of_the_site_gets_its_settings_and_a_visitor_who_may_talk() {
    let node = Node::start().await;
    let site = demo_site(&node).await;

    let answer = node.get(&format!("/api/v1/sites/{site}")).await;
    let settings: SiteSettings = answer.json();
    let made = new_visitor(&node, site, &node.origin()).await;

    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("cache-control").contains("max-age=60"));
    assert_eq!(made.header("access-control-allow-origin"), node.origin());
    let token = made.json::<VisitorToken>().token;
    let (mut visitor, _) = Socket::welcomed(node.public, AS_VISITOR, &token, Vec::new()).await;
    let chatflow = settings.chatflow.expect("the demo has a chatflow").id;
    let (client_id, message_client_id) = (ClientId::fresh(), ClientId::fresh());
    let text = "hello".to_owned();
    visitor.send(&ClientFrame::Start(Start { client_id, chatflow, message_client_id, text })).await;
    acked(&mut visitor, message_client_id).await;
}

#[tokio::test]
async fn bad_bodies_are_refused_with_the_field_to_blame() {
    let node = Node::start().await;
    let ask = || Ask::post(node.public, "/api/v1/visitors").header("origin", "http://a.example");
    ask().body(b"{").send().await.assert_refused(400, ErrorCode::BadJson);
    ask().body(b"\xff").send().await.assert_refused(400, ErrorCode::BadJson);
    let missing = ask().body(b"{}").send().await;
    missing.assert_refused(400, ErrorCode::BadField);
    assert_eq!(missing.problem().field.as_deref(), Some("site"));
    let large = vec![b' '; 1 << 20];
    ask().body(&large).send().await.assert_refused(413, ErrorCode::TooLarge);
    node.assert_serves().await;
}

#[tokio::test]
async fn marks_and_typing_of_nonsense_are_harmless() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let nowhere = ConversationId::fresh();
    let top = Seq(u32::MAX);
    for frame in [
        ClientFrame::Mark { conversation, delivered: top, read: top },
        ClientFrame::Mark { conversation: nowhere, delivered: top, read: top },
        ClientFrame::Typing { conversation: nowhere, on: true },
        ClientFrame::Detach { conversation: nowhere },
        ClientFrame::Attach(Cursor { conversation, epoch: None, seq: Seq(0) }),
    ] {
        visitor.send(&frame).await;
    }
    say(&mut visitor, conversation, "still here").await;
    let mut agent = desk.agent_socket(&node, 0).await;
    agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    let summary = agent
        .until("a summary", |frame| match frame {
            ServerFrame::Conversation { conversation: it } => Some(it),
            _ => None,
        })
        .await;
    let beyond = summary.marks.iter().find(|pair| pair.read > summary.head);
    assert_eq!(beyond, None, "nobody has read what is not written yet");
}

#[tokio::test]
async fn a_line_that_ends_in_the_middle_of_a_frame_harms_nobody() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    for length in [0, 1, 2, 5, 9] {
        let (mut visitor, _) = desk.visitor_socket(&node).await;
        let bytes = Out::text(b"{\"type\":\"pong\"}").encode();
        visitor.write(&bytes[..length]).await;
        drop(visitor);
    }
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    visitor.write(&Out::new(wire::CLOSE, &1000_u16.to_be_bytes()).encode()).await;
    assert_eq!(visitor.closed().await, CloseCode::Normal.number());
    node.assert_serves().await;
}

fn send_text(conversation: ConversationId, text: &str) -> String {
    send_text_of(&conversation.to_string(), text)
}

/// `text` as it stands between the quotes of JSON.
fn send_text_of(conversation: &str, text: &str) -> String {
    let client_id = ClientId::fresh();
    let ids = format!(r#""conversation":"{conversation}","client_id":"{client_id}""#);
    format!(r#"{{"type":"send",{ids},"text":"{text}"}}"#)
}

fn to_text(frame: &ClientFrame) -> String {
    serde_json::to_string(frame).expect("a frame")
}

/// The same token with one letter in its middle changed.
fn changed(token: &str) -> String {
    let middle = token.len() / 2;
    let letter = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    format!("{}{letter}{}", &token[..middle], &token[middle + 1..])
}

fn cut_ping() -> Vec<u8> {
    Out { is_last: false, ..Out::new(wire::PING, b"") }.encode()
}

fn claim(bytes: u64) -> Vec<u8> {
    Out { claimed_bytes: Some(bytes), ..Out::text(b"{\"type\":") }.encode()
}

/// One text message in so many fragments of so many bytes.
fn fragments(count: usize, bytes: usize) -> Vec<u8> {
    let payload = vec![b' '; bytes];
    let mut all = Out { is_last: false, ..Out::text(&payload) }.encode();
    for number in 1..count {
        let is_last = number == count - 1;
        all.extend(Out { is_last, ..Out::new(wire::CONTINUATION, &payload) }.encode());
    }
    all
}
