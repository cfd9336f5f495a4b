//! One server: the cases of every link, and how fast it is.

use std::time::Instant;

use salotto_protocol::NodeId;
use salotto_tests::redis::RedisServer;

use super::{assert_they_talk, link};
use crate::link::cases::{Meeting, Member, cases_for, marks};
use crate::link::readers::UNREAD_ENVELOPES_MAX;

cases_for!(RedisServer);

#[tokio::test]
async fn a_user_who_may_do_what_is_documented_may_do_enough() {
    let server = RedisServer::start_with(&[("requirepass", "hunter 2")]).await;
    let may = "ACL SETUSER chat on >a@b resetchannels &salotto:* -@all \
        +publish +subscribe +spublish +ssubscribe +role +cluster|slots +hello +auth";
    let may: Vec<&str> = may.split_whitespace().collect();
    assert_eq!(server.ask(&may).await, "OK");
    let url = format!("redis://chat:a%40b@{}", server.address());

    let (here, there) = (NodeId::fresh(), NodeId::fresh());
    let mut here = Member::with(here, link(here, &url)).await;
    let mut there = Member::with(there, link(there, &url)).await;

    assert_they_talk(&mut here, &mut there).await;
}

/// Not a benchmark: what is sent in bulk arrives, in order, and in far less time than patience.
#[tokio::test]
async fn twenty_thousand_announcements_arrive_in_order() {
    let server = RedisServer::open().await;
    let here = Member::join(&server).await;
    let mut there = Member::join(&server).await;
    let burst = u32::try_from(UNREAD_ENVELOPES_MAX / 2).expect("small");
    let began = Instant::now();

    for first in (0..20_000).step_by(burst as usize) {
        (first..first + burst).for_each(|seq| here.link.announce(&marks(seq)));
        for seq in first..first + burst {
            assert_eq!(there.read().await, seq);
        }
    }

    println!("{:.0} announcements a second", 20_000.0 / began.elapsed().as_secs_f64());
}
