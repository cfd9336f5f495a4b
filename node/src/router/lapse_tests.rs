//! Slots that lapse, on a real store and journal: nothing else happens meanwhile.

use std::time::Duration;

use salotto_protocol::people::AccountSettings;
use salotto_protocol::{AgentId, ConversationId, ConversationState, NodeId};

use super::tests::{presence_of, routed, until_assigned};
use crate::journal::{Asked, Change, Request};
use crate::test_support::{Desk, eventually};

async fn window(desk: &Desk, ms: u64) {
    let account = AccountSettings { active_chat_window_ms: ms, ..AccountSettings::default() };
    desk.change(Change::People(Request { by: None, asked: Asked::Account(account) })).await;
}

async fn age(desk: &Desk, hours: u32) {
    let ms = hours * 3_600_000;
    let sql = format!("UPDATE conversations SET active_at_ms = active_at_ms - {ms}");
    desk.store.tamper(Box::leak(sql.into_boxed_str())).await;
}

async fn has(desk: &Desk, id: ConversationId, agent: AgentId, slot: bool) -> bool {
    let head = desk.head(id).await;
    assert_eq!(head.state, ConversationState::Assigned);
    head.assignee == Some(agent) && head.slot_agent == slot.then_some(agent)
}

/// CAP-5, CAP-6, CAP-7: by itself, with no other event.
#[tokio::test(flavor = "multi_thread")]
async fn a_slot_lapses_by_itself_and_goes_to_whoever_has_waited_longest() {
    let desk = Desk::new().await;
    window(&desk, 1_500).await;
    let anna = desk.agent("anna", 1).await;
    desk.present(anna, true).await;
    let presence = presence_of(&desk, NodeId(uuid::Uuid::nil())).await;
    let _router = routed(&desk, &presence).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(desk.waits(desk.chatflow).await);
    }
    until_assigned(&desk, &ids[..1], 1).await;
    assert_eq!(desk.head(ids[1]).await.state, ConversationState::Waiting, "the limit is 1");

    until_assigned(&desk, &ids[1..2], 1).await;

    assert!(has(&desk, ids[0], anna, false).await, "hers, without a slot");
    assert!(has(&desk, ids[1], anna, true).await);
    assert_eq!(desk.head(ids[2]).await.state, ConversationState::Waiting);
    assert_eq!(desk.agent_row(anna).await.active, 1);
    let found = desk.store.recount().await.expect("read");
    assert_eq!(found, Default::default(), "nothing is miscounted, nobody is above the limit");
}

/// CAP-5: in the last twelve hours.
#[tokio::test(flavor = "multi_thread")]
async fn twelve_hours_are_the_rule_and_a_word_in_time_keeps_the_slot() {
    let desk = Desk::new().await;
    let anna = desk.agent("anna", 2).await;
    desk.present(anna, true).await;
    let presence = presence_of(&desk, NodeId::fresh()).await;
    let first = routed(&desk, &presence).await;
    let ids = [desk.waits(desk.chatflow).await, desk.waits(desk.chatflow).await];
    until_assigned(&desk, &ids, 2).await;
    first.stop();
    eventually("nobody is the router", || async { presence.term().borrow().is_none() }).await;
    age(&desk, 11).await;
    desk.answers(ids[1], anna).await;
    age(&desk, 1).await;

    // The next router finds what lapsed while there was none.
    let next = presence_of(&desk, NodeId::fresh()).await;
    let _next = routed(&desk, &next).await;

    eventually("the silent one lapses", || has(&desk, ids[0], anna, false)).await;
    assert!(has(&desk, ids[1], anna, true).await, "the other one was answered an hour ago");
    assert!(desk.store.slots_miscounted().await.expect("read").is_empty());
}

/// CAP-6
#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_window_holds_at_once() {
    let desk = Desk::new().await;
    let anna = desk.agent("anna", 1).await;
    desk.present(anna, true).await;
    let presence = presence_of(&desk, NodeId(uuid::Uuid::nil())).await;
    let _router = routed(&desk, &presence).await;
    let ids = [desk.waits(desk.chatflow).await, desk.waits(desk.chatflow).await];
    until_assigned(&desk, &ids[..1], 1).await;
    age(&desk, 2).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(has(&desk, ids[0], anna, true).await, "two hours are fewer than twelve");

    window(&desk, 3_600_000).await;

    until_assigned(&desk, &ids[1..], 1).await;
    assert!(has(&desk, ids[0], anna, false).await);
}

/// I9, BY-2: what the router must never do is not what may be done by hand.
#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_tells_a_slot_too_many_of_the_router_from_one_that_was_given_by_hand() {
    let desk = Desk::new().await;
    let anna = desk.agent("anna", 1).await;
    desk.present(anna, true).await;
    let presence = presence_of(&desk, NodeId(uuid::Uuid::nil())).await;
    let router = routed(&desk, &presence).await;
    let id = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[id], 1).await;
    desk.change(Change::Capacity { agent: anna, capacity: 0 }).await;
    let found = desk.store.recount().await.expect("read");
    assert_eq!((found.above_capacity, found.exceeding.len()), (1, 0), "the limit was lowered");

    let term = presence.term().borrow().expect("the only node");
    desk.takes(id, anna, None).await;
    let found = desk.store.recount().await.expect("read");
    assert_eq!((found.above_capacity, found.exceeding.len()), (1, 0), "given by hand");
    desk.takes(id, anna, Some(term)).await;
    let found = desk.store.recount().await.expect("read");
    assert_eq!((found.above_capacity, found.exceeding), (1, vec![id]), "the router did it");
    assert!(!crate::store::verify(&desk.store).await.expect("read").is_sound());
    drop(router);
}
