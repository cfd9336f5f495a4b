//! Two nodes, one PostgreSQL, one Redis: the visitor is on one node and the agent on the other.

use salotto_protocol::api::SiteSettings;
use salotto_protocol::{ClientFrame, ConversationId, EntryBody, ViewedEntry};
use salotto_tests::desk::{AS_VISITOR, Desk, from_the_start, say};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;
use salotto_tests::socket::Socket;

struct Talk {
    _postgres: Postgres,
    redis: RedisServer,
    nodes: [Node; 2],
    visitor: Socket,
    agent: Socket,
    conversation: ConversationId,
}

impl Talk {
    async fn begin() -> Talk {
        let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
        let store = postgres.database().await;
        let settings = [("STORE__URL", store.as_str()), ("LINK__URL", &redis.url())];
        let nodes = [Node::start_with(&settings).await, Node::start_with(&settings).await];
        for node in &nodes {
            until_link_is(node, 1.0).await;
        }
        let desk = Desk::open(&nodes[0], 1).await;
        let (mut visitor, _) = desk.visitor_socket(&nodes[0]).await;
        let conversation = desk.begin(&mut visitor, "Is it in stock?").await;
        let mut agent = desk.agent_socket(&nodes[1], 0).await;
        agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
        let mut talk = Talk { _postgres: postgres, redis, nodes, visitor, agent, conversation };
        hears(&mut talk.agent, conversation, "Is it in stock?").await;
        talk
    }

    /// Both ways.
    async fn assert_they_talk(&mut self, question: &str, answer: &str) {
        say(&mut self.visitor, self.conversation, question).await;
        hears(&mut self.agent, self.conversation, question).await;
        say(&mut self.agent, self.conversation, answer).await;
        hears(&mut self.visitor, self.conversation, answer).await;
    }
}

async fn hears(socket: &mut Socket, conversation: ConversationId, text: &str) {
    let message = EntryBody::Message { text: text.to_owned() };
    let is_it = |entry: &ViewedEntry| entry.entry.body == message;
    socket.entry(text, conversation, is_it).await;
}

async fn until_link_is(node: &Node, wanted: f64) {
    patience::until("the link to change", || async {
        (node.metric("salotto_link_up").await == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_said_on_one_node_is_heard_on_the_other_by_redis() {
    let mut talk = Talk::begin().await;

    talk.assert_they_talk("Hello?", "It is.").await;

    for node in &talk.nodes {
        assert!(node.metric("salotto_link_bytes_total").await > 0.0);
    }
}

#[tokio::test]
async fn without_redis_it_is_heard_as_well_and_with_redis_again_as_before() {
    let mut talk = Talk::begin().await;
    talk.redis.kill().await;
    for node in &talk.nodes {
        until_link_is(node, 0.0).await;
        node.assert_serves().await;
    }

    talk.assert_they_talk("Hello?", "It is.").await;
    talk.redis.start_again().await;
    for node in &talk.nodes {
        until_link_is(node, 1.0).await;
    }

    talk.assert_they_talk("And the red one?", "That as well.").await;
}

#[tokio::test]
async fn a_site_made_on_one_node_is_known_on_the_other_at_once() {
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let settings = [("STORE__URL", store.as_str())];
    let (here, there) = (Node::start_with(&settings).await, Node::start_with(&settings).await);

    let desk = Desk::open(&here, 1).await;

    desk.visitor(&there).await;
}

#[tokio::test]
async fn the_settings_of_a_site_made_on_one_node_are_read_on_the_other_at_once() {
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let settings = [("STORE__URL", store.as_str())];
    let (here, there) = (Node::start_with(&settings).await, Node::start_with(&settings).await);

    let desk = Desk::open(&here, 1).await;

    let answer = there.get(&format!("/api/v1/sites/{}", desk.site)).await;
    let read: SiteSettings = answer.json();
    assert_eq!(read.chatflow.map(|chatflow| chatflow.id), Some(desk.chatflow));
}

#[tokio::test]
async fn a_chatflow_published_on_one_node_is_started_with_on_the_other_at_once() {
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let settings = [("STORE__URL", store.as_str())];
    let (here, there) = (Node::start_with(&settings).await, Node::start_with(&settings).await);
    // The token needs no look at the site: the other node knows nothing of it.
    let desk = Desk::open(&here, 1).await;
    let token = desk.visitor(&here).await.token;
    let (mut visitor, _) = Socket::welcomed(there.public, AS_VISITOR, &token, Vec::new()).await;

    desk.begin(&mut visitor, "Is it in stock?").await;
}
