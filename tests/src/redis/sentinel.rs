//! A master, a replica, and three sentinels that watch them.

use super::RedisServer;

/// What the sentinels call the master.
pub const SERVICE: &str = "chat";
const SENTINELS: usize = 3;
const QUORUM: usize = 2;

/// Fails over within a few seconds.
pub struct Watched {
    pub master: RedisServer,
    pub replica: RedisServer,
    pub sentinels: Vec<RedisServer>,
}

impl Watched {
    pub async fn start() -> Watched {
        let master = RedisServer::start().await;
        let replicaof = format!("127.0.0.1 {}", master.port);
        let replica = RedisServer::start_with(&[("replicaof", &replicaof)]).await;
        master.until_says(&["INFO", "replication"], "state=online").await;
        let settings = format!(
            "sentinel monitor {SERVICE} 127.0.0.1 {} {QUORUM}\n\
             sentinel down-after-milliseconds {SERVICE} 500\n\
             sentinel failover-timeout {SERVICE} 2000\n",
            master.port
        );
        let mut sentinels = Vec::new();
        for _ in 0..SENTINELS {
            sentinels.push(RedisServer::start_sentinel(&settings).await);
        }
        let watched = Watched { master, replica, sentinels };
        watched.until_ready().await;
        watched
    }

    /// The sentinels know each other and the replica.
    async fn until_ready(&self) {
        for sentinel in &self.sentinels {
            let quorum = ["SENTINEL", "ckquorum", SERVICE];
            sentinel.until_says(&quorum, "OK 3 usable").await;
            let replicas = ["SENTINEL", "replicas", SERVICE];
            sentinel.until_says(&replicas, &self.replica.port.to_string()).await;
        }
    }

    pub fn url(&self) -> String {
        let sentinels: Vec<String> = self.sentinels.iter().map(RedisServer::address).collect();
        format!("redis+sentinel://{}/{SERVICE}", sentinels.join(","))
    }
}
