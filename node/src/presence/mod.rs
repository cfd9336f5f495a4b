//! Who is connected: agents' presence in the store, and the roster that the node reads it from;
//! and that this node itself is alive, with the router's lease.
//!
//! `state` decides what the store must be told, `team` keeps the rows fresh, `actor` performs,
//! `living` renews the node and its `lease`, as `tenure` decides; `shifts` follows working hours.

mod actor;
mod lease;
mod living;
mod shifts;
#[cfg(test)]
mod shifts_tests;
mod state;
mod team;
mod tenure;
#[cfg(test)]
mod tests;

pub(crate) use team::Team;
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use tenure::{Tenure, Wish};

use std::collections::HashMap;
use std::sync::Arc;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use salotto_protocol::{AgentId, AgentStatus, NodeId};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::journal::{Change, Journal};
use crate::store::{AgentRow, Store, StoreError, Term};
use actor::{Beginning, Msg, PresenceActor};
use living::Living;
#[cfg(not(any(test, feature = "sabotage")))]
use tenure::Wish;

/// All agents, as the store last said.
pub(crate) type Roster = HashMap<AgentId, AgentRow>;

/// The node's presence actor: counts sockets of agents, writes first and last to the store.
#[derive(Clone)]
pub(crate) struct Presence {
    actor: ActorRef<Msg>,
    roster: watch::Receiver<Arc<Roster>>,
    node: NodeId,
    journal: Journal,
    term: watch::Receiver<Option<Term>>,
    wish: watch::Sender<Wish>,
}

impl Presence {
    /// Returns with the node alive in the store, and the roster loaded.
    pub(crate) async fn start(
        node: NodeId,
        journal: Journal,
        store: Store,
        supervisor: ActorCell,
    ) -> Result<Presence, SpawnErr> {
        // Before the read, so that no change falls between the two.
        let commits = journal.commits();
        let (wish, wished) = watch::channel(Wish::Router);
        let living = Living::begin(node, journal.clone(), wished).await;
        let (living, term) = living.map_err(unusable)?;
        let team = Team::new(store.agents().await.map_err(unusable)?);
        tokio::spawn(shifts::follow(
            store.clone(),
            journal.clone(),
            term.clone(),
            Clock::default(),
        ));
        let (told, roster) = watch::channel(Arc::new(team.rows().clone()));
        let (actor, _) = Actor::spawn_linked(
            None,
            PresenceActor { node, journal: journal.clone(), store },
            Beginning { commits, team, told, living },
            supervisor,
        )
        .await?;
        Ok(Presence { actor, roster, node, journal, term, wish })
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

    /// The term in which this node is the router; `None` while it is not.
    pub(crate) fn term(&self) -> watch::Receiver<Option<Term>> {
        self.term.clone()
    }

    /// Another node may be the router; this one will not be again.
    pub(crate) fn withdraw(&self) {
        self.wish.send_if_modified(|wish| {
            let changed = *wish == Wish::Router;
            if changed {
                *wish = Wish::Member;
            }
            changed
        });
    }

    /// The node's last socket has gone: nothing of it remains in the store.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        self.wish.send_replace(Wish::Nothing);
        self.journal.change(Change::Leave { node: self.node }).await.map(drop)
    }

    /// As if the node were dead: nothing is renewed any more.
    #[cfg(test)]
    pub(crate) fn fall_silent(&self) {
        self.actor.stop(None);
    }

    /// The roster, now and whenever it changes, at most fifty times a second.
    pub(crate) fn roster(&self) -> watch::Receiver<Arc<Roster>> {
        self.roster.clone()
    }
}

fn unusable(error: StoreError) -> SpawnErr {
    SpawnErr::StartupFailed(error.into())
}
