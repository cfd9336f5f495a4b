//! Who waits is told where they stand, on whichever node, and nobody is taken out of turn unsaid.

use salotto_protocol::{
    AgentId, BoardRow, ClientFrame, ClientId, ConversationId, ConversationState, Entry, EntryBody,
    ErrorCode, InboxId, QueuePlace, ServerFrame,
};
use salotto_tests::desk::{
    AS_AGENT, AS_VISITOR, Desk, SignedIn, acked, from_the_start, visitor_log,
};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;
use salotto_tests::socket::Socket;

/// What a visitor is told of the queue next, once it fits.
async fn hears_place(
    socket: &mut Socket,
    of: ConversationId,
    wanted: impl Fn(QueuePlace) -> bool,
) -> QueuePlace {
    socket
        .until("a place in the queue", |frame| match frame {
            ServerFrame::Queue { conversation, place, .. } if conversation == of => {
                place.filter(|place| wanted(*place))
            }
            _ => None,
        })
        .await
}

async fn until_assigned(socket: &mut Socket, of: ConversationId) {
    socket
        .until("an agent", |frame| match frame {
            ServerFrame::Conversation { conversation } if conversation.id == of => {
                (conversation.state == ConversationState::Assigned).then_some(())
            }
            _ => None,
        })
        .await;
}

/// One who waits, or has been taken.
struct Guest {
    socket: Socket,
    token: String,
    id: ConversationId,
}

async fn guest(desk: &Desk, node: &Node) -> Guest {
    let (mut socket, token) = desk.visitor_socket(node).await;
    let id = desk.begin(&mut socket, "hello").await;
    Guest { socket, token: token.token, id }
}

/// Two, on one database of this server.
async fn linked_nodes(postgres: &Postgres, redis: &RedisServer) -> [Node; 2] {
    let store = postgres.database().await;
    let settings = [("STORE__URL", store.as_str()), ("LINK__URL", &redis.url())];
    let nodes = [Node::start_with(&settings).await, Node::start_with(&settings).await];
    for node in &nodes {
        let is_up = || async { (node.metric("salotto_link_up").await == 1.0).then_some(()) };
        patience::until("the link to stand", is_up).await;
    }
    nodes
}

async fn close(agent: &mut Socket, conversation: ConversationId) {
    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation, client_id }).await;
    acked(agent, client_id).await;
}

#[tokio::test]
async fn cap_9_who_waits_hears_their_place_on_every_node_and_it_moves_up() {
    let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
    let nodes = linked_nodes(&postgres, &redis).await;
    let desk = Desk::with_capacity(&nodes[0], 1, 1).await;
    let mut agent = desk.agent_socket(&nodes[0], 0).await;
    let mut served = guest(&desk, &nodes[0]).await;
    until_assigned(&mut served.socket, served.id).await;
    let mut waiting = Vec::new();
    for n in 0..6 {
        waiting.push(guest(&desk, &nodes[n % 2]).await);
    }

    for (place, guest) in (1..).zip(&mut waiting) {
        hears_place(&mut guest.socket, guest.id, |it| it.position == place).await;
    }
    let mut serving = served.id;
    for turn in 0..4 {
        close(&mut agent, serving).await;
        let taken = &mut waiting[turn];
        until_assigned(&mut taken.socket, taken.id).await;
        serving = taken.id;
        for (place, guest) in (1..).zip(&mut waiting[turn + 1..]) {
            let told = hears_place(&mut guest.socket, guest.id, |it| it.position == place).await;
            assert!(!told.at_least);
        }
    }
    // By now it is known how fast it goes.
    let last = &mut waiting[5];
    let cursors = vec![from_the_start(last.id)];
    let (mut again, _) = Socket::welcomed(nodes[0].public, AS_VISITOR, &last.token, cursors).await;
    let told = hears_place(&mut again, last.id, |it| it.expected_wait_ms.is_some()).await;
    assert_eq!(told.position, 2, "in the answer to the attach");
}

#[tokio::test]
async fn who_is_far_behind_hears_at_least_where() {
    let node = Node::start().await;
    let desk = Desk::with_capacity(&node, 1, 1).await;
    let (mut crowd, token) = desk.visitor_socket(&node).await;
    let mut guests = vec![desk.begin(&mut crowd, "first").await];
    for _ in 0..201 {
        guests.push(guest(&desk, &node).await.id);
    }
    let mut last = guest(&desk, &node).await;

    let told = hears_place(&mut last.socket, last.id, |it| it.at_least).await;
    assert_eq!((told.position, told.expected_wait_ms), (201, None));
    let cursors = vec![from_the_start(guests[0])];
    let (mut again, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, cursors).await;
    let first = hears_place(&mut again, guests[0], |_| true).await;
    assert_eq!((first.position, first.at_least), (1, false));
}

/// REG-14: first in, first out; who is taken out of turn stands in the log.
#[tokio::test]
async fn reg_14_a_pick_out_of_order_needs_a_permission_and_is_recorded() {
    let node = Node::start().await;
    let desk = Desk::with_capacity(&node, 2, 1).await;
    let mut agents = [desk.agent_socket(&node, 0).await, desk.agent_socket(&node, 1).await];
    let mut served = Vec::new();
    for _ in 0..2 {
        let mut guest = guest(&desk, &node).await;
        until_assigned(&mut guest.socket, guest.id).await;
        served.push(guest.id);
    }
    let (mut first, mut second) = (guest(&desk, &node).await, guest(&desk, &node).await);

    let (conversation, client_id) = (second.id, ClientId::fresh());
    let to = Some(desk.agents[1].0);
    agents[1].send(&ClientFrame::Assign { conversation, client_id, to, note: None }).await;
    agents[1].assert_refused(ErrorCode::Forbidden).await;
    let may = SignedIn::as_demo_agent(&node).await.session.socket_token;
    let (mut may, _) = Socket::welcomed(node.public, AS_AGENT, &may, Vec::new()).await;
    let log = assigned_by_hand(&mut may, second.id, desk.agents[1].0, None).await;
    assert_eq!(out_of_order(&log), 1, "one had waited longer");
    until_assigned(&mut second.socket, second.id).await;
    for id in served {
        close(&mut agents[0], id).await;
    }
    until_assigned(&mut first.socket, first.id).await;

    let log = assigned_by_hand(&mut agents[0], second.id, desk.agents[0].0, None).await;
    assert_eq!(out_of_order(&log), 0, "nobody waits for what somebody has");
}

#[tokio::test]
async fn as_46_a_transfer_keeps_its_note_which_no_visitor_reads() {
    let node = Node::start().await;
    let desk = Desk::with_capacity(&node, 2, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let mut guest = guest(&desk, &node).await;
    until_assigned(&mut guest.socket, guest.id).await;
    let note = "She wants the blue one.".to_owned();

    let to = desk.agents[1].0;
    let log = assigned_by_hand(&mut agent, guest.id, to, Some(note.clone())).await;

    let [.., assignment, comment] = &log[..] else { panic!("{log:?}") };
    let EntryBody::Assignment { to: Some(to), .. } = &assignment.body else { panic!("{log:?}") };
    assert_eq!(to.id, desk.agents[1].0);
    assert_eq!(comment.body, EntryBody::Comment { text: note });
    assert_eq!(assignment.at_ms, comment.at_ms, "one write");
    let shown = visitor_log(&node, &guest.token, guest.id).await;
    assert!(shown.iter().all(|entry| !matches!(entry.body, EntryBody::Comment { .. })));
    let conversation = guest.id;
    for note in [" ".to_owned(), "x".repeat(9_000)] {
        let (client_id, to, note) = (ClientId::fresh(), None, Some(note));
        agent.send(&ClientFrame::Assign { conversation, client_id, to, note }).await;
        let refusal = agent.assert_refused(ErrorCode::BadField).await;
        assert_eq!(refusal.field.as_deref(), Some("note"));
    }
}

/// The whole log, once it was given to them.
async fn assigned_by_hand(
    agent: &mut Socket,
    conversation: ConversationId,
    to: AgentId,
    note: Option<String>,
) -> Vec<Entry> {
    let client_id = ClientId::fresh();
    let to = Some(to);
    agent.send(&ClientFrame::Assign { conversation, client_id, to, note }).await;
    acked(agent, client_id).await;
    agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    let mut log: Vec<Entry> = Vec::new();
    agent
        .until("the log", |frame| match frame {
            ServerFrame::Entries { conversation: of, entries, .. } if of == conversation => {
                log = entries.into_iter().map(|viewed| viewed.entry).collect();
                log.iter().any(|entry| entry.client_id == Some(client_id)).then_some(())
            }
            _ => None,
        })
        .await;
    log
}

fn out_of_order(log: &[Entry]) -> u32 {
    let mut counts = log.iter().rev().filter_map(|entry| match &entry.body {
        EntryBody::Assignment { out_of_order, .. } => Some(*out_of_order),
        _ => None,
    });
    counts.next().expect("it was assigned")
}

/// AS-44, PERM-12: from the boards of both inboxes, on both nodes.
#[tokio::test]
async fn as_44_a_conversation_moves_to_another_inbox_and_both_boards_follow() {
    let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
    let nodes = linked_nodes(&postgres, &redis).await;
    let desk = Desk::with_capacity(&nodes[0], 1, 5).await;
    let signed_in = SignedIn::as_demo_agent(&nodes[0]).await;
    let mut inboxes = signed_in.session.inboxes.iter().map(|it| it.id);
    let other = inboxes.find(|id| *id != desk.inbox).expect("the demo's own");
    let mut guest = guest(&desk, &nodes[0]).await;
    let conversation = guest.id;
    let mut agent = desk.agent_socket(&nodes[0], 0).await;
    until_assigned(&mut guest.socket, conversation).await;
    let token = &signed_in.session.socket_token;
    let mut boards = [
        Socket::welcomed(nodes[0].public, AS_AGENT, token, Vec::new()).await.0,
        Socket::welcomed(nodes[1].public, AS_AGENT, token, Vec::new()).await.0,
    ];
    for board in &mut boards {
        for inbox in [desk.inbox, other] {
            board.send(&ClientFrame::Board { inbox }).await;
        }
        row_in(board, desk.inbox, conversation).await;
    }

    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Move { conversation, client_id, inbox: other }).await;
    acked(&mut agent, client_id).await;

    for board in &mut boards {
        let (mut has_gone, mut has_come) = (false, false);
        board
            .until("both boards to follow", |frame| {
                if let ServerFrame::Board(update) = frame {
                    let is_row = |row: &BoardRow| row.conversation == conversation;
                    has_gone |= update.inbox == desk.inbox && update.gone.contains(&conversation);
                    has_come |= update.inbox == other && update.rows.iter().any(is_row);
                }
                (has_gone && has_come).then_some(())
            })
            .await;
    }
    let summary = signed_in.conversation(&nodes[1], conversation).await.conversation;
    assert_eq!(summary.assignee, Some(desk.agents[0].0), "whoever has it keeps it");
    let shown = visitor_log(&nodes[0], &guest.token, conversation).await;
    assert!(shown.iter().all(|it| !matches!(it.body, EntryBody::InboxChange { .. })));

    let inbox = InboxId::fresh();
    agent.send(&ClientFrame::Move { conversation, client_id: ClientId::fresh(), inbox }).await;
    let refusal = agent.assert_refused(ErrorCode::NotFound).await;
    assert_eq!(refusal.field.as_deref(), Some("inbox"));
}

async fn row_in(board: &mut Socket, inbox: InboxId, conversation: ConversationId) {
    board
        .until("a row", |frame| match frame {
            ServerFrame::Board(update) if update.inbox == inbox => {
                update.rows.into_iter().find(|row| row.conversation == conversation)
            }
            _ => None,
        })
        .await;
}
