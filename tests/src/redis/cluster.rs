//! A Redis Cluster of three masters, each with replicas if wanted.

use super::RedisServer;
use super::server::free_port;

const MASTERS: usize = 3;
const SLOTS: usize = 16_384;

/// Fails over within a few seconds.
pub struct RedisCluster {
    /// In the order of their slots.
    pub masters: Vec<RedisServer>,
    /// One for each master, in the same order, or none.
    pub replicas: Vec<RedisServer>,
}

impl RedisCluster {
    /// Three masters, no replicas.
    pub async fn start() -> RedisCluster {
        let mut masters = Vec::new();
        let mut buses = Vec::new();
        for number in 0..MASTERS {
            let (server, bus) = start_server().await;
            let epoch = (number + 1).to_string();
            server.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await;
            let first = (SLOTS * number / MASTERS).to_string();
            let last = (SLOTS * (number + 1) / MASTERS - 1).to_string();
            server.ask(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]).await;
            masters.push(server);
            buses.push(bus);
        }
        for (server, bus) in masters.iter().zip(&buses).skip(1) {
            meet(&masters[0], server, *bus).await;
        }
        let cluster = RedisCluster { masters, replicas: Vec::new() };
        cluster.until_ready(MASTERS).await;
        cluster
    }

    /// Three masters with one replica each.
    pub async fn start_with_replicas() -> RedisCluster {
        let mut cluster = RedisCluster::start().await;
        for _ in 0..MASTERS {
            let (server, bus) = start_server().await;
            meet(&cluster.masters[0], &server, bus).await;
            cluster.replicas.push(server);
        }
        cluster.until_ready(2 * MASTERS).await;
        for (master, replica) in cluster.masters.iter().zip(&cluster.replicas) {
            let id = master.ask(&["CLUSTER", "MYID"]).await;
            replica.ask(&["CLUSTER", "REPLICATE", &id]).await;
            replica.until_says(&["INFO", "replication"], "master_link_status:up").await;
        }
        // All must know that they are replicas, or nobody elects them.
        for server in cluster.masters.iter().chain(&cluster.replicas) {
            for replica in &cluster.replicas {
                server.until_says(&["CLUSTER", "SLOTS"], &replica.port.to_string()).await;
            }
        }
        cluster
    }

    async fn until_ready(&self, nodes: usize) {
        let known = format!("cluster_known_nodes:{nodes}");
        for server in self.masters.iter().chain(&self.replicas) {
            server.until_says(&["CLUSTER", "INFO"], &known).await;
            server.until_says(&["CLUSTER", "INFO"], "cluster_state:ok").await;
        }
    }

    /// The number of the master that has a topic.
    pub async fn master_of(&self, topic: &str) -> usize {
        let slot = self.masters[0].ask(&["CLUSTER", "KEYSLOT", topic]).await;
        let slot: usize = slot.parse().expect("a slot is a number");
        (0..MASTERS)
            .find(|number| slot < SLOTS * (number + 1) / MASTERS)
            .expect("every slot has a master")
    }

    /// Gives the slot of a topic to another master.
    pub async fn move_slot(&self, topic: &str, to: usize) {
        let slot = self.masters[0].ask(&["CLUSTER", "KEYSLOT", topic]).await;
        let id = self.masters[to].ask(&["CLUSTER", "MYID"]).await;
        let from = self.master_of(topic).await;
        let others = (0..MASTERS).filter(|number| *number != from && *number != to);
        for number in [to, from].into_iter().chain(others) {
            self.masters[number].ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &id]).await;
        }
    }

    /// Two of its servers stand for all.
    pub fn url(&self) -> String {
        let seeds: Vec<String> = self.masters.iter().take(2).map(RedisServer::address).collect();
        format!("redis+cluster://{}", seeds.join(","))
    }
}

async fn start_server() -> (RedisServer, u16) {
    let bus = free_port();
    let port = bus.to_string();
    let settings = [
        ("cluster-enabled", "yes"),
        ("cluster-port", &port),
        ("cluster-node-timeout", "1000"),
        ("cluster-allow-replica-migration", "no"),
    ];
    (RedisServer::start_with(&settings).await, bus)
}

async fn meet(one: &RedisServer, other: &RedisServer, bus: u16) {
    let (port, bus) = (other.port.to_string(), bus.to_string());
    one.ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
}
