//! What Redis may suffer: the link notices, tells, and stands again by itself.

use std::time::Instant;

use salotto_protocol::NodeId;
use salotto_protocol::envelope::{CommittedHint, Envelope};
use salotto_protocol::{ConversationId, Epoch, Seq};
use salotto_tests::redis::{Muffler, RedisServer};

use super::super::hearing::SILENCE;
use super::super::places::Places;
use super::{assert_they_talk, is_open, link};
use crate::link::Trust;
use crate::link::cases::{Meeting, Member, marks, until_sound, until_suspect};
use crate::link_url::LinkUrl;

async fn two(server: &RedisServer) -> (Member, Member) {
    (Member::join(server).await, Member::join(server).await)
}

/// Both notice, and then both stand again and know that they may have missed something.
async fn assert_recovered(here: &mut Member, there: &mut Member) {
    for member in [&mut *here, &mut *there] {
        member.until_lost().await;
        until_sound(&member.link).await;
    }
    assert_they_talk(here, there).await;
}

/// Each looks at times of its own.
async fn until_both_suspect(here: &Member, there: &Member) {
    until_suspect(&here.link).await;
    until_suspect(&there.link).await;
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_is_linked_again() {
    let mut server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;

    server.kill().await;
    until_both_suspect(&here, &there).await;
    assert!(!is_open(&here.link));
    assert!(here.link.has_peers(), "they are only out of earshot");
    (0..50_000).for_each(|seq| here.link.announce(&marks(seq)));
    server.start_again().await;

    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_flushed_server_loses_nothing_that_the_link_needs() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;
    let trust = here.link.trust();

    assert_eq!(server.ask(&["FLUSHALL"]).await, "OK");

    assert_they_talk(&mut here, &mut there).await;
    assert!(!trust.has_changed().expect("the link stands"));
}

#[tokio::test]
async fn a_frozen_server_is_noticed_within_two_silences_and_linked_again_when_it_thaws() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;

    server.freeze();
    let frozen = Instant::now();
    until_suspect(&here.link).await;
    let noticed = frozen.elapsed();
    (0..50_000).for_each(|seq| here.link.announce(&marks(seq)));
    until_suspect(&there.link).await;
    until_closed(&here).await;
    server.thaw();

    assert!(noticed < 2 * SILENCE, "{noticed:?}");
    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_subscriber_that_hears_nothing_though_all_is_connected_notices_and_subscribes_again() {
    let server = RedisServer::start().await;
    let muffler = Muffler::before(&server).await;
    let node = NodeId::fresh();
    let mut deaf = Member::with(node, link(node, &muffler.url())).await;
    let mut there = Member::join(&server).await;
    assert_they_talk(&mut deaf, &mut there).await;

    muffler.muffle();
    let muffled = Instant::now();
    until_suspect(&deaf.link).await;
    let noticed = muffled.elapsed();
    until_closed(&deaf).await;
    muffler.unmuffle();

    assert!(noticed < 2 * SILENCE, "{noticed:?}");
    deaf.until_lost().await;
    until_sound(&deaf.link).await;
    assert_they_talk(&mut deaf, &mut there).await;
}

async fn until_closed(member: &Member) {
    salotto_tests::patience::until("the session to be given up", || async {
        (!is_open(&member.link)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn subscribers_that_redis_throws_out_subscribe_again() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;

    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;

    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn publishers_that_redis_throws_out_publish_again() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;

    server.ask(&["CLIENT", "KILL", "TYPE", "normal"]).await;

    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_subscriber_that_overflows_its_buffer_in_redis_subscribes_again() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;
    let limit = "pubsub 65536 0 0";
    server.ask(&["CONFIG", "SET", "client-output-buffer-limit", limit]).await;

    here.link.send(&[there.node], &large());
    there.until_lost().await;

    until_sound(&there.link).await;
    assert_they_talk(&mut here, &mut there).await;
}

fn large() -> Envelope {
    Envelope::Committed(CommittedHint {
        epoch: Epoch(uuid::Uuid::nil()),
        conversation: ConversationId(uuid::Uuid::nil()),
        head: Seq(1),
        entries_json: vec![b' '; 300_000],
    })
}

#[tokio::test]
async fn a_server_that_is_absent_at_start_is_linked_when_it_comes() {
    let mut server = RedisServer::prepare(&[]);
    let link = server.join(NodeId::fresh());
    assert!(matches!(*link.trust().borrow(), Trust::Suspect { .. }));
    link.announce(&marks(1));
    link.send(&[NodeId::fresh()], &marks(2));

    server.start_again().await;

    until_sound(&link).await;
}

#[tokio::test]
async fn a_wrong_password_is_named_without_being_shown_and_healed_by_the_right_one() {
    let mut server = RedisServer::start_with(&[("requirepass", "right")]).await;
    let url = format!("redis://:hunter2@{}", server.address());
    let Ok(LinkUrl::Redis(parsed)) = LinkUrl::parse(&url) else { panic!("{url}") };
    let trouble = Places::find(&parsed, &[]).await.expect_err("refused").to_string();
    assert!(trouble.contains("refuses") && trouble.contains(&server.address()), "{trouble}");
    assert!(!trouble.contains("hunter2"), "{trouble}");
    let link = link(NodeId::fresh(), &url);

    server.ask(&["CONFIG", "SET", "requirepass", "hunter2"]).await;

    until_sound(&link).await;
    server.kill().await;
}

#[tokio::test]
async fn a_server_that_holds_writes_back_is_suspect_until_it_goes_on() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;

    server.ask(&["CLIENT", "PAUSE", "60000", "WRITE"]).await;
    until_both_suspect(&here, &there).await;
    server.ask(&["CLIENT", "UNPAUSE"]).await;

    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_server_that_refuses_to_publish_is_suspect_until_it_allows_it() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;

    server.ask(&["ACL", "SETUSER", "default", "-publish"]).await;
    until_both_suspect(&here, &there).await;
    server.ask(&["ACL", "SETUSER", "default", "+publish"]).await;

    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_suspect_until_it_is_a_master_again() {
    let server = RedisServer::start().await;
    let nobody = RedisServer::prepare(&[]).port.to_string();
    let (mut here, mut there) = two(&server).await;

    server.ask(&["REPLICAOF", "127.0.0.1", &nobody]).await;
    until_both_suspect(&here, &there).await;
    server.ask(&["REPLICAOF", "NO", "ONE"]).await;

    assert_recovered(&mut here, &mut there).await;
}

#[tokio::test]
async fn a_server_without_room_and_without_a_disk_still_carries_hints() {
    let server = RedisServer::start().await;
    let (mut here, mut there) = two(&server).await;
    server.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert!(server.ask(&["SET", "a", "b"]).await.starts_with("OOM"));

    assert_they_talk(&mut here, &mut there).await;
}
