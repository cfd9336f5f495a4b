//! The actor that assigns waiting conversations to agents. One in the cluster.
//!
//! `policy` chooses, `assignment` is the guarded write, `state` is the queue, `actor` performs.
//! Safety does not rest on its memory: an assignment is one guarded write.

mod actor;
mod assignment;
mod policy;
#[cfg(test)]
mod schedule_tests;
mod state;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};

use crate::journal::Journal;
use crate::presence::Presence;
use crate::store::Store;
use actor::{Beginning, Msg, RouterActor};

#[derive(Clone)]
pub(crate) struct Router(ActorRef<Msg>);

impl Router {
    /// Loads the queue by itself, and assigns from then on.
    pub(crate) async fn start(
        presence: Presence,
        journal: Journal,
        store: Store,
        supervisor: ActorCell,
    ) -> Result<Router, SpawnErr> {
        let beginning = Beginning { commits: journal.commits(), roster: presence.roster() };
        let router = RouterActor { journal, store };
        let (router, _) = Actor::spawn_linked(None, router, beginning, supervisor).await?;
        Ok(Router(router))
    }

    /// Assigns nothing more. What it has handed to the journal is still written.
    pub(crate) fn stop(&self) {
        self.0.stop(None);
    }
}
