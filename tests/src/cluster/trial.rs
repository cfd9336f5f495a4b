//! One trial: visitors and agents chat, faults come and go, and all is held against what must be.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};

use super::traffic::{CAPACITY, Traffic};
use super::verdict::{Figures, Finding, Verdict};
use super::{Cluster, Plan, Step};
use crate::history::{Faults, History, Recorder, Terms, Truth, judge};

/// Between two steps the chat goes on for so much and so long.
const EVENTS_BETWEEN: usize = 60;
const CALM: Duration = Duration::from_millis(1_500);
/// Longer than every limit of liveness, so that all of them are felt after the last fault.
const CALM_AT_END: Duration = Duration::from_millis(6_000);
/// L1
const SEEN_WITHIN_US: u64 = 3_000_000;
/// L2
const ASSIGNED_WITHIN_MS: i64 = 5_000;
/// L3: `gateway.reconnect_window_ms` of these clusters, and 2 s.
const BACK_WITHIN_US: u64 = 3_000_000;

/// The cluster is whole before and, but for findings, after it.
pub async fn trial(cluster: &mut Cluster, plan: &Plan) -> Verdict {
    let began = Instant::now();
    let mut traffic = Traffic::start(cluster).await;
    let recorder = traffic.recorder.clone();
    let (mut findings, mut faults) = (Vec::new(), Vec::new());
    for step in &plan.steps {
        findings.extend(goes_on(cluster, &recorder, step).await);
        let from_us = recorder.now_us();
        findings.extend(take(cluster, step).await);
        if step.excuses_delays() {
            faults.push((from_us, recorder.now_us()));
        }
        findings.extend(cluster.until_linked().await.err());
        sleep(CALM).await;
    }
    sleep(CALM_AT_END).await;
    findings.extend(traffic.finish().await);
    findings.extend(cluster.examine_at_rest().await);
    let history = recorder.history();
    let terms = Terms {
        faults: Faults(faults),
        seen_within_us: Some(SEEN_WITHIN_US),
        free_within_ms: Some(ASSIGNED_WITHIN_MS),
        back_within_us: Some(BACK_WITHIN_US),
        began_ms: recorder.began_ms(),
        stamps_apart_ms: Terms::default().stamps_apart_ms + plan.held_up_ms(),
        ..Terms::default()
    };
    let (judged, conversations) = judged(cluster, &traffic, &history, &terms).await;
    findings.extend(judged);
    let (faults, lasted) = (plan.steps.iter().map(|it| it.faults.len()).sum(), began.elapsed());
    let figures = Figures { faults, conversations, lasted, ..Figures::of(&history) };
    Verdict { plan: plan.to_string(), findings, figures, history }
}

/// The chat has recovered from what was before.
async fn goes_on(cluster: &Cluster, recorder: &Recorder, step: &Step) -> Option<Finding> {
    let stalled = || Finding::Stalled { after: format!("before {step}") };
    (!cluster.goes_on(recorder, EVENTS_BETWEEN).await).then(stalled)
}

/// From the first fault to the moment when all runs again.
async fn take(cluster: &mut Cluster, step: &Step) -> Vec<Finding> {
    let mut findings = cluster.examine().await;
    let is_alone = step.faults.len() == 1;
    for fault in &step.faults {
        findings.extend(cluster.begin(*fault, is_alone).await);
    }
    sleep(Duration::from_millis(step.lasts_ms)).await;
    findings.extend(cluster.heal().await);
    findings
}

/// What the store and the clients say; a store that cannot be read is a finding as well.
async fn judged(
    cluster: &Cluster,
    traffic: &Traffic,
    history: &History,
    terms: &Terms,
) -> (Vec<Finding>, usize) {
    let reading = Truth::read(&cluster.members[0].node, history);
    match AssertUnwindSafe(reading).catch_unwind().await {
        Ok(truth) => {
            let truth = truth.with_capacity(traffic.agents.iter().copied(), CAPACITY);
            let violations = judge(history, &truth, terms);
            (violations.into_iter().map(Finding::History).collect(), truth.ledger.logs.len())
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            (vec![Finding::Unreadable(text)], 0)
        }
    }
}
