//! The link among nodes of one process. It carries encoded envelopes, as a wire would.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use salotto_protocol::NodeId;
use salotto_protocol::envelope::Envelope;
use tokio::sync::watch;

use super::Trust;
use super::readers::{HintStream, Readers};
use crate::metrics;

/// Where the nodes of one process meet. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LocalHub(Arc<Hub>);

/// One node's end. Clones are the same node.
#[derive(Clone)]
pub(crate) struct LocalLink {
    hub: LocalHub,
    node: NodeId,
    readers: Arc<Readers>,
}

impl LocalHub {
    pub(crate) fn new() -> LocalHub {
        // Nothing can go wrong between nodes that share their memory.
        let trust = watch::Sender::new(Trust::Sound);
        LocalHub(Arc::new(Hub {
            nodes: Mutex::default(),
            trust,
            #[cfg(test)]
            loses: false.into(),
        }))
    }

    pub(crate) fn join(&self, node: NodeId) -> LocalLink {
        let readers = Arc::new(Readers::default());
        self.lock().push((node, readers.clone()));
        LocalLink { hub: self.clone(), node, readers }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(NodeId, Arc<Readers>)>> {
        self.0.nodes.lock().expect("nothing panics while it holds the hub")
    }
}

#[cfg(test)]
impl LocalHub {
    /// Everything that is sent from now on is lost, and nobody is told.
    pub(crate) fn lose_everything(&self) {
        self.0.loses.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    fn loses(&self) -> bool {
        self.0.loses.load(std::sync::atomic::Ordering::SeqCst)
    }
}

impl LocalLink {
    pub(super) fn send(&self, to: &[NodeId], envelope: &Envelope) {
        self.tell(envelope, |node| to.contains(node));
    }

    pub(super) fn announce(&self, envelope: &Envelope) {
        self.tell(envelope, |_| true);
    }

    fn tell(&self, envelope: &Envelope, is_meant: impl Fn(&NodeId) -> bool) {
        #[cfg(test)]
        if self.hub.loses() {
            return;
        }
        let bytes = envelope.encode();
        for (node, readers) in self.hub.lock().iter() {
            if *node != self.node && is_meant(node) {
                metrics::link_sent(envelope.name(), bytes.len());
                readers.take(&bytes);
            }
        }
    }

    pub(super) fn has_peers(&self) -> bool {
        let nodes = self.hub.lock();
        nodes.iter().any(|(node, readers)| *node != self.node && !readers.is_empty())
    }

    pub(super) fn hints(&self) -> HintStream {
        self.readers.add()
    }

    pub(super) fn trust(&self) -> watch::Receiver<Trust> {
        self.hub.0.trust.subscribe()
    }
}

struct Hub {
    nodes: Mutex<Vec<(NodeId, Arc<Readers>)>>,
    trust: watch::Sender<Trust>,
    #[cfg(test)]
    loses: std::sync::atomic::AtomicBool,
}

/// The last link of the process is gone: nobody can send any more.
impl Drop for Hub {
    fn drop(&mut self) {
        let nodes = self.nodes.get_mut().unwrap_or_else(PoisonError::into_inner);
        nodes.iter().for_each(|(_, readers)| readers.end());
    }
}
