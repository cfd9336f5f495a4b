//! Conversations with a promise on a real store and journal: never missed, and picked up in turn
//! whether the visitor is there or not (BY-15).

use std::time::Duration;

use ractor::ActorStatus;
use salotto_protocol::{
    AgentId, ChatflowId, ConversationId, ConversationState, EntryBody, NodeId, Seq, View,
};
use tokio::sync::oneshot;

use super::tests::presence_of;
use super::{Manners, Patience, Router, miss};
use crate::clock;
use crate::journal::Outcome;
use crate::presence::Presence;
use crate::test_support::{Desk, eventually};

/// Of `Desk`, and for ever.
const NODE: NodeId = NodeId(uuid::Uuid::nil());
const MINUTE_MS: i64 = 60_000;

async fn presence(desk: &Desk) -> Presence {
    presence_of(desk, NODE).await
}

/// Whoever is gone for so long is missed.
async fn routed(desk: &Desk, presence: &Presence, missed_after: Duration) -> Router {
    let patience = Patience { requeue_grace: Duration::from_secs(600), missed_after };
    let (journal, store) = (desk.journal.clone(), desk.store.clone());
    let manners = Manners { patience, letters: None };
    let router = Router::start(presence.clone(), journal, store, manners, desk.root.clone());
    router.await.expect("a router")
}

async fn until_assigned(desk: &Desk, id: ConversationId, to: AgentId) {
    eventually("it is assigned", || async { desk.head(id).await.assignee == Some(to) }).await;
}

/// All that this agent was given, in that order.
async fn given(desk: &Desk, agent: AgentId, of: &[ConversationId]) -> Vec<ConversationId> {
    let mut given = Vec::new();
    for id in of {
        for entry in desk.store.entries_after(*id, View::Agent, Seq(0), 50).await.expect("read") {
            if let EntryBody::Decision { decision } = &entry.body {
                assert_eq!(decision.chosen, agent);
                given.push((entry.at_ms, *id));
            }
        }
    }
    given.sort_by_key(|(at_ms, _)| *at_ms);
    given.into_iter().map(|(_, id)| id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_15_who_was_promised_an_answer_may_leave_and_is_assigned_in_turn() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let _router = routed(&desk, &presence, Duration::from_millis(400)).await;
    let promised = desk.waits(desk.chatflow).await;
    desk.promises(promised, clock::now_ms() + 60 * MINUTE_MS).await;
    let gone = desk.waits(desk.chatflow).await;
    let is_missed = || async { desk.head(gone).await.missed_at_ms.is_some() };
    eventually("who has no promise is missed", is_missed).await;

    let head = desk.head(promised).await;
    assert_eq!((head.state, head.missed_at_ms), (ConversationState::Waiting, None));
    let agent = desk.agent("anna", 1).await;
    desk.present(agent, true).await;

    until_assigned(&desk, promised, agent).await;
    let head = desk.head(promised).await;
    assert!(head.due_at_ms.is_some() && head.email.is_some(), "it is still owed");
    assert_eq!(desk.agent_row(agent).await.active, 1);
    assert!(crate::store::verify(&desk.store).await.expect("read").is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn by_15_the_write_that_misses_spares_a_promise_that_the_router_has_not_seen() {
    let desk = Desk::new().await;
    let presence = presence(&desk).await;
    let term = presence.term().borrow().expect("the only node has the lease");
    let id = desk.waits(desk.chatflow).await;
    desk.promises(id, clock::now_ms() + MINUTE_MS).await;

    let (answer, outcome) = oneshot::channel();
    let done = Box::new(move |outcome| answer.send(outcome).expect("awaited"));
    desk.journal.submit(miss::write(id, &desk.journal, term, done)).expect("room");

    assert_eq!(outcome.await.expect("answered"), Outcome::Rejected(miss::PROMISED));
    assert_eq!(desk.head(id).await.state, ConversationState::Waiting);
}

/// One agent with one slot, who closes what they get; the next router knows nothing of the last.
#[tokio::test(flavor = "multi_thread")]
async fn by_15_two_chatflows_take_turns_over_the_death_of_a_router_and_nobody_is_above_the_limit() {
    let desk = Desk::new().await;
    let other = ChatflowId::fresh();
    desk.put_chatflow(other, &[], 2).await;
    let presence = presence(&desk).await;
    let due_at_ms = clock::now_ms() + 60 * MINUTE_MS;
    let (mut promised, mut live) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let id = desk.waits(desk.chatflow).await;
        desk.promises(id, due_at_ms).await;
        promised.push(id);
    }
    for _ in 0..4 {
        live.push(desk.waits(other).await);
    }
    let agent = desk.agent("anna", 1).await;
    desk.present(agent, true).await;
    let all: Vec<ConversationId> = promised.iter().chain(&live).copied().collect();

    let patience = Duration::from_secs(600);
    let (mut router, elsewhere) = (routed(&desk, &presence, patience).await, NodeId::fresh());
    for count in 1..=all.len() {
        eventually("the next one", || async { given(&desk, agent, &all).await.len() == count })
            .await;
        assert_eq!(desk.agent_row(agent).await.active, 1, "never above the limit");
        let taken = *given(&desk, agent, &all).await.last().expect("one");
        if count == 4 {
            let was = router.actor.borrow().clone().expect("it is the router");
            router.stop();
            eventually("it has ended", || async { was.get_status() == ActorStatus::Stopped }).await;
            router = routed(&desk, &presence_of(&desk, elsewhere).await, patience).await;
        }
        desk.closes(taken).await;
    }

    let order = given(&desk, agent, &all).await;
    let of_promises =
        |ids: &[ConversationId]| ids.iter().filter(|it| promised.contains(it)).count();
    for turns in [&order[..2], &order[2..4], &order[4..6], &order[6..8]] {
        assert_eq!(of_promises(turns), 1, "one of each: {order:?}");
    }
    let of = |these: &[ConversationId]| -> Vec<ConversationId> {
        order.iter().copied().filter(|id| these.contains(id)).collect()
    };
    assert_eq!((of(&promised), of(&live)), (promised.clone(), live.clone()), "oldest first");
}
