//! Writes on their way into a batch. What was put off leads: nobody overtakes in a conversation.

use std::collections::VecDeque;

use salotto_protocol::ConversationId;
use tokio::sync::mpsc;

use super::batch::Fate;
use super::write::{Done, Outcome, Target, Write};
use crate::store::Held;

/// More only makes the first ones wait: a commit of this many is no dearer per write.
pub(super) const BATCH_WRITES_MAX: usize = 256;
/// Skipped so often, a head is waited for.
const SKIPS_MAX: u32 = 2;
/// By then a frozen node has long lost its locks: somebody else sits on them, and its sender is
/// told to try again. Every other time waits for half a second.
const PUT_OFF_MAX: u32 = 24;

pub(super) struct Queue {
    fresh: mpsc::Receiver<Write>,
    put_off: VecDeque<(Write, u32)>,
    /// The last batch waited for a head: the next one does not, or it would stop everybody.
    has_waited: bool,
}

/// The next batch.
pub(super) struct Next {
    pub(super) writes: Vec<Write>,
    /// How often each was put off.
    times: Vec<u32>,
    pub(super) held: Held,
}

impl Queue {
    pub(super) fn new(fresh: mpsc::Receiver<Write>) -> Queue {
        Queue { fresh, put_off: VecDeque::new(), has_waited: false }
    }

    pub(super) fn next(&mut self) -> Next {
        let patient = self.put_off.iter().position(|(_, times)| *times >= SKIPS_MAX);
        if let Some(first) = patient.filter(|_| !self.has_waited) {
            self.has_waited = true;
            return self.alone(first);
        }
        self.has_waited = false;
        let lead = self.put_off.len().min(BATCH_WRITES_MAX);
        let (mut writes, mut times): (Vec<Write>, Vec<u32>) = self.put_off.drain(..lead).unzip();
        while writes.len() < BATCH_WRITES_MAX
            && let Ok(write) = self.fresh.try_recv()
        {
            writes.push(write);
            times.push(0);
        }
        Next { writes, times, held: Held::Skipped }
    }

    /// What was put off for the sake of one head.
    fn alone(&mut self, first: usize) -> Next {
        let head = head_of(&self.put_off[first].0);
        let (mut writes, mut times) = (Vec::new(), Vec::new());
        let mut left = VecDeque::new();
        for (n, (write, put_off)) in self.put_off.drain(..).enumerate() {
            let is_its = n == first || (head.is_some() && head_of(&write) == head);
            if is_its && writes.len() < BATCH_WRITES_MAX {
                writes.push(write);
                times.push(put_off);
            } else {
                left.push_back((write, put_off));
            }
        }
        self.put_off = left;
        Next { writes, times, held: Held::Awaited }
    }

    /// Keeps what was put off, before everything else, and gives the answers to the others.
    pub(super) fn take_back(
        &mut self,
        writes: Vec<Write>,
        times: &[u32],
        fates: Vec<Fate>,
    ) -> Vec<(Done, Outcome)> {
        let mut answers = Vec::with_capacity(writes.len());
        let mut put_off = VecDeque::new();
        for ((write, times), fate) in writes.into_iter().zip(times).zip(fates) {
            match fate {
                Fate::Answered(outcome) => answers.push((write.done, outcome)),
                Fate::PutOff if times + 1 >= PUT_OFF_MAX => {
                    answers.push((write.done, Outcome::Failed));
                }
                Fate::PutOff => put_off.push_back((write, times + 1)),
            }
        }
        put_off.append(&mut self.put_off);
        self.put_off = put_off;
        answers
    }

    pub(super) fn has_put_off(&self) -> bool {
        !self.put_off.is_empty()
    }

    /// Writes that nobody has looked at yet.
    pub(super) fn waiting(&self) -> usize {
        self.fresh.len()
    }

    pub(super) fn close(&mut self) {
        self.fresh.close();
    }
}

impl Next {
    pub(super) fn into_parts(self) -> (Vec<Write>, Vec<u32>) {
        (self.writes, self.times)
    }

    pub(super) fn is_full(&self) -> bool {
        self.writes.len() == BATCH_WRITES_MAX
    }
}

fn head_of(write: &Write) -> Option<ConversationId> {
    match &write.target {
        Target::Conversation(id) | Target::Picked(id) => Some(*id),
        Target::Start(_) => None,
    }
}
