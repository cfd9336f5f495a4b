//! Who reads the hints on this node: a bounded queue each, and what is told when one overflows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use salotto_protocol::envelope::{Envelope, EnvelopeError};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Hint;
use crate::metrics;

/// Envelopes that wait for one reader. A reader this far behind finds the rest in the store
/// faster than by reading on; at a few hundred bytes each it holds half a megabyte at most.
pub(super) const UNREAD_ENVELOPES_MAX: usize = 1_024;
/// A loss makes a reader look into the store for all that it follows: not more often than this,
/// though every envelope of a newer node is a loss to an older one.
pub(super) const LOST_PAUSE: Duration = Duration::from_millis(250);

/// All readers of one node.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<Weak<Queue>>>);

/// What the other nodes sent since this was made.
pub(crate) struct HintStream {
    queue: Arc<Queue>,
    lost_told_at: Option<Instant>,
}

impl Readers {
    pub(super) fn add(&self) -> HintStream {
        let queue = Arc::new(Queue::default());
        self.lock().push(Arc::downgrade(&queue));
        HintStream { queue, lost_told_at: None }
    }

    /// Decodes once, for all readers. What cannot be read is a loss: a newer node may have said
    /// something that this one does not know yet.
    pub(super) fn take(&self, bytes: &[u8]) {
        match Envelope::decode(bytes) {
            Ok(envelope) => {
                metrics::link_received(envelope.name(), bytes.len());
                let envelope = Arc::new(envelope);
                self.each(|queue| queue.push(envelope.clone()));
            }
            Err(error) => {
                metrics::link_dropped(reason(&error));
                tracing::debug!(%error, "an envelope from the link could not be read");
                self.lose();
            }
        }
    }

    /// Something may have been missed.
    pub(super) fn lose(&self) {
        self.each(Queue::lose);
    }

    /// Nothing will come any more.
    pub(super) fn end(&self) {
        self.each(Queue::end);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().iter().all(|reader| reader.strong_count() == 0)
    }

    /// Forgets those whose stream was dropped.
    fn each(&self, tell: impl Fn(&Queue)) {
        self.lock().retain(|reader| {
            reader.upgrade().is_some_and(|queue| {
                tell(&queue);
                true
            })
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Queue>>> {
        self.0.lock().expect("nothing panics while it holds the readers")
    }
}

fn reason(error: &EnvelopeError) -> &'static str {
    match error {
        EnvelopeError::UnknownVersion(_) | EnvelopeError::UnknownKind(_) => "unknown",
        EnvelopeError::NotAnEnvelope
        | EnvelopeError::TooLarge
        | EnvelopeError::Damaged(_)
        | EnvelopeError::TrailingBytes => "decode_error",
    }
}

impl HintStream {
    /// `None` when the link has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Hint> {
        loop {
            let lost_again_at = self.lost_told_at.map(|at| at + LOST_PAUSE);
            let may_lose = lost_again_at.is_none_or(|at| at <= Instant::now());
            match self.queue.pop(may_lose) {
                Next::Envelope(envelope) => {
                    return Some(Hint::Envelope(Arc::unwrap_or_clone(envelope)));
                }
                Next::Lost => {
                    self.lost_told_at = Some(Instant::now());
                    return Some(Hint::Lost);
                }
                Next::Ended => return None,
                Next::LostSoon => {
                    let at = lost_again_at.expect("a loss waits only for the one before");
                    tokio::select! {
                        () = self.queue.changed.notified() => {}
                        () = sleep_until(at) => {}
                    }
                }
                Next::Nothing => self.queue.changed.notified().await,
            }
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
    envelopes: VecDeque<Arc<Envelope>>,
    lost: bool,
    ended: bool,
}

enum Next {
    Envelope(Arc<Envelope>),
    Lost,
    /// A loss that waits for its pause.
    LostSoon,
    Ended,
    Nothing,
}

impl Queue {
    fn push(&self, envelope: Arc<Envelope>) {
        let mut unread = self.lock();
        if unread.envelopes.len() < UNREAD_ENVELOPES_MAX {
            unread.envelopes.push_back(envelope);
        } else {
            unread.lost = true;
            metrics::link_dropped("buffer_full");
        }
        drop(unread);
        self.changed.notify_one();
    }

    fn lose(&self) {
        self.lock().lost = true;
        self.changed.notify_one();
    }

    fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_one();
    }

    /// A loss is told first: whoever hears of it reads the store, and that cannot be too early.
    fn pop(&self, may_lose: bool) -> Next {
        let mut unread = self.lock();
        if unread.lost && may_lose {
            unread.lost = false;
            return Next::Lost;
        }
        match unread.envelopes.pop_front() {
            Some(envelope) => Next::Envelope(envelope),
            None if unread.lost => Next::LostSoon,
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
    use super::*;

    async fn is_lost(hints: &mut HintStream) -> bool {
        match hints.next().await.expect("the link stands") {
            Hint::Lost => true,
            Hint::Envelope(_) => false,
        }
    }

    #[tokio::test]
    async fn what_cannot_be_decoded_is_a_loss() {
        let readers = Readers::default();
        let mut hints = readers.add();

        readers.take(b"not an envelope");
        readers.take(&Envelope::Settings.encode());

        assert!(is_lost(&mut hints).await);
        assert!(!is_lost(&mut hints).await);
    }

    #[tokio::test]
    async fn losses_in_a_row_are_told_with_a_pause_and_never_forgotten() {
        let readers = Readers::default();
        let mut hints = readers.add();
        let began = Instant::now();
        readers.lose();
        assert!(is_lost(&mut hints).await, "the first without a pause");

        (0..1_000).for_each(|_| readers.lose());
        readers.take(&Envelope::Settings.encode());

        assert!(!is_lost(&mut hints).await, "what arrived is not held up");
        assert!(is_lost(&mut hints).await);
        assert!(began.elapsed() >= LOST_PAUSE, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_dropped_stream_is_forgotten() {
        let readers = Readers::default();
        drop(readers.add());
        let _kept = readers.add();

        readers.lose();

        assert_eq!(readers.lock().len(), 1);
    }
}
