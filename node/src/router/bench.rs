//! Decisions one after the other, over a queue as long as it gets.

use salotto_protocol::{ConversationState, Seq};

use super::state::{Ending, Queue, WAITING_MAX};
use super::test_support;
use crate::store::Head;

const CHATFLOW: u128 = 1;
const CAPACITY: u32 = 5;

/// A queue that stays as it is: whoever is assigned makes room for another one who waits, and is
/// dealt with at once.
pub struct Decisions {
    queue: Queue,
    next: u128,
}

impl Decisions {
    /// Of the agents every fifth has room; of those who wait the router knows the oldest 20,000.
    pub fn new(agents: u32, waiting: u32) -> Decisions {
        let team = (1..=agents).map(|number| {
            let mut agent = test_support::agent(u128::from(number), CAPACITY);
            agent.active = if number % 5 == 0 { number % CAPACITY } else { CAPACITY };
            agent
        });
        let known = usize::try_from(waiting).unwrap_or(usize::MAX).min(WAITING_MAX);
        let heads: Vec<Head> = (1..).take(known).map(waits).collect();
        let mut queue = Queue::default();
        queue.read_begins();
        queue.read(team.collect(), &heads, WAITING_MAX);
        Decisions { queue, next: known as u128 }
    }

    /// Who gets the oldest one; with the record that says why.
    pub fn decide(&mut self) -> usize {
        self.next += 1;
        let seed = u32::try_from(self.next % 1_000_003).expect("small");
        let plan = self.queue.next(seed, 0);
        let plan = plan.expect("somebody waits, and somebody has room");
        let mut head = waits(plan.conversation.0.as_u128());
        head.state = ConversationState::Assigned;
        head.seq = Seq(2);
        self.queue.ended(plan.conversation, Ending::Committed);
        self.queue.committed(&head);
        self.queue.committed(&waits(self.next));
        plan.record.candidates.len()
    }
}

fn waits(number: u128) -> Head {
    test_support::head(number, CHATFLOW, i64::try_from(number).expect("a few thousand"))
}
