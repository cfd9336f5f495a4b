//! Visitors who talk with an agent, whatever nodes they are on, and what is to be said of it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::trial::Findings;
use crate::desk::Desk;
use crate::history::{Terms, Truth, What, judge};
use crate::node::Node;
use crate::participant::{Participant, Recorder, Story};

const VISITORS: usize = 4;
const MESSAGES: usize = 5;
/// Nobody hears anything new for so long: it will not go on. Longer than a board needs to find by
/// itself what no hint told.
const STALLED: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A run that fails in a thousand ways needs only some of them told.
const TOLD_MAX: usize = 3;

/// Where everybody is.
pub(super) struct Places {
    pub(super) visitors: SocketAddr,
    pub(super) agent: SocketAddr,
}

/// Every message is answered; then the history is held against the store of `node`.
pub(super) async fn chat(node: &Node, places: Places, desk: &Desk) -> Findings {
    let recorder = Recorder::default();
    let (stop, stopped) = watch::channel(false);
    let agent = Participant::agent(places.agent, &desk.agents[0].1, desk.inbox, &recorder);
    let agent = tokio::spawn(agent.run(stopped.clone()));
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let token = desk.visitor(node).await.token;
        let texts = (0..MESSAGES).map(|it| format!("visitor {number}, message {it}")).collect();
        let visitor =
            Participant::visitor(places.visitors, &token, desk.chatflow, texts, &recorder);
        visitors.spawn(visitor.run(stopped.clone()));
    }
    let mut findings = until_done(visitors, &recorder).await;
    let _ = stop.send(true);
    if agent.await.is_err() {
        findings.push("the agent was told what no client can make sense of".to_owned());
    }
    let history = recorder.history();
    let truth = Truth::read(node, &history).await;
    let violations = judge(&history, &truth, &Terms::default());
    findings.extend(violations.iter().take(TOLD_MAX).map(|it| format!("{it:?}")));
    findings
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
