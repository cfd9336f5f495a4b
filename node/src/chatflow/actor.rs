//! One published chatflow: weighs its availability and tells the visitors of its site.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::watch;

use super::availability::availability;
use super::known::{Known, Told};
use super::parked::Parked;
use crate::presence::Roster;
use crate::store::ChatflowRow;

pub(super) struct ChatflowActor {
    pub(super) known: Arc<Known>,
    pub(super) parked: Arc<Parked>,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
}

pub(super) enum Msg {
    Settings(Box<ChatflowRow>),
    /// The roster changed.
    Weigh,
    /// It is now the one that its site shows.
    Announce,
    #[cfg(test)]
    Panic,
}

impl Actor for ChatflowActor {
    type Msg = Msg;
    type State = ChatflowRow;
    type Arguments = ChatflowRow;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        row: ChatflowRow,
    ) -> Result<ChatflowRow, ActorProcessingErr> {
        myself.cast(Msg::Weigh)?;
        Ok(row)
    }

    async fn handle(
        &self,
        _: ActorRef<Msg>,
        message: Msg,
        row: &mut ChatflowRow,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Settings(new) => {
                *row = *new;
                self.weigh(row).await;
            }
            Msg::Weigh => self.weigh(row).await,
            Msg::Announce => self.announce(row).await,
            #[cfg(test)]
            Msg::Panic => panic!("on purpose"),
        }
        Ok(())
    }
}

impl ChatflowActor {
    async fn weigh(&self, row: &ChatflowRow) {
        let now = availability(&row.settings, &self.roster.borrow());
        if self.known.told(row.id).is_some_and(|told| told.availability == now) {
            return;
        }
        // Before anybody is told: whoever joins from now on reads this one.
        self.known.tell(Told::new(row.id, now));
        self.announce(row).await;
    }

    async fn announce(&self, row: &ChatflowRow) {
        let is_shown =
            self.known.snapshot().shown_on(row.site).is_some_and(|shown| shown.id == row.id);
        if is_shown && let Some(told) = self.known.told(row.id) {
            self.parked.tell(row.site, &told.frame).await;
        }
    }
}
