//! The journal as the rest of the node sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ractor::{Actor, ActorCell, ActorRef, ActorStatus, SpawnErr};
use salotto_protocol::envelope::{Envelope, QueueHint};
use salotto_protocol::{ConversationId, NodeId, Party, Seq};
use tokio::sync::mpsc;

use super::actor::{JournalActor, MARKS_DELAY, Msg, Shared, State};
use super::commits::{Commit, CommitStream, Streams};
use super::marks::Added;
use super::pace::Pace;
use super::peers::{self, Peers, Sending};
use super::queue::Queue;
use super::write::{Busy, Candidacy, Change, Changed, Renewed, Write};
use super::{checkpointer, delivery};
use crate::ask::{Unanswered, ask};
use crate::store::{ClaimedMail, Mark, Store, StoreError, Subject};

/// A fifth of a second of full speed: a sender who waited longer would rather be told `busy`.
const QUEUE_WRITES_MAX: usize = 4_096;
/// Each may take as long as an `ask`.
const DRAIN_TRIES_MAX: u32 = 6;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    actor: ActorRef<Msg>,
    queue: mpsc::Sender<Write>,
    streams: Streams,
    sending: Sending,
    shared: Arc<Shared>,
}

impl Journal {
    /// Alone: for commands, and wherever no other node is.
    pub(crate) async fn start(store: Store, supervisor: ActorCell) -> Result<Journal, SpawnErr> {
        Journal::with(store, Sending::default(), supervisor).await
    }

    /// Tells other nodes what is committed, and tells this one what they commit.
    pub(crate) async fn linked(
        store: Store,
        peers: Peers,
        supervisor: ActorCell,
    ) -> Result<Journal, SpawnErr> {
        let hints = peers.link.hints();
        let sending = Sending::new(peers, store.clone());
        let journal = Journal::with(store.clone(), sending, supervisor).await?;
        tokio::spawn(peers::hear(hints, journal.streams.clone(), store.clone()));
        let (sending, streams) = (journal.sending.clone(), journal.streams.clone());
        tokio::spawn(sending.keep_attached(journal.clone(), streams, store));
        Ok(journal)
    }

    async fn with(
        store: Store,
        sending: Sending,
        supervisor: ActorCell,
    ) -> Result<Journal, SpawnErr> {
        let (queue, queued) = mpsc::channel(QUEUE_WRITES_MAX);
        let streams = Streams::default();
        let shared = Arc::new(Shared::default());
        let state = State {
            queue: Queue::new(queued),
            pace: if store.is_embedded() { Pace::of_file() } else { Pace::of_server() },
            repeats_until: None,
            deliveries: delivery::start(streams.clone(), sending.clone()),
            checkpoints: checkpointer::start(store.clone()),
            entries: 0,
        };
        let actor = JournalActor { store, shared: Arc::clone(&shared) };
        let (actor, _) = Actor::spawn_linked(None, actor, state, supervisor).await?;
        Ok(Journal { actor, queue, streams, sending, shared })
    }

    /// Takes a write into the queue; its `done` runs when it is decided. Full is `Busy`, and
    /// then `done` never runs and nothing was written.
    pub(crate) fn submit(&self, write: Write) -> Result<(), Busy> {
        self.queue.try_send(write).map_err(|_| Busy)?;
        if !self.shared.awake.swap(true, Ordering::SeqCst) {
            let _ = self.actor.cast(Msg::Wake);
        }
        Ok(())
    }

    /// Raises marks, soon: coalesced, max-merged, told to the commit streams once stored.
    pub(crate) fn mark(
        &self,
        conversation: ConversationId,
        party: Party,
        delivered: Seq,
        read: Seq,
    ) {
        match self.shared.marks.add(Mark { conversation, party, delivered, read }) {
            Added::First => {
                self.actor.send_after(MARKS_DELAY, || Msg::FlushMarks);
            }
            Added::More => {}
        }
    }

    /// Changes settings, accounts or presence on the write connection and waits for the commit.
    pub(crate) async fn change(&self, change: Change) -> Result<Changed, StoreError> {
        let change = Box::new(change);
        ask(&self.actor, |reply| Msg::Change(change, reply))
            .await
            .unwrap_or(Err(StoreError::Unanswered))
    }

    /// Says that this node lives, and takes or renews the router's lease if it stands for it.
    pub(crate) async fn renew(
        &self,
        node: NodeId,
        candidacy: Candidacy,
    ) -> Result<Renewed, StoreError> {
        ask(&self.actor, |reply| Msg::Renew(node, candidacy, reply))
            .await
            .unwrap_or(Err(StoreError::Unanswered))
    }

    /// So many mails that are due, the oldest first: nobody else sends them for `lease_ms`.
    pub(crate) async fn claim_mails(
        &self,
        count_max: u32,
        lease_ms: u32,
    ) -> Result<Vec<ClaimedMail>, StoreError> {
        ask(&self.actor, |reply| Msg::ClaimMails(count_max, lease_ms, reply))
            .await
            .unwrap_or(Err(StoreError::Unanswered))
    }

    /// A bounded copy, from now on, of everything that is committed.
    pub(crate) fn commits(&self) -> CommitStream {
        self.streams.open()
    }

    /// From now on this node hears what other nodes commit to it.
    pub(crate) fn attach(&self, subject: Subject) {
        self.sending.attach(subject);
    }

    /// A minute later it no longer does.
    pub(crate) fn detach(&self, subject: Subject) {
        self.sending.detach(subject);
    }

    /// Whether anybody is here for it now.
    pub(crate) fn is_attached(&self, subject: Subject) -> bool {
        self.sending.is_attached(subject)
    }

    /// It did not hear: the store is told once more that it wants to.
    pub(crate) fn doubt(&self, subject: Subject) {
        self.sending.doubt(subject);
    }

    /// The store has lost what it was told of this node's attachments.
    pub(crate) fn attachments_forgotten(&self) {
        self.sending.forgotten();
    }

    /// Something beside the log, for the nodes that have the conversation. May be lost.
    pub(crate) fn pass(&self, id: ConversationId, envelope: impl FnOnce() -> Envelope) {
        self.sending.pass(id, envelope);
    }

    /// Tells this node and all others who stands where in the queue. May be lost.
    pub(crate) fn queue_stands(&self, hint: QueueHint) {
        self.sending.queue_stands(&hint);
        self.streams.publish(&[Commit::Queue(Arc::new(hint))]);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.actor.get_status() == ActorStatus::Stopped
    }

    /// Commits what is queued and takes nothing more. An error: it did not within half a minute,
    /// or cannot any more; whether all was written is unknown.
    pub(crate) async fn drain(&self) -> Result<(), Unanswered> {
        for _ in 0..DRAIN_TRIES_MAX {
            if ask(&self.actor, Msg::Drain).await.is_ok() {
                return Ok(());
            }
        }
        tracing::error!("the journal could not be drained in time");
        Err(Unanswered)
    }
}
