//! A node that is asked to go sends its clients away in order and leaves nothing behind.

use salotto_protocol::{ClientFrame, ClientId, CloseCode, ErrorCode, ServerFrame};
use salotto_tests::desk::{AS_AGENT, AS_VISITOR, Desk, acked, from_the_start, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::rest::Ask;
use salotto_tests::socket::{Socket, hello};

const QUICKLY: [(&str, &str); 2] =
    [("DRAIN__ENDPOINT_DELAY_MS", "300"), ("DRAIN__WINDOW_MS", "500")];

#[tokio::test]
async fn sigterm_says_when_to_come_back_closes_and_exits_cleanly() {
    let mut node = Node::start_with(&QUICKLY).await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    desk.begin(&mut visitor, "hello").await;

    node.send_term();
    for socket in [&mut visitor, &mut agent] {
        socket
            .until("reconnect", |frame| match frame {
                ServerFrame::Reconnect { after_ms } => Some(after_ms),
                _ => None,
            })
            .await;
        assert_eq!(socket.closed().await, CloseCode::Restart.number());
    }

    assert_eq!(node.exited().await.code(), Some(0), "{}", node.stderr());
}

#[tokio::test]
async fn a_draining_node_is_not_ready_but_alive_and_still_takes_messages() {
    let mut node =
        Node::start_with(&[("DRAIN__ENDPOINT_DELAY_MS", "4000"), ("DRAIN__WINDOW_MS", "200")])
            .await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let admin = node.admin;

    node.send_term();
    patience::until("not ready", || async {
        let answer = Ask::get(admin, "/readyz").send().await;
        (answer.status.as_u16() == 503).then_some(())
    })
    .await;
    let alive = Ask::get(admin, "/livez").send().await;
    let client_id = ClientId::fresh();
    let text = "one more".to_owned();
    visitor.send(&ClientFrame::Send { conversation, client_id, text }).await;
    let (_, seq) = acked(&mut visitor, client_id).await;
    let stranger = desk.visitor(&node).await;
    let mut newcomer = Socket::open(node.public, AS_VISITOR).await;
    newcomer.send(&hello(&stranger.token, Vec::new())).await;
    let refusal = newcomer.assert_refused(ErrorCode::Draining).await;
    let cursors = vec![from_the_start(conversation)];
    Socket::welcomed(node.public, AS_VISITOR, &token.token, cursors).await;
    Socket::welcomed(node.public, AS_AGENT, &desk.agents[0].1, Vec::new()).await;

    assert_eq!(alive.status.as_u16(), 200);
    assert_eq!(newcomer.closed().await, CloseCode::TryLater.number(), "better off elsewhere");
    assert!(refusal.retry_after_ms.is_some_and(|wait| wait <= 1_000), "{refusal:?}");
    assert_eq!(node.exited().await.code(), Some(0));
    node.start_again().await;
    let log = visitor_log(&node, &token.token, conversation).await;
    assert!(log.iter().any(|entry| entry.seq == seq && entry.client_id == Some(client_id)));
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let mut node =
        Node::start_with(&[("DRAIN__ENDPOINT_DELAY_MS", "600000"), ("DRAIN__WINDOW_MS", "600000")])
            .await;
    let desk = Desk::open(&node, 1).await;
    let (_visitor, _) = desk.visitor_socket(&node).await;
    let admin = node.admin;
    node.send_term();
    patience::until("the drain to begin", || async {
        let answer = Ask::get(admin, "/readyz").send().await;
        (!answer.status.is_success()).then_some(())
    })
    .await;

    node.send_term();

    assert_eq!(node.exited().await.code(), Some(0));
}
