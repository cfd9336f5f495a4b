//! The bounded queue before one Redis server: full means dropped and counted.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::topic::Topic;
use crate::metrics;

/// At 5,000 messages a second, more than a second's worth: whoever waits longer is faster in the
/// store.
const WAITING_MAX: usize = 8_192;
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// One pipeline: all that has queued while the last one ran, up to this.
const BATCH_MAX: usize = 512;
const BATCH_BYTES_MAX: usize = 1024 * 1024;

pub(super) struct Post {
    pub(super) topic: Topic,
    /// Stamped.
    pub(super) bytes: Bytes,
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    added: Notify,
}

#[derive(Default)]
struct Waiting {
    posts: VecDeque<Post>,
    bytes: usize,
}

impl Queue {
    /// Never blocks.
    pub(super) fn push(&self, post: Post) {
        let mut waiting = self.lock();
        if waiting.posts.len() >= WAITING_MAX
            || waiting.bytes + post.bytes.len() > WAITING_BYTES_MAX
        {
            metrics::link_dropped("queue_full");
            return;
        }
        waiting.bytes += post.bytes.len();
        waiting.posts.push_back(post);
        metrics::link_queued(1);
        drop(waiting);
        self.added.notify_one();
    }

    /// A probe overtakes what waits, and there are never more than two.
    pub(super) fn push_first(&self, probe: Post) {
        let mut waiting = self.lock();
        waiting.bytes += probe.bytes.len();
        waiting.posts.push_front(probe);
        metrics::link_queued(1);
        drop(waiting);
        self.added.notify_one();
    }

    /// Waits until there is something.
    pub(super) async fn take(&self) -> Vec<Post> {
        loop {
            let batch = self.lock().batch();
            if !batch.is_empty() {
                metrics::link_unqueued(batch.len());
                return batch;
            }
            self.added.notified().await;
        }
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nothing panics while it holds a queue")
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // Nobody gains by a panic here.
        self.waiting.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Waiting {
    fn clear(&mut self) {
        let dropped = self.posts.len();
        *self = Waiting::default();
        metrics::link_unqueued(dropped);
        metrics::link_dropped_many("disconnected", dropped);
    }

    fn batch(&mut self) -> Vec<Post> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < BATCH_MAX && bytes < BATCH_BYTES_MAX {
            let Some(post) = self.posts.pop_front() else { break };
            bytes += post.bytes.len();
            batch.push(post);
        }
        self.bytes -= bytes;
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(bytes: usize) -> Post {
        Post { topic: Topic::All, bytes: Bytes::from(vec![7; bytes]) }
    }

    #[tokio::test]
    async fn all_that_has_queued_is_one_batch_up_to_its_bounds() {
        let queue = Queue::default();
        (0..BATCH_MAX + 3).for_each(|_| queue.push(post(1)));
        assert_eq!(queue.take().await.len(), BATCH_MAX);
        assert_eq!(queue.take().await.len(), 3);
        (0..4).for_each(|_| queue.push(post(BATCH_BYTES_MAX / 2)));
        assert_eq!(queue.take().await.len(), 2);
    }

    #[tokio::test]
    async fn a_full_queue_drops_what_comes_and_never_grows() {
        let queue = Queue::default();
        (0..WAITING_MAX + 10).for_each(|_| queue.push(post(1)));
        assert_eq!(queue.lock().posts.len(), WAITING_MAX);
        queue.clear();
        (0..10).for_each(|_| queue.push(post(WAITING_BYTES_MAX / 4)));
        assert_eq!(queue.lock().posts.len(), 4);
        queue.push_first(post(16));
        assert_eq!(queue.take().await[0].bytes.len(), 16, "a probe always finds room");
    }
}
