//! Says every second that this node lives, and holds the router's lease while it can.

use std::time::{Duration, Instant};

use ractor::ActorRef;
use salotto_protocol::NodeId;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::actor::Msg;
use super::lease::Lease;
use crate::journal::{Candidacy, Change, Journal, Renewed};
use crate::metrics;
use crate::store::{Row, StoreError, Term};

/// Three tries before the lease is lost.
const RENEW_INTERVAL: Duration = Duration::from_secs(1);
/// What dead nodes left is nobody's hurry.
const RENEWALS_PER_SWEEP: u32 = 10;

/// What a node wants to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wish {
    /// Alive, and the router if nobody else is.
    Router,
    /// Alive only.
    Member,
    /// Gone.
    Nothing,
}

pub(super) struct Living {
    node: NodeId,
    journal: Journal,
    lease: Lease,
    term: watch::Sender<Option<Term>>,
    wish: watch::Receiver<Wish>,
}

impl Living {
    /// Returns once the node counts as alive, and is the router if nobody else was.
    pub(super) async fn begin(
        node: NodeId,
        journal: Journal,
        wish: watch::Receiver<Wish>,
    ) -> Result<(Living, watch::Receiver<Option<Term>>), StoreError> {
        let (term, told) = watch::channel(None);
        let asked = Instant::now();
        let renewed = journal.renew(node, Candidacy::Stands).await?;
        let mut living = Living { node, journal, lease: Lease::default(), term, wish };
        living.take(asked, renewed.term);
        Ok((living, told))
    }

    /// Goes on until the node leaves. `presence` is told when the store has forgotten it.
    pub(super) async fn keep(mut self, presence: ActorRef<Msg>) {
        let mut ticks = tokio::time::interval(RENEW_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewals = 0_u32;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                changed = self.wish.changed() => {
                    if changed.is_err() {
                        return self.lose();
                    }
                }
            }
            let wish = *self.wish.borrow_and_update();
            let candidacy = match wish {
                Wish::Router => Candidacy::Stands,
                Wish::Member => Candidacy::Withdrawn,
                Wish::Nothing => return self.lose(),
            };
            // The router ends before anybody else may begin.
            if candidacy == Candidacy::Withdrawn {
                self.lose();
            }
            match self.renew(candidacy).await {
                Ok(Row::Kept) => {}
                Ok(Row::Anew) => drop(presence.cast(Msg::Forgotten)),
                Err(error) => tracing::warn!(%error, "the node could not say that it lives"),
            }
            renewals = renewals.wrapping_add(1);
            if renewals.is_multiple_of(RENEWALS_PER_SWEEP)
                && let Err(error) = self.journal.change(Change::Sweep).await
            {
                tracing::warn!(%error, "what dead nodes left could not be swept");
            }
        }
    }

    /// A lease that lapses while the store is silent is lost then, and not when it answers.
    async fn renew(&mut self, candidacy: Candidacy) -> Result<Row, StoreError> {
        let (journal, asked) = (self.journal.clone(), Instant::now());
        let mut renewal = Box::pin(journal.renew(self.node, candidacy));
        let lapses = self.lease.ends().map(tokio::time::Instant::from_std);
        let in_time = match lapses {
            Some(end) => tokio::time::timeout_at(end, &mut renewal).await.ok(),
            None => None,
        };
        let Renewed { row, term } = match in_time {
            Some(answer) => answer,
            None => {
                self.lapse();
                renewal.await
            }
        }?;
        self.take(asked, term);
        Ok(row)
    }

    fn take(&mut self, asked: Instant, term: Option<Term>) {
        self.lease.answered(asked, term);
        self.tell();
    }

    fn lapse(&mut self) {
        if self.lease.ends().is_some() {
            tracing::warn!("the router's lease has lapsed: the store did not answer in time");
        }
        self.lose();
    }

    fn lose(&mut self) {
        self.lease.give_up();
        self.tell();
    }

    fn tell(&self) {
        let term = self.lease.at(Instant::now());
        let changed = self.term.send_if_modified(|told| {
            let changed = *told != term;
            *told = term;
            changed
        });
        if changed {
            metrics::router_term(term.map(|term| term.0));
        }
    }
}
