//! The other nodes: who of them must hear what, told after the commit, and what they tell.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use salotto_protocol::envelope::{CommittedHint, Envelope, MarksHint, QueueHint};
use salotto_protocol::{ConversationId, EntryBody, NodeId};
use tokio::sync::{Notify, mpsc};

use super::attachments::Attachments;
use super::commits::{Commit, Committed, Elsewhere, Streams};
use super::handle::Journal;
use super::write::Change;
use crate::link::{Hint, HintStream, Link};
use crate::metrics;
use crate::store::{Attached, Store, Subject};

/// Told and not yet sent. Full, hints are dropped: whoever misses one reads the store.
const OUTGOING_MAX: usize = 8_192;
/// Looked up together.
const TOGETHER_MAX: usize = 256;
/// Attachments that come within so long are one write.
const GATHER: Duration = Duration::from_millis(5);
/// How often rows are looked for whose time is over, or peers that have come.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// A store that failed is not asked again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// This node among others.
pub(crate) struct Peers {
    pub(crate) node: NodeId,
    pub(crate) link: Link,
}

/// Cheap to clone; empty for a journal that is alone.
#[derive(Clone, Default)]
pub(super) struct Sending(Option<Arc<Shared>>);

pub(super) struct Shared {
    node: NodeId,
    link: Link,
    outgoing: mpsc::Sender<Outgoing>,
    attachments: Mutex<Attachments>,
    changed: Notify,
}

/// Something that other nodes may have to hear.
enum Outgoing {
    Committed(Arc<Committed>),
    /// Marks, typing, a page: for whoever has the conversation.
    Passing(ConversationId, Envelope),
}

impl Sending {
    pub(super) fn new(peers: Peers, store: Store) -> Sending {
        let (outgoing, waiting) = mpsc::channel(OUTGOING_MAX);
        let Peers { node, link } = peers;
        tokio::spawn(send_all(waiting, node, link.clone(), store));
        let (attachments, changed) = (Mutex::default(), Notify::new());
        Sending(Some(Arc::new(Shared { node, link, outgoing, attachments, changed })))
    }

    /// What was committed, in commit order. Alone, nothing is even looked up (REG-11).
    pub(super) fn committed(&self, commits: &[Commit]) {
        let Some(shared) = self.0.as_ref().filter(|shared| shared.link.has_peers()) else { return };
        for commit in commits {
            match commit {
                Commit::Entries(committed) => {
                    shared.queue(Outgoing::Committed(Arc::clone(committed)));
                }
                Commit::Marks { conversation, party, delivered, read } => {
                    let (conversation, party) = (*conversation, *party);
                    let (delivered, read) = (*delivered, *read);
                    let hint = MarksHint { conversation, party, delivered, read };
                    shared.queue(Outgoing::Passing(conversation, Envelope::Marks(hint)));
                }
                Commit::Agents(_)
                | Commit::Settings
                | Commit::Skipped(_)
                | Commit::Elsewhere(_)
                | Commit::Attached(_)
                | Commit::Lost
                | Commit::Queue(_) => {}
            }
        }
    }

    /// Settings, accounts or presence changed.
    pub(super) fn changed(&self) {
        if let Some(shared) = self.0.as_ref().filter(|shared| shared.link.has_peers()) {
            shared.link.announce(&Envelope::Settings);
        }
    }

    /// Everybody else may have somebody who waits.
    pub(super) fn queue_stands(&self, hint: &QueueHint) {
        if let Some(shared) = self.0.as_ref().filter(|shared| shared.link.has_peers()) {
            shared.link.announce(&Envelope::Queue(hint.clone()));
        }
    }

    /// For the nodes that have this conversation. The envelope is made only if there may be any.
    pub(super) fn pass(&self, id: ConversationId, envelope: impl FnOnce() -> Envelope) {
        if let Some(shared) = self.0.as_ref().filter(|shared| shared.link.has_peers()) {
            shared.queue(Outgoing::Passing(id, envelope()));
        }
    }

    pub(super) fn attach(&self, subject: Subject) {
        self.change(|attachments| attachments.attach(subject));
    }

    pub(super) fn detach(&self, subject: Subject) {
        self.change(|attachments| attachments.detach(subject, Instant::now()));
    }

    pub(super) fn doubt(&self, subject: Subject) {
        self.change(|attachments| attachments.doubt(subject));
    }

    pub(super) fn forgotten(&self) {
        self.change(Attachments::forgotten);
    }

    fn change(&self, change: impl FnOnce(&mut Attachments)) {
        if let Some(shared) = &self.0 {
            change(&mut shared.attachments());
            shared.changed.notify_one();
        }
    }

    /// Whether this node is attached to it now, whatever the store has been told.
    pub(super) fn is_attached(&self, subject: Subject) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.attachments().is_attached(subject))
    }

    /// Writes the attachments, in batches and in order, where anybody else may read them.
    pub(super) async fn keep_attached(self, journal: Journal, streams: Streams, store: Store) {
        let Some(shared) = self.0 else { return };
        let mut is_told = true;
        loop {
            let _ = tokio::time::timeout(LOOK_INTERVAL, shared.changed.notified()).await;
            if journal.has_ended() {
                return;
            }
            let was_told = std::mem::replace(&mut is_told, shared.is_heard(&store));
            if !is_told {
                // Nobody reads them: only what is over is forgotten.
                drop(shared.attachments().due(Instant::now()));
                continue;
            }
            if !was_told {
                shared.attachments().forgotten();
            }
            tokio::time::sleep(GATHER).await;
            let changes = shared.attachments().due(Instant::now());
            if changes.is_empty() {
                continue;
            }
            let node = shared.node;
            match journal.change(Change::Attachments { node, changes: changes.clone() }).await {
                Ok(_) => {
                    shared.changed.notify_one();
                    streams.publish(&[Commit::Attached(conversations(&changes.come).into())]);
                }
                Err(error) => {
                    tracing::warn!(%error, "attachments could not be written");
                    shared.attachments().failed(changes, Instant::now());
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }
}

impl Shared {
    /// An embedded store without peers has no other reader.
    fn is_heard(&self, store: &Store) -> bool {
        self.link.has_peers() || !store.is_embedded()
    }

    fn queue(&self, outgoing: Outgoing) {
        if self.outgoing.try_send(outgoing).is_err() {
            metrics::link_dropped("buffer_full");
        }
    }

    fn attachments(&self) -> MutexGuard<'_, Attachments> {
        self.attachments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn conversations(subjects: &[Subject]) -> Vec<ConversationId> {
    let conversation = |subject: &Subject| match subject {
        Subject::Conversation(id) => Some(*id),
        Subject::Inbox(_) | Subject::Agent(_) | Subject::Queue => None,
    };
    subjects.iter().filter_map(conversation).collect()
}

/// After the commit: whoever attached before it is in the table, and whoever attaches later reads
/// what was committed. Beside the next commit, which waits for none of this.
async fn send_all(mut waiting: mpsc::Receiver<Outgoing>, node: NodeId, link: Link, store: Store) {
    let mut together = Vec::with_capacity(TOGETHER_MAX);
    while waiting.recv_many(&mut together, TOGETHER_MAX).await > 0 {
        let mut subjects: Vec<Subject> = together.iter().flat_map(Outgoing::subjects).collect();
        subjects.sort_unstable();
        subjects.dedup();
        match store.attached(&subjects).await {
            Ok(attached) => {
                together.drain(..).for_each(|it| it.send(&attached, node, &link, &store));
            }
            Err(error) => {
                tracing::warn!(%error, "who must hear of commits could not be read");
                metrics::link_dropped_many("store", together.len());
                together.clear();
            }
        }
    }
}

impl Outgoing {
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Outgoing::Committed(committed) => {
                let head = &committed.head;
                let mut subjects = vec![Subject::Conversation(head.id), Subject::Inbox(head.inbox)];
                if committed.standing_changed {
                    subjects.push(Subject::Queue);
                }
                for entry in &committed.entries {
                    if let EntryBody::InboxChange { from, .. } = &entry.body {
                        subjects.push(Subject::Inbox(*from));
                    }
                    if let EntryBody::Assignment { from, to, .. } = &entry.body {
                        let named = from.iter().chain(to).map(|agent| Subject::Agent(agent.id));
                        subjects.extend(named);
                    }
                }
                subjects
            }
            Outgoing::Passing(id, _) => vec![Subject::Conversation(*id)],
        }
    }

    fn send(self, attached: &Attached, node: NodeId, link: &Link, store: &Store) {
        let nodes = attached.nodes(&self.subjects(), node);
        if nodes.is_empty() {
            return;
        }
        match self {
            Outgoing::Committed(committed) => {
                let entries_json =
                    serde_json::to_vec(&committed.entries).expect("entries are plain data");
                let hint = CommittedHint {
                    epoch: store.epoch(),
                    conversation: committed.head.id,
                    head: committed.head.seq,
                    entries_json,
                };
                link.send(&nodes, &Envelope::Committed(hint));
            }
            Outgoing::Passing(_, envelope) => link.send(&nodes, &envelope),
        }
    }
}

/// What other nodes committed goes down the same streams as what this one did.
pub(super) async fn hear(mut hints: HintStream, streams: Streams, store: Store) {
    while let Some(hint) = hints.next().await {
        let commit = match hint {
            Hint::Envelope(Envelope::Committed(hint)) => elsewhere(&hint, &store),
            Hint::Envelope(Envelope::Marks(hint)) => {
                let MarksHint { conversation, party, delivered, read } = hint;
                Some(Commit::Marks { conversation, party, delivered, read })
            }
            Hint::Envelope(Envelope::Settings) => Some(Commit::Settings),
            Hint::Envelope(Envelope::Queue(hint)) => queue(hint, &store),
            Hint::Lost => Some(Commit::Lost),
            // These pass by the log: conversations hear of them by themselves.
            Hint::Envelope(Envelope::Typing(_) | Envelope::Page(_)) => None,
        };
        streams.publish(commit.as_slice());
    }
}

fn queue(hint: QueueHint, store: &Store) -> Option<Commit> {
    if hint.epoch != store.epoch() {
        metrics::link_dropped("stale");
        return None;
    }
    Some(Commit::Queue(Arc::new(hint)))
}

/// Of another epoch it means nothing here. Entries that a newer node wrote in its own words are
/// read from the store, or not at all.
fn elsewhere(hint: &CommittedHint, store: &Store) -> Option<Commit> {
    if hint.epoch != store.epoch() {
        metrics::link_dropped("stale");
        return None;
    }
    let entries = serde_json::from_slice(&hint.entries_json).unwrap_or_default();
    let elsewhere = Elsewhere { conversation: hint.conversation, head: hint.head, entries };
    Some(Commit::Elsewhere(Arc::new(elsewhere)))
}
