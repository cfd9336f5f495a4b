//! A visitor who waits and has long been gone is missed, until they are back.

use salotto_protocol::{BoardRow, ClientFrame, ConversationId, ConversationState, ServerFrame};
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

    here.kill().await;
    let mut looker = onlooker(&there, &desk).await;
    row(&mut looker, id, |row| row.missed_at_ms.is_some()).await;
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

/// Not one of the chatflow's agents: gets nothing assigned.
async fn onlooker(node: &Node, desk: &Desk) -> Socket {
    let token = SignedIn::as_demo_agent(node).await.session.socket_token;
    let (mut socket, _) = Socket::welcomed(node.public, AS_AGENT, &token, Vec::new()).await;
    socket.send(&ClientFrame::Board { inbox: desk.inbox }).await;
    socket
}
