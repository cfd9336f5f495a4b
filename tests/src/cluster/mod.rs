//! Several nodes with one PostgreSQL and one Redis, a fault proxy on every way between them, and
//! what may happen to all of it.
//!
//! `Cluster` starts, kills and heals; `Fault` names what can happen and `harm` does it; `Plan` is
//! a sequence of faults drawn from a seed; `trial` lets visitors and agents chat through a plan and
//! gives a `Verdict`.

mod fault;
mod harm;
mod health;
mod member;
mod plan;
mod seed;
mod traffic;
mod trial;
mod verdict;

use std::path::PathBuf;

pub use fault::{Damage, Fault, Place, Whom};
pub use member::Member;
pub use plan::{Plan, Step};
pub use seed::Seed;
pub use trial::trial;
pub use verdict::{Figures, Finding, Verdict};

use crate::history::Recorder;
use crate::participant::Nodes;
use crate::postgres::Postgres;
use crate::redis::{Echo, Muffler, RedisServer};

/// Short times, so that a test sees in seconds what takes minutes otherwise.
const SETTINGS: [(&str, &str); 8] = [
    ("GATEWAY__HEARTBEAT_MS", "1000"),
    ("GATEWAY__RECONNECT_WINDOW_MS", "1000"),
    ("ROUTER__REQUEUE_GRACE_MS", "4000"),
    ("DRAIN__ENDPOINT_DELAY_MS", "200"),
    ("DRAIN__WINDOW_MS", "500"),
    // The judge signs in after every trial.
    ("LIMITS__SIGN_INS_PER_ADDRESS_PER_MINUTE", "1000"),
    ("LIMITS__SIGN_INS_PER_ACCOUNT_PER_MINUTE", "1000"),
    ("LOG__FORMAT", "json"),
];

/// What a cluster is made of, beside the usual.
#[derive(Clone, Default)]
pub struct Shape {
    /// Another binary than the usual one.
    pub program: Option<PathBuf>,
    /// Settings, as environment variables without `SALOTTO_`.
    pub settings: Vec<(String, String)>,
    /// Variables as they are.
    pub variables: Vec<(String, String)>,
}

/// Ends all its processes when dropped.
pub struct Cluster {
    pub members: Vec<Member>,
    pub postgres: Postgres,
    pub redis: RedisServer,
    /// Another Redis, to which a node may be led astray.
    elsewhere: RedisServer,
    /// Repeats hints while a fault says so.
    echo: Option<Echo>,
    is_redis_frozen: bool,
    is_postgres_frozen: bool,
}

impl Cluster {
    /// So many nodes, one after the other, all ready and linked.
    pub async fn start(nodes: usize) -> Cluster {
        Cluster::start_with(nodes, &Shape::default()).await
    }

    pub async fn start_with(nodes: usize, shape: &Shape) -> Cluster {
        let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
        let elsewhere = RedisServer::start().await;
        let store = postgres.database().await;
        let mut members = Vec::new();
        for _ in 0..nodes {
            let muffler = Muffler::before(&redis).await;
            let mut member = Member::prepare(&store, muffler, shape).await;
            member.node.launch();
            // The first one makes the schema and the demo.
            member.node.until_ready().await;
            members.push(member);
        }
        let mut cluster = Cluster {
            members,
            postgres,
            redis,
            elsewhere,
            echo: None,
            is_redis_frozen: false,
            is_postgres_frozen: false,
        };
        cluster.until_linked().await.expect("nothing has happened to it yet");
        cluster
    }

    /// Where clients come in: first at this node, then at the next.
    pub fn entrances(&self, first: usize) -> Nodes {
        let count = self.members.len();
        let order = (0..count).map(|step| &self.members[(first + step) % count]);
        Nodes::from(order.map(|member| member.clients.address()).collect::<Vec<_>>())
    }

    /// Which node is the router, as far as the nodes say.
    pub async fn router(&self) -> Option<usize> {
        for (at, member) in self.members.iter().enumerate() {
            let metrics = member.node.try_metrics().await;
            if metrics.is_some_and(|it| it.sum("salotto_router_leader") > 0.0) {
                return Some(at);
            }
        }
        None
    }

    /// All that nodes said since they were made, for a look at a failure.
    pub fn logs(&self) -> String {
        let log = |(at, member): (usize, &Member)| {
            format!("== node {at}\n{}{}", member.node.stdout(), member.node.stderr())
        };
        self.members.iter().enumerate().map(log).collect()
    }

    /// Traffic goes on: so many more events; `false` when it does not.
    pub(crate) async fn goes_on(&self, recorder: &Recorder, events: usize) -> bool {
        let wanted = recorder.count() + events;
        let end = tokio::time::Instant::now() + crate::patience::PATIENCE;
        while recorder.count() < wanted {
            if tokio::time::Instant::now() > end {
                return false;
            }
            tokio::time::sleep(crate::patience::LOOK_EVERY).await;
        }
        true
    }
}
