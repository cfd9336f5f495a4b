//! Every node of a cluster is replaced, one after the other, while everybody talks (BY-8).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use salotto_protocol::{AssignmentCause, EntryBody, InboxId, ServerFrame};
use salotto_tests::desk::{AS_VISITOR, Desk, SignedIn};
use salotto_tests::history::{Event, History, Terms, Truth, What, judge};
use salotto_tests::node::Node;
use salotto_tests::participant::{Participant, Recorder};
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::redis::RedisServer;
use salotto_tests::socket::{Heard, Socket, hello};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

const NODES: usize = 3;
const AGENTS: usize = 3;
/// Visitors who talk at any time; whoever is done makes room for the next.
const SEATS: usize = 9;
/// Beyond the burst that a visitor has, so that one takes some seconds: an agent's socket follows
/// only so many of them.
const MESSAGES: usize = 48;
/// More than come in the time of a test.
const TOKENS: usize = 400;
const ENDPOINT_DELAY: Duration = Duration::from_millis(500);
const WINDOW: Duration = Duration::from_millis(2_000);
/// Beyond delay and window: closing handshakes, the journal, the end of the process.
const MORE: Duration = Duration::from_secs(3);
/// Who only looks at the first node while it goes.
const CROWD: usize = 64;
/// Visitors whom nobody answers.
const QUIET: usize = 30;
/// A participant comes back at once; the next node may be the one that is being replaced.
const BACK_WITHIN_US: u64 = 3_000_000;

struct Cluster {
    postgres: Postgres,
    store: String,
    redis: RedisServer,
    nodes: Vec<Node>,
}

impl Cluster {
    async fn start(settings: &[(&str, &str)]) -> Cluster {
        let (postgres, redis) = (Postgres::start().await, RedisServer::start().await);
        let (store, link) = (postgres.database().await, redis.url());
        let (delay, window) =
            (ENDPOINT_DELAY.as_millis().to_string(), WINDOW.as_millis().to_string());
        let mut all = vec![
            ("STORE__URL", store.as_str()),
            ("LINK__URL", link.as_str()),
            ("DRAIN__ENDPOINT_DELAY_MS", delay.as_str()),
            ("DRAIN__WINDOW_MS", window.as_str()),
        ];
        all.extend(settings);
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            nodes.push(Node::start_with(&all).await);
        }
        Cluster { postgres, store, redis, nodes }
    }

    /// All of them, another one first for each number.
    fn addresses(&self, number: usize) -> Vec<SocketAddr> {
        let from = number % NODES;
        let (first, rest) = (&self.nodes[from..], &self.nodes[..from]);
        first.iter().chain(rest).map(|node| node.public).collect()
    }

    async fn router(&self, but: Option<usize>) -> Option<usize> {
        for (which, node) in self.nodes.iter().enumerate() {
            if Some(which) != but && node.metric("salotto_router_leader").await == 1.0 {
                return Some(which);
            }
        }
        None
    }

    /// SIGTERM, all that it promises, and started again.
    async fn replace(&mut self, which: usize) {
        let was_router = self.router(None).await == Some(which);
        let begun = Instant::now();
        self.nodes[which].send_term();
        if was_router {
            self.assert_handed_over().await;
            patience::until("another router", || self.router(Some(which))).await;
        }
        let status = self.nodes[which].exited().await;
        let took = begun.elapsed();
        assert_eq!(status.code(), Some(0), "{}", self.nodes[which].stderr());
        assert!(took < ENDPOINT_DELAY + WINDOW + MORE, "the drain took {took:?}");
        self.nodes[which].start_again().await;
    }

    /// Given back, or taken by another node, while nobody else could have it otherwise.
    async fn assert_handed_over(&self) {
        let mut last = self.postgres.lease(&self.store).await;
        let (router, end) = (last.holder, Instant::now() + patience::PATIENCE);
        while last.expires_at_ms != 0 && last.holder == router {
            assert!(Instant::now() < end, "the router keeps its lease: {last:?}");
            tokio::time::sleep(patience::LOOK_EVERY).await;
            let now = self.postgres.lease(&self.store).await;
            let has_lapsed = now.now_ms >= last.expires_at_ms;
            assert!(now.expires_at_ms == 0 || !has_lapsed, "{last:?} lapsed: {now:?}");
            last = now;
        }
    }
}

/// The agents of the desk, until told to stop; they answer what comes into this inbox.
fn agents(
    cluster: &Cluster,
    desk: &Desk,
    inbox: InboxId,
    recorder: &Recorder,
) -> (watch::Sender<bool>, Vec<JoinHandle<()>>) {
    let (stop, stopped) = watch::channel(false);
    let begin = |(number, (_, token)): (usize, &(_, String))| {
        let agent = Participant::agent(cluster.addresses(number), token, inbox, recorder);
        let run = agent.run(stopped.clone());
        tokio::spawn(async move { drop(run.await) })
    };
    let agents = desk.agents.iter().enumerate().map(begin).collect();
    (stop, agents)
}

/// One visitor after the other, until the last node was replaced.
struct Seats {
    visitors: JoinSet<usize>,
    is_over: watch::Sender<bool>,
    /// Nobody leaves in the middle of a conversation.
    _leave: watch::Sender<bool>,
}

impl Seats {
    async fn take(cluster: &Cluster, desk: &Desk, recorder: &Recorder) -> Seats {
        let mut tokens = VecDeque::new();
        for _ in 0..TOKENS {
            tokens.push_back(desk.visitor(&cluster.nodes[0]).await.token);
        }
        let tokens = Arc::new(Mutex::new(tokens));
        let (is_over, over) = watch::channel(false);
        let (leave, stays) = watch::channel(false);
        let mut visitors = JoinSet::new();
        for seat in 0..SEATS {
            let (tokens, over, chatflow) = (tokens.clone(), over.clone(), desk.chatflow);
            let (nodes, recorder) = (cluster.addresses(seat), recorder.clone());
            let stays = stays.clone();
            visitors.spawn(async move {
                let mut talked = 0;
                while !*over.borrow() {
                    let token = tokens.lock().expect("nobody panics with it").pop_front();
                    let token = token.expect("more than come");
                    let say = |n| format!("seat {seat}, visitor {talked}, message {n}");
                    let texts = (0..MESSAGES).map(say).collect();
                    let nodes = nodes.clone();
                    let visitor = Participant::visitor(nodes, &token, chatflow, texts, &recorder);
                    visitor.answered_by(AGENTS).run(stays.clone()).await;
                    talked += 1;
                }
                talked
            });
        }
        Seats { visitors, is_over, _leave: leave }
    }

    /// How many talked.
    async fn clear(self) -> usize {
        self.is_over.send_replace(true);
        let told = tokio::time::timeout(Duration::from_secs(60), self.visitors.join_all()).await;
        told.expect("every message is sent and answered").into_iter().sum()
    }
}

/// Sockets that only look; each says when it was to come back, and is welcome elsewhere.
async fn crowd(cluster: &Cluster, desk: &Desk) -> JoinSet<Instant> {
    let mut crowd = JoinSet::new();
    let here = cluster.nodes[0].public;
    let there = [cluster.nodes[1].public, cluster.nodes[2].public];
    for _ in 0..CROWD {
        let token = desk.visitor(&cluster.nodes[0]).await.token;
        let (mut socket, _) = Socket::welcomed(here, AS_VISITOR, &token, Vec::new()).await;
        crowd.spawn(async move {
            let after_ms = loop {
                match socket.next().await {
                    Heard::Frame(ServerFrame::Reconnect { after_ms }) => break after_ms,
                    Heard::Frame(_) => {}
                    end @ (Heard::Closed(_) | Heard::Ended) => panic!("{end:?} without a word"),
                }
            };
            drop(socket);
            let back_at = Instant::now() + Duration::from_millis(after_ms);
            tokio::time::sleep_until(back_at).await;
            for node in there.into_iter().cycle() {
                let Some(mut socket) = Socket::try_open(node, AS_VISITOR).await else { continue };
                socket.send(&hello(&token, Vec::new())).await;
                match socket.next().await {
                    Heard::Frame(ServerFrame::Welcome(_)) => break,
                    // It goes as well by now.
                    Heard::Frame(_) | Heard::Closed(_) | Heard::Ended => {}
                }
            }
            back_at
        });
    }
    crowd
}

/// In no quarter of the window more than three quarters of them, however busy the machine is: sent
/// away at once, all of them would come in one.
fn assert_spread(mut times: Vec<Instant>) {
    times.sort_unstable();
    for (number, from) in times.iter().enumerate() {
        let at_once = times[number..].iter().take_while(|at| **at - *from < WINDOW / 4).count();
        assert!(at_once <= times.len() * 3 / 4, "{at_once} of {} at once", times.len());
    }
}

/// Each conversation was assigned once, and stayed where it was.
fn assert_nothing_changed_hands(truth: &Truth) {
    for (conversation, log) in &truth.ledger.logs {
        let assignments: Vec<_> = log
            .iter()
            .filter_map(|entry| match &entry.body {
                EntryBody::Assignment { to, cause, .. } => Some((to.is_some(), *cause)),
                _ => None,
            })
            .collect();
        let by = |cause| assignments == [(true, cause)];
        let once = by(AssignmentCause::Policy) || by(AssignmentCause::Reply);
        assert!(once, "{conversation}: {assignments:?}");
    }
}

async fn assert_nothing_was_lost(cluster: &Cluster, recorder: &Recorder) -> Truth {
    let history = recorder.history();
    let truth = Truth::read(&cluster.nodes[0], &history).await;
    let terms = Terms { back_within_us: Some(BACK_WITHIN_US), ..Terms::default() };
    let violations = judge(&history, &truth, &terms);
    assert!(violations.is_empty(), "{violations:#?}");
    truth
}

/// What a node of the next release says to all: an envelope of version 2.
async fn speak_the_next_version(redis: &RedisServer) {
    let script =
        r"return redis.call('PUBLISH', 'salotto:all', string.rep('\1', 16) .. 'SLTO\2\1news')";
    let heard = redis.ask(&["EVAL", script, "0"]).await;
    assert_ne!(heard, "0", "nobody heard it");
}

/// BY-8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_upgrade_under_load_loses_nothing_and_no_conversation_changes_hands() {
    let mut cluster = Cluster::start(&[]).await;
    let (desk, recorder) =
        (Desk::open(&cluster.nodes[0], AGENTS as u32).await, Recorder::default());
    let (stop, agents) = agents(&cluster, &desk, desk.inbox, &recorder);
    let seats = Seats::take(&cluster, &desk, &recorder).await;
    let crowd = crowd(&cluster, &desk).await;

    for which in 0..NODES {
        let seen = recorder.count();
        patience::until("traffic before the next one goes", || async {
            (recorder.count() > seen + SEATS * 12).then_some(())
        })
        .await;
        speak_the_next_version(&cluster.redis).await;
        cluster.replace(which).await;
    }
    let talked = seats.clear().await;
    stop.send_replace(true);
    for agent in agents {
        agent.await.expect("no agent panicked");
    }

    let truth = assert_nothing_was_lost(&cluster, &recorder).await;
    assert_eq!(truth.ledger.logs.len(), talked);
    assert!(talked > SEATS, "only {talked} talked: no load");
    assert_nothing_changed_hands(&truth);
    assert_spread(crowd.join_all().await);
}

/// The grace is far below the time that a node takes to go: were its agents absent for a moment,
/// what they have not answered would wait again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_has_answered_stays_with_its_agent_while_every_node_is_replaced() {
    let mut cluster = Cluster::start(&[("ROUTER__REQUEUE_GRACE_MS", "1000")]).await;
    let (desk, recorder) =
        (Desk::open(&cluster.nodes[0], AGENTS as u32).await, Recorder::default());
    let inboxes = SignedIn::as_demo_agent(&cluster.nodes[0]).await.session.inboxes;
    let other = inboxes.iter().find(|it| it.id != desk.inbox).expect("the demo's own").id;
    let (stop, agents) = agents(&cluster, &desk, other, &recorder);
    let (mut visitors, stopped) = (JoinSet::new(), stop.subscribe());
    for number in 0..QUIET {
        let token = desk.visitor(&cluster.nodes[0]).await.token;
        let (texts, nodes) = (vec!["Anybody there?".to_owned()], cluster.addresses(number));
        let visitor = Participant::visitor(nodes, &token, desk.chatflow, texts, &recorder);
        visitors.spawn(visitor.run(stopped.clone()));
    }
    patience::until("all to be assigned", || async {
        (assigned(&recorder.history()) >= QUIET).then_some(())
    })
    .await;

    for which in 0..NODES {
        cluster.replace(which).await;
    }
    stop.send_replace(true);
    visitors.join_all().await;
    for agent in agents {
        agent.await.expect("no agent panicked");
    }

    let truth = assert_nothing_was_lost(&cluster, &recorder).await;
    assert_eq!(truth.ledger.logs.len(), QUIET);
    assert_nothing_changed_hands(&truth);
}

/// Assignments that visitors were told of.
fn assigned(history: &History) -> usize {
    let is_one = |event: &&Event| match &event.what {
        What::Took { entry, .. } => matches!(entry.body, EntryBody::Assignment { .. }),
        _ => false,
    };
    history.events.iter().filter(is_one).count()
}
