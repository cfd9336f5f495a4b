//! Who is connected: agents' presence in the store, and the roster that the node reads it from.
//!
//! `state` decides what the store must be told, `team` keeps the rows fresh, `actor` performs.

mod actor;
mod state;
mod team;
#[cfg(test)]
mod tests;

pub(crate) use team::Team;

use std::collections::HashMap;
use std::sync::Arc;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use salotto_protocol::{AgentId, AgentStatus, NodeId};
use tokio::sync::watch;

use crate::journal::{Change, Journal};
use crate::store::{AgentRow, Store, StoreError};
use actor::{Beginning, Msg, PresenceActor};

/// All agents, as the store last said.
pub(crate) type Roster = HashMap<AgentId, AgentRow>;

/// The node's presence actor: counts sockets of agents, writes first and last to the store.
#[derive(Clone)]
pub(crate) struct Presence {
    actor: ActorRef<Msg>,
    roster: watch::Receiver<Arc<Roster>>,
}

impl Presence {
    /// Forgets who was present in an earlier run (the store is embedded: this node is alone),
    /// and returns with the roster loaded.
    pub(crate) async fn start(
        node: NodeId,
        journal: Journal,
        store: Store,
        supervisor: ActorCell,
    ) -> Result<Presence, SpawnErr> {
        // Before the read, so that no change falls between the two.
        let commits = journal.commits();
        journal.change(Change::ClearPresence).await.map_err(unusable)?;
        let team = Team::new(store.agents().await.map_err(unusable)?);
        let (told, roster) = watch::channel(Arc::new(team.rows().clone()));
        let (actor, _) = Actor::spawn_linked(
            None,
            PresenceActor { node, journal, store },
            Beginning { commits, team, told },
            supervisor,
        )
        .await?;
        Ok(Presence { actor, roster })
    }

    /// One more socket of this agent on this node.
    pub(crate) fn came(&self, agent: AgentId) {
        let _ = self.actor.cast(Msg::Came(agent));
    }

    /// One fewer. The last one's leaving is written after a short grace (a reload is no absence).
    pub(crate) fn left(&self, agent: AgentId) {
        let _ = self.actor.cast(Msg::Left(agent));
    }

    /// The agent's own choice (AV-31). The roster tells when it is in force.
    pub(crate) fn set_status(&self, agent: AgentId, status: AgentStatus) {
        let _ = self.actor.cast(Msg::Chose(agent, status));
    }

    /// The roster, now and whenever it changes, at most fifty times a second.
    pub(crate) fn roster(&self) -> watch::Receiver<Arc<Roster>> {
        self.roster.clone()
    }
}

fn unusable(error: StoreError) -> SpawnErr {
    SpawnErr::StartupFailed(error.into())
}
