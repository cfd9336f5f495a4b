//! Two nodes on one PostgreSQL, each commit waiting for the disk, and one Redis: from due to
//! delivery, and what it costs; without Redis; many recipients; a node killed.

use std::time::Duration;

use salotto_tests::cpu::{cpu_seconds, cpu_seconds_of_all};
use salotto_tests::desk::Desk;
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;
use tokio::time::sleep;

use super::pairs::{Pairs, Schedule, Seats};
use super::report::{Goal, Report, median, quantile};

const ROUNDS: usize = 3;
const SECONDS: u64 = 15;
/// When Redis is killed, and when it is started again.
const REDIS_GONE: Duration = Duration::from_secs(5);
const REDIS_BACK: Duration = Duration::from_secs(15);

pub(crate) struct TwoNodes {
    pub(crate) postgres: Postgres,
    pub(crate) redis: RedisServer,
    pub(crate) nodes: [Node; 2],
    pub(crate) desk: Desk,
}

impl TwoNodes {
    /// With agents for so many visitors who talk.
    async fn start(visitors: usize) -> TwoNodes {
        TwoNodes::start_with(visitors, &[]).await
    }

    /// And with more settings.
    pub(crate) async fn start_with(visitors: usize, more: &[(&str, &str)]) -> TwoNodes {
        let postgres = Postgres::with(&["max_wal_size=4GB", "shared_buffers=512MB"]).await;
        let redis = RedisServer::start().await;
        let (store, link) = (postgres.database().await, redis.url());
        let mut settings = super::NODE.to_vec();
        settings.extend([("STORE__URL", store.as_str()), ("LINK__URL", &link)]);
        settings.extend(more);
        let nodes = [Node::start_with(&settings).await, Node::start_with(&settings).await];
        for node in &nodes {
            patience::until("the link", || async {
                (node.metric("salotto_link_up").await == 1.0).then_some(())
            })
            .await;
        }
        let desk = Desk::open(&nodes[0], Pairs::agents(visitors)).await;
        TwoNodes { postgres, redis, nodes, desk }
    }

    /// All on one node.
    pub(crate) async fn pairs_on(&self, node: usize, visitors: usize) -> Pairs {
        let tokens = super::storm::tokens(&self.nodes[node], &self.desk, visitors).await;
        let here = self.nodes[node].public;
        Pairs::open(&self.desk, Seats { visitors: here, agents: here, tabs: 0 }, &tokens).await
    }

    /// Visitors on one node, agents on the other.
    async fn pairs(&self, visitors: usize, tabs: usize) -> Pairs {
        let tokens = super::storm::tokens(&self.nodes[0], &self.desk, visitors).await;
        let [visitors, agents] = &self.nodes;
        let seats = Seats { visitors: visitors.public, agents: agents.public, tabs };
        Pairs::open(&self.desk, seats, &tokens).await
    }

    /// Of the nodes, of Redis, and of PostgreSQL.
    fn cpu_seconds(&self) -> [f64; 3] {
        let pid = |pid: rustix::process::Pid| pid.as_raw_nonzero().get().unsigned_abs();
        let nodes = self.nodes.iter().map(|node| cpu_seconds(pid(node.pid()))).sum();
        let redis = cpu_seconds(pid(self.redis.pid()));
        [nodes, redis, cpu_seconds_of_all(pid(self.postgres.pid()))]
    }
}

/// At 1,000 and at 5,000 a second. The CPU is beside what Sockudo 5.2 took for the same without
/// storing anything, on the machine of these goals.
pub(crate) async fn measure(report: &mut Report) {
    for (rate, visitors, p99_max, cpu_max) in
        [(1_000, 500, 5.0, 410.0), (5_000, 2_500, 15.0, 258.0)]
    {
        let (mut p50s, mut p99s, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let cluster = TwoNodes::start(visitors).await;
            let pairs = cluster.pairs(visitors, 0).await;
            let before = cluster.cpu_seconds();
            let came = pairs.run(Schedule { rate, seconds: SECONDS }, async {}).await;
            let after = cluster.cpu_seconds();
            came.assert_all();
            let spent = |part: usize| (after[part] - before[part]) / came.messages as f64 * 1e6;
            println!(
                "  CPU of a message: nodes {:.0} µs, Redis {:.0} µs, PostgreSQL {:.0} µs",
                spent(0),
                spent(1),
                spent(2)
            );
            costs.push(spent(0) + spent(1) + spent(2));
            p50s.push(quantile(&came.late_ms, 0.5));
            p99s.push(quantile(&came.late_ms, 0.99));
        }
        let name = |what: &str| format!("two nodes at {rate}/s: {what}");
        report.line(&name("p50 from due to delivery"), median(p50s), "ms", Goal::None);
        report.line(&name("p99"), median(p99s), "ms", Goal::AtMost(p99_max));
        report.line(&name("CPU of a message, all"), median(costs), "µs", Goal::AtMost(cpu_max));
    }
}

/// Redis is dead for ten seconds in the middle.
pub(crate) async fn measure_without_redis(report: &mut Report) {
    const RATE: u64 = 1_000;
    let mut p99s = Vec::new();
    for _ in 0..ROUNDS {
        let mut cluster = TwoNodes::start(500).await;
        let pairs = cluster.pairs(500, 0).await;
        let redis = &mut cluster.redis;
        let outage = async {
            sleep(REDIS_GONE).await;
            redis.kill().await;
            sleep(REDIS_BACK - REDIS_GONE).await;
            redis.start_again().await;
        };
        let came = pairs.run(Schedule { rate: RATE, seconds: 20 }, outage).await;
        came.assert_all();
        let of = |at: Duration| usize::try_from(at.as_secs() * RATE).expect("a few thousand");
        let meanwhile = &came.late_ms[of(REDIS_GONE)..of(REDIS_BACK)];
        p99s.push(quantile(meanwhile, 0.99));
    }
    report.line("Redis dead at 1,000/s: p99", median(p99s), "ms", Goal::AtMost(500.0));
    report.line("Redis dead at 1,000/s: lost", 0.0, "", Goal::AtMost(0.0));
}

/// 3,000 a second, each to ten sockets on two nodes.
pub(crate) async fn measure_wide(report: &mut Report) {
    const RATE: u64 = 3_000;
    const VISITORS: usize = 1_000;
    let (mut p50s, mut p99s) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let cluster = TwoNodes::start(VISITORS).await;
        let pairs = cluster.pairs(VISITORS, 9).await;
        let came = pairs.run(Schedule { rate: RATE, seconds: SECONDS }, async {}).await;
        came.assert_all();
        p50s.push(quantile(&came.late_ms, 0.5));
        p99s.push(quantile(&came.late_ms, 0.99));
    }
    report.line("3,000/s to 10 each: p50 to the last one", median(p50s), "ms", Goal::None);
    report.line("3,000/s to 10 each: p99 to the last one", median(p99s), "ms", Goal::AtMost(1e3));
}
