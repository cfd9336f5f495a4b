//! One server: the cases of every link, and how fast it is.

use std::time::Instant;

use salotto_tests::redis::RedisServer;

use crate::link::cases::{Meeting, Member, cases_for, marks};
use crate::link::readers::UNREAD_ENVELOPES_MAX;

cases_for!(RedisServer);

#[tokio::test]
async fn a_server_with_a_password_lets_in_who_has_it() {
    let server = RedisServer::start_with(&[("requirepass", "hunter 2")]).await;
    let _ = server.ask(&["ACL", "SETUSER", "chat", "on", ">a@b", "&*", "+@all"]).await;
    let url = format!("redis://chat:a%40b@{}", server.address());
    let node = salotto_protocol::NodeId::fresh();

    let link = super::link(node, &url);

    crate::link::cases::until_sound(&link).await;
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
