//! The actor that assigns waiting conversations to agents. One in the cluster.
//!
//! `policy` chooses of those whom the `route` asks by a `rule`, `rounds` is how far round robin has
//! come, `lanes`, `field` and `groups` are who waits and who answers (in `bits`), ready for it;
//! `assignment`, `requeue`, `miss` and `lapse` are the guarded writes, `state` is the queue,
//! `digest` is what all nodes are told of it (with the `pace`), `absences` and `departures` know
//! who has long been gone, `owners` who is to be told of whoever waits for them, `lapses` which
//! slots nobody uses any more, `routing` decides, `actor` performs, `keeper` runs it for a term.
//! Safety does not rest on its memory: an assignment is one guarded write.

mod absences;
mod actor;
mod assignment;
mod audit;
#[cfg(feature = "benchmarks")]
mod bench;
mod bits;
mod departures;
mod digest;
#[cfg(test)]
mod distribution_tests;
mod field;
mod groups;
mod keeper;
mod lanes;
mod lapse;
#[cfg(test)]
mod lapse_tests;
mod lapses;
mod miss;
#[cfg(test)]
mod missed_tests;
#[cfg(test)]
mod moved_tests;
mod others;
mod owners;
mod pace;
mod policy;
#[cfg(test)]
mod promised_tests;
mod requeue;
mod rounds;
mod route;
#[cfg(test)]
mod route_tests;
mod routing;
mod rule;
#[cfg(test)]
mod schedule_tests;
#[cfg(any(test, feature = "sabotage"))]
mod simulation;
mod state;
#[cfg(test)]
mod state_tests;
#[cfg(any(test, feature = "sabotage", feature = "benchmarks"))]
mod test_support;
#[cfg(test)]
mod tests;

#[cfg(feature = "benchmarks")]
pub use bench::Decisions;
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use simulation::LeaseAndRouter;

use std::time::Duration;

use ractor::{ActorCell, ActorRef, SpawnErr};
use tokio::sync::watch;

use crate::journal::Journal;
use crate::mail::Letters;
use crate::presence::Presence;
use crate::store::Store;
use actor::Msg;
use keeper::Keeper;

/// How long somebody may be gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Then what an agent has not answered waits again.
    pub(crate) requeue_grace: Duration,
    /// Then a visitor who waits is missed.
    pub(crate) missed_after: Duration,
}

/// How people are dealt with who are not there.
#[derive(Clone)]
pub(crate) struct Manners {
    pub(crate) patience: Patience,
    /// `None`: nobody is told anything by e-mail.
    pub(crate) letters: Option<Letters>,
}

/// This node's part in routing: all of it, or none.
#[derive(Clone)]
pub(crate) struct Router {
    presence: Presence,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look at the actor"))]
    actor: watch::Receiver<Option<ActorRef<Msg>>>,
}

impl Router {
    /// Assigns as long as this node holds the lease, and stands by otherwise.
    pub(crate) async fn start(
        presence: Presence,
        journal: Journal,
        store: Store,
        manners: Manners,
        supervisor: ActorCell,
    ) -> Result<Router, SpawnErr> {
        let (router, actor) = watch::channel(None);
        let term = presence.term();
        let mut keeper = Keeper {
            presence: presence.clone(),
            journal,
            store,
            manners,
            supervisor,
            term,
            router,
        };
        keeper.follow_term().await?;
        tokio::spawn(keeper.keep());
        Ok(Router { presence, actor })
    }

    /// Assigns nothing more, and lets another node. What was handed to the journal is written.
    pub(crate) fn stop(&self) {
        self.presence.withdraw();
    }
}
