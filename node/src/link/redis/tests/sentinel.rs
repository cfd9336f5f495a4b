//! A master that sentinels watch.

use salotto_tests::redis::Watched;

use super::assert_they_talk;
use crate::link::cases::{Meeting, Member, until_sound};
use crate::link_url::{LinkUrl, RedisUrl, Server};
use salotto_protocol::NodeId;

use super::super::places::Places;
use super::super::topic::Topic;

fn redis_url(url: &str) -> RedisUrl {
    match LinkUrl::parse(url) {
        Ok(LinkUrl::Redis(url)) => url,
        other => panic!("{url}: {other:?}"),
    }
}

async fn assert_master_is(watched: &Watched, port: u16) {
    let places = Places::find(&redis_url(&watched.url()), &[]).await.expect("found");
    assert_eq!(places.of(Topic::All), Some(&Server { host: "127.0.0.1".to_owned(), port }));
}

#[tokio::test]
async fn a_killed_master_is_followed_to_its_replica() {
    let mut watched = Watched::open().await;
    let mut here = Member::join(&watched).await;
    let mut there = Member::join(&watched).await;
    assert_they_talk(&mut here, &mut there).await;
    assert_master_is(&watched, watched.master.port).await;

    watched.master.kill().await;

    for member in [&mut here, &mut there] {
        member.until_lost().await;
        until_sound(&member.link).await;
    }
    assert_they_talk(&mut here, &mut there).await;
    assert_master_is(&watched, watched.replica.port).await;
}

#[tokio::test]
async fn one_sentinel_is_enough_to_find_the_master_and_an_unknown_service_is_waited_for() {
    let mut watched = Watched::open().await;
    for sentinel in &mut watched.sentinels[..2] {
        sentinel.kill().await;
    }

    let link = watched.join(NodeId::fresh());
    until_sound(&link).await;

    let unknown = watched.url().replace("/chat", "/nobody");
    let trouble = Places::find(&redis_url(&unknown), &[]).await.expect_err("unknown");
    assert!(trouble.to_string().contains("nobody"), "{trouble}");
    let waiting = super::link(NodeId::fresh(), &unknown);
    assert!(!super::is_open(&waiting));
}
