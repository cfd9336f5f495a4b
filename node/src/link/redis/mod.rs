//! The link by Redis pub/sub. Redis holds nothing that cannot be lost.
//!
//! A **session** subscribes, proves by probes of its own that what is published comes back, and
//! ends at the first thing that is wrong; then the next one begins, for ever. Nothing relies on
//! a library that would subscribe again by itself. Each return to `Sound` is a loss to all
//! readers: nobody knows what passed by meanwhile.

mod backoff;
mod ear;
mod hearing;
mod lane;
mod places;
mod queue;
mod routes;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod topic;
mod trouble;

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use salotto_protocol::NodeId;
use salotto_protocol::envelope::{self, Envelope};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use self::backoff::Backoff;
use self::lane::Troubles;
use self::places::Places;
use self::queue::Post;
use self::routes::Routes;
use self::server::Login;
use self::session::Session;
use self::topic::Topic;
use self::trouble::Trouble;
use super::Trust;
use super::readers::{HintStream, Readers};
use crate::link_url::{RedisUrl, Server};
use crate::metrics;

/// Our own inbox, and the topic of all.
const SUBSCRIPTIONS: usize = 2;

/// One node's end. Clones are the same node; the link ends with the last one.
#[derive(Clone)]
pub(crate) struct RedisLink(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    _keeper: JoinSet<()>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
        self.shared.readers.end();
    }
}

impl RedisLink {
    /// Returns at once: Redis may come later.
    pub(crate) fn start(node: NodeId, url: RedisUrl) -> RedisLink {
        let shared = Arc::new(Shared {
            node,
            url,
            readers: Arc::default(),
            routes: Mutex::default(),
            trust: watch::Sender::new(Trust::Suspect { since: Instant::now() }),
        });
        metrics::link_up(false);
        let mut keeper = JoinSet::new();
        keeper.spawn(keep(shared.clone()));
        RedisLink(Arc::new(Handle { shared, _keeper: keeper }))
    }

    pub(super) fn send(&self, to: &[NodeId], envelope: &Envelope) {
        let others = to.iter().filter(|node| **node != self.0.shared.node);
        let topics: Vec<Topic> = others.map(|node| Topic::Inbox(*node)).collect();
        if !topics.is_empty() {
            self.0.shared.post(&topics, envelope);
        }
    }

    pub(super) fn announce(&self, envelope: &Envelope) {
        self.0.shared.post(&[Topic::All], envelope);
    }

    pub(super) fn hints(&self) -> HintStream {
        self.0.shared.readers.add()
    }

    pub(super) fn trust(&self) -> watch::Receiver<Trust> {
        self.0.shared.trust.subscribe()
    }
}

/// What the handles, the keeper and its sessions share.
struct Shared {
    node: NodeId,
    url: RedisUrl,
    readers: Arc<Readers>,
    /// While a session stands.
    routes: Mutex<Option<Arc<Routes>>>,
    trust: watch::Sender<Trust>,
}

/// A bug must not leave the node deaf for ever.
async fn keep(shared: Arc<Shared>) {
    loop {
        let mut sessions = JoinSet::new();
        sessions.spawn(keep_linked(shared.clone()));
        if let Some(Err(error)) = sessions.join_next().await {
            tracing::error!(%error, "the link failed and is made anew");
        }
        shared.close();
        shared.is_suspect();
        sleep(backoff::LONGEST).await;
    }
}

/// One session after another, for ever.
async fn keep_linked(shared: Arc<Shared>) {
    let mut backoff = Backoff::default();
    // Each kind once, until the link has stood again.
    let mut told: Vec<Trouble> = Vec::new();
    let mut known = Vec::new();
    loop {
        let (trouble, was_proved) = match Session::begin(&shared, &known).await {
            Ok(session) => session.run().await,
            Err(trouble) => (trouble, false),
        };
        shared.is_suspect();
        known = shared.known();
        shared.close();
        if was_proved {
            backoff = Backoff::default();
            told.clear();
            metrics::link_reconnected();
        }
        if !told.iter().any(|told| told.resembles(&trouble)) {
            tracing::warn!(
                %trouble,
                "the link to Redis does not stand; chat goes on, and what other nodes commit \
                 is seen later"
            );
            told.push(trouble);
        }
        sleep(backoff.pause()).await;
    }
}

impl Shared {
    fn post(&self, topics: &[Topic], envelope: &Envelope) {
        let Some(routes) = self.routes() else {
            metrics::link_dropped_many("disconnected", topics.len());
            return;
        };
        let bytes = Bytes::from(envelope::stamped(self.node, &envelope.encode()));
        for topic in topics {
            metrics::link_sent(envelope.name(), bytes.len());
            routes.post(Post { topic: *topic, bytes: bytes.clone() });
        }
    }

    fn probe(&self, topic: Topic) {
        if let Some(routes) = self.routes() {
            routes.probe(session::probe(self, topic));
        }
    }

    fn open(&self, routes: Routes) {
        *self.lock() = Some(Arc::new(routes));
        metrics::link_subscriptions(SUBSCRIPTIONS);
    }

    /// Other servers, while ours are the same.
    fn reroute(&self, places: Places, troubles: &Troubles) {
        let Some(before) = self.routes() else { return };
        if *before.places() != places {
            let routes = Routes::new(places, &Login::of(&self.url), troubles, Some(&before));
            *self.lock() = Some(Arc::new(routes));
        }
    }

    fn close(&self) {
        // Its lanes are dropped after the lock.
        let _closed = self.lock().take();
        metrics::link_subscriptions(0);
    }

    /// Masters of the last session, which may know where the others are.
    fn known(&self) -> Vec<Server> {
        self.routes().map(|it| it.places().servers()).unwrap_or_default()
    }

    fn routes(&self) -> Option<Arc<Routes>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Routes>>> {
        self.routes.lock().expect("nothing panics while it holds the routes")
    }

    /// Readers are told before anybody trusts the link again.
    fn is_sound(&self) {
        let Trust::Suspect { since } = *self.trust.borrow() else { return };
        self.readers.lose();
        self.trust.send_replace(Trust::Sound);
        metrics::link_up(true);
        let after_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(after_ms, "the link to Redis stands");
    }

    /// Whether it was trusted until now.
    fn is_suspect(&self) -> bool {
        let suspect = Trust::Suspect { since: Instant::now() };
        let was_sound = self.trust.send_if_modified(|trust| {
            let was_sound = *trust == Trust::Sound;
            if was_sound {
                *trust = suspect;
            }
            was_sound
        });
        if was_sound {
            metrics::link_up(false);
        }
        was_sound
    }
}
