//! The router on a real store and journal.

use std::time::Duration;

use ractor::{Actor, ActorRef, ActorStatus};
use salotto_protocol::{
    AgentId, AgentStatus, AssignmentCause, Author, ChatflowId, ConversationId, ConversationState,
    EntryBody, NodeId, Seq, View,
};

use super::{Manners, Msg, Patience, Router, actor as router_actor, policy};
use crate::journal::Change;
use crate::metrics;
use crate::presence::Presence;
use crate::test_support::{Desk, eventually};

/// Longer than any of these tests takes.
const PATIENCE: Patience =
    Patience { requeue_grace: Duration::from_secs(600), missed_after: Duration::from_secs(600) };

async fn presence(desk: &Desk) -> Presence {
    presence_of(desk, NodeId(uuid::Uuid::nil())).await
}

pub(super) async fn presence_of(desk: &Desk, node: NodeId) -> Presence {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    Presence::start(node, journal, store, desk.root.clone()).await.expect("presence")
}

pub(super) async fn routed(desk: &Desk, presence: &Presence) -> Router {
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    let manners = Manners { patience: PATIENCE, letters: None };
    Router::start(presence.clone(), journal, store, manners, desk.root.clone())
        .await
        .expect("a router")
}

fn actor(router: &Router) -> ActorRef<Msg> {
    router.actor.borrow().clone().expect("this node is the router")
}

async fn holder(desk: &Desk, id: ConversationId) -> Option<AgentId> {
    let head = desk.head(id).await;
    assert_eq!(head.state == ConversationState::Assigned, head.assignee.is_some());
    head.assignee
}

async fn assigned(desk: &Desk, ids: &[ConversationId]) -> Vec<bool> {
    let mut assigned = Vec::new();
    for id in ids {
        assigned.push(holder(desk, *id).await.is_some());
    }
    assigned
}

pub(super) async fn until_assigned(desk: &Desk, ids: &[ConversationId], count: usize) -> Vec<bool> {
    eventually("enough are assigned", || async {
        assigned(desk, ids).await.iter().filter(|it| **it).count() == count
    })
    .await;
    assigned(desk, ids).await
}

/// CAP-4, CAP-9
#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_are_assigned_up_to_the_capacity_and_a_freed_slot_goes_to_the_next() {
    let desk = Desk::new().await;
    let mut waiting = Vec::new();
    for _ in 0..300 {
        waiting.push(desk.waits(desk.chatflow).await);
    }
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    let mut team = Vec::new();
    for name in ["anna", "ben", "cora"] {
        let agent = desk.agent(name, 3).await;
        desk.present(agent, true).await;
        team.push(agent);
    }

    let taken = until_assigned(&desk, &waiting, 9).await;
    assert!(taken[..9].iter().all(|it| *it), "the oldest nine");
    for agent in &team {
        assert_eq!(desk.agent_row(*agent).await.active, 3, "in equal parts");
    }

    desk.closes(waiting[4]).await;
    eventually("the tenth is assigned", || async { holder(&desk, waiting[9]).await.is_some() })
        .await;
    assert_eq!(holder(&desk, waiting[10]).await, None);
    assert!(desk.store.slots_miscounted().await.expect("read").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_goes_to_whoever_has_least_to_do_with_a_record_that_replays() {
    let desk = Desk::new().await;
    let busy = desk.agent("anna", 5).await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    desk.present(busy, true).await;
    let first = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[first], 1).await;
    let idle = desk.agent("ben", 5).await;
    desk.present(idle, true).await;

    let second = desk.waits(desk.chatflow).await;

    until_assigned(&desk, &[second], 1).await;
    let entries = desk.store.entries_after(second, View::Agent, Seq(0), 10).await.expect("read");
    let [_, assignment, decision] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((&assignment.by, &decision.by), (&Author::System, &Author::System));
    let EntryBody::Assignment { from, to, cause, .. } = &assignment.body else {
        panic!("{assignment:?}")
    };
    assert_eq!((from, cause), (&None, &AssignmentCause::Policy));
    assert_eq!(to.as_ref().map(|to| (to.id, to.name.as_str())), Some((idle, "ben")));
    let EntryBody::Decision { decision } = &decision.body else { panic!("{decision:?}") };
    assert_eq!(decision.chosen, idle);
    assert_eq!(policy::replay(decision), Some(idle));
    let seen = decision.candidates.iter().find(|it| it.agent == busy).expect("a candidate");
    assert_eq!(seen.active, 1);
    let shown = desk.store.entries_after(second, View::Visitor, Seq(0), 10).await.expect("read");
    assert!(shown.iter().all(|it| !matches!(it.body, EntryBody::Decision { .. })));
}

/// AS-2
#[tokio::test(flavor = "multi_thread")]
async fn only_the_agents_of_the_chatflow_get_its_conversations_and_a_change_of_it_counts() {
    let desk = Desk::new().await;
    let (named, other) = (desk.agent("anna", 5).await, desk.agent("ben", 5).await);
    let chatflow = ChatflowId::fresh();
    desk.put_chatflow(chatflow, &[named], 2).await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    desk.present(other, true).await;
    let special = desk.waits(chatflow).await;
    let common = desk.waits(desk.chatflow).await;

    until_assigned(&desk, &[common], 1).await;
    assert_eq!(holder(&desk, special).await, None, "it waits, and blocks nobody");
    desk.put_chatflow(chatflow, &[named, other], 2).await;

    until_assigned(&desk, &[special], 1).await;
    assert_eq!(holder(&desk, special).await, Some(other));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_away_or_absent_gets_one_until_they_are_back() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 5).await;
    let status = |status| Change::Status { agent, status };
    desk.change(status(AgentStatus::Away)).await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    desk.present(agent, true).await;
    let id = desk.waits(desk.chatflow).await;
    desk.present(agent, false).await;
    desk.change(status(AgentStatus::Available)).await;
    let later = desk.waits(desk.chatflow).await;
    assert_eq!(assigned(&desk, &[id, later]).await, [false, false]);

    desk.present(agent, true).await;

    until_assigned(&desk, &[id, later], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_agents_come_and_go_nobody_is_above_the_capacity_and_all_are_answered() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence).await;
    let mut team = Vec::new();
    for number in 0..4 {
        team.push(desk.agent(&format!("agent-{number}"), 3).await);
    }
    let mut open = Vec::new();
    for round in 0..30 {
        for _ in 0..4 {
            open.push(desk.waits(desk.chatflow).await);
        }
        desk.present(team[round % team.len()], round % 3 > 0).await;
        let taken = assigned(&desk, &open).await;
        for at in (0..open.len()).rev().filter(|at| taken[*at]).take(2).collect::<Vec<_>>() {
            desk.closes(open.remove(at)).await;
        }
        for row in desk.store.agents().await.expect("read") {
            assert!(row.active <= row.capacity, "{row:?}");
        }
    }
    for agent in team {
        desk.present(agent, true).await;
    }
    while !open.is_empty() {
        let taken = until_assigned(&desk, &open, open.len().min(12)).await;
        for at in (0..open.len()).rev().filter(|at| taken[*at]) {
            desk.closes(open.remove(at)).await;
        }
    }
    assert!(desk.store.slots_miscounted().await.expect("read").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_router_assigns_nothing_and_the_next_one_takes_over() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 5).await;
    let presence = presence(&desk).await;
    let router = routed(&desk, &presence).await;
    desk.present(agent, true).await;
    let first = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[first], 1).await;

    let was = actor(&router);
    router.stop();
    eventually("it has ended", || async { was.get_status() == ActorStatus::Stopped }).await;
    let second = desk.waits(desk.chatflow).await;
    let third = desk.waits(desk.chatflow).await;
    assert_eq!(assigned(&desk, &[second, third]).await, [false, false]);

    let elsewhere = presence_of(&desk, NodeId::fresh()).await;
    let _next = routed(&desk, &elsewhere).await;
    until_assigned(&desk, &[second, third], 2).await;
}

/// BY-2
#[tokio::test(flavor = "multi_thread")]
async fn by_2_the_auditor_counts_each_slot_that_was_taken_and_not_counted_once() {
    metrics::install();
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 5).await;
    let presence = presence(&desk).await;
    let router = routed(&desk, &presence).await;
    desk.present(agent, true).await;
    let id = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[id], 1).await;
    assert!(desk.store.slots_miscounted().await.expect("read").is_empty());
    let before = violations();

    desk.store.tamper("UPDATE agents SET active = 0").await;
    for _ in 0..3 {
        actor(&router).cast(Msg::Audit).expect("it lives");
    }

    let found = desk.store.slots_miscounted().await.expect("read");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].agent, found[0].active, found[0].held), (agent, 0, 1));
    eventually("the metric moves", || async { violations() > before }).await;
    eventually("the audit shows it", || async { shown("miscounted") == 1 }).await;
    let next = desk.waits(desk.chatflow).await;
    until_assigned(&desk, &[next], 1).await;
    assert_eq!(violations(), before + 1, "the same miscount is told once");
    desk.store.tamper("UPDATE conversations SET slot_agent = NULL, state = 'closed'").await;
    desk.store.tamper("UPDATE agents SET active = 0").await;
    eventually("it is well again", || async { shown("miscounted") == 0 }).await;
}

fn shown(kind: &str) -> u32 {
    let rendered = metrics::render();
    let name = format!("salotto_router_violations{{kind=\"{kind}\"}} ");
    let line = rendered.lines().find(|it| it.starts_with(&name));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).expect("exported")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_router_of_a_dead_node_is_replaced_and_the_queue_goes_on() {
    let desk = Desk::new().await;
    let agent = desk.agent("anna", 5).await;
    desk.present(agent, true).await;
    let (first, second) =
        (presence_of(&desk, NodeId::fresh()).await, presence_of(&desk, NodeId::fresh()).await);
    let _standing_by = routed(&desk, &second).await;
    first.fall_silent();

    let id = desk.waits(desk.chatflow).await;
    assert_eq!(holder(&desk, id).await, None, "the first one has the lease, and is dead");

    until_assigned(&desk, &[id], 1).await;
    assert!(second.term().borrow().is_some());
}

/// AS-26, REG-1
#[tokio::test(flavor = "multi_thread")]
async fn two_routers_that_both_believe_in_themselves_assign_once_and_below_the_capacity() {
    let desk = Desk::new().await;
    let one = presence_of(&desk, NodeId::fresh()).await;
    let term = one.term().borrow().expect("nobody else was");
    let _router = routed(&desk, &one).await;
    let beginning =
        router_actor::Beginning { commits: desk.journal.commits(), roster: one.roster() };
    let twin = router_actor::RouterActor {
        term,
        patience: PATIENCE,
        letters: None,
        journal: desk.journal.clone(),
        store: desk.store.clone(),
    };
    let spawned = Actor::spawn_linked(None, twin, beginning, desk.root.clone());
    spawned.await.expect("a second router");
    let agents = [desk.agent("anna", 3).await, desk.agent("ben", 3).await];
    for agent in agents {
        desk.present(agent, true).await;
    }
    let mut waiting = Vec::new();
    for _ in 0..40 {
        waiting.push(desk.waits(desk.chatflow).await);
    }

    until_assigned(&desk, &waiting, 6).await;
    let head = desk.head(waiting[0]).await;
    assert_eq!(head.assignment, 1, "one owner, given once");
    for agent in agents {
        assert_eq!(desk.agent_row(agent).await.active, 3);
    }
    assert!(desk.store.slots_miscounted().await.expect("read").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vanished_agent_has_not_answered_waits_again_and_the_rest_stays() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let gone = desk.agent("anna", 5).await;
    desk.present(gone, true).await;
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    let patience = Patience { requeue_grace: Duration::from_secs(2), ..PATIENCE };
    let manners = Manners { patience, letters: None };
    let router = Router::start(presence.clone(), journal, store, manners, desk.root.clone());
    let _router = router.await.expect("a router");
    let (answered, unanswered) = (desk.waits(desk.chatflow).await, desk.waits(desk.chatflow).await);
    until_assigned(&desk, &[answered, unanswered], 2).await;
    desk.answers(answered, gone).await;
    let other = desk.agent("ben", 5).await;
    desk.present(other, true).await;

    desk.present(gone, false).await;

    eventually("the other one has it", || async { holder(&desk, unanswered).await == Some(other) })
        .await;
    assert_eq!(holder(&desk, answered).await, Some(gone));
    assert_eq!(desk.agent_row(gone).await.active, 1);
    assert!(desk.store.slots_miscounted().await.expect("read").is_empty());
}

/// The one test that moves it.
fn violations() -> u32 {
    let rendered = metrics::render();
    let line = rendered.lines().find(|it| it.starts_with("salotto_capacity_violations_total "));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).expect("exported")
}

/// F33
#[tokio::test(flavor = "multi_thread")]
async fn a_capacity_that_is_lowered_in_the_middle_of_assigning_is_not_exceeded_from_then_on() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let anna = desk.agent("anna", 40).await;
    desk.present(anna, true).await;
    let _router = routed(&desk, &presence).await;
    let mut waiting = Vec::new();
    for _ in 0..10 {
        waiting.push(desk.waits(desk.chatflow).await);
    }
    eventually("some are assigned", || async { desk.agent_row(anna).await.active > 2 }).await;

    desk.change(Change::Capacity { agent: anna, capacity: 2 }).await;
    let active = desk.agent_row(anna).await.active;
    for _ in 0..10 {
        waiting.push(desk.waits(desk.chatflow).await);
    }
    let ben = desk.agent("ben", 40).await;
    desk.present(ben, true).await;

    until_assigned(&desk, &waiting, 20).await;
    assert!(active > 2, "{active} were assigned before");
    assert_eq!(desk.agent_row(anna).await.active, active, "none was added");
}
