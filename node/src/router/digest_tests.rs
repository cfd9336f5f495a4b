//! The digest of the queue: who is named, what it costs, when it is told.

use std::sync::Arc;

use salotto_protocol::{AgentStatus, ConversationId, InboxId, SiteId};
use uuid::Uuid;

use super::super::state::WAITING_MAX;
use super::super::test_support::{agent, head};
use super::*;
use crate::journal::Committed;
use crate::store::{AgentRow, ChatflowRow, Settings};

const SHOWN: ShowQueue = ShowQueue { position: true, expected_wait: true };

fn chatflow(number: u128, show_queue: ShowQueue) -> ChatflowRow {
    let settings = serde_json::json!({"name": "Shop", "assign": true, "show_queue": show_queue});
    ChatflowRow {
        id: ChatflowId(Uuid::from_u128(number)),
        site: SiteId(Uuid::nil()),
        inbox: InboxId(Uuid::nil()),
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(settings).expect("settings"),
    }
}

/// Conversations 1, 2, 3 … of one chatflow, and an agent with all hands full.
fn queue(chatflows: &[ChatflowRow], count: u128, agent: AgentRow) -> Queue {
    let since = |number| i64::try_from(number).expect("small");
    let heads: Vec<Head> = (1..=count).map(|number| head(number, 1, since(number))).collect();
    let mut queue = Queue::default();
    queue.set_rules(&Settings { chatflows: chatflows.to_vec(), ..Settings::default() });
    queue.read_begins();
    queue.read(vec![agent], &heads, WAITING_MAX);
    queue
}

fn ids(numbers: impl IntoIterator<Item = u128>) -> Vec<ConversationId> {
    numbers.into_iter().map(|number| ConversationId(Uuid::from_u128(number))).collect()
}

/// An agent takes the oldest.
fn take(digests: &mut Digests, queue: &mut Queue, number: u128, now: Instant) {
    let state = ConversationState::Assigned;
    let taken = Head { state, ..head(number, 1, 1) };
    let commit = Commit::Entries(Arc::new(Committed {
        head: taken.clone(),
        entries: Vec::new(),
        visitor_seq_before: taken.visitor_seq,
        state_before: Some(ConversationState::Waiting),
        standing_changed: true,
    }));
    let leaving = Digests::leaving(queue, &commit);
    queue.committed(&taken);
    digests.left(queue, leaving, now);
}

#[test]
fn it_names_the_first_of_the_queue_oldest_first_and_says_how_many_wait() {
    let now = Instant::now();
    let few = queue(&[chatflow(1, SHOWN)], 3, agent(1, 0));
    let lines = Digests::default().due(&few, now).expect("the first");
    assert_eq!((lines[0].first.clone(), lines[0].waiting), (ids(1..=3), 3));

    let crowd = queue(&[chatflow(1, SHOWN)], 10_000, agent(1, 0));
    let lines = Digests::default().due(&crowd, now).expect("the first");
    assert_eq!((lines[0].first.clone(), lines[0].waiting), (ids(1..=200), 10_000));
}

#[test]
fn all_lines_together_are_bounded() {
    let chatflows: Vec<ChatflowRow> = (1..=1_500).map(|number| chatflow(number, SHOWN)).collect();
    let crowd = queue(&chatflows, 10_000, agent(1, 0));

    let lines = Digests::default().due(&crowd, Instant::now()).expect("the first");

    assert_eq!(lines.len(), LINES_MAX);
    assert!(lines.iter().map(|line| line.first.len()).sum::<usize>() <= PLACES_MAX);
}

/// CAP-9
#[test]
fn a_chatflow_that_does_not_show_its_queue_is_not_in_it() {
    let hidden = [chatflow(1, ShowQueue::default())];
    let mut digests = Digests::default();
    assert_eq!(digests.due(&queue(&hidden, 3, agent(1, 0)), Instant::now()), None);

    let shown = queue(&[chatflow(1, SHOWN)], 3, agent(1, 0));
    assert!(digests.due(&shown, Instant::now()).is_some());
    let taken_back = digests.due(&queue(&hidden, 3, agent(1, 0)), Instant::now());
    assert_eq!(taken_back, Some(Vec::new()));
}

#[test]
fn it_is_told_when_it_changed_and_again_after_a_while_as_long_as_somebody_waits() {
    let (mut digests, mut now) = (Digests::default(), Instant::now());
    let mut queue = queue(&[chatflow(1, SHOWN)], 1, agent(1, 0));
    assert!(digests.due(&queue, now).is_some());
    assert_eq!(digests.due(&queue, now + TOLD_EVERY), None);
    now += REPEATED_EVERY;
    assert!(digests.due(&queue, now).is_some(), "somebody may have missed it");
    take(&mut digests, &mut queue, 1, now);
    let empty = digests.due(&queue, now).expect("a change");
    assert_eq!((empty[0].first.len(), empty[0].waiting), (0, 0));
    assert_eq!(digests.due(&queue, now + REPEATED_EVERY), None);
}

/// CAP-9
#[test]
fn the_expected_wait_follows_the_pace_and_is_unknown_while_nobody_is_there() {
    const MINUTE: Duration = Duration::from_secs(60);
    let (mut digests, mut now) = (Digests::default(), Instant::now());
    let mut queue = queue(&[chatflow(1, SHOWN)], 9, agent(1, 0));
    for number in 1..=5 {
        let lines = digests.due(&queue, now).expect("a change");
        assert_eq!(lines[0].interval_ms.is_some(), number == 5, "after {number}");
        take(&mut digests, &mut queue, number, now);
        now += MINUTE;
    }
    let told = digests.due(&queue, now).expect("a change")[0].interval_ms.expect("known");
    assert!((55_000..=65_000).contains(&told), "{told}");

    let away = AgentRow { status: AgentStatus::Away, version: 2, ..agent(1, 0) };
    queue.notice_agents(&[away]);
    assert_eq!(digests.due(&queue, now).expect("a change")[0].interval_ms, None);
}
