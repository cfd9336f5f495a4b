//! A connect storm: accepted and greeted per second, beside a bare hyper upgrade.

use salotto_protocol::api::VisitorToken;
use salotto_tests::cpu::cpu_seconds;
use salotto_tests::desk::Desk;
use salotto_tests::node::Node;
use salotto_tests::rest::KeptAlive;

use super::crowd::Crowd;
use super::process::Helper;
use super::report::{Goal, Report, median};

const STORM: usize = 10_000;
const ROUNDS: usize = 3;
/// To fetch tokens by.
const CONNECTIONS: usize = 16;

pub(crate) async fn measure(report: &mut Report) {
    let (mut ratios, mut costs, mut bare_costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let node = Node::start_with(super::NODE).await;
        let desk = Desk::open(&node, 1).await;
        let tokens = tokens(&node, &desk, STORM).await;
        let pid = node.pid().as_raw_nonzero().get().unsigned_abs();
        let (rate, cost) = storm(node.public, pid, &tokens).await;
        drop(node);

        let mut floor = Helper::start(&["floor-upgrade"]);
        let address = floor.answer().await.parse().expect("an address");
        let (bare_rate, bare_cost) = storm(address, floor.pid(), &tokens).await;
        ratios.push(rate / bare_rate);
        costs.push(cost);
        bare_costs.push(bare_cost);
    }
    report.line("storm: greeted/s beside a bare upgrade", median(ratios), "×", Goal::AtLeast(0.7));
    report.line("storm: server CPU per accept and greeting", median(costs), "µs", Goal::None);
    report.line("storm: server CPU of the bare upgrade", median(bare_costs), "µs", Goal::None);
}

/// Greeted per second, and the server's CPU for one in microseconds.
async fn storm(address: std::net::SocketAddr, pid: u32, tokens: &[String]) -> (f64, f64) {
    let before = cpu_seconds(pid);
    let crowd = Crowd::gather(address, STORM, tokens).await;
    let spent = cpu_seconds(pid) - before;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let greeted = crowd.greeted as f64;
    (greeted / crowd.seconds, spent / greeted * 1e6)
}

/// Visitors' tokens, fetched over few connections: one for each would use up the ports.
pub(crate) async fn tokens(node: &Node, desk: &Desk, count: usize) -> Vec<String> {
    let shares = (0..CONNECTIONS).map(|n| async move {
        let share = count / CONNECTIONS + usize::from(n < count % CONNECTIONS);
        let mut line = KeptAlive::open(node.public).await;
        let mut tokens = Vec::with_capacity(share);
        while tokens.len() < share {
            let answer = line.try_send(desk.visitor_ask(node)).await.expect("an answer");
            tokens.push(answer.json::<VisitorToken>().token);
        }
        tokens
    });
    futures_util::future::join_all(shares).await.concat()
}
