//! Fan-out: server CPU per delivered message, and a broadcast to every parked visitor, each
//! beside a bare loop of `write(2)` of the same bytes to the same number of sockets.

use std::time::Instant;

use salotto_protocol::{AgentStatus, ClientFrame};
use salotto_tests::cpu::cpu_seconds;
use salotto_tests::desk::{Desk, say};
use salotto_tests::node::Node;

use super::CROWD;
use super::crowd::Crowd;
use super::process::Helper;
use super::report::{Goal, Report, median};

/// Tabs of one visitor in one conversation: the widest audience there is.
const AUDIENCE: usize = 9_000;
const MESSAGES: usize = 20;
/// Makes a frame of about 250 bytes over an entry's other fields.
const TEXT: &str = "xxxxxxxx";
const ROUNDS: usize = 5;

pub(crate) async fn measure(report: &mut Report) {
    one_conversation(report).await;
    everybody(report).await;
}

/// One message to many sockets of one conversation.
async fn one_conversation(report: &mut Report) {
    let node = Node::start_with(super::NODE).await;
    let desk = Desk::open(&node, 1).await;
    let (mut socket, visitor) = desk.visitor_socket(&node).await;
    let mut crowd = Crowd::gather(node.public, AUDIENCE, &[visitor.token]).await;
    let conversation = desk.begin(&mut socket, "hello").await;
    let pid = node.pid().as_raw_nonzero().get().unsigned_abs();
    settle(&mut crowd).await;
    let mut floor = Floor::gather(AUDIENCE).await;
    // A visitor may say only so much in a second.
    let mut socket = desk.agent_socket(&node, 0).await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (frames, before) = (crowd.frames().await, cpu_seconds(pid));
        for _ in 0..MESSAGES {
            say(&mut socket, conversation, TEXT).await;
        }
        let wanted = AUDIENCE * MESSAGES;
        crowd.until_frames(frames + wanted as u64).await;
        ours.push((cpu_seconds(pid) - before) / wanted as f64 * 1e6);
        bare.push(floor.cpu_us_per_write(250, MESSAGES).await);
    }
    let ratios = ours.iter().zip(&bare).map(|(ours, bare)| ours / bare).collect();
    report.line("fan-out: server CPU per delivery", median(ours), "µs", Goal::None);
    report.line("fan-out: CPU per bare write(2)", median(bare), "µs", Goal::None);
    report.line(
        "fan-out: CPU per delivery beside write(2)",
        median(ratios),
        "×",
        Goal::AtMost(1.1),
    );
}

/// A change of availability goes to every visitor of the site.
async fn everybody(report: &mut Report) {
    let node = Node::start_with(super::NODE).await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let tokens = super::storm::tokens(&node, &desk, CROWD).await;
    let mut crowd = Crowd::gather(node.public, CROWD, &tokens).await;
    settle(&mut crowd).await;
    let mut floor = Floor::gather(CROWD).await;
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let status = if round % 2 == 0 { AgentStatus::Away } else { AgentStatus::Available };
        let frames = crowd.frames().await;
        let began = Instant::now();
        agent.send(&ClientFrame::Status { status }).await;
        crowd.until_frames(frames + crowd.greeted as u64).await;
        let rate = crowd.greeted as f64 / began.elapsed().as_secs_f64();
        rates.push(rate);
        ratios.push(rate / floor.writes_per_second(130).await);
    }
    report.line("broadcast: deliveries/s to parked visitors", median(rates), "/s", Goal::None);
    report.line("broadcast: beside write(2)", median(ratios), "×", Goal::AtLeast(0.8));
}

/// Until nothing more comes of what was sent at the start; a heartbeat in between is no matter.
async fn settle(crowd: &mut Crowd) {
    let mut frames = crowd.frames().await;
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let now = crowd.frames().await;
        if now - frames <= crowd.greeted as u64 / 20 {
            return;
        }
        frames = now;
    }
}

/// The bare loop, with a crowd of its own.
struct Floor {
    server: Helper,
    crowd: Crowd,
    count: usize,
}

impl Floor {
    async fn gather(count: usize) -> Floor {
        let mut server = Helper::start(&["floor-fanout", &count.to_string()]);
        let address = server.answer().await.parse().expect("an address");
        let crowd = Crowd::gather(address, count, &[]).await;
        assert_eq!(server.answer().await, "accepted");
        Floor { server, crowd, count }
    }

    async fn cpu_us_per_write(&mut self, bytes: usize, rounds: usize) -> f64 {
        let pid = self.server.pid();
        let (frames, before) = (self.crowd.frames().await, cpu_seconds(pid));
        self.server.ask(&format!("write {bytes} {rounds}")).await;
        let wanted = self.count * rounds;
        self.crowd.until_frames(frames + wanted as u64).await;
        (cpu_seconds(pid) - before) / wanted as f64 * 1e6
    }

    async fn writes_per_second(&mut self, bytes: usize) -> f64 {
        let frames = self.crowd.frames().await;
        let began = Instant::now();
        self.server.ask(&format!("write {bytes} 1")).await;
        self.crowd.until_frames(frames + self.count as u64).await;
        self.count as f64 / began.elapsed().as_secs_f64()
    }
}
