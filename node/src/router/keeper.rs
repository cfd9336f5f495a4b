//! Runs the router's actor while this node holds the lease, a new one for each term.

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use tokio::sync::watch;

use super::Manners;
use super::actor::{Beginning, Msg, RouterActor};
use crate::journal::Journal;
use crate::presence::Presence;
use crate::sabotage::{self, Switch};
use crate::store::{Store, Subject, Term};

pub(super) struct Keeper {
    pub(super) presence: Presence,
    pub(super) journal: Journal,
    pub(super) store: Store,
    pub(super) manners: Manners,
    pub(super) supervisor: ActorCell,
    pub(super) term: watch::Receiver<Option<Term>>,
    pub(super) router: watch::Sender<Option<ActorRef<Msg>>>,
}

impl Keeper {
    pub(super) async fn keep(mut self) {
        while self.term.changed().await.is_ok() {
            if let Err(error) = self.follow_term().await {
                tracing::error!(%error, "the router could not be started");
            }
        }
        self.end();
    }

    /// What an earlier term knew is forgotten: another node may have assigned since.
    pub(super) async fn follow_term(&mut self) -> Result<(), SpawnErr> {
        let term = *self.term.borrow_and_update();
        self.end();
        let Some(term) = term else { return Ok(()) };
        sabotage::crash(Switch::CrashInTakeOver);
        let commits = self.journal.commits();
        let beginning = Beginning { commits, roster: self.presence.roster() };
        let router = RouterActor {
            term,
            patience: self.manners.patience,
            letters: self.manners.letters.clone(),
            journal: self.journal.clone(),
            store: self.store.clone(),
        };
        let (router, _) =
            Actor::spawn_linked(None, router, beginning, self.supervisor.clone()).await?;
        self.router.send_replace(Some(router));
        self.journal.attach(Subject::Queue);
        tracing::info!(term = term.0, "this node is the router");
        Ok(())
    }

    fn end(&self) {
        if let Some(router) = self.router.send_replace(None) {
            router.stop(None);
            self.journal.detach(Subject::Queue);
            tracing::info!("this node is no longer the router");
        }
    }
}
