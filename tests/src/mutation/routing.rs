//! Who leads, who gets a conversation, and who keeps it.

use std::time::Duration;

use salotto_protocol::{
    AgentId, ClientFrame, ClientId, ConversationId, ConversationState, Entry, EntryBody,
};
use tokio::time::{Instant, sleep, timeout};

use super::trial::{Findings, Trial, until_said};
use crate::desk::{Desk, SignedIn, acked, say};
use crate::node::Node;
use crate::patience;
use crate::socket::Socket;

/// A lease of 3 s, and time to notice.
const ONE_LEADS_WITHIN: Duration = Duration::from_secs(8);
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(25);

/// The router is frozen until another node leads, and thaws: one of them is the router.
pub(super) async fn a_take_over(trial: Trial) -> Findings {
    let nodes = trial.deaf().await;
    frozen_until_replaced(&nodes).await;
    let given_up = async {
        while leads(&nodes[0]).await {
            sleep(LOOK_EVERY).await;
        }
    };
    match timeout(ONE_LEADS_WITHIN, given_up).await {
        Ok(()) => Vec::new(),
        Err(_) => vec!["I11: two nodes lead".to_owned()],
    }
}

/// As above, but the old router goes on (`lead_after_lease`): nothing comes of it.
pub(super) async fn an_old_term(trial: Trial) -> Findings {
    let nodes = trial.deaf().await;
    let desk = Desk::open(&nodes[0], 1).await;
    let reader = SignedIn::as_demo_agent(&nodes[1]).await;
    let _agent = desk.agent_socket(&nodes[1], 0).await;
    frozen_until_replaced(&nodes).await;
    let before = assigned_by(&nodes[0]).await;
    let mut findings = Vec::new();
    for number in 0..3 {
        let (mut visitor, _) = desk.visitor_socket(&nodes[0]).await;
        let conversation = desk.begin(&mut visitor, &format!("hello {number}")).await;
        until_state(&reader, &nodes[1], conversation, ConversationState::Assigned).await;
    }
    if assigned_by(&nodes[0]).await > before {
        findings.push("I11: a router assigned after a later term had begun".to_owned());
    }
    findings
}

async fn frozen_until_replaced(nodes: &[Node; 2]) {
    patience::until("the first router", || async { leads(&nodes[0]).await.then_some(()) }).await;
    nodes[0].freeze();
    patience::until("another router", || async { leads(&nodes[1]).await.then_some(()) }).await;
    nodes[0].thaw();
}

async fn leads(node: &Node) -> bool {
    node.metric("salotto_router_leader").await == 1.0
}

/// How many conversations its router has assigned.
async fn assigned_by(node: &Node) -> f64 {
    let metrics = node.try_metrics().await.expect("it answers");
    metrics.sum_where("salotto_routing_decisions_total", "outcome=\"assigned\"")
}

/// An agent vanishes, comes back after the grace and answers; a requeue of before comes late
/// (`repeat_requeues`).
pub(super) async fn a_late_requeue(trial: Trial) -> Findings {
    let node = trial.node(&[("ROUTER__REQUEUE_GRACE_MS", "1000")]).await;
    let desk = Desk::open(&node, 1).await;
    let reader = SignedIn::as_demo_agent(&node).await;
    let agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    until_state(&reader, &node, conversation, ConversationState::Assigned).await;
    drop(agent);
    until_said(&node, "repeat_requeues lingers 1").await;
    let mut agent = desk.agent_socket(&node, 0).await;
    until_state(&reader, &node, conversation, ConversationState::Assigned).await;
    say(&mut agent, conversation, "I am back.").await;
    until_said(&node, "repeat_requeues goes on 1").await;
    say(&mut visitor, conversation, "Good.").await;
    let log = reader.log(&node, conversation).await;
    match owners(&log).as_slice() {
        [Some(_), None, Some(_)] => Vec::new(),
        owners => vec![format!("I10: an answered conversation was taken away: {owners:?}")],
    }
}

/// The router believes that a visitor who waits is gone (`see_nobody`), and asks for them to be
/// missed. Another visitor has left, and is missed.
pub(super) async fn a_visitor_who_stays(trial: Trial) -> Findings {
    let node = trial.node(&[("ROUTER__MISSED_AFTER_MS", "1000")]).await;
    let desk = Desk::open(&node, 1).await;
    let reader = SignedIn::as_demo_agent(&node).await;
    let (mut stays, _) = desk.visitor_socket(&node).await;
    let here = desk.begin(&mut stays, "I can wait.").await;
    let (mut leaves, _) = desk.visitor_socket(&node).await;
    let gone = desk.begin(&mut leaves, "I cannot.").await;
    drop(leaves);
    until_state(&reader, &node, gone, ConversationState::Unassigned).await;
    // Who was missed and is there waits again at once: only the log tells.
    let log = reader.log(&node, here).await;
    let is_missed = |entry: &&Entry| matches!(entry.body, EntryBody::Status { .. });
    match log.iter().find(is_missed) {
        None => Vec::new(),
        Some(entry) => vec![format!("a visitor who is there was missed: {:?}", entry.body)],
    }
}

/// Who it was given to, or taken from, one after the other.
pub(super) fn owners(log: &[Entry]) -> Vec<Option<AgentId>> {
    let owner = |entry: &Entry| match &entry.body {
        EntryBody::Assignment { to, .. } => Some(to.as_ref().map(|agent| agent.id)),
        _ => None,
    };
    log.iter().filter_map(owner).collect()
}

pub(super) async fn until_state(
    reader: &SignedIn,
    node: &Node,
    conversation: ConversationId,
    wanted: ConversationState,
) {
    let what = format!("{conversation} to be {}", wanted.as_str());
    patience::until(&what, || async {
        let summary = reader.conversation(node, conversation).await.conversation;
        (summary.state == wanted).then_some(())
    })
    .await;
}

/// Whether it is assigned in time.
pub(super) async fn is_assigned(
    reader: &SignedIn,
    node: &Node,
    conversation: ConversationId,
    within: Duration,
) -> bool {
    let end = Instant::now() + within;
    while Instant::now() < end {
        if !owners(&reader.log(node, conversation).await).is_empty() {
            return true;
        }
        sleep(LOOK_EVERY).await;
    }
    false
}

pub(super) async fn close(agent: &mut Socket, conversation: ConversationId) {
    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation, client_id }).await;
    acked(agent, client_id).await;
}
