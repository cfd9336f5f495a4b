//! All sockets of this node: counted, and sent away when the node drains.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use salotto_protocol::{CloseCode, Party, ServerFrame};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::admission::{Admission, Seat, Tier};
use super::departure::Departure;
use super::jitter;
use crate::fanout::{Outbox, SocketId, encode};
use crate::metrics;
use crate::sabotage::{self, Switch};

/// So that sockets that come and go do not wait for each other.
const SHARDS: usize = 16;
/// Steps in which sockets are sent away.
const DRAIN_STEP: Duration = Duration::from_millis(50);
/// How long a client waits before it comes back to another node.
const COME_BACK_MAX: Duration = Duration::from_millis(500);
/// For the last close frames to be answered.
const DRAIN_GRACE: Duration = Duration::from_secs(8);

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sockets(Arc<Shared>);

struct Shared {
    admission: Admission,
    visitors: Listed,
    agents: Listed,
    leaving: AtomicBool,
    draining: AtomicBool,
    departure: Mutex<Departure>,
    emptied: Notify,
}

/// The sockets of one role.
#[derive(Default)]
struct Listed {
    shards: [Mutex<HashMap<SocketId, Outbox>>; SHARDS],
    count: AtomicUsize,
}

impl Sockets {
    pub(crate) fn new(sockets_max: usize, hellos_max: usize) -> Sockets {
        metrics::sockets_max_is(sockets_max);
        Sockets(Arc::new(Shared {
            admission: Admission::new(sockets_max, hellos_max),
            visitors: Listed::default(),
            agents: Listed::default(),
            leaving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            departure: Mutex::default(),
            emptied: Notify::new(),
        }))
    }

    pub(crate) fn count(&self, party: Party) -> usize {
        self.listed(party).count.load(Ordering::Acquire)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Acquire)
    }

    /// From now on whoever only looks is better off on another node: they would be sent away
    /// within seconds.
    pub(crate) fn prepare_to_leave(&self) {
        self.0.leaving.store(true, Ordering::Release);
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.0.leaving.load(Ordering::Acquire)
    }

    /// Tells everybody to come back elsewhere, spread over `window`, visitors first; returns
    /// when the last socket has gone, or could not be waited for any longer.
    pub(crate) async fn drain(&self, window: Duration) {
        self.0.draining.store(true, Ordering::Release);
        let begun = Instant::now();
        self.begin(window);
        loop {
            let (due, is_over) = {
                let mut departure = self.departure();
                (departure.due(begun.elapsed()), departure.is_over())
            };
            due.into_iter().filter_map(|id| self.find(id)).for_each(|it| send_away(&it));
            if is_over {
                break;
            }
            sleep(DRAIN_STEP).await;
        }
        let _ = timeout(DRAIN_GRACE, self.emptied()).await;
    }

    /// Whoever comes meanwhile is either among those or waits for this lock, and is told then.
    fn begin(&self, window: Duration) {
        let mut departure = self.departure();
        let (visitors, agents) = (self.0.visitors.ids(), self.0.agents.ids());
        departure.begin(visitors, agents, window);
    }

    fn departure(&self) -> MutexGuard<'_, Departure> {
        self.0.departure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: SocketId) -> Option<Outbox> {
        let find = |listed: &Listed| listed.shard(id).get(&id).cloned();
        find(&self.0.visitors).or_else(|| find(&self.0.agents))
    }

    pub(super) fn seat(&self, tier: Tier) -> Option<Seat> {
        self.0.admission.seat(tier)
    }

    pub(super) fn hello(&self, tier: Tier) -> Option<Seat> {
        self.0.admission.hello(tier)
    }

    pub(super) fn add(&self, outbox: &Outbox) {
        let listed = self.listed(outbox.party());
        listed.shard(outbox.id()).insert(outbox.id(), outbox.clone());
        listed.count.fetch_add(1, Ordering::AcqRel);
        if self.is_draining() && self.departure().joined(outbox.id()) {
            send_away(outbox);
        }
    }

    pub(super) fn remove(&self, outbox: &Outbox) {
        let listed = self.listed(outbox.party());
        if listed.shard(outbox.id()).remove(&outbox.id()).is_some() {
            listed.count.fetch_sub(1, Ordering::AcqRel);
            self.0.emptied.notify_waiters();
        }
    }

    async fn emptied(&self) {
        loop {
            let notified = self.0.emptied.notified();
            if self.count(Party::Visitor) + self.count(Party::Team) == 0 {
                return;
            }
            notified.await;
        }
    }

    fn listed(&self, party: Party) -> &Listed {
        match party {
            Party::Visitor => &self.0.visitors,
            Party::Team => &self.0.agents,
        }
    }
}

impl Listed {
    fn shard(&self, id: SocketId) -> MutexGuard<'_, HashMap<SocketId, Outbox>> {
        let shard = usize::try_from(id.0 % SHARDS as u64).expect("below the number of shards");
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ids(&self) -> Vec<SocketId> {
        let of = |shard: &Mutex<HashMap<SocketId, Outbox>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.keys().copied().collect::<Vec<_>>()
        };
        self.shards.iter().flat_map(of).collect()
    }
}

fn send_away(outbox: &Outbox) {
    if sabotage::on(Switch::DrainSilently) {
        return outbox.cut();
    }
    let after_ms = u64::try_from(jitter::up_to(COME_BACK_MAX).as_millis()).unwrap_or(0);
    outbox.push(&encode(&ServerFrame::Reconnect { after_ms }), None);
    outbox.close(CloseCode::Restart, "the node goes away");
}
