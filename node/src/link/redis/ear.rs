//! What comes in by the subscriptions of one session: sorted at once, never waited for.

use std::sync::{Arc, Mutex, MutexGuard};

use redis::{PushInfo, PushKind, Value};
use salotto_protocol::NodeId;
use salotto_protocol::envelope;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::topic::ALL;
use crate::link::readers::Readers;
use crate::metrics;

pub(super) struct Ear {
    node: NodeId,
    readers: Arc<Readers>,
    heard: Mutex<Heard>,
    /// A probe of our own came back, or the subscription ended.
    pub(super) changed: Notify,
}

/// When something last came by each topic.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    pub(super) all: Option<Instant>,
    pub(super) inbox: Option<Instant>,
    /// Nothing will come any more.
    pub(super) ended: bool,
}

impl Ear {
    pub(super) fn new(node: NodeId, readers: Arc<Readers>) -> Ear {
        Ear { node, readers, heard: Mutex::default(), changed: Notify::new() }
    }

    pub(super) fn heard(&self) -> Heard {
        *self.lock()
    }

    /// Runs in the task that reads the connection.
    pub(super) fn take(&self, push: &PushInfo) {
        match (&push.kind, push.data.as_slice()) {
            (
                PushKind::Message | PushKind::SMessage,
                [Value::BulkString(channel), Value::BulkString(message)],
            ) => self.take_message(channel, message),
            // Redis ends a sharded subscription when its slot moves away.
            (PushKind::Disconnection | PushKind::Unsubscribe | PushKind::SUnsubscribe, _) => {
                self.lock().ended = true;
                self.changed.notify_one();
            }
            _ => {}
        }
    }

    fn take_message(&self, channel: &[u8], message: &[u8]) {
        let now = Some(Instant::now());
        if channel == ALL.as_bytes() {
            self.lock().all = now;
        } else {
            self.lock().inbox = now;
        }
        match envelope::stamped_by(message) {
            None => {
                metrics::link_dropped("decode_error");
                self.readers.lose();
            }
            Some((from, [])) => {
                if from == self.node {
                    self.changed.notify_one();
                }
            }
            Some((from, _)) if from == self.node => {}
            Some((_, bytes)) => self.readers.take(bytes),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("nothing panics while it holds what was heard")
    }
}
