//! Assignees, slots and waiting: what a decision may do to a head and to the agents.

use std::collections::HashSet;

use salotto_protocol::{AgentRef, AssignmentCause};

use super::*;
use crate::journal::Commit;

/// Assigns a waiting conversation, as the router does: within the capacity.
fn assigns(to: AgentId) -> Decide {
    Box::new(move |locked| {
        let agent = &locked.agents[&to];
        if locked.head.state != ConversationState::Waiting || agent.active >= agent.capacity {
            return Err(CONFLICT);
        }
        Ok(assigned(to, Slot::Take(to)))
    })
}

/// Gives it to somebody, capacity or not.
fn gives(to: AgentId, slot: Slot) -> Decide {
    Box::new(move |_| Ok(assigned(to, slot)))
}

fn assigned(to: AgentId, slot: Slot) -> Decision {
    let reference = AgentRef { id: to, name: "Anna".to_owned() };
    let cause = AssignmentCause::Policy;
    let body = EntryBody::Assignment {
        from: None,
        to: Some(reference),
        cause,
        out_of_order: 0,
        team: None,
    };
    let entries = vec![NewEntry { by: Author::System, client_id: None, body }];
    Decision { entries, state: ConversationState::Assigned, assignee: Some(to), slot }
}

/// Says so each time, and keeps the assignee.
fn closes() -> Decide {
    Box::new(|locked| {
        let body = EntryBody::Status { from: locked.head.state, to: ConversationState::Closed };
        let entries = vec![NewEntry { by: Author::System, client_id: None, body }];
        let state = ConversationState::Closed;
        Ok(Decision { entries, state, assignee: locked.head.assignee, slot: Slot::Free })
    })
}

fn to(agents: &[AgentId], conversation: ConversationId, decide: Decide) -> NewWrite {
    NewWrite { agents: agents.to_vec(), ..on(conversation, None, decide) }
}

async fn waiting(desk: &Desk) -> ConversationId {
    let id = desk.conversation().await.id;
    let wait = moves_to(ConversationState::Waiting, None);
    committed(desk.write(on(id, None, wait)).await);
    id
}

const CONFLICT: Rejection = Rejection::new(ErrorCode::Conflict, "Somebody was faster.");

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_assignments_at_once_never_exceed_a_capacity_of_three() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let mut conversations = Vec::new();
    for _ in 0..200 {
        conversations.push(waiting(&desk).await);
    }

    let outcomes: Vec<_> =
        conversations.iter().map(|id| desk.submit(to(&[agent], *id, assigns(agent)))).collect();
    let mut taken = 0;
    for outcome in outcomes {
        match wait(outcome).await {
            Outcome::Committed(_) => taken += 1,
            Outcome::Rejected(rejection) => assert_eq!(rejection, CONFLICT),
            Outcome::Failed => panic!("the store is well"),
        }
    }

    assert_eq!(taken, 3);
    assert_eq!(desk.agent_row(agent).await.active, 3);
    let mut holders = 0;
    for id in conversations {
        holders += usize::from(desk.head(id).await.slot_agent == Some(agent));
    }
    assert_eq!(holders, 3);
}

#[tokio::test]
async fn a_close_frees_the_slot_and_a_second_close_frees_nothing() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let (one, two) = (waiting(&desk).await, waiting(&desk).await);
    committed(desk.write(to(&[agent], one, assigns(agent))).await);
    committed(desk.write(to(&[agent], two, assigns(agent))).await);
    assert_eq!(desk.agent_row(agent).await.active, 2);

    for _ in 0..2 {
        committed(desk.write(on(one, None, closes())).await);
    }

    assert_eq!(desk.agent_row(agent).await.active, 1);
    let head = desk.head(one).await;
    assert_eq!((head.slot_agent, head.assignee), (None, Some(agent)));
}

#[tokio::test]
async fn a_transfer_moves_the_slot_and_taking_ones_own_slot_again_counts_once() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 1).await;
    let ben = desk.agent("ben@example.com", 1).await;
    let id = waiting(&desk).await;
    committed(desk.write(to(&[anna], id, assigns(anna))).await);

    committed(desk.write(to(&[anna], id, gives(anna, Slot::Take(anna)))).await);
    assert_eq!(desk.agent_row(anna).await.active, 1);
    committed(desk.write(to(&[ben], id, gives(ben, Slot::Take(ben)))).await);

    assert_eq!(desk.agent_row(anna).await.active, 0);
    assert_eq!(desk.agent_row(ben).await.active, 1);
    assert_eq!(desk.head(id).await.slot_agent, Some(ben));
}

/// CAP-5
#[tokio::test]
async fn messages_keep_a_slot_in_use_and_a_comment_does_not() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let id = waiting(&desk).await;
    let asked = desk.head(id).await;
    let visitor = Visitor { id: asked.visitor, inbox: asked.inbox };
    desk.store.tamper("UPDATE conversations SET active_at_ms = 7").await;

    committed(desk.write(to(&[agent], id, assigns(agent))).await);
    let taken = desk.head(id).await;
    assert_eq!(taken.active_at_ms, taken.last_at_ms, "since it was taken");
    desk.store.tamper("UPDATE conversations SET active_at_ms = 7").await;
    let comment = ClientId::fresh();
    committed(desk.write(on(id, Some(comment), comments(comment, "a note"))).await);
    assert_eq!(desk.head(id).await.active_at_ms, 7);
    for by in [anna(), Author::Visitor { id: visitor.id }] {
        desk.store.tamper("UPDATE conversations SET active_at_ms = 7").await;
        let client_id = ClientId::fresh();
        committed(desk.write(on(id, Some(client_id), says(by, client_id, "hello"))).await);
        let head = desk.head(id).await;
        assert_eq!(head.active_at_ms, head.last_at_ms);
    }
    // A release before this rule knows nothing of the column.
    desk.store.tamper("UPDATE conversations SET active_at_ms = NULL").await;
    let head = desk.head(id).await;
    assert_eq!(head.active_at_ms, head.last_at_ms);
    let slots = desk.store.taken_slots(10).await.unwrap();
    assert_eq!(slots.iter().map(|it| it.active_at_ms).collect::<Vec<_>>(), [head.last_at_ms]);
}

/// CAP-3, CAP-22
#[tokio::test]
async fn tickets_and_chats_are_counted_apart_and_each_is_freed_as_what_it_was() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let (chat, ticket) = (waiting(&desk).await, waiting(&desk).await);
    let counted = async || {
        assert!(desk.store.slots_miscounted().await.unwrap().is_empty());
        let row = desk.agent_row(agent).await;
        (row.active, row.tickets)
    };

    committed(desk.write(to(&[agent], chat, gives(agent, Slot::Take(agent)))).await);
    committed(desk.write(to(&[agent], ticket, gives(agent, Slot::TakeTicket(agent)))).await);
    assert_eq!(counted().await, (1, 1));
    let slots = desk.store.taken_slots(10).await.unwrap();
    assert_eq!(slots.iter().map(|it| it.conversation).collect::<Vec<_>>(), [chat], "it may lapse");
    committed(desk.write(to(&[agent], chat, gives(agent, Slot::TakeTicket(agent)))).await);
    assert_eq!(counted().await, (0, 2), "it became a ticket");
    committed(desk.write(on(ticket, None, closes())).await);
    assert_eq!(counted().await, (0, 1));
    committed(desk.write(to(&[agent], chat, gives(agent, Slot::Take(agent)))).await);
    assert_eq!(counted().await, (1, 0), "and a chat again");

    desk.store.tamper("UPDATE agents SET tickets = 5").await;
    let found = desk.store.slots_miscounted().await.unwrap();
    assert_eq!(found.iter().map(|it| (it.active, it.held)).collect::<Vec<_>>(), [(5, 0)]);
}

/// CAP-7
#[tokio::test]
async fn a_slot_becomes_free_without_an_entry_and_is_counted_once() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let id = waiting(&desk).await;
    committed(desk.write(to(&[agent], id, assigns(agent))).await);
    let before = desk.head(id).await;
    let frees = || -> Decide {
        Box::new(|locked| Ok(Decision { slot: Slot::Free, ..stay(locked, Vec::new()) }))
    };

    for _ in 0..2 {
        committed(desk.write(on(id, None, frees())).await);
        let head = desk.head(id).await;
        assert_eq!(head, Head { slot_agent: None, ..before.clone() });
        assert_eq!(desk.agent_row(agent).await.active, 0);
    }
    assert!(desk.store.slots_miscounted().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_assignment_number_grows_only_with_a_change_of_assignee() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 1).await;
    let ben = desk.agent("ben@example.com", 1).await;
    let id = waiting(&desk).await;

    let mut numbers = Vec::new();
    for agent in [anna, anna, ben] {
        committed(desk.write(to(&[anna, ben], id, gives(agent, Slot::Keep))).await);
        numbers.push(desk.head(id).await.assignment);
    }

    assert_eq!(numbers, [1, 1, 2]);
}

#[tokio::test]
async fn it_waits_since_it_began_to_wait_and_no_longer_than_it_waits() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 1).await;
    let head = desk.conversation().await;
    let visitor = Visitor { id: head.visitor, inbox: head.inbox };
    let wait = moves_to(ConversationState::Waiting, None);
    let since = committed(desk.write(on(head.id, None, wait)).await).at_ms;
    desk.store.tamper("UPDATE conversations SET last_at_ms = last_at_ms + 5000").await;

    committed(desk.write(visitor.says(head.id, ClientId::fresh(), "still here")).await);
    let waiting = desk.head(head.id).await;
    committed(desk.write(to(&[agent], head.id, assigns(agent))).await);
    let assigned = desk.head(head.id).await;

    assert_eq!(waiting.waiting_since_ms, Some(since));
    assert_eq!(assigned.waiting_since_ms, None);
    assert!(desk.store.waiting(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_batch_tells_of_each_agent_whose_slots_changed() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 5).await;
    let ben = desk.agent("ben@example.com", 5).await;
    let (one, two) = (waiting(&desk).await, waiting(&desk).await);
    let mut stream = desk.journal.commits();

    let first = desk.submit(to(&[anna], one, assigns(anna)));
    let second = desk.submit(to(&[ben], two, assigns(ben)));
    committed(wait(first).await);
    committed(wait(second).await);

    let mut told = HashSet::new();
    while told.len() < 2 {
        if let Commit::Agents(rows) = stream.next().await.unwrap() {
            told.extend(rows.iter().map(|row| (row.id, row.active)));
        }
    }
    assert_eq!(told, HashSet::from([(anna, 1), (ben, 1)]));
}

#[tokio::test]
async fn a_slot_of_an_agent_who_was_not_named_is_a_mistake_that_harms_nobody() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 1).await;
    let id = waiting(&desk).await;

    let outcome = desk.write(on(id, None, gives(agent, Slot::Take(agent)))).await;

    assert_eq!(rejected(outcome), ErrorCode::Internal);
    assert_eq!(desk.head(id).await.state, ConversationState::Waiting);
}
