//! Several nodes on one PostgreSQL: nobody waits for ever, overtakes, or counts twice.

use std::collections::BTreeMap;
use std::time::Instant;

use super::*;
use crate::store::{Held, verify};

/// A frozen node loses its locks after two seconds; then whoever waited goes on at once.
const FROZEN_MAX: Duration = Duration::from_secs(4);

/// Two nodes on one database.
async fn nodes() -> (Desk, Desk) {
    let database = Database::postgres().await;
    let twin = Database::at(database.url());
    (Desk::on(database).await, Desk::on(twin).await)
}

async fn conversations(desk: &Desk, count: usize) -> Vec<Head> {
    let mut heads = Vec::new();
    for _ in 0..count {
        heads.push(desk.conversation().await);
    }
    heads
}

fn visitor_of(head: &Head) -> Visitor {
    Visitor { id: head.visitor, inbox: head.inbox }
}

async fn assert_sound(desk: &Desk) {
    let report = verify(&desk.store).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_write_in_opposite_order_both_go_on_and_every_log_is_dense() {
    const ROUNDS: usize = 25;
    let (one, two) = nodes().await;
    let heads = conversations(&one, 30).await;
    let agents = [one.agent("a@example.com", 9).await, one.agent("b@example.com", 9).await];

    let mut outcomes = Vec::new();
    for round in 0..ROUNDS {
        let mut reversed = agents.to_vec();
        reversed.reverse();
        for (n, head) in heads.iter().enumerate() {
            let text = format!("{round}-{n}");
            let write = visitor_of(head).says(head.id, ClientId::fresh(), &text);
            outcomes.push(one.submit(NewWrite { agents: agents.to_vec(), ..write }));
            let head = &heads[heads.len() - 1 - n];
            let write = visitor_of(head).says(head.id, ClientId::fresh(), &text);
            outcomes.push(two.submit(NewWrite { agents: reversed.clone(), ..write }));
            one.journal.mark(head.id, salotto_protocol::Party::Team, Seq(1), Seq(1));
            two.journal.mark(heads[n].id, salotto_protocol::Party::Team, Seq(1), Seq(1));
        }
    }
    let mut seqs: BTreeMap<ConversationId, Vec<u32>> = BTreeMap::new();
    for outcome in outcomes {
        let ack = committed(wait(outcome).await);
        seqs.entry(ack.conversation).or_default().push(ack.seq.0);
    }

    let dense: Vec<u32> = (2..).take(2 * ROUNDS).collect();
    for (id, mut seqs) in seqs {
        seqs.sort_unstable();
        assert_eq!(seqs, dense, "{id}");
    }
    assert_sound(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_node_that_holds_a_head_stops_its_writers_for_a_while_and_nobody_else() {
    let (node, frozen) = nodes().await;
    let heads = conversations(&node, 2).await;
    let mut writer = frozen.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    batch.lock(&[heads[0].id], Held::Awaited).await.unwrap();
    let began = Instant::now();

    let says = |n: usize, text: &str| {
        node.submit(visitor_of(&heads[n]).says(heads[n].id, ClientId::fresh(), text))
    };
    let held: Vec<_> = (0..5).map(|n| says(0, &n.to_string())).collect();
    let free: Vec<_> = (0..5).map(|n| says(1, &n.to_string())).collect();
    for outcome in free {
        committed(wait(outcome).await);
    }
    let others_took = began.elapsed();
    for outcome in held {
        committed(wait(outcome).await);
    }

    assert!(others_took < Duration::from_secs(2), "{others_took:?}");
    assert!(began.elapsed() < FROZEN_MAX, "{:?}", began.elapsed());
    assert_eq!(texts(&node, heads[0].id).await, ["hello", "0", "1", "2", "3", "4"]);
    assert!(batch.commit().await.is_err(), "the frozen node was told that it lost its locks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_node_that_holds_an_agent_stops_nobody_for_long() {
    let (node, frozen) = nodes().await;
    let head = node.conversation().await;
    let agent = node.agent("a@example.com", 9).await;
    let mut writer = frozen.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    batch.lock_agents(&[agent]).await.unwrap();
    let began = Instant::now();

    let write = visitor_of(&head).says(head.id, ClientId::fresh(), "hello?");
    let named = node.submit(NewWrite { agents: vec![agent], ..write });
    let away = Change::Status { agent, status: AgentStatus::Away };
    committed(wait(named).await);
    let changed = node.journal.change(away).await.unwrap();

    assert_eq!(changed, Changed::Done);
    assert!(began.elapsed() < FROZEN_MAX, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_is_written_first_and_in_order_once_its_head_is_free() {
    let (node, other) = nodes().await;
    let head = node.conversation().await;
    let mut writer = other.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    batch.lock(&[head.id], Held::Awaited).await.unwrap();

    let mut sent = Vec::new();
    for n in 0..20 {
        let write = visitor_of(&head).says(head.id, ClientId::fresh(), &n.to_string());
        sent.push(node.submit(write));
        // Another conversation's write is acknowledged, so a batch has gone by.
        node.conversation().await;
    }
    batch.roll_back().await;
    drop(writer);

    for (n, outcome) in (2..).zip(sent) {
        assert_eq!(committed(wait(outcome).await).seq, Seq(n));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_who_starts_on_two_nodes_at_once_has_one_conversation_with_both_messages() {
    let (one, two) = nodes().await;
    for _ in 0..50 {
        let visitor = Visitor::new();
        let first = one.submit(visitor.start(ClientId::fresh(), "from one tab"));
        let second = two.submit(visitor.start(ClientId::fresh(), "from the other"));

        let (first, second) = (committed(wait(first).await), committed(wait(second).await));

        assert_eq!(first.conversation, second.conversation);
        let mut seqs = [first.seq, second.seq];
        seqs.sort_unstable();
        assert_eq!(seqs, [Seq(1), Seq(2)]);
    }
    assert_sound(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_whose_open_conversation_another_node_holds_joins_it_later() {
    let (node, other) = nodes().await;
    let head = node.conversation().await;
    let mut writer = other.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    batch.lock(&[head.id], Held::Awaited).await.unwrap();

    let joins = node.submit(visitor_of(&head).start(ClientId::fresh(), "me again"));
    node.conversation().await;
    batch.roll_back().await;
    drop(writer);

    let ack = committed(wait(joins).await);
    assert_eq!((ack.conversation, ack.seq), (head.id, Seq(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_starts_on_two_nodes_in_opposite_order_all_lead_somewhere() {
    let (one, two) = nodes().await;
    let visitors: Vec<Visitor> = (0..100).map(|_| Visitor::new()).collect();

    let mut outcomes = Vec::new();
    for (forwards, backwards) in visitors.iter().zip(visitors.iter().rev()) {
        outcomes.push(one.submit(forwards.start(ClientId::fresh(), "one")));
        outcomes.push(two.submit(backwards.start(ClientId::fresh(), "two")));
    }
    for outcome in outcomes {
        committed(wait(outcome).await);
    }

    let report = verify(&one.store).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.conversations, report.entries), (100, 200));
}
