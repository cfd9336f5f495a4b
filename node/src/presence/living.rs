//! Says every second that this node lives, and holds the router's lease while it can.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::{Duration, Instant};

use ractor::ActorRef;
use salotto_protocol::NodeId;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, sleep_until};

use super::actor::Msg;
use super::tenure::{Next, Tenure, Wish};
use crate::journal::{Candidacy, Change, Journal, Renewed};
use crate::metrics;
use crate::store::{Row, StoreError, Term};

/// Three tries before the lease is lost.
const RENEW_INTERVAL: Duration = Duration::from_secs(1);
/// What dead nodes left is nobody's hurry.
const RENEWALS_PER_SWEEP: u32 = 10;

pub(super) struct Living {
    node: NodeId,
    journal: Journal,
    tenure: Tenure,
    term: watch::Sender<Option<Term>>,
    wish: watch::Receiver<Wish>,
}

type Answer = Result<Renewed, StoreError>;
/// A renewal under way.
type Asking = Option<Pin<Box<dyn Future<Output = Answer> + Send>>>;

impl Living {
    /// Returns once the node counts as alive, and is the router if nobody else was.
    pub(super) async fn begin(
        node: NodeId,
        journal: Journal,
        wish: watch::Receiver<Wish>,
    ) -> Result<(Living, watch::Receiver<Option<Term>>), StoreError> {
        let (term, told) = watch::channel(None);
        let mut tenure = Tenure::new();
        let candidacy = tenure.renewal(Instant::now()).unwrap_or(Candidacy::Stands);
        let renewed = journal.renew(node, candidacy).await?;
        tenure.answered(Ok(renewed.term));
        let living = Living { node, journal, tenure, term, wish };
        living.tell();
        Ok((living, told))
    }

    /// Goes on until the node leaves. `presence` is told when the store has forgotten it.
    ///
    /// Nothing here waits for the store: a lease lapses and is given up in time, whatever is
    /// under way.
    pub(super) async fn keep(mut self, presence: ActorRef<Msg>) {
        let mut ticks = tokio::time::interval(RENEW_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut asking, mut renewals) = (None, 0_u32);
        loop {
            let lapses = self.tenure.lapses();
            tokio::select! {
                _ = ticks.tick(), if asking.is_none() => asking = self.ask(),
                answer = answer_of(&mut asking) => {
                    asking = self.take(answer, &presence);
                    renewals = renewals.wrapping_add(1);
                    if renewals.is_multiple_of(RENEWALS_PER_SWEEP) {
                        self.sweep();
                    }
                }
                changed = self.wish.changed() => {
                    let wish = *self.wish.borrow_and_update();
                    self.tenure.wishes(if changed.is_ok() { wish } else { Wish::Nothing });
                    self.tell();
                    if changed.is_err() || wish == Wish::Nothing {
                        return;
                    }
                    asking = asking.or_else(|| self.ask());
                }
                () = at(lapses) => self.lapse(),
            }
        }
    }

    fn ask(&mut self) -> Asking {
        let candidacy = self.tenure.renewal(Instant::now())?;
        let (journal, node) = (self.journal.clone(), self.node);
        Some(Box::pin(async move { journal.renew(node, candidacy).await }))
    }

    fn take(&mut self, answer: Answer, presence: &ActorRef<Msg>) -> Asking {
        let next = match answer {
            Ok(Renewed { row, term }) => {
                match row {
                    Row::Kept => {}
                    Row::Anew => drop(presence.cast(Msg::Forgotten)),
                }
                self.tenure.answered(Ok(term))
            }
            Err(error) => {
                tracing::warn!(%error, "the node could not say that it lives");
                self.tenure.answered(Err(()))
            }
        };
        self.tell();
        match next {
            Next::InTime => None,
            Next::AtOnce => self.ask(),
        }
    }

    fn lapse(&mut self) {
        tracing::warn!("the router's lease has lapsed: the store did not answer in time");
        self.tenure.lapse();
        self.tell();
    }

    fn sweep(&self) {
        let journal = self.journal.clone();
        tokio::spawn(async move {
            if let Err(error) = journal.change(Change::Sweep).await {
                tracing::warn!(%error, "what dead nodes left could not be swept");
            }
        });
    }

    fn tell(&self) {
        let term = self.tenure.term(Instant::now());
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

/// For ever, if nothing was asked.
async fn answer_of(asking: &mut Asking) -> Answer {
    match asking {
        Some(asking) => asking.await,
        None => pending().await,
    }
}

/// For ever, if never.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => pending().await,
    }
}
