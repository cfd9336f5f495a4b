//! A burst: very many visitors start a conversation in the same moment, and agents with few slots
//! are there. Everybody waits or is assigned soon, and nobody is above the limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use salotto_protocol::api::VisitorToken;
use salotto_protocol::people_api::Users;
use salotto_protocol::{AgentId, ClientFrame, ConversationState, ErrorCode, ServerFrame, Start};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::desk::{AS_VISITOR, Desk, SignedIn};
use crate::node::Node;
use crate::patience;
use crate::rest::KeptAlive;
use crate::socket::{Heard, Socket};

/// Of each agent.
pub const LIMIT: u32 = 3;
const AGENTS: u32 = 100;
/// Visitors' tokens are fetched over so many connections, and so many sockets opened at once.
const CONNECTIONS: usize = 16;
const OPENED_AT_ONCE: usize = 64;

/// Room for all of them, who come from one address here; no heartbeat disturbs, and nobody is sent
/// away for greeting.
const NODE: &[(&str, &str)] = &[
    ("GATEWAY__SOCKETS_MAX", "20000"),
    ("GATEWAY__HELLOS_MAX", "100000"),
    ("GATEWAY__HEARTBEAT_MS", "120000"),
    ("LIMITS__MESSAGES_PER_ADDRESS_PER_MINUTE", "1000000"),
];

/// What came of a burst. Whoever is above the limit, or unsound, has been a panic before.
pub struct Burst {
    /// From the first start to the moment when everybody waits or is assigned, and all slots are
    /// taken.
    pub seconds: f64,
    pub assigned: u32,
    pub waiting: u32,
}

/// On a node of its own, which is audited at the end.
pub async fn burst(chats: u32) -> Burst {
    let node = Node::start_with(NODE).await;
    let desk = Desk::with_capacity(&node, AGENTS, LIMIT).await;
    let slots = (AGENTS * LIMIT).min(chats);
    let (mut taken, _team) = team(&node, &desk).await;
    let crowd = crowd(&node, &desk, chats).await;

    let began = Instant::now();
    let mut starting = JoinSet::new();
    for socket in crowd {
        starting.spawn(begin(socket, desk.start_frame("hello")));
    }
    let crowd = starting.join_all().await;
    let all_taken = taken.wait_for(|taken| *taken >= slots);
    patience::within("all slots to be taken", all_taken).await.expect("the team is here");
    let seconds = began.elapsed().as_secs_f64();

    let assigned = audit(&node, slots).await;
    let expected = f64::from(chats - assigned);
    let waits = || async { node.metric("salotto_queue_conversations").await == expected };
    patience::until("the others to wait", || async { waits().await.then_some(()) }).await;
    drop(crowd);
    Burst { seconds, assigned, waiting: chats - assigned }
}

/// Every agent's socket; one of them counts the slots that are taken.
async fn team(node: &Node, desk: &Desk) -> (watch::Receiver<u32>, JoinSet<()>) {
    let (tell, taken) = watch::channel(0);
    let mut listening = JoinSet::new();
    for which in 0..desk.agents.len() {
        let mut socket = desk.agent_socket(node, which).await;
        let tell = (which == 0).then(|| tell.clone());
        listening.spawn(async move {
            let mut active = std::collections::HashMap::<AgentId, u32>::new();
            while let Heard::Frame(frame) = socket.next().await {
                if let (ServerFrame::Agents { agents, .. }, Some(tell)) = (frame, &tell) {
                    active.extend(agents.iter().map(|it| (it.id, it.active)));
                    tell.send_replace(active.values().sum());
                }
            }
        });
    }
    (taken, listening)
}

/// So many visitors, each with a socket, who have said nothing yet.
async fn crowd(node: &Node, desk: &Desk, chats: u32) -> Vec<Socket> {
    let gate = Arc::new(Semaphore::new(OPENED_AT_ONCE));
    let mut opening = JoinSet::new();
    for token in tokens(node, desk, chats as usize).await {
        let (gate, address) = (gate.clone(), node.public);
        opening.spawn(async move {
            let _turn = gate.acquire_owned().await.expect("open");
            Socket::welcomed(address, AS_VISITOR, &token, Vec::new()).await.0
        });
    }
    opening.join_all().await
}

async fn tokens(node: &Node, desk: &Desk, count: usize) -> Vec<String> {
    let shares = (0..CONNECTIONS).map(|n| async move {
        let share = count / CONNECTIONS + usize::from(n < count % CONNECTIONS);
        let mut line = KeptAlive::open(node.public).await;
        let mut tokens = Vec::with_capacity(share);
        while tokens.len() < share {
            let answer = line.try_send(desk.visitor_ask(node)).await.expect("an answer");
            tokens.push(answer.json::<VisitorToken>().token);
        }
        tokens
    });
    join_all(shares).await.concat()
}

/// Until it is acknowledged and known to wait or to be assigned; as every client, again when there
/// was too much at once.
async fn begin(mut socket: Socket, start: ClientFrame) -> Socket {
    let ClientFrame::Start(Start { client_id, message_client_id, .. }) = &start else {
        unreachable!("made as a start")
    };
    let (mut is_acked, mut is_dealt_with) = (false, false);
    socket.send(&start).await;
    while !(is_acked && is_dealt_with) {
        match patience::within("a burst's answer", socket.next()).await {
            Heard::Frame(ServerFrame::Ack { client_id: of, .. }) => {
                is_acked |= of == *message_client_id;
            }
            Heard::Frame(ServerFrame::Conversation { conversation }) => {
                let (waiting, assigned) = (ConversationState::Waiting, ConversationState::Assigned);
                is_dealt_with |= [waiting, assigned].contains(&conversation.state);
            }
            Heard::Frame(ServerFrame::Refused(no)) => {
                let is_ours =
                    no.client_id.is_some_and(|id| id == *client_id || id == *message_client_id);
                assert!(is_ours && no.code == ErrorCode::Busy, "{no:?}");
                tokio::time::sleep(Duration::from_millis(no.retry_after_ms.unwrap_or(500))).await;
                socket.send(&start).await;
            }
            Heard::Frame(_) => {}
            end @ (Heard::Closed(_) | Heard::Ended) => panic!("{end:?} in a burst"),
        }
    }
    socket
}

/// I9: nobody is above the limit, by what the node says and by what is stored. Gives how many are
/// assigned.
async fn audit(node: &Node, slots: u32) -> u32 {
    let admin = SignedIn::as_demo_agent(node).await;
    let Users { users } = admin.get(node, "/api/v1/users").send().await.json();
    let above: Vec<_> = users.iter().filter(|it| it.active > LIMIT).collect();
    assert!(above.is_empty(), "{above:?}");
    let assigned = users.iter().map(|it| it.active).sum();
    assert_eq!(assigned, slots);
    let verified = node.run(&["verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(node.metric("salotto_capacity_violations_total").await, 0.0);
    assert_eq!(node.metric("salotto_router_agents_above_capacity").await, 0.0);
    assigned
}
