//! The visitors of this node as the gateway sees them.

use ractor::{ActorCell, ActorRef, SpawnErr};
use salotto_protocol::{ClientFrame, Cursor, Page, SiteId, VisitorId};

use super::registry::{self, Msg};
use crate::ask::{Unanswered, ask};
use crate::chatflow::Chatflows;
use crate::conversation::Conversations;
use crate::fanout::{Outbox, SocketId};
use crate::limiter::Shared;

/// What a visitor's token says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Identity {
    pub(crate) visitor: VisitorId,
    pub(crate) site: SiteId,
}

/// A visitor's socket, as it comes or comes again.
pub(crate) struct Arrival {
    pub(crate) who: Identity,
    pub(crate) outbox: Outbox,
    /// From `hello`, or its places after a lost queue.
    pub(crate) cursors: Vec<Cursor>,
    pub(crate) page: Option<Page>,
    /// Of the load tester: no limits of number and rate.
    pub(crate) exempt: bool,
}

/// The visitors on this node.
#[derive(Clone)]
pub(crate) struct Sessions {
    registry: ActorRef<Msg>,
}

impl Sessions {
    pub(crate) async fn start(
        chatflows: Chatflows,
        conversations: Conversations,
        supervisor: ActorCell,
    ) -> Result<Sessions, SpawnErr> {
        let registry = registry::start(chatflows, conversations, supervisor).await?;
        Ok(Sessions { registry })
    }

    /// A visitor's socket came: parked until it does something, and its cursors are attached.
    /// Refused and closed if the visitor has too many. After a lost queue it joins again.
    pub(crate) fn join(&self, arrival: Arrival) {
        let _ = self.registry.cast(Msg::Join(arrival));
    }

    /// The socket is gone: detaches it everywhere.
    pub(crate) fn leave(&self, who: Identity, socket: SocketId) {
        let _ = self.registry.cast(Msg::Leave(who, socket));
    }

    /// One frame of a visitor (never `hello` or `pong`). Returns once the session has taken it,
    /// so that TCP pushes back on a flood; answers go to the outbox. `shared` is what the
    /// visitors of one address have together; without it no rate holds: the load tester.
    pub(crate) async fn frame(
        &self,
        who: Identity,
        outbox: &Outbox,
        frame: ClientFrame,
        shared: Option<Shared>,
    ) -> Result<(), Unanswered> {
        let outbox = outbox.clone();
        ask(&self.registry, |reply| Msg::Frame { who, outbox, frame, shared, reply }).await
    }
}
