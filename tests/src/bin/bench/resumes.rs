//! Visitors who come back: how soon after their node was killed, and what one of them costs the
//! node that takes them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use salotto_protocol::{ClientFrame, ClientId, ConversationId, Cursor, ServerFrame, Start};
use salotto_tests::cpu::cpu_seconds;
use salotto_tests::desk::{AS_VISITOR, Desk};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::cluster::TwoNodes;
use super::line::Line;
use super::pairs::{Schedule, conversation_of};
use super::report::{Goal, Report, median, quantile};

const ROUNDS: usize = 3;
/// Who has a conversation on the node that is killed.
const VISITORS: usize = 2_000;
/// Who comes back as fast as a node takes them.
const CROWD: usize = 5_000;
/// Sockets that are being opened at once.
const WINDOW: usize = 128;
const RECONNECT_WINDOW: (&str, &str) = ("GATEWAY__RECONNECT_WINDOW_MS", "3000");

/// Somebody with a conversation.
struct Guest {
    n: usize,
    token: String,
    line: Option<Line>,
    conversation: ConversationId,
    cursor: Cursor,
    reconnect_window: Duration,
}

impl Guest {
    async fn arrive(address: SocketAddr, desk: &Desk, n: usize, token: &str) -> Guest {
        let mut line = Line::open(address, n, AS_VISITOR).await.expect("a socket");
        line.hello(token, Vec::new()).await;
        let welcome = line.until(r#""type":"welcome""#).await.expect("a welcome");
        let Ok(ServerFrame::Welcome(welcome)) = serde_json::from_slice(&welcome) else {
            panic!("not a welcome")
        };
        let start = Start {
            client_id: ClientId::fresh(),
            chatflow: desk.chatflow,
            message_client_id: ClientId::fresh(),
            text: "Hello?".to_owned(),
        };
        line.say(&ClientFrame::Start(start)).await;
        let ack = line.until(r#""type":"ack""#).await.expect("an ack");
        let Ok(ServerFrame::Ack { seq, .. }) = serde_json::from_slice(&ack) else {
            panic!("not an ack")
        };
        let conversation = conversation_of(&ack);
        Guest {
            n,
            token: token.to_owned(),
            line: Some(line),
            conversation,
            cursor: Cursor { conversation, epoch: Some(welcome.epoch), seq },
            reconnect_window: Duration::from_millis(welcome.reconnect_window_ms),
        }
    }

    /// Until the socket has ended.
    async fn lose(&mut self) {
        let Some(mut line) = self.line.take() else { return };
        while line.next().await.is_some() {}
    }

    /// Once: a socket, a welcome, and the conversation. `false`: to be tried again.
    async fn resume(&mut self, address: SocketAddr) -> bool {
        let Some(mut line) = Line::open(address, self.n, AS_VISITOR).await else { return false };
        line.hello(&self.token, vec![self.cursor]).await;
        let words = format!(r#""conversation":{{"id":"{}""#, self.conversation);
        let is_back = line.until(&words).await.is_some();
        self.line = Some(line);
        is_back
    }
}

/// So many guests with a conversation each.
async fn guests(cluster: &TwoNodes, node: usize, count: usize) -> Vec<Guest> {
    let tokens = super::storm::tokens(&cluster.nodes[node], &cluster.desk, count).await;
    let address = cluster.nodes[node].public;
    let gate = Semaphore::new(WINDOW);
    let arrivals = tokens.iter().enumerate().map(|(n, token)| {
        let (gate, desk) = (&gate, &cluster.desk);
        async move {
            let _permit = gate.acquire().await.expect("open");
            Guest::arrive(address, desk, n, token).await
        }
    });
    futures_util::future::join_all(arrivals).await
}

/// A node is killed while the other one is busy: when its visitors have their conversation again.
pub(crate) async fn measure_killed(report: &mut Report) {
    const TALKING: usize = 500;
    let mut beyond = Vec::new();
    for _ in 0..ROUNDS {
        let mut cluster = TwoNodes::start_with(TALKING, &[RECONNECT_WINDOW]).await;
        cluster.nodes.swap(0, 1);
        let (dying, staying) = (0, 1);
        let talking = cluster.pairs_on(staying, TALKING).await;
        let guests = guests(&cluster, dying, VISITORS).await;
        let window = guests[0].reconnect_window;
        let address = cluster.nodes[staying].public;
        let node = &mut cluster.nodes[dying];
        let killed = async move {
            sleep(Duration::from_secs(5)).await;
            let (at, mut coming) = (Instant::now(), JoinSet::new());
            for mut guest in guests {
                // Those who talk have the first ports.
                guest.n += VISITORS;
                coming.spawn(come_back(guest, address, at));
            }
            node.kill().await;
            coming.join_all().await
        };
        let mut back = Vec::new();
        let took = async { back = killed.await };
        let came = talking.run(Schedule { rate: 500, seconds: 15 }, took).await;
        came.assert_all();
        let waits: Vec<f64> = back.iter().map(|(wait, _)| *wait).collect();
        beyond.push(quantile(&waits, 0.99) - window.as_secs_f64());
    }
    report.line(
        "a node killed: p99 to the resume beyond the window",
        median(beyond),
        "s",
        Goal::AtMost(2.0),
    );
}

/// As a browser does: after a random part of the window, and again after each refusal. In seconds
/// since `killed`; and whoever it was, who stays.
async fn come_back(mut guest: Guest, address: SocketAddr, killed: Instant) -> (f64, Guest) {
    guest.lose().await;
    // Evenly spread, and the same in each run.
    let share = (guest.n * 7_919 % VISITORS) as f64 / VISITORS as f64;
    sleep(guest.reconnect_window.mul_f64(share)).await;
    while !guest.resume(address).await {
        sleep(Duration::from_millis(200)).await;
    }
    (killed.elapsed().as_secs_f64(), guest)
}

/// All at once: what one costs.
pub(crate) async fn measure(report: &mut Report) {
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let cluster = TwoNodes::start_with(1, &[]).await;
        let guests = guests(&cluster, 0, CROWD).await;
        let node = &cluster.nodes[1];
        let pid = node.pid().as_raw_nonzero().get().unsigned_abs();
        let gate = Arc::new(Semaphore::new(WINDOW));
        let (before, began, address) = (cpu_seconds(pid), Instant::now(), node.public);
        let mut coming = JoinSet::new();
        for mut guest in guests {
            guest.n += CROWD;
            let gate = gate.clone();
            coming.spawn(async move {
                let _permit = gate.acquire_owned().await.expect("open");
                assert!(guest.resume(address).await, "a node with room takes everybody");
                guest
            });
        }
        let back = coming.join_all().await.len() as f64;
        rates.push(back / began.elapsed().as_secs_f64());
        costs.push((cpu_seconds(pid) - before) / back);
    }
    let cost = median(costs);
    report.line("resumes/s, clients on the same cores", median(rates), "/s", Goal::None);
    report.line("resumes: CPU of the node for one", cost * 1e6, "µs", Goal::None);
    report.line("resumes/s of one core of the node", 1.0 / cost, "/s", Goal::AtLeast(5_000.0));
}
