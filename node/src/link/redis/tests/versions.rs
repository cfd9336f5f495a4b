//! Nodes of two versions on one link, as in a rolling upgrade.

use redis::aio::MultiplexedConnection;
use salotto_protocol::NodeId;
use salotto_protocol::envelope::{Envelope, VERSION, stamped};
use salotto_tests::redis::RedisServer;

use super::super::server::{Login, connect};
use super::super::topic::{ALL, Topic};
use crate::link::cases::{Member, marks, next};
use crate::link::{Hint, Trust};
use crate::link_url::Server;

/// Says what no node of this version can say.
struct Newer {
    node: NodeId,
    connection: MultiplexedConnection,
}

impl Newer {
    async fn join(server: &RedisServer) -> Newer {
        let at = Server { host: "127.0.0.1".to_owned(), port: server.port };
        let connection = connect(&at, &Login::none()).await.expect("a connection");
        Newer { node: NodeId::fresh(), connection }
    }

    async fn says(&mut self, topic: &str, envelope: &[u8]) {
        self.says_raw(topic, &stamped(self.node, envelope)).await;
    }

    async fn says_raw(&mut self, topic: &str, bytes: &[u8]) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(topic).arg(bytes);
        publish.exec_async(&mut self.connection).await.expect("published");
    }
}

async fn assert_lost_and_goes_on(older: &mut Member, other: &Member) {
    assert!(matches!(next(&mut older.hints).await, Hint::Lost), "it may matter");
    other.link.send(&[older.node], &marks(5));
    assert_eq!(older.read().await, 5);
    assert_eq!(*older.link.trust().borrow(), Trust::Sound);
}

#[tokio::test]
async fn what_a_newer_node_says_is_a_loss_to_an_older_one_that_goes_on() {
    let server = RedisServer::start().await;
    let (mut older, other) = (Member::join(&server).await, Member::join(&server).await);
    let mut newer = Newer::join(&server).await;
    let mut of_next_version = marks(1).encode();
    of_next_version[4] = VERSION + 1;
    let mut of_new_kind = Envelope::Settings.encode();
    of_new_kind[5] = 200;

    newer.says(ALL, &of_next_version).await;
    assert_lost_and_goes_on(&mut older, &other).await;
    newer.says(&Topic::Inbox(older.node).channel(), &of_new_kind).await;
    assert_lost_and_goes_on(&mut older, &other).await;
}

#[tokio::test]
async fn what_a_newer_node_says_in_words_of_this_version_is_understood() {
    let server = RedisServer::start().await;
    let mut older = Member::join(&server).await;
    let mut newer = Newer::join(&server).await;

    newer.says(ALL, &marks(9).encode()).await;

    assert_eq!(older.read().await, 9);
}

#[tokio::test]
async fn strangers_on_the_topics_harm_nobody() {
    let server = RedisServer::start().await;
    let (mut older, other) = (Member::join(&server).await, Member::join(&server).await);
    let mut stranger = Newer::join(&server).await;

    for bytes in [&b""[..], b"hello", &[0xff; 15], &[0xff; 4_000]] {
        stranger.says_raw(ALL, bytes).await;
        assert_lost_and_goes_on(&mut older, &other).await;
    }
}
