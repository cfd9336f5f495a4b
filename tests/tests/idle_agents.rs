//! Agents who are signed in and watch nothing cost a message nothing (REG-11, REG-16).

use std::collections::BTreeSet;

use salotto_protocol::{AgentId, AgentPresence, AgentStatus, ClientFrame, ServerFrame};
use salotto_tests::desk::{Desk, from_the_start, say};
use salotto_tests::node::Node;
use salotto_tests::socket::{Heard, Socket};

const IDLE: usize = 40;
const MESSAGES: usize = 30;

/// The one who talks has number 0; all the others only have a socket.
async fn idle(node: &Node, desk: &Desk) -> Vec<Socket> {
    let mut idle = Vec::new();
    for which in 1..=IDLE {
        idle.push(desk.agent_socket(node, which).await);
    }
    idle
}

/// What a socket hears until somebody of the team has this status.
async fn until_status(
    socket: &mut Socket,
    of: AgentId,
    status: AgentStatus,
) -> (Vec<ServerFrame>, Vec<AgentPresence>) {
    let mut before = Vec::new();
    loop {
        match socket.next().await {
            Heard::Frame(ServerFrame::Agents { agents, .. })
                if agents.iter().any(|it| it.id == of && it.status == status) =>
            {
                return (before, agents);
            }
            Heard::Frame(frame) => before.push(frame),
            end @ (Heard::Closed(_) | Heard::Ended) => panic!("{end:?}"),
        }
    }
}

#[tokio::test]
async fn reg_11_agents_who_do_not_watch_hear_nothing_of_a_message() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1 + IDLE as u32).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let mut idle = idle(&node, &desk).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    say(&mut agent, conversation, "hello!").await;
    let me = desk.agents[0].0;
    agent.send(&ClientFrame::Status { status: AgentStatus::Away }).await;
    for socket in &mut idle {
        until_status(socket, me, AgentStatus::Away).await;
    }

    for number in 0..MESSAGES {
        say(&mut visitor, conversation, &format!("question {number}")).await;
        say(&mut agent, conversation, &format!("answer {number}")).await;
    }
    agent.send(&ClientFrame::Status { status: AgentStatus::Available }).await;

    for socket in &mut idle {
        let (before, _) = until_status(socket, me, AgentStatus::Available).await;
        assert_eq!(before, [], "of {MESSAGES} messages each way");
    }
}

#[tokio::test]
async fn reg_16_of_a_large_team_only_whoever_changed_is_told() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1 + IDLE as u32).await;
    let mut idle = idle(&node, &desk).await;
    let last = desk.agents[IDLE].0;
    // Another tab of somebody is told of all of them, and then of changes.
    let mut first = desk.agent_socket(&node, 1).await;
    let mut known = BTreeSet::new();
    first
        .until("the whole team", |frame| {
            if let ServerFrame::Agents { agents, .. } = frame {
                known.extend(agents.into_iter().filter(|it| it.present).map(|it| it.id));
            }
            (known.len() >= IDLE).then_some(())
        })
        .await;
    let socket = idle.last_mut().expect("many");
    socket.send(&ClientFrame::Status { status: AgentStatus::Away }).await;

    let (_, away) = until_status(&mut first, last, AgentStatus::Away).await;
    socket.send(&ClientFrame::Status { status: AgentStatus::Available }).await;
    let (_, back) = until_status(&mut first, last, AgentStatus::Available).await;

    for told in [away, back] {
        assert_eq!(told.iter().map(|it| it.id).collect::<Vec<_>>(), [last]);
    }
}
