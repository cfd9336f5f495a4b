//! What the router tells all nodes of the queue: a bounded digest, when it changed. Pure.
//!
//! However many wait, a digest names the first ones alone, so that it costs the same with ten and
//! with ten thousand; whoever is further behind is told that. Lost, it is made good by the next.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use salotto_protocol::envelope::QueueLine;
use salotto_protocol::{ChatflowId, ConversationState, ShowQueue};

use super::pace::Pace;
use super::state::Queue;
use crate::journal::Commit;
use crate::store::Head;

/// How often it is looked whether something is to be told.
pub(super) const TOLD_EVERY: Duration = Duration::from_secs(2);
/// As long as somebody waits, it is told again: to nodes that are new, or have missed it.
const REPEATED_EVERY: Duration = Duration::from_secs(10);
/// Of one chatflow. To be two hundredth or three hundredth is all the same.
const LINE_MAX: usize = 200;
/// Of all chatflows together: 16 bytes each.
const PLACES_MAX: usize = 2_000;
/// Chatflows; those beyond tell nothing.
const LINES_MAX: usize = 1_000;
const _: () = assert!(LINES_MAX <= PLACES_MAX, "each has one at least");

#[derive(Default)]
pub(super) struct Digests {
    paces: HashMap<ChatflowId, Pace>,
    told: Option<(Vec<QueueLine>, Instant)>,
}

/// Conversations that are about to leave the queue for an agent.
pub(super) struct Leaving(Vec<ChatflowId>);

impl Digests {
    /// To be asked before the queue takes the commit in, and told by `left` after.
    pub(super) fn leaving(queue: &Queue, commit: &Commit) -> Leaving {
        match commit {
            Commit::Entries(committed) => Digests::leaving_by(queue, [&committed.head]),
            Commit::Elsewhere(_)
            | Commit::Marks { .. }
            | Commit::Agents(_)
            | Commit::Settings
            | Commit::Skipped(_)
            | Commit::Attached(_)
            | Commit::Lost
            | Commit::Queue(_) => Leaving(Vec::new()),
        }
    }

    /// As they are after the change.
    pub(super) fn leaving_by<'a>(
        queue: &Queue,
        heads: impl IntoIterator<Item = &'a Head>,
    ) -> Leaving {
        let is_taken = |head: &&Head| {
            head.state == ConversationState::Assigned && queue.waiting_since_ms(head.id).is_some()
        };
        Leaving(heads.into_iter().filter(is_taken).map(|head| head.chatflow).collect())
    }

    pub(super) fn left(&mut self, queue: &Queue, leaving: Leaving, now: Instant) {
        for chatflow in leaving.0 {
            let (_, waiting) = queue.line(chatflow, 0);
            self.paces.entry(chatflow).or_default().taken(now, waiting > 0);
        }
    }

    /// What is to be told now, if there is anything new, or somebody may have missed it.
    pub(super) fn due(&mut self, queue: &Queue, now: Instant) -> Option<Vec<QueueLine>> {
        let shown = &queue.shown()[..queue.shown().len().min(LINES_MAX)];
        let ids: HashSet<ChatflowId> = shown.iter().map(|(id, _)| *id).collect();
        self.paces.retain(|id, _| ids.contains(id));
        let max = LINE_MAX.min(PLACES_MAX / shown.len().max(1));
        let mut lines = Vec::with_capacity(shown.len());
        for (chatflow, show) in shown {
            lines.push(self.line(queue, *chatflow, *show, Look { max, now }));
        }
        let is_due = match &self.told {
            None => !lines.is_empty(),
            Some((told, _)) if *told != lines => true,
            Some((_, at)) => {
                now >= *at + REPEATED_EVERY && lines.iter().any(|line| line.waiting > 0)
            }
        };
        is_due.then(|| {
            self.told = Some((lines.clone(), now));
            lines
        })
    }

    fn line(
        &mut self,
        queue: &Queue,
        chatflow: ChatflowId,
        show: ShowQueue,
        look: Look,
    ) -> QueueLine {
        let (first, waiting) = queue.line(chatflow, look.max);
        if waiting == 0 {
            self.paces.entry(chatflow).or_default().ran_empty();
        }
        let says = show.expected_wait && waiting > 0 && queue.is_staffed(chatflow);
        let pace = self.paces.get(&chatflow).filter(|_| says);
        let interval_ms = pace.and_then(|pace| pace.interval_ms(look.now));
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        QueueLine { chatflow, first, waiting, interval_ms }
    }
}

/// One look at all lines.
#[derive(Clone, Copy)]
struct Look {
    /// Of each.
    max: usize,
    now: Instant,
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
