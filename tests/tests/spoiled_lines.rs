//! Every line between clients and their node is cut, held, swallowed and slowed down in the middle
//! of a chat: nothing is lost, doubled or reordered, and everybody comes back.

use std::time::Duration;

use salotto_tests::desk::Desk;
use salotto_tests::fault_proxy::{Conditions, Cut, FaultProxy, Way};
use salotto_tests::history::{Faults, Terms, Truth, judge};
use salotto_tests::node::Node;
use salotto_tests::participant::{Participant, Recorder};
use salotto_tests::patience;
use tokio::sync::watch;
use tokio::task::JoinSet;

const VISITORS: usize = 6;
/// More than a visitor may send while the lines are spoiled: all of it happens in mid-chat.
const MESSAGES: usize = 60;
/// As short as it may be: silence is noticed within two of them (REG-3).
const HEARTBEAT: (&str, &str) = ("GATEWAY__HEARTBEAT_MS", "1000");

#[derive(Clone, Copy, Debug)]
enum Spoil {
    Cut(Cut),
    /// Until the node has noticed that nobody is there.
    Partition(Conditions),
    /// For so many more events.
    Slow(Conditions, usize),
}

const LATE: Way = Way { jitter: Duration::from_millis(60), ..Way::CLEAR };
const NARROW: Way = Way { bytes_per_second: Some(20_000), ..Way::CLEAR };

const SPOILS: [Spoil; 9] = [
    Spoil::Cut(Cut::Reset),
    Spoil::Slow(Conditions::both(LATE), 200),
    Spoil::Partition(Conditions::BLACK_HOLE),
    Spoil::Cut(Cut::Fin),
    Spoil::Partition(Conditions::FROZEN),
    Spoil::Slow(Conditions::both(NARROW), 200),
    Spoil::Partition(Conditions::MUTE),
    Spoil::Partition(Conditions::DEAF),
    Spoil::Cut(Cut::Reset),
];

/// REG-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_the_lines_nothing_is_lost_doubled_or_reordered() {
    let node = Node::start_with(&[HEARTBEAT]).await;
    let proxy = FaultProxy::before(node.public).await;
    let desk = Desk::open(&node, 1).await;
    let recorder = Recorder::default();
    let (stop, stopped) = watch::channel(false);
    let agent = Participant::agent(proxy.address(), &desk.agents[0].1, desk.inbox, &recorder);
    let agent = tokio::spawn(agent.run(stopped.clone()));
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let token = desk.visitor(&node).await.token;
        let texts = (0..MESSAGES).map(|it| format!("visitor {number}, message {it}")).collect();
        let nodes = proxy.address();
        let visitor = Participant::visitor(nodes, &token, desk.chatflow, texts, &recorder);
        visitors.spawn(visitor.run(stopped.clone()));
    }

    let mut faults = Vec::new();
    for spoil in SPOILS {
        until_more(&recorder, VISITORS * 10).await;
        let from_us = recorder.now_us();
        match spoil {
            Spoil::Cut(cut) => proxy.cut(cut),
            Spoil::Partition(conditions) => {
                proxy.set(conditions);
                patience::until("the node to notice", || async {
                    (node.metric("salotto_connections").await == 0.0).then_some(())
                })
                .await;
            }
            Spoil::Slow(conditions, events) => {
                proxy.set(conditions);
                until_more(&recorder, events).await;
            }
        }
        proxy.heal();
        faults.push((from_us, recorder.now_us()));
    }
    let told = tokio::time::timeout(Duration::from_secs(90), visitors.join_all()).await;
    let told = told.expect("every message is sent and answered, whatever happened to the lines");
    stop.send(true).expect("the agent still runs");
    agent.await.expect("the agent did not panic");

    assert!(told.iter().all(|story| story.answers == MESSAGES && story.resets == 0));
    let history = recorder.history();
    let truth = Truth::read(&node, &history).await;
    let truth = truth.with_capacity(desk.agents.iter().map(|(id, _)| *id), 100);
    assert_eq!(truth.ledger.logs.len(), VISITORS);
    let terms = Terms {
        faults: Faults(faults),
        seen_within_us: Some(3_000_000),
        assigned_within_ms: None,
        back_within_us: Some(8_000_000),
        ..Terms::default()
    };
    let violations = judge(&history, &truth, &terms);
    assert!(violations.is_empty(), "{violations:#?}");
}

/// The chat goes on: so many more events.
async fn until_more(recorder: &Recorder, events: usize) {
    let seen = recorder.count();
    patience::until("the chat to go on", || async {
        (recorder.count() >= seen + events).then_some(())
    })
    .await;
}
