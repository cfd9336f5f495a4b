//! A visitor who waits and has long been gone is missed, until they are back.

use salotto_protocol::{
    BoardRow, ClientFrame, ConversationId, ConversationState, EntryBody, ServerFrame,
};
use salotto_tests::desk::{AS_AGENT, AS_VISITOR, Desk, SignedIn, from_the_start};
use salotto_tests::node::Node;
use salotto_tests::postgres::Postgres;
use salotto_tests::socket::Socket;

async fn row(onlooker: &mut Socket, id: ConversationId, wanted: impl Fn(&BoardRow) -> bool) {
    onlooker
        .until("a row", |frame| match frame {
            ServerFrame::Board(update) => {
                update.rows.into_iter().find(|row| row.conversation == id && wanted(row))
            }
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_visitor_whose_node_died_is_missed_elsewhere_and_assigned_when_they_are_back() {
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let settings = [("STORE__URL", store.as_str()), ("ROUTER__MISSED_AFTER_MS", "1000")];
    let (mut here, there) = (Node::start_with(&settings).await, Node::start_with(&settings).await);
    let desk = Desk::open(&here, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&here).await;
    let id = desk.begin(&mut visitor, "Anybody there?").await;
    let (mut stays, _) = desk.visitor_socket(&there).await;
    let waits = desk.begin(&mut stays, "I can wait.").await;

    here.kill().await;
    let mut looker = onlooker(&there, &desk).await;
    row(&mut looker, id, |row| row.missed_at_ms.is_some()).await;
    assert!(!was_missed(&there, waits).await);
    let _agent = desk.agent_socket(&there, 0).await;
    let cursors = vec![from_the_start(id)];
    let (mut visitor, _) = Socket::welcomed(there.public, AS_VISITOR, &token.token, cursors).await;

    row(&mut looker, id, |row| row.missed_at_ms.is_none()).await;
    visitor
        .until("to be assigned", |frame| match frame {
            ServerFrame::Conversation { conversation } => {
                (conversation.state == ConversationState::Assigned).then_some(())
            }
            _ => None,
        })
        .await;
}

/// Who was missed and is there waits again at once: only the log tells.
async fn was_missed(node: &Node, id: ConversationId) -> bool {
    let log = SignedIn::as_demo_agent(node).await.log(node, id).await;
    log.iter().any(|entry| matches!(entry.body, EntryBody::Status { .. }))
}

#[tokio::test]
async fn of_two_who_wait_on_a_single_node_only_who_leaves_is_missed() {
    let node = Node::start_with(&[("ROUTER__MISSED_AFTER_MS", "1000")]).await;
    let desk = Desk::open(&node, 1).await;
    let mut looker = onlooker(&node, &desk).await;
    let (mut stays, _) = desk.visitor_socket(&node).await;
    let here = desk.begin(&mut stays, "I can wait.").await;
    let (mut leaves, _) = desk.visitor_socket(&node).await;
    let gone = desk.begin(&mut leaves, "I cannot.").await;
    drop(leaves);

    row(&mut looker, gone, |row| row.missed_at_ms.is_some()).await;
    assert!(was_missed(&node, gone).await);
    assert!(!was_missed(&node, here).await);
}

/// Not one of the chatflow's agents: gets nothing assigned.
async fn onlooker(node: &Node, desk: &Desk) -> Socket {
    let token = SignedIn::as_demo_agent(node).await.session.socket_token;
    let (mut socket, _) = Socket::welcomed(node.public, AS_AGENT, &token, Vec::new()).await;
    socket.send(&ClientFrame::Board { inbox: desk.inbox }).await;
    socket
}
