//! One actor per viewed inbox: the live list, as deltas, at most four a second.
//!
//! `state` keeps a list and its differences, `actor` tells them, `registry` knows who looks.

mod actor;
mod news;
mod registry;
mod row;
mod state;
#[cfg(test)]
mod tests;
mod watchers;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use salotto_protocol::InboxId;

use crate::fanout::{Outbox, SocketId};
use crate::journal::Journal;
use crate::store::Store;
use registry::{Msg, Registry};

/// The boards of this node. A socket may watch sixteen at once.
#[derive(Clone)]
pub(crate) struct Boards(ActorRef<Msg>);

impl Boards {
    pub(crate) async fn start(
        journal: Journal,
        store: Store,
        supervisor: ActorCell,
    ) -> Result<Boards, SpawnErr> {
        let commits = journal.commits();
        let registry = Registry { store, journal };
        let (registry, _) = Actor::spawn_linked(None, registry, commits, supervisor).await?;
        Ok(Boards(registry))
    }

    /// Sends the whole list, then its changes. Watching again sends it whole again. Ends with
    /// `unwatch`, and when the outbox loses a frame of the board or is gone.
    pub(crate) fn watch(&self, inbox: InboxId, outbox: Outbox) {
        let _ = self.0.cast(Msg::Watch(inbox, outbox));
    }

    /// The socket looks at no board any more.
    pub(crate) fn unwatch(&self, socket: SocketId) {
        let _ = self.0.cast(Msg::Unwatch(socket));
    }
}
