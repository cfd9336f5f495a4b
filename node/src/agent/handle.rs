//! The agents of this node as the gateway sees them.

use ractor::{ActorCell, ActorRef, SpawnErr};
use salotto_protocol::{AgentId, ClientFrame, Cursor};

use super::registry::{self, Arrival, Msg};
use crate::ask::{Unanswered, ask};
use crate::board::Boards;
use crate::conversation::Conversations;
use crate::fanout::{Outbox, SocketId};
use crate::presence::Presence;

/// The agents on this node.
#[derive(Clone)]
pub(crate) struct Agents {
    registry: ActorRef<Msg>,
}

/// What an agent's actor works with.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) presence: Presence,
    pub(crate) conversations: Conversations,
    pub(crate) boards: Boards,
}

impl Agents {
    pub(crate) async fn start(parts: Parts, supervisor: ActorCell) -> Result<Agents, SpawnErr> {
        let registry = registry::start(parts, supervisor).await?;
        Ok(Agents { registry })
    }

    /// An agent's socket came: presence, the `agents` frame, and the cursors attached. After a
    /// lost queue it is called again with the places; boards are sent whole again.
    pub(crate) fn join(&self, agent: AgentId, outbox: Outbox, cursors: Vec<Cursor>) {
        let _ = self.registry.cast(Msg::Join(Arrival { agent, outbox, cursors }));
    }

    pub(crate) fn leave(&self, agent: AgentId, socket: SocketId) {
        let _ = self.registry.cast(Msg::Leave(agent, socket));
    }

    /// The agent signed out: their sockets are closed. Another device that is still signed in
    /// comes back with a fresh token.
    pub(crate) fn signed_out(&self, agent: AgentId) {
        let _ = self.registry.cast(Msg::SignedOut(agent));
    }

    /// One frame of an agent (never `hello` or `pong`). Returns once taken.
    pub(crate) async fn frame(
        &self,
        agent: AgentId,
        outbox: &Outbox,
        frame: ClientFrame,
        exempt: bool,
    ) -> Result<(), Unanswered> {
        let outbox = outbox.clone();
        ask(&self.registry, |reply| Msg::Frame { agent, outbox, frame, exempt, reply }).await
    }
}
