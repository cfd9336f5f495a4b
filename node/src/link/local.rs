//! The link among nodes of one process. It carries encoded envelopes, as a wire would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use salotto_protocol::envelope::Envelope;
use tokio::sync::Notify;

use super::Hint;
use crate::metrics;

/// Envelopes that wait for one reader. A reader this far behind finds the rest in the store
/// faster than by reading on; at a few hundred bytes each it holds half a megabyte at most.
const UNREAD_ENVELOPES_MAX: usize = 1_024;

/// Where the nodes of one process meet. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LocalHub(Arc<Mutex<Hub>>);

/// One node's end. Clones are the same node.
#[derive(Clone)]
pub(crate) struct LocalLink {
    hub: LocalHub,
    node: u64,
}

/// What the other nodes published since this was made.
pub(crate) struct HintStream(Arc<Queue>);

impl LocalHub {
    pub(crate) fn new() -> LocalHub {
        LocalHub(Arc::default())
    }

    pub(crate) fn join(&self) -> LocalLink {
        let mut hub = self.lock();
        hub.nodes += 1;
        LocalLink { hub: self.clone(), node: hub.nodes }
    }

    fn lock(&self) -> MutexGuard<'_, Hub> {
        self.0.lock().expect("nothing panics while it holds the hub")
    }
}

impl LocalLink {
    pub(super) fn publish(&self, envelope: &Envelope) {
        let bytes: Arc<[u8]> = envelope.encode().into();
        let mut hub = self.hub.lock();
        hub.readers.retain(|reader| match reader.queue.upgrade() {
            None => false,
            Some(_) if reader.node == self.node => true,
            Some(queue) => {
                queue.push(bytes.clone());
                true
            }
        });
    }

    pub(super) fn has_peers(&self) -> bool {
        self.hub.lock().readers.iter().any(|reader| reader.node != self.node)
    }

    pub(super) fn hints(&self) -> HintStream {
        let queue = Arc::new(Queue::default());
        let reader = Reader { node: self.node, queue: Arc::downgrade(&queue) };
        self.hub.lock().readers.push(reader);
        HintStream(queue)
    }
}

impl HintStream {
    /// `None` when the link has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Hint> {
        loop {
            match self.0.pop() {
                Next::Bytes(bytes) => return Some(decode(&bytes)),
                Next::Lost => return Some(Hint::Lost),
                Next::Ended => return None,
                Next::Nothing => self.0.changed.notified().await,
            }
        }
    }
}

fn decode(bytes: &[u8]) -> Hint {
    Envelope::decode(bytes).map_or_else(
        |error| {
            tracing::warn!(%error, "an envelope from the link could not be read");
            metrics::link_dropped("decode_error");
            Hint::Lost
        },
        Hint::Envelope,
    )
}

#[derive(Default)]
struct Hub {
    nodes: u64,
    readers: Vec<Reader>,
}

struct Reader {
    node: u64,
    /// Gone when its stream was dropped.
    queue: Weak<Queue>,
}

/// The last link of the process is gone: nobody can publish any more.
impl Drop for Hub {
    fn drop(&mut self) {
        for queue in self.readers.iter().filter_map(|reader| reader.queue.upgrade()) {
            queue.lock().ended = true;
            queue.changed.notify_one();
        }
    }
}

/// Has one reader, so `notify_one` never wakes the wrong one.
#[derive(Default)]
struct Queue {
    unread: Mutex<Unread>,
    changed: Notify,
}

#[derive(Default)]
struct Unread {
    envelopes: VecDeque<Arc<[u8]>>,
    lost: bool,
    ended: bool,
}

enum Next {
    Bytes(Arc<[u8]>),
    Lost,
    Ended,
    Nothing,
}

impl Queue {
    fn push(&self, bytes: Arc<[u8]>) {
        let mut unread = self.lock();
        if unread.envelopes.len() < UNREAD_ENVELOPES_MAX {
            unread.envelopes.push_back(bytes);
        } else {
            unread.lost = true;
            metrics::link_dropped("buffer_full");
        }
        drop(unread);
        self.changed.notify_one();
    }

    /// A loss is told first: whoever hears of it reads the store, and that cannot be too early.
    fn pop(&self) -> Next {
        let mut unread = self.lock();
        if std::mem::take(&mut unread.lost) {
            return Next::Lost;
        }
        match unread.envelopes.pop_front() {
            Some(bytes) => Next::Bytes(bytes),
            None if unread.ended => Next::Ended,
            None => Next::Nothing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock().expect("nothing panics while it holds a queue")
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::envelope::{Envelope, MarksHint};
    use salotto_protocol::{ConversationId, Party, Seq};

    use super::*;

    fn marks(read: u32) -> Envelope {
        Envelope::Marks(MarksHint {
            conversation: ConversationId(uuid::Uuid::nil()),
            party: Party::Team,
            delivered: Seq(read),
            read: Seq(read),
        })
    }

    async fn read(hints: &mut HintStream) -> Option<u32> {
        match hints.next().await.expect("the link stands") {
            Hint::Envelope(Envelope::Marks(hint)) => Some(hint.read.0),
            Hint::Envelope(other) => panic!("never published: {other:?}"),
            Hint::Lost => None,
        }
    }

    #[tokio::test]
    async fn every_other_node_hears_what_one_publishes_in_order() {
        let hub = LocalHub::new();
        let (here, there, elsewhere) = (hub.join(), hub.join(), hub.join());
        let mut readers = [there.hints(), there.clone().hints(), elsewhere.hints()];

        (1..=3).for_each(|seq| here.publish(&marks(seq)));

        for reader in &mut readers {
            for seq in 1..=3 {
                assert_eq!(read(reader).await, Some(seq));
            }
        }
    }

    #[tokio::test]
    async fn a_node_never_hears_itself() {
        let hub = LocalHub::new();
        let (here, there) = (hub.join(), hub.join());
        let mut own = here.hints();

        here.clone().publish(&marks(1));
        there.publish(&marks(2));

        assert_eq!(read(&mut own).await, Some(2));
    }

    #[tokio::test]
    async fn a_reader_too_far_behind_is_told_once_and_keeps_what_was_queued() {
        let hub = LocalHub::new();
        let (here, there) = (hub.join(), hub.join());
        let mut hints = there.hints();
        let queued = u32::try_from(UNREAD_ENVELOPES_MAX).expect("small");

        (1..=queued + 10).for_each(|seq| here.publish(&marks(seq)));

        assert_eq!(read(&mut hints).await, None, "the loss comes first");
        for seq in 1..=queued {
            assert_eq!(read(&mut hints).await, Some(seq));
        }
        here.publish(&marks(7));
        assert_eq!(read(&mut hints).await, Some(7), "and only once");
    }

    #[tokio::test]
    async fn a_waiting_reader_wakes_up() {
        let hub = LocalHub::new();
        let (here, there) = (hub.join(), hub.join());
        let mut hints = there.hints();
        let reader = tokio::spawn(async move { read(&mut hints).await });
        tokio::task::yield_now().await;

        here.publish(&marks(1));

        assert_eq!(reader.await.expect("it reads"), Some(1));
    }

    #[tokio::test]
    async fn what_cannot_be_decoded_is_a_loss() {
        let hub = LocalHub::new();
        let (here, there) = (hub.join(), hub.join());
        let mut hints = there.hints();

        hints.0.push(Arc::from(&b"not an envelope"[..]));
        here.publish(&marks(1));

        assert_eq!(read(&mut hints).await, None);
        assert_eq!(read(&mut hints).await, Some(1));
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_last_link_after_what_was_queued() {
        let hub = LocalHub::new();
        let (here, there) = (hub.join(), hub.join());
        let mut hints = there.hints();
        here.publish(&marks(1));

        drop((hub, here, there));

        assert_eq!(read(&mut hints).await, Some(1));
        assert!(hints.next().await.is_none());
    }

    #[tokio::test]
    async fn a_dropped_stream_is_forgotten() {
        let hub = LocalHub::new();
        let (here, there) = (hub.join(), hub.join());
        drop(there.hints());
        let _kept = there.hints();

        here.publish(&marks(1));

        assert_eq!(hub.lock().readers.len(), 1);
    }
}
