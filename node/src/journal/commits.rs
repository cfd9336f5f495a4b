//! What the journal tells the node after each commit: bounded, and never in the commit's way.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use salotto_protocol::envelope::QueueHint;
use salotto_protocol::{ConversationId, ConversationState, Entry, EntryBody, Party, Seq};
use tokio::sync::Notify;

use crate::store::{AgentRow, Head};

/// Some seconds of a busy node; a reader further behind reads the store instead.
const STREAM_COMMITS_MAX: usize = 8_192;

/// One committed write: its entries and the head as they left it.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) head: Head,
    pub(crate) entries: Vec<Entry>,
    /// The newest seq the visitor could see before this write.
    pub(crate) visitor_seq_before: Seq,
    /// The state before this write; `None` when it started the conversation.
    pub(crate) state_before: Option<ConversationState>,
    /// Its state, assignee or slot, or that it was answered.
    pub(crate) standing_changed: bool,
}

/// What another node committed, as far as it told.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) conversation: ConversationId,
    pub(crate) head: Seq,
    /// In agents' view. Empty if they could not be read.
    pub(crate) entries: Vec<Entry>,
}

impl Elsewhere {
    /// Nothing but talk: the head's state, assignee and slot are what they were.
    pub(crate) fn is_talk(&self) -> bool {
        let is_talk = |entry: &Entry| match entry.body {
            EntryBody::Message { .. } | EntryBody::Comment { .. } => true,
            EntryBody::Welcome { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Status { .. }
            | EntryBody::Unknown(_) => false,
        };
        let is_start = self.entries.first().is_none_or(|first| first.seq == Seq(1));
        !is_start && self.entries.iter().all(is_talk)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Commit {
    Entries(Arc<Committed>),
    /// A hint: read the store for more.
    Elsewhere(Arc<Elsewhere>),
    Marks {
        conversation: ConversationId,
        party: Party,
        delivered: Seq,
        read: Seq,
    },
    /// These rows changed: status, presence, capacity, slots, name.
    Agents(Arc<Vec<AgentRow>>),
    /// Sites, inboxes or chatflows changed: read them again.
    Settings,
    /// The stream was full: commits of these conversations (and maybe agents and settings) were
    /// skipped; read them from the store.
    Skipped(HashSet<ConversationId>),
    /// The store knows now that these are followed here: what was committed before was not told.
    Attached(Arc<[ConversationId]>),
    /// Hints of other nodes were lost, of whatever.
    Lost,
    /// What the router, here or elsewhere, says of the queue. Skipped, it is said again.
    Queue(Arc<QueueHint>),
}

/// The reading end. In commit order, but for what `Skipped` names.
pub(crate) struct CommitStream(Arc<Stream>);

/// The writing ends of all streams.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<Vec<Weak<Stream>>>>);

#[derive(Default)]
struct Stream {
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Default)]
struct Queue {
    commits: VecDeque<Commit>,
    ended: bool,
}

impl CommitStream {
    /// `None` when the journal has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Commit> {
        loop {
            let filled = self.0.filled.notified();
            {
                let mut queue = self.0.queue();
                if let Some(commit) = queue.commits.pop_front() {
                    return Some(commit);
                }
                if queue.ended {
                    return None;
                }
            }
            filled.await;
        }
    }
}

impl Streams {
    pub(super) fn open(&self) -> CommitStream {
        let stream = Arc::new(Stream::default());
        self.all().push(Arc::downgrade(&stream));
        CommitStream(stream)
    }

    pub(super) fn publish(&self, commits: &[Commit]) {
        if commits.is_empty() {
            return;
        }
        self.all().retain(|stream| match stream.upgrade() {
            Some(stream) => {
                let mut queue = stream.queue();
                commits.iter().for_each(|commit| queue.push(commit));
                drop(queue);
                stream.filled.notify_one();
                true
            }
            None => false,
        });
    }

    /// Readers read what is left, then `None`.
    pub(super) fn end(&self) {
        for stream in self.all().drain(..).filter_map(|stream| stream.upgrade()) {
            stream.queue().ended = true;
            stream.filled.notify_one();
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Weak<Stream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Full, the last place holds what was skipped, so that the reader meets it in order.
    fn push(&mut self, commit: &Commit) {
        if self.commits.len() < STREAM_COMMITS_MAX {
            self.commits.push_back(commit.clone());
            return;
        }
        if !matches!(self.commits.back(), Some(Commit::Skipped(_))) {
            self.commits.push_back(Commit::Skipped(HashSet::new()));
        }
        let Some(Commit::Skipped(skipped)) = self.commits.back_mut() else { return };
        match commit {
            Commit::Entries(write) => {
                skipped.insert(write.head.id);
            }
            Commit::Marks { conversation, .. } => {
                skipped.insert(*conversation);
            }
            Commit::Elsewhere(elsewhere) => {
                skipped.insert(elsewhere.conversation);
            }
            Commit::Attached(conversations) => skipped.extend(conversations.iter()),
            Commit::Agents(_) | Commit::Settings | Commit::Lost | Commit::Queue(_) => {}
            Commit::Skipped(more) => skipped.extend(more),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(conversation: ConversationId) -> Commit {
        Commit::Marks { conversation, party: Party::Team, delivered: Seq(1), read: Seq(1) }
    }

    #[tokio::test]
    async fn a_reader_who_is_too_slow_is_told_in_order_what_was_skipped() {
        let (streams, skipped) = (Streams::default(), [ConversationId::fresh(); 2]);
        let mut stream = streams.open();
        let kept = ConversationId::fresh();

        streams.publish(&vec![mark(kept); STREAM_COMMITS_MAX]);
        streams.publish(&[mark(skipped[0]), Commit::Settings, mark(skipped[1])]);
        for _ in 0..STREAM_COMMITS_MAX {
            assert!(matches!(stream.next().await, Some(Commit::Marks { .. })));
        }
        streams.publish(&[Commit::Settings]);

        let Some(Commit::Skipped(told)) = stream.next().await else { panic!("not told") };
        assert_eq!(told, HashSet::from(skipped));
        assert!(matches!(stream.next().await, Some(Commit::Settings)));
    }

    #[tokio::test]
    async fn a_stream_never_holds_more_than_its_limit() {
        let streams = Streams::default();
        let stream = streams.open();

        streams.publish(&vec![Commit::Settings; 3 * STREAM_COMMITS_MAX]);

        assert_eq!(stream.0.queue().commits.len(), STREAM_COMMITS_MAX + 1);
    }

    #[tokio::test]
    async fn a_stream_ends_after_what_was_told() {
        let streams = Streams::default();
        let mut stream = streams.open();

        streams.publish(&[Commit::Settings]);
        streams.end();

        assert!(matches!(stream.next().await, Some(Commit::Settings)));
        assert!(stream.next().await.is_none());
    }
}
