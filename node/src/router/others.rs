//! What comes from beyond this node: commits of other nodes, and agents who have gone.

use ractor::ActorRef;
use salotto_protocol::{AgentId, ConversationId};

use super::actor::{Msg, RouterActor};
use super::requeue;
use crate::journal::{Busy, Outcome};
use crate::metrics;
use crate::sabotage::{self, Switch};
use crate::store::{Head, StoreError};

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
