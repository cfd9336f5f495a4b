//! The sockets that want to hear of their site's chatflow: about 40 bytes each.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use salotto_protocol::SiteId;

use crate::fanout::{Frame, Outbox, SocketId, broadcast};

const _: () = assert!(size_of::<(SocketId, Outbox)>() <= 16, "18,000 of them are no burden");

/// Outlives the chatflows' actors, so that one that fails forgets no visitor.
#[derive(Default)]
pub(super) struct Parked(Mutex<Sites>);

type Sites = HashMap<SiteId, HashMap<SocketId, Outbox>>;

impl Parked {
    pub(super) fn join(&self, site: SiteId, outbox: Outbox) {
        self.lock().entry(site).or_default().insert(outbox.id(), outbox);
    }

    pub(super) fn leave(&self, site: SiteId, socket: SocketId) {
        let mut sites = self.lock();
        if let Some(sockets) = sites.get_mut(&site) {
            sockets.remove(&socket);
            if sockets.is_empty() {
                sites.remove(&site);
            }
        }
    }

    /// Sends one frame to everybody on a site. Whoever joins meanwhile asks for themselves.
    pub(super) async fn tell(&self, site: SiteId, frame: &Frame) {
        let outboxes: Vec<Outbox> =
            self.lock().get(&site).into_iter().flat_map(HashMap::values).cloned().collect();
        // Lost ones are told when they join again, once they can be written to.
        for socket in broadcast(outboxes, frame).await {
            self.leave(site, socket);
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self, site: SiteId) -> usize {
        self.lock().get(&site).map_or(0, HashMap::len)
    }

    fn lock(&self) -> MutexGuard<'_, Sites> {
        self.0.lock().expect("nothing panics while it holds the parked sockets")
    }
}
