//! A Redis Cluster: sharded pub/sub, one slot for each inbox.

use std::time::Duration;

use salotto_protocol::NodeId;
use salotto_tests::redis::RedisCluster;

use super::super::topic::{ALL, Topic};
use super::assert_they_talk;
use crate::link::cases::{Meeting, Member, cases_for, marks, until_sound};

cases_for!(RedisCluster);

/// An id whose inbox this master has.
async fn node_at(cluster: &RedisCluster, master: usize) -> NodeId {
    loop {
        let node = NodeId::fresh();
        if cluster.master_of(&Topic::Inbox(node).channel()).await == master {
            return node;
        }
    }
}

async fn member(cluster: &RedisCluster, node: NodeId) -> Member {
    Member::with(node, cluster.join(node)).await
}

#[tokio::test]
async fn slots_are_reckoned_as_redis_does() {
    let cluster = RedisCluster::open().await;
    let topics = [Topic::All, Topic::Inbox(NodeId::fresh()), Topic::Inbox(NodeId::fresh())];
    for topic in topics {
        let slot = cluster.masters[0].ask(&["CLUSTER", "KEYSLOT", &topic.channel()]).await;
        assert_eq!(slot, topic.slot().to_string(), "{topic:?}");
    }
}

#[tokio::test]
async fn a_killed_master_is_followed_to_its_replica() {
    let mut cluster = RedisCluster::start_with_replicas().await;
    let lost = cluster.master_of(ALL).await;
    let (here, there) = (node_at(&cluster, lost).await, node_at(&cluster, (lost + 1) % 3).await);
    let (mut here, mut there) = (member(&cluster, here).await, member(&cluster, there).await);
    assert_they_talk(&mut here, &mut there).await;

    cluster.masters[lost].kill().await;

    for member in [&mut here, &mut there] {
        member.until_lost().await;
        until_sound(&member.link).await;
    }
    assert_they_talk(&mut here, &mut there).await;
}

#[tokio::test]
async fn an_inbox_whose_slot_moves_is_followed_by_its_node_and_by_the_others() {
    let cluster = RedisCluster::open().await;
    let home = (cluster.master_of(ALL).await + 1) % 3;
    let new_home = (home + 1) % 3;
    let mut here = member(&cluster, node_at(&cluster, home).await).await;
    let mut there = Member::join(&cluster).await;
    assert_they_talk(&mut here, &mut there).await;

    cluster.move_slot(&Topic::Inbox(here.node).channel(), new_home).await;

    here.until_lost().await;
    until_sound(&here.link).await;
    // What is sent to the old place is refused; then the others look where the inbox went.
    let node = here.node;
    let sent = async {
        loop {
            there.link.send(&[node], &marks(7));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        heard = here.read() => assert_eq!(heard, 7),
        () = sent => {}
    }
    assert_they_talk_at_last(&mut here, &mut there).await;
}

/// As `assert_they_talk`, after sevens that are still on their way.
async fn assert_they_talk_at_last(here: &mut Member, there: &mut Member) {
    there.link.send(&[here.node], &marks(70));
    while here.read().await == 7 {}
    assert_they_talk(here, there).await;
}

#[tokio::test]
async fn the_topic_of_all_is_followed_to_another_master() {
    let cluster = RedisCluster::open().await;
    let mut here = Member::join(&cluster).await;
    let mut there = Member::join(&cluster).await;
    let new_home = (cluster.master_of(ALL).await + 1) % 3;

    cluster.move_slot(ALL, new_home).await;

    for member in [&mut here, &mut there] {
        member.until_lost().await;
        until_sound(&member.link).await;
    }
    assert_they_talk(&mut here, &mut there).await;
}

#[tokio::test]
async fn subscribers_that_redis_throws_out_hear_all_their_topics_again() {
    let cluster = RedisCluster::open().await;
    let mut here = Member::join(&cluster).await;
    let mut there = Member::join(&cluster).await;

    for master in &cluster.masters {
        master.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    }

    for member in [&mut here, &mut there] {
        member.until_lost().await;
        until_sound(&member.link).await;
    }
    assert_they_talk(&mut here, &mut there).await;
}
