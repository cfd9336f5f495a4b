//! A node that cannot reach its servers waits for them, and does not burn the machine meanwhile.

use std::time::Duration;

use salotto_tests::cpu::cpu_seconds;
use salotto_tests::desk::Desk;
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;

const WATCHED: Duration = Duration::from_secs(3);
/// Of one core. It looks for what it missed, tries to connect, and writes a line now and then.
const SHARE_MAX: f64 = 0.15;

/// The share of a core that the node takes.
async fn share(node: &Node) -> f64 {
    let pid = node.pid().as_raw_nonzero().get().unsigned_abs();
    // What was under way comes to its end first.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = cpu_seconds(pid);
    tokio::time::sleep(WATCHED).await;
    (cpu_seconds(pid) - before) / WATCHED.as_secs_f64()
}

#[tokio::test]
async fn a_node_without_redis_and_then_without_its_store_takes_next_to_nothing_of_a_core() {
    let mut postgres = Postgres::start().await;
    let mut redis = RedisServer::start().await;
    let (store, link) = (postgres.database().await, redis.url());
    let node = Node::start_with(&[("STORE__URL", &store), ("LINK__URL", &link)]).await;
    patience::until("the link", || async {
        (node.metric("salotto_link_up").await == 1.0).then_some(())
    })
    .await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    desk.begin(&mut visitor, "Is anybody there?").await;

    redis.kill().await;
    let without_redis = share(&node).await;
    postgres.kill();
    let without_both = share(&node).await;

    assert!(without_redis < SHARE_MAX, "{without_redis} of a core without Redis");
    assert!(without_both < SHARE_MAX, "{without_both} of a core without Redis and PostgreSQL");
}
