//! The queue, step by step: windows, doubts, unknown endings, rows from elsewhere.

use salotto_protocol::{ConversationId, ConversationState};
use uuid::Uuid;

use super::assignment::Plan;
use super::state::{Ending, Queue, WAITING_MAX};
use super::test_support::{agent, head};
use crate::store::{AgentRow, Head};

fn id(number: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(number))
}

/// Conversations 1, 2, 3 … in the order of their waiting, all for everybody.
fn waiting(count: u128) -> Vec<Head> {
    (1..=count).map(|number| head(number, 1, i64::try_from(number).expect("small"))).collect()
}

fn queue(agents: Vec<AgentRow>, waiting: &[Head]) -> Queue {
    let mut queue = Queue::default();
    queue.read_begins();
    queue.read(agents, waiting, WAITING_MAX);
    queue
}

fn next(queue: &mut Queue) -> Option<ConversationId> {
    queue.next(1, 0).map(|plan| plan.conversation)
}

fn planned(queue: &mut Queue) -> Plan {
    queue.next(1, 0).expect("somebody can answer")
}

/// As the journal says it: the row first, then the head.
fn tell_assigned(queue: &mut Queue, plan: &Plan, row: &AgentRow) {
    queue.notice_agents(&[AgentRow { active: row.active + 1, ..row.clone() }]);
    let state = ConversationState::Assigned;
    let of_plan = waiting(9).into_iter().find(|head| head.id == plan.conversation);
    queue.committed(&Head { state, ..of_plan.expect("one of them") });
}

#[test]
fn a_promise_takes_a_slot_until_the_log_shows_it() {
    let anna = agent(1, 1);
    let mut queue = queue(vec![anna.clone()], &waiting(2));
    let plan = planned(&mut queue);
    assert_eq!((plan.conversation, plan.agent_version), (id(1), anna.version));
    assert_eq!(next(&mut queue), None, "the slot is promised");

    queue.ended(id(1), Ending::Committed);
    assert_eq!(next(&mut queue), None, "and stays so: the row does not say it yet");
    tell_assigned(&mut queue, &plan, &anna);
    assert_eq!(next(&mut queue), None, "now the row says it");
    assert_eq!(queue.len(), 1);

    queue.notice_agents(&[anna]);
    assert_eq!(next(&mut queue), Some(id(2)));
}

#[test]
fn a_commit_that_was_never_told_is_settled_by_the_next_read() {
    let anna = agent(1, 1);
    let mut queue = queue(vec![anna.clone()], &waiting(2));
    planned(&mut queue);
    queue.ended(id(1), Ending::Committed);
    queue.read_begins();
    queue.read(vec![AgentRow { active: 1, ..anna.clone() }], &waiting(2)[1..], WAITING_MAX);
    assert_eq!((next(&mut queue), queue.len()), (None, 1));
    queue.notice_agents(&[anna]);
    assert_eq!(next(&mut queue), Some(id(2)));
}

#[test]
fn a_read_that_began_before_the_end_settles_nothing() {
    let anna = agent(1, 1);
    let mut queue = queue(vec![anna.clone()], &waiting(2));
    planned(&mut queue);
    queue.read_begins();
    queue.ended(id(1), Ending::Committed);
    queue.read(vec![anna], &waiting(2), WAITING_MAX);
    assert_eq!(next(&mut queue), None, "the promise still counts");
}

#[test]
fn an_unknown_ending_is_tried_again_even_beyond_what_was_read() {
    let mut queue = queue(vec![agent(1, 1), agent(2, 1), agent(3, 1)], &waiting(3));
    for _ in 0..3 {
        planned(&mut queue);
    }
    queue.ended(id(3), Ending::Unknown);
    assert_eq!(next(&mut queue), None);
    queue.read_begins();
    let agents = vec![agent(1, 1), agent(2, 1), agent(3, 1)];
    queue.read(agents, &waiting(1), 1);
    assert_eq!(next(&mut queue), Some(id(3)));
}

#[test]
fn an_unknown_ending_that_the_read_shows_to_be_written_is_over() {
    let mut queue = queue(vec![agent(1, 5)], &waiting(2));
    planned(&mut queue);
    queue.ended(id(1), Ending::Unknown);
    queue.read_begins();
    queue.read(vec![AgentRow { active: 1, ..agent(1, 5) }], &waiting(2)[1..], WAITING_MAX);
    assert_eq!(next(&mut queue), Some(id(2)));
    assert_eq!(next(&mut queue), None);
}

#[test]
fn a_doubted_agent_gets_nothing_until_read_again_and_the_place_is_kept() {
    let (anna, ben) = (agent(1, 1), agent(2, 0));
    let mut queue = queue(vec![anna.clone(), ben], &waiting(2));
    planned(&mut queue);
    queue.ended(id(1), Ending::AgentChanged);
    assert_eq!(next(&mut queue), None);

    queue.read_begins();
    queue.read(vec![AgentRow { version: 2, ..anna }], &waiting(2), WAITING_MAX);

    let plan = planned(&mut queue);
    assert_eq!((plan.conversation, plan.agent_version), (id(1), 2));
}

#[test]
fn a_doubt_that_arose_during_a_read_outlives_it() {
    let anna = agent(1, 1);
    let mut queue = queue(vec![anna.clone()], &waiting(1));
    planned(&mut queue);
    queue.read_begins();
    queue.ended(id(1), Ending::AgentChanged);
    queue.read(vec![anna], &waiting(1), WAITING_MAX);
    assert_eq!(next(&mut queue), None);
}

#[test]
fn a_full_window_forgets_nobody_behind_it() {
    let mut queue = queue(vec![agent(1, 9)], &waiting(4));
    queue.read_begins();
    let window = [head(2, 1, 2), head(3, 1, 3)];
    queue.read(vec![agent(1, 9)], &window, window.len());
    let rest: Vec<ConversationId> = std::iter::from_fn(|| next(&mut queue)).collect();
    assert_eq!(rest, [id(2), id(3), id(4)], "1 is gone, 4 is behind the window");
}

#[test]
fn what_was_committed_during_a_read_is_newer_than_the_read() {
    let mut queue = queue(vec![agent(1, 9)], &waiting(2));
    queue.read_begins();
    queue.committed(&Head { state: ConversationState::Closed, ..head(1, 1, 1) });
    queue.committed(&head(3, 1, 3));
    queue.read(vec![agent(1, 9)], &waiting(2), WAITING_MAX);
    let rest: Vec<ConversationId> = std::iter::from_fn(|| next(&mut queue)).collect();
    assert_eq!(rest, [id(2), id(3)]);
}

#[test]
fn what_somebody_else_took_is_not_asked_for_again() {
    let mut queue = queue(vec![agent(1, 9)], &waiting(2));
    planned(&mut queue);
    queue.ended(id(1), Ending::NotWaiting);
    assert_eq!(next(&mut queue), Some(id(2)));
    assert_eq!(next(&mut queue), None);
}

#[test]
fn it_knows_since_when_each_and_the_oldest_wait() {
    let mut queue = queue(vec![agent(1, 9)], &waiting(3));
    assert_eq!(queue.oldest_since_ms(), Some(1));
    planned(&mut queue);
    assert_eq!(queue.oldest_since_ms(), Some(1), "it waits until it is written");
    assert_eq!(queue.waiting_since_ms(id(1)), Some(1));
    assert_eq!(queue.waiting_since_ms(id(3)), Some(3));
    assert_eq!(queue.waiting_since_ms(id(4)), None);
    queue.committed(&Head { state: ConversationState::Assigned, ..head(1, 1, 1) });
    assert_eq!(queue.oldest_since_ms(), Some(2));
}
