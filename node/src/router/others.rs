//! What comes from beyond this node: commits of other nodes, and agents who have gone; and slots
//! that nobody uses any more.

use std::time::Instant;

use ractor::ActorRef;
use salotto_protocol::{AgentId, ConversationId};

use super::actor::{Msg, RouterActor, State};
use super::lapses::{Lapses, SLOTS_MAX};
use super::owners::{self, Waits};
use super::routing::Fresh;
use super::{lapse, miss, requeue};
use crate::journal::{Busy, Outcome};
use crate::sabotage::{self, Switch};
use crate::store::{Head, Store, StoreError, Subject, TakenSlot};
use crate::{clock, metrics};

/// The oldest of those who wait and are gone; the others when these are dealt with.
const ALONE_MAX: usize = 1_000;

/// Slots that may be free by now.
pub(super) struct Held {
    chats: Vec<TakenSlot>,
    /// They do not count any more (CAP-23).
    old_tickets: Vec<TakenSlot>,
}

async fn held(store: &Store, tickets_since_ms: Option<i64>) -> Result<Held, StoreError> {
    let chats = store.taken_slots(SLOTS_MAX).await?;
    let old_tickets = match tickets_since_ms {
        Some(since_ms) => store.old_tickets(since_ms, SLOTS_MAX).await?,
        None => Vec::new(),
    };
    Ok(Held { chats, old_tickets })
}

impl RouterActor {
    pub(super) fn read_heads(&self, myself: &ActorRef<Msg>, ids: Vec<ConversationId>) {
        let (store, router) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = router.cast(Msg::HeardRead(store.heads_of(&ids).await));
        });
    }

    pub(super) fn read_unanswered(&self, myself: &ActorRef<Msg>, gone: Vec<AgentId>) {
        let (store, router) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = router.cast(Msg::Unanswered(store.unanswered(&gone).await));
        });
    }

    pub(super) fn look_for_missed(&self, myself: &ActorRef<Msg>) {
        let (store, router, asked) = (self.store.clone(), myself.clone(), Instant::now());
        let journal = self.journal.clone();
        tokio::spawn(async move {
            let mut alone = store.waiting_alone(ALONE_MAX).await;
            if let Ok(alone) = &mut alone {
                let is_gone = |id: &ConversationId| {
                    let is_here = journal.is_attached(Subject::Conversation(*id));
                    !is_here || sabotage::on(Switch::SeeNobody)
                };
                alone.retain(is_gone);
            }
            let _ = router.cast(Msg::Alone(asked, alone));
        });
    }

    /// Whoever waited and was gone for all of that time, while the store answered.
    pub(super) fn miss(
        &self,
        state: &mut State,
        asked: Instant,
        result: Result<Vec<ConversationId>, StoreError>,
    ) {
        match result {
            Ok(alone) => state.departures.read(&alone, asked),
            Err(error) => {
                state.departures.unread();
                return tracing::warn!(%error, "who waits and is gone could not be read");
            }
        }
        for conversation in state.departures.longer_than(self.patience.missed_after) {
            let done = Box::new(|outcome| {
                if let Outcome::Committed(_) = outcome {
                    metrics::missed();
                }
            });
            if let Err(Busy) =
                self.journal.submit(miss::write(conversation, &self.journal, self.term, done))
            {
                break;
            }
        }
    }

    /// Another window for active conversations, or age of tickets: from now on by that one.
    pub(super) fn follow_window(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        fresh: Option<&Fresh>,
    ) {
        let Some(settings) = fresh.and_then(|it| it.settings.as_ref()) else { return };
        state.tickets_count = settings.account;
        if state.lapses.follow(&settings.account) {
            let look = state.lapses.expect_look();
            let _ = myself.cast(Msg::LookForLapsed(look));
        }
    }

    pub(super) fn look_for_lapsed(&self, myself: &ActorRef<Msg>, state: &State, look: u64) {
        if !state.lapses.is_due(look) {
            return;
        }
        let since_ms = state.tickets_count.tickets_count_since_ms(clock::now_ms());
        let (store, router) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let _ = router.cast(Msg::TakenSlots(held(&store, since_ms).await));
        });
    }

    /// Frees those in which nobody has said anything for so long, and comes back when the next one
    /// is due, whatever else happens.
    pub(super) fn free_lapsed(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<Held, StoreError>,
    ) {
        let wait = match result {
            Ok(Held { chats, old_tickets }) => {
                let (lapsed, wait) = state.lapses.lapsed(&chats, clock::now_ms());
                self.free(lapsed);
                self.free(&old_tickets);
                wait
            }
            Err(error) => {
                tracing::warn!(%error, "which slots are in use could not be read");
                Lapses::retry_pause()
            }
        };
        let look = state.lapses.expect_look();
        myself.send_after(wait, move || Msg::LookForLapsed(look));
    }

    /// What cannot be written now is found again by the next look.
    fn free(&self, lapsed: &[TakenSlot]) {
        for slot in lapsed {
            let done = Box::new(|outcome| {
                if let Outcome::Committed(_) = outcome {
                    metrics::lapsed();
                }
            });
            if let Err(Busy) = self.journal.submit(lapse::write(*slot, self.term, done)) {
                break;
            }
        }
    }

    /// As long as mail goes out. What cannot be written now is named again.
    pub(super) fn tell_owners(&self, myself: &ActorRef<Msg>, waits: Vec<Waits>) {
        let Some(letters) = &self.letters else { return };
        for waits in waits {
            let (router, conversation) = (myself.clone(), waits.conversation);
            let done = Box::new(move |outcome| match outcome {
                Outcome::Committed(_) | Outcome::Rejected(_) => {}
                Outcome::Failed => drop(router.cast(Msg::NotTold(conversation))),
            });
            let write = owners::write(waits, letters.clone(), self.term, done);
            if let Err(Busy) = self.journal.submit(write) {
                let _ = myself.cast(Msg::NotTold(conversation));
            }
        }
    }

    /// What cannot be written now is found again by the next read.
    pub(super) fn requeue(&self, result: Result<Vec<Head>, StoreError>) {
        let heads = match result {
            Ok(heads) => heads,
            Err(error) => return tracing::warn!(%error, "the unanswered could not be read"),
        };
        for head in heads {
            let done = Box::new(|outcome| {
                if let Outcome::Committed(_) = outcome {
                    metrics::requeued();
                }
            });
            if let Some(write) = requeue::write(&head, self.term, done)
                && let Err(Busy) = self.journal.submit(write)
            {
                break;
            }
            if sabotage::on(Switch::RepeatRequeues) {
                self.requeue_again(head);
            }
        }
    }

    fn requeue_again(&self, head: Head) {
        let (term, journal) = (self.term, self.journal.clone());
        tokio::spawn(async move {
            sabotage::linger(Switch::RepeatRequeues).await;
            requeue::write(&head, term, Box::new(|_| {})).map(|write| journal.submit(write))
        });
    }
}
