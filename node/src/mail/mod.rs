//! Mails leave here: taken from the store when they are due, handed to an SMTP server, marked.
//!
//! `letters` puts them into words for whoever writes them with their cause, `owners` says whether a
//! contact's owner is written to; `state` decides when to
//! try again; `smtp` speaks; `actor` performs.

mod actor;
mod letters;
mod owners;
mod smtp;
mod state;

pub(crate) use letters::{Letters, OwnerAway, one_line, quoted};
pub(crate) use owners::to_owner_if_away;
pub(crate) use smtp::{Smtp, Trouble};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};

use crate::ask::ask;
use crate::journal::Journal;
use crate::store::Store;
use actor::{MailerActor, Msg};

/// The one actor of a node that sends mails.
#[derive(Clone)]
pub(crate) struct Mailer {
    actor: ActorRef<Msg>,
}

impl Mailer {
    /// Sends whatever waits in the store, of any node, and what this one writes from now on.
    pub(crate) async fn start(
        smtp: Smtp,
        journal: Journal,
        store: Store,
        supervisor: ActorCell,
    ) -> Result<Mailer, SpawnErr> {
        let awake = Arc::new(AtomicBool::new(false));
        let mailer = MailerActor {
            smtp: Arc::new(smtp),
            journal,
            store: store.clone(),
            awake: awake.clone(),
        };
        let (actor, _) = Actor::spawn_linked(None, mailer, (), supervisor).await?;
        tokio::spawn(wake(store, actor.clone(), awake));
        Ok(Mailer { actor })
    }

    /// Ends what is under way and takes nothing more, for as long as an `ask` takes. A mail whose
    /// end was not seen is sent again by another node, or by this one when it is back.
    pub(crate) async fn drain(&self) {
        if ask(&self.actor, Msg::Drain).await.is_err() {
            tracing::warn!("mails under way are left to another node");
        }
    }
}

/// One call for however many mails were written meanwhile.
async fn wake(store: Store, actor: ActorRef<Msg>, awake: Arc<AtomicBool>) {
    loop {
        store.mails_written().await;
        if !awake.swap(true, Ordering::SeqCst) && actor.cast(Msg::Look).is_err() {
            return;
        }
    }
}
