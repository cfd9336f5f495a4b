//! Visitors and agents who chat for as long as a trial lasts: more visitors than the agents have
//! room for, so that a queue stands and moves.

use std::time::Duration;

use salotto_protocol::AgentId;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::Cluster;
use super::verdict::Finding;
use crate::desk::Desk;
use crate::history::Recorder;
use crate::participant::{Participant, Story};

const VISITORS: usize = 10;
const AGENTS: u32 = 3;
pub(super) const CAPACITY: u32 = 2;
/// How long a visitor thinks: each a little longer than the one before, so that they drift apart.
const PAUSE: Duration = Duration::from_millis(400);
const PAUSE_STEP: Duration = Duration::from_millis(110);
/// For every open conversation to be answered and closed when all is well.
const FINISHED_WITHIN: Duration = Duration::from_secs(45);

pub(super) struct Traffic {
    pub(super) recorder: Recorder,
    pub(super) agents: Vec<AgentId>,
    at_visitors: JoinSet<Story>,
    at_agents: JoinSet<Story>,
    finish: watch::Sender<bool>,
    stop: watch::Sender<bool>,
}

impl Traffic {
    /// Everybody comes, by different nodes.
    pub(super) async fn start(cluster: &Cluster) -> Traffic {
        let node = &cluster.members[0].node;
        let desk = Desk::with_capacity(node, AGENTS, CAPACITY).await;
        for member in &cluster.members[1..] {
            // The same one: so that each node knows the chatflow before visitors come.
            Desk::with_capacity(&member.node, AGENTS, CAPACITY).await;
        }
        let recorder = Recorder::default();
        let ((finish, finishes), (stop, stops)) = (watch::channel(false), watch::channel(false));
        let (mut at_visitors, mut at_agents) = (JoinSet::new(), JoinSet::new());
        for (number, (_, token)) in desk.agents.iter().enumerate() {
            let nodes = cluster.entrances(number);
            let agent = Participant::owner(nodes, token, desk.inbox, &recorder);
            at_agents.spawn(agent.run(stops.clone()));
        }
        for number in 0..VISITORS {
            let token = desk.visitor(node).await.token;
            let pause = PAUSE + PAUSE_STEP * u32::try_from(number).expect("few visitors");
            let who = (format!("visitor {number}"), pause);
            let nodes = cluster.entrances(number);
            let visitor = Participant::writer(nodes, &token, desk.chatflow, who, &recorder);
            at_visitors.spawn(visitor.run(finishes.clone()));
        }
        let agents = desk.agents.iter().map(|(id, _)| *id).collect();
        Traffic { recorder, agents, at_visitors, at_agents, finish, stop }
    }

    /// Visitors write to the end of their chapters, agents answer and close; then all leave.
    pub(super) async fn finish(&mut self) -> Vec<Finding> {
        let end = Instant::now() + FINISHED_WITHIN;
        let mut findings = Vec::new();
        self.finish.send_replace(true);
        while let Ok(Some(ended)) = timeout_at(end, self.at_visitors.join_next()).await {
            findings.extend(complaints(ended));
        }
        if !self.at_visitors.is_empty() {
            findings.push(Finding::Unfinished { visitors: self.at_visitors.len() });
        }
        self.stop.send_replace(true);
        while let Ok(Some(ended)) = timeout_at(end, self.at_agents.join_next()).await {
            findings.extend(complaints(ended));
        }
        self.at_visitors.abort_all();
        self.at_agents.abort_all();
        findings
    }
}

fn complaints(ended: Result<Story, JoinError>) -> Vec<Finding> {
    match ended {
        Ok(story) => {
            let said = story.refusals.iter().map(|refusal| format!("{refusal:?}"));
            said.map(Finding::Refused).collect()
        }
        Err(error) => vec![Finding::Broken(error.to_string())],
    }
}
