//! One run of the mutation check: nodes of the sabotaged binary, and what was found wrong.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use salotto_protocol::ServerFrame;
use tokio::time::timeout;

use crate::node::Node;
use crate::patience;
use crate::postgres::Postgres;
use crate::redis::RedisServer;
use crate::socket::{Heard, Socket};

/// What a run found wrong, in words. Empty: nothing.
pub type Findings = Vec<String>;

/// Far more than a node needs that is sound: after so long nothing comes any more.
pub(super) const LIMIT: Duration = Duration::from_secs(6);
/// What the sabotaged binary reads.
pub const SABOTAGE: &str = "SALOTTO_SABOTAGE";
/// Nobody listens there: nodes that hear nothing of each other.
const NO_REDIS: &str = "redis://127.0.0.1:1";

/// Shared by all runs: each has a database of its own.
pub struct Servers {
    postgres: Postgres,
    redis: RedisServer,
}

impl Servers {
    pub async fn start() -> Servers {
        Servers { postgres: Postgres::start().await, redis: RedisServer::start().await }
    }

    /// The URL of a fresh one.
    pub async fn database(&self) -> String {
        self.postgres.database().await
    }
}

/// The switches that are on in a run, as the variable says them.
#[derive(Clone)]
pub struct Trial {
    pub servers: Arc<Servers>,
    pub sabotage: String,
}

impl Trial {
    /// One node on SQLite.
    pub(super) async fn node(&self, settings: &[(&str, &str)]) -> Node {
        let mut node = Node::prepare(settings);
        node.set_program(&sabotaged_binary());
        node.set_variable(SABOTAGE, Some(&self.sabotage));
        node.launch();
        node.until_ready().await;
        node
    }

    /// Two nodes that hear each other. The first one is the router.
    pub(super) async fn linked(&self) -> [Node; 2] {
        let redis = self.servers.redis.url();
        let nodes = self.pair(&redis).await;
        for node in &nodes {
            patience::until("the link", || async {
                (node.metric("salotto_link_up").await == 1.0).then_some(())
            })
            .await;
        }
        nodes
    }

    /// Two nodes that find out only by the store. The first one is the router.
    pub(super) async fn deaf(&self) -> [Node; 2] {
        self.pair(NO_REDIS).await
    }

    async fn pair(&self, link: &str) -> [Node; 2] {
        let store = self.servers.database().await;
        let settings = [("STORE__URL", store.as_str()), ("LINK__URL", link)];
        [self.node(&settings).await, self.node(&settings).await]
    }
}

/// `SABOTAGED_BIN`, or what was built into the same profile as this test.
pub fn sabotaged_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("SABOTAGED_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.parent().and_then(std::path::Path::parent);
    let path = profile.expect("target/<profile>/deps/<test>").join("salotto-sabotaged");
    let build = "cargo build --workspace --features salotto/sabotage --bin salotto-sabotaged";
    assert!(path.exists(), "{} is missing: run `{build}` first", path.display());
    path
}

/// What `wanted` picks, if it is heard in time.
pub(super) async fn heard<T>(
    socket: &mut Socket,
    mut wanted: impl FnMut(&ServerFrame) -> Option<T>,
) -> Option<T> {
    let search = async {
        loop {
            match socket.next().await {
                Heard::Frame(frame) => {
                    if let Some(found) = wanted(&frame) {
                        return Some(found);
                    }
                }
                Heard::Closed(_) | Heard::Ended => return None,
            }
        }
    };
    timeout(LIMIT, search).await.ok().flatten()
}

/// Until a switch has said on standard error what it does.
pub(super) async fn until_said(node: &Node, words: &str) {
    patience::until(words, || async { node.stderr().contains(words).then_some(()) }).await;
}

/// The store, looked at by the node's own command.
pub(super) async fn verified(node: &Node) -> Findings {
    let output = node.run(&["verify"]).await;
    if output.status.success() {
        return Vec::new();
    }
    let said = [output.stdout, output.stderr].concat();
    vec![format!("verify: {}", String::from_utf8_lossy(&said).trim())]
}
