//! Visitors who talk with an agent, whatever nodes they are on, and what is to be said of it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use super::trial::{Findings, verified};
use crate::desk::Desk;
use crate::history::{Terms, Truth, What, judge};
use crate::node::Node;
use crate::participant::{Participant, Recorder, Story};

/// Nobody hears anything new for so long: it will not go on. Longer than a board needs to find by
/// itself what no hint told, and a node to start again.
const STALLED: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A run that fails in a thousand ways needs only some of them told.
const TOLD_MAX: usize = 3;

/// Where everybody is.
pub struct Places {
    pub visitors: SocketAddr,
    pub agent: SocketAddr,
}

/// A chat under way.
pub struct Chat {
    recorder: Recorder,
    visitors: JoinSet<Story>,
    agent: JoinHandle<Story>,
    stop: watch::Sender<bool>,
}

impl Chat {
    /// So many visitors, who each want so many messages answered. `node` knows them all.
    pub async fn begin(
        node: &Node,
        places: Places,
        desk: &Desk,
        (visitors, messages): (usize, usize),
    ) -> Chat {
        let recorder = Recorder::default();
        let (stop, stopped) = watch::channel(false);
        let agent = Participant::agent(places.agent, &desk.agents[0].1, desk.inbox, &recorder);
        let agent = tokio::spawn(agent.run(stopped.clone()));
        let mut tasks = JoinSet::new();
        for number in 0..visitors {
            let token = desk.visitor(node).await.token;
            let texts = (0..messages).map(|it| format!("visitor {number}, message {it}"));
            let (texts, nodes) = (texts.collect(), places.visitors);
            let visitor = Participant::visitor(nodes, &token, desk.chatflow, texts, &recorder);
            tasks.spawn(visitor.run(stopped.clone()));
        }
        Chat { recorder, visitors: tasks, agent, stop }
    }

    /// When every message is answered, or nothing goes on: the history, held against the store.
    pub async fn end(self, node: &Node) -> Findings {
        let stalled = until_done(self.visitors, &self.recorder).await;
        let _ = self.stop.send(true);
        let agent = self.agent.await;
        let history = self.recorder.history();
        let truth = Truth::read(node, &history).await;
        let violations = judge(&history, &truth, &Terms::default());
        let mut findings: Findings =
            violations.iter().take(TOLD_MAX).map(|it| format!("{it:?}")).collect();
        findings.extend(stalled);
        if agent.is_err() {
            findings.push("the agent was told what no client can make sense of".to_owned());
        }
        findings.extend(verified(node).await);
        findings
    }
}

async fn until_done(mut visitors: JoinSet<Story>, recorder: &Recorder) -> Findings {
    let (mut taken, mut since) = (0, Instant::now());
    let mut findings = Vec::new();
    while !visitors.is_empty() {
        while let Some(ended) = visitors.try_join_next() {
            if ended.is_err() {
                findings.push("a visitor was told what no client can make sense of".to_owned());
            }
        }
        let now = taken_by_all(recorder);
        if now > taken {
            (taken, since) = (now, Instant::now());
        }
        if since.elapsed() > STALLED {
            findings.push(format!("{} visitors wait for ever for an answer", visitors.len()));
            visitors.abort_all();
            while visitors.join_next().await.is_some() {}
        }
        sleep(LOOK_EVERY).await;
    }
    findings
}

fn taken_by_all(recorder: &Recorder) -> usize {
    let is_taken = |what: &What| matches!(what, What::Took { .. });
    recorder.history().events.iter().filter(|event| is_taken(&event.what)).count()
}
