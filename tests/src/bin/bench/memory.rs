//! Resident memory per parked visitor, and per active session.

use std::time::Duration;

use salotto_tests::desk::Desk;
use salotto_tests::node::Node;

use super::CROWD;
use super::crowd::Crowd;
use super::process::{rss_bytes, slab_bytes};
use super::report::{Goal, Report};

/// The allocator gives back, and the kernel settles.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) async fn measure(report: &mut Report) {
    let node = Node::start_with(super::NODE).await;
    let desk = Desk::open(&node, 1).await;
    let tokens = super::storm::tokens(&node, &desk, CROWD).await;
    let pid = node.pid().as_raw_nonzero().get().unsigned_abs();
    tokio::time::sleep(SETTLE).await;
    let (empty, slab_before) = (rss_bytes(pid), slab_bytes());
    let mut crowd = Crowd::gather(node.public, CROWD, &tokens).await;
    tokio::time::sleep(SETTLE).await;
    let (parked, slab) = (rss_bytes(pid), slab_bytes());
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let sockets = crowd.greeted as f64;
    report.line("parked visitors held", sockets, "sockets", Goal::None);
    let per_parked = (parked - empty) / sockets / 1_024.0;
    report.line("RSS per parked visitor", per_parked, "KB", Goal::AtMost(2.5));
    let kernel = (slab - slab_before) / sockets / 1_024.0;
    report.line("kernel slab per loopback socket, both ends", kernel, "KB", Goal::None);
    crowd.helper.ask("page").await;
    tokio::time::sleep(SETTLE).await;
    let active = rss_bytes(pid);
    let per_active = (active - parked) / sockets / 1_024.0;
    report.line("RSS per active session, beyond parked", per_active, "KB", Goal::AtMost(10.0));
}
