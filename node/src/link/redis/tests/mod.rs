//! The Redis link against real servers: one, one with sentinels, a cluster.

mod cluster;
mod sentinel;
mod single;
mod troubles;
mod versions;

use salotto_protocol::NodeId;
use salotto_tests::redis::{RedisCluster, RedisServer, Watched};

use crate::link::cases::{Meeting, Member, marks};
use crate::link::{Link, RedisLink};
use crate::link_url::LinkUrl;

impl Meeting for RedisServer {
    async fn open() -> RedisServer {
        RedisServer::start().await
    }

    fn join(&self, node: NodeId) -> Link {
        link(node, &self.url())
    }
}

impl Meeting for Watched {
    async fn open() -> Watched {
        Watched::start().await
    }

    fn join(&self, node: NodeId) -> Link {
        link(node, &self.url())
    }
}

impl Meeting for RedisCluster {
    async fn open() -> RedisCluster {
        RedisCluster::start().await
    }

    fn join(&self, node: NodeId) -> Link {
        link(node, &self.url())
    }
}

fn link(node: NodeId, url: &str) -> Link {
    match LinkUrl::parse(url) {
        Ok(LinkUrl::Redis(url)) => Link::Redis(RedisLink::start(node, url)),
        other => panic!("{url}: {other:?}"),
    }
}

/// Whether a session stands, proved or not.
fn is_open(link: &Link) -> bool {
    match link {
        Link::Redis(link) => link.0.shared.routes().is_some(),
        Link::Local(_) => true,
    }
}

/// Both ways, by both kinds of topic.
async fn assert_they_talk(one: &mut Member, other: &mut Member) {
    assert_hears(&one.link, other).await;
    assert_hears(&other.link, one).await;
}

async fn assert_hears(from: &Link, to: &mut Member) {
    from.announce(&marks(71));
    assert_eq!(to.read().await, 71);
    from.send(&[to.node], &marks(72));
    assert_eq!(to.read().await, 72);
}
