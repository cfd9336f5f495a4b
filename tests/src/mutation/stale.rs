//! A router that has not heard what another node committed: the guards of the write hold all the
//! same. The nodes are deaf to each other, so the router knows only what it reads every 2 s.

use std::time::Duration;

use salotto_protocol::{
    AgentId, AgentStatus, ClientFrame, ClientId, ConversationId, ConversationState, ServerFrame,
};
use tokio::time::{Instant, sleep};

use super::routing::{LOOK_EVERY, close, is_assigned, owners, until_state};
use super::trial::{Findings, LIMIT, Trial};
use crate::desk::{Desk, SignedIn, acked};
use crate::node::Node;
use crate::patience;
use crate::socket::Socket;

/// A read may come in between: the router is asked more than once.
const ROUNDS: usize = 3;
/// For a router that is told at once: it decides within milliseconds, or waits for its next read.
const DECIDES_WITHIN: Duration = Duration::from_millis(700);

struct Scene {
    /// The first one is the router.
    nodes: [Node; 2],
    desk: Desk,
    reader: SignedIn,
}

impl Scene {
    async fn set(trial: &Trial, agents: u32, capacity: u32) -> Scene {
        let nodes = trial.deaf().await;
        let desk = Desk::with_capacity(&nodes[0], agents, capacity).await;
        let reader = SignedIn::as_demo_agent(&nodes[0]).await;
        Scene { nodes, desk, reader }
    }

    /// Begun beside the router, which hears of it at once.
    async fn begin(&self) -> (Socket, ConversationId) {
        let (mut visitor, _) = self.desk.visitor_socket(&self.nodes[0]).await;
        let conversation = self.desk.begin(&mut visitor, "hello").await;
        (visitor, conversation)
    }

    async fn until(&self, conversation: ConversationId, state: ConversationState) {
        until_state(&self.reader, &self.nodes[0], conversation, state).await;
    }

    /// Until the router has decided something since `before`, or will not.
    async fn decided_since(&self, before: f64) {
        let end = Instant::now() + DECIDES_WITHIN;
        while self.decisions().await <= before && Instant::now() < end {
            sleep(LOOK_EVERY).await;
        }
    }

    async fn decisions(&self) -> f64 {
        self.nodes[0].metric("salotto_routing_decisions_total").await
    }

    async fn times_given(&self, conversation: ConversationId) -> usize {
        owners(&self.reader.log(&self.nodes[0], conversation).await).len()
    }
}

async fn choose(agent: &mut Socket, id: AgentId, status: AgentStatus) {
    agent.send(&ClientFrame::Status { status }).await;
    let is_so = |frame| match frame {
        ServerFrame::Agents { agents, .. } => {
            agents.iter().any(|it| it.id == id && it.status == status).then_some(())
        }
        _ => None,
    };
    agent.until("the status", is_so).await;
}

/// The agent is Away by the store, and Available as far as the router knows.
pub(super) async fn an_agent_away(trial: Trial) -> Findings {
    let scene = Scene::set(&trial, 1, 100).await;
    let mut agent = scene.desk.agent_socket(&scene.nodes[1], 0).await;
    let id = scene.desk.agents[0].0;
    let mut findings = Vec::new();
    let (_visitor, first) = scene.begin().await;
    scene.until(first, ConversationState::Assigned).await;
    for _ in 0..ROUNDS {
        let before = scene.decisions().await;
        choose(&mut agent, id, AgentStatus::Away).await;
        let (_visitor, conversation) = scene.begin().await;
        scene.decided_since(before).await;
        if scene.times_given(conversation).await > 0 {
            findings.push("I13: given to an agent who was Away".to_owned());
        }
        choose(&mut agent, id, AgentStatus::Available).await;
        scene.until(conversation, ConversationState::Assigned).await;
    }
    findings
}

/// The agent's one slot was taken by hand a moment ago.
pub(super) async fn a_taken_slot(trial: Trial) -> Findings {
    let scene = Scene::set(&trial, 1, 1).await;
    let mut agent = scene.desk.agent_socket(&scene.nodes[1], 0).await;
    let mut findings = Vec::new();
    let (_visitor, by_hand) = scene.begin().await;
    scene.until(by_hand, ConversationState::Assigned).await;
    close(&mut agent, by_hand).await;
    for _ in 0..ROUNDS {
        until_free(&scene.nodes[0]).await;
        let before = scene.decisions().await;
        let client_id = ClientId::fresh();
        agent.send(&ClientFrame::Reopen { conversation: by_hand, client_id }).await;
        acked(&mut agent, client_id).await;
        let (_visitor, conversation) = scene.begin().await;
        scene.decided_since(before).await;
        if scene.times_given(conversation).await > 0 {
            findings.push("I9: given to an agent without a free slot".to_owned());
        }
        close(&mut agent, by_hand).await;
        scene.until(conversation, ConversationState::Assigned).await;
        close(&mut agent, conversation).await;
    }
    findings
}

/// The router has read that no slot is taken.
async fn until_free(router: &Node) {
    patience::until("the slots to be free", || async {
        let metrics = router.try_metrics().await?;
        (metrics.sum_where("salotto_agent_slots", "state=\"taken\"") == 0.0).then_some(())
    })
    .await;
}

/// Somebody took it by hand, on the other node; then the router has an agent for it.
pub(super) async fn a_taken_conversation(trial: Trial) -> Findings {
    let scene = Scene::set(&trial, 2, 100).await;
    let mut here = scene.desk.agent_socket(&scene.nodes[0], 0).await;
    let mut there = scene.desk.agent_socket(&scene.nodes[1], 1).await;
    let [(first, _), (second, _)] = scene.desk.agents[..] else { panic!("two agents") };
    choose(&mut here, first, AgentStatus::Away).await;
    choose(&mut there, second, AgentStatus::Away).await;
    let mut findings = Vec::new();
    for _ in 0..ROUNDS {
        let (_visitor, conversation) = scene.begin().await;
        let before = scene.decisions().await;
        let client_id = ClientId::fresh();
        let to = Some(second);
        there.send(&ClientFrame::Assign { conversation, client_id, to, note: None }).await;
        acked(&mut there, client_id).await;
        choose(&mut here, first, AgentStatus::Available).await;
        scene.decided_since(before).await;
        if scene.times_given(conversation).await > 1 {
            findings.push("I10: taken from the agent who had it".to_owned());
        }
        choose(&mut here, first, AgentStatus::Away).await;
    }
    findings
}

/// It began on the other node, and no hint says so.
pub(super) async fn a_lost_start(trial: Trial) -> Findings {
    let nodes = trial.deaf().await;
    let desk = Desk::open(&nodes[1], 1).await;
    let reader = SignedIn::as_demo_agent(&nodes[1]).await;
    let _agent = desk.agent_socket(&nodes[0], 0).await;
    let (mut visitor, _) = desk.visitor_socket(&nodes[1]).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    if is_assigned(&reader, &nodes[1], conversation, LIMIT).await {
        return Vec::new();
    }
    vec!["L2: somebody was free, and it was never assigned".to_owned()]
}
