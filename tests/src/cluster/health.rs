//! What a cluster shows of itself: links, routers, metrics that must be zero or bounded, the store.

use std::fs;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Cluster;
use super::verdict::Finding;
use crate::node::Node;
use crate::patience::LOOK_EVERY;

/// L4: two probe intervals, each 2 s of silence and 1 s for the answer.
const LINKED_WITHIN: Duration = Duration::from_secs(6);
/// A lease of 3 s, a take-over, a look.
const ONE_ROUTER_WITHIN: Duration = Duration::from_secs(6);

/// I9, I17: metrics that must stay 0, with the label that counts.
const NEVER: [(&str, &str); 4] = [
    ("salotto_capacity_violations_total", ""),
    ("salotto_router_violations", ""),
    ("salotto_panics_total", ""),
    ("salotto_link_dropped_total", "reason=\"decode_error\""),
];
/// I14: queues, and their limits.
const BOUNDED: [(&str, f64); 3] = [
    ("salotto_store_write_queue_messages", 4_096.0),
    ("salotto_link_pending_messages", 8_192.0),
    // 1 MiB for each agent and 256 KiB for each visitor of a trial.
    ("salotto_outbound_queue_bytes", 8.0 * 1024.0 * 1024.0),
];
/// I14: a node with a handful of sockets, and whatever a debug build adds.
const RESIDENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
const PAGE_BYTES: u64 = 4_096;
/// More of `salotto verify` says nothing more.
const SHOWN_CHARS_MAX: usize = 2_000;

impl Cluster {
    /// L4: every node can expect hints again.
    pub async fn until_linked(&mut self) -> Result<(), Finding> {
        let end = Instant::now() + LINKED_WITHIN;
        for (at, member) in self.members.iter().enumerate() {
            loop {
                let metrics = member.node.try_metrics().await;
                if metrics.is_some_and(|it| it.sum("salotto_link_up") == 1.0) {
                    break;
                }
                if Instant::now() > end {
                    return Err(Finding::Deaf { node: at });
                }
                sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// Of the nodes that answer now: also those about to be killed, whose counters go with them.
    pub async fn examine(&mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (at, member) in self.members.iter().enumerate() {
            let Some(metrics) = member.node.try_metrics().await else { continue };
            let metric = |name: &str, value| Finding::Metric { node: at, name: name.into(), value };
            for (name, label) in NEVER {
                let value = metrics.sum_where(name, label);
                findings.extend((value != 0.0).then(|| metric(name, value)));
            }
            for (name, most) in BOUNDED {
                let value = metrics.sum(name);
                findings.extend((value > most).then(|| metric(name, value)));
            }
            let resident = resident_bytes(&member.node);
            if resident > RESIDENT_BYTES_MAX {
                findings.push(metric("resident bytes", resident as f64));
            }
        }
        findings
    }

    /// When all was healed and said: one router, and a store that is sound.
    pub async fn examine_at_rest(&mut self) -> Vec<Finding> {
        let mut findings = self.examine().await;
        findings.extend(self.routers().await);
        let verified = self.members[0].node.run(&["verify"]).await;
        if !verified.status.success() {
            let said = [verified.stdout, verified.stderr].concat();
            let said = String::from_utf8_lossy(&said).chars().take(SHOWN_CHARS_MAX).collect();
            findings.push(Finding::Store(said));
        }
        findings
    }

    async fn routers(&mut self) -> Option<Finding> {
        let end = Instant::now() + ONE_ROUTER_WITHIN;
        loop {
            let mut count = 0;
            for member in &self.members {
                let metrics = member.node.try_metrics().await;
                count +=
                    usize::from(metrics.is_some_and(|it| it.sum("salotto_router_leader") > 0.0));
            }
            if count == 1 {
                return None;
            }
            if Instant::now() > end {
                return Some(Finding::Routers { count });
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// 0 if it has just ended.
fn resident_bytes(node: &Node) -> u64 {
    let Some(pid) = node.try_pid() else { return 0 };
    let pid = pid.as_raw_nonzero();
    let pages = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|it| it.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE_BYTES
}
