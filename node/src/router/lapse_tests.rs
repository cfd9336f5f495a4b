//! Slots that lapse, on a real store and journal: nothing else happens meanwhile.

use std::time::Duration;

use salotto_protocol::people::{InboxAccess, Seat};
use salotto_protocol::people_api::{AccountPatch, UserPatch};
use salotto_protocol::{AgentId, ConversationId, ConversationState, NodeId, Policy, Round};
use tokio::sync::oneshot;

use super::assignment::{self, AGENT_CHANGED, Plan, Stands};
use super::policy::{Question, Seen, choose};
use super::tests::{presence_of, routed, until_assigned};
use crate::journal::{Asked, Change, Outcome, Request};
use crate::store::{SlotKind, Term};
use crate::test_support::{Desk, eventually};

async fn window(desk: &Desk, ms: u64) {
    let account = AccountPatch { active_chat_window_ms: Some(ms), ..AccountPatch::default() };
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

/// PERM-5, PERM-6: between the decision and the commit.
#[tokio::test(flavor = "multi_thread")]
async fn who_loses_access_or_seat_after_the_policy_chose_them_gets_nothing() {
    let desk = Desk::new().await;
    let presence = presence_of(&desk, NodeId(uuid::Uuid::nil())).await;
    let term = presence.term().borrow().expect("the only node");
    let (anna, ben) = (desk.agent("anna", 5).await, desk.agent("ben", 5).await);
    desk.present(anna, true).await;
    let people = async |asked| desk.change(Change::People(Request { by: None, asked })).await;
    let of = |agents| InboxAccess::Chosen { agents, teams: Vec::new() };
    let (inbox, seat) = (desk.inbox, Some(Seat::None));
    let unseated = UserPatch { seat, ..UserPatch::default() };
    let reseated = UserPatch { seat: Some(Seat::Sales), ..UserPatch::default() };
    for (lost, back) in [
        (
            Asked::Access { inbox, access: of(vec![ben]) },
            Asked::Access { inbox, access: of(vec![anna]) },
        ),
        (Asked::User { user: anna, patch: unseated }, Asked::User { user: anna, patch: reseated }),
    ] {
        let id = desk.waits(desk.chatflow).await;
        let plan = desk.plan(id, anna).await;
        people(lost).await;
        assert_eq!(desk.assigns(&plan, term).await, Outcome::Rejected(AGENT_CHANGED));
        people(back).await;
        let plan = desk.plan(id, anna).await;
        assert!(matches!(desk.assigns(&plan, term).await, Outcome::Committed(_)));
    }
}

/// CAP-23: by itself, and it counts again with the next message once it is young enough.
#[tokio::test(flavor = "multi_thread")]
async fn cap_23_a_ticket_that_has_grown_old_makes_room_and_stays_with_its_agent() {
    let desk = Desk::new().await;
    let anna = desk.agent("anna", 5).await;
    desk.present(anna, true).await;
    let presence = presence_of(&desk, NodeId(uuid::Uuid::nil())).await;
    let _router = routed(&desk, &presence).await;
    let id = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[id], 1).await;
    desk.store.tamper("UPDATE agents SET tickets = active, active = 0").await;
    desk.store.tamper("UPDATE conversations SET slot_ticket = 1").await;
    desk.store.tamper("UPDATE conversations SET started_at_ms = started_at_ms - 172800000").await;

    tickets_count_for(&desk, Some(3)).await;
    assert!(has(&desk, id, anna, true).await, "it is two days old");
    tickets_count_for(&desk, Some(1)).await;

    eventually("its slot to be free", || async { has(&desk, id, anna, false).await }).await;
    assert_eq!(desk.agent_row(anna).await.tickets, 0);
}

async fn tickets_count_for(desk: &Desk, days: Option<u32>) {
    let account = AccountPatch { ticket_age_days_max: Some(days), ..AccountPatch::default() };
    desk.change(Change::People(Request { by: None, asked: Asked::Account(account) })).await;
}

impl Desk {
    /// What the policy makes of the agent as they are now.
    async fn plan(&self, id: ConversationId, agent: AgentId) -> Plan {
        let row = self.agent_row(agent).await;
        let (policy, rule, round) = (Policy::LoadBalanced, None, Round::default());
        let ignores_availability = false;
        let question = Question { policy, rule, ignores_availability, round, seed: 1 };
        let record = choose(&question, [Seen::new(&row, 0)].into_iter()).expect("eligible");
        let inbox = self.head(id).await.inbox;
        let stands = Stands { inbox, team: None, kind: SlotKind::Chat };
        let (agent_version, turn) = (row.version, None);
        Plan { conversation: id, agent_version, stands, ignores_availability, turn, record }
    }

    async fn assigns(&self, plan: &Plan, term: Term) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        let done = Box::new(move |outcome| answer.send(outcome).expect("awaited"));
        self.journal.submit(assignment::write(plan, term, done)).expect("room");
        outcome.await.expect("answered")
    }
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
