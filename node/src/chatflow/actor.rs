//! One published chatflow: weighs its availability and tells the visitors of its site.

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::known::{Known, Told};
use super::parked::Parked;
use crate::clock::Clock;
use crate::presence::Roster;
use crate::store::ChatflowRow;

/// A clock that was set, or a machine that slept, is noticed within so long.
const CLOCK_LOOK_MAX: Duration = Duration::from_secs(30);

pub(super) struct ChatflowActor {
    pub(super) known: Arc<Known>,
    pub(super) parked: Arc<Parked>,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
    pub(super) clock: Clock,
}

pub(super) enum Msg {
    Settings(Box<ChatflowRow>),
    /// The roster changed.
    Weigh,
    /// The hours may have begun or ended.
    Turn,
    /// It is now the one that its site shows.
    Announce,
    #[cfg(test)]
    Panic,
}

pub(super) struct State {
    row: ChatflowRow,
    /// The look at the clock that is to come.
    turn: Option<AbortHandle>,
}

impl Actor for ChatflowActor {
    type Msg = Msg;
    type State = State;
    type Arguments = ChatflowRow;

    async fn pre_start(
        &self,
        myself: ActorRef<Msg>,
        row: ChatflowRow,
    ) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Turn)?;
        Ok(State { row, turn: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Settings(new) => {
                state.row = *new;
                self.turn(&myself, state).await;
            }
            Msg::Weigh => self.weigh(&state.row).await,
            Msg::Turn => self.turn(&myself, state).await,
            Msg::Announce => self.announce(&state.row).await,
            #[cfg(test)]
            Msg::Panic => panic!("on purpose"),
        }
        Ok(())
    }
}

impl ChatflowActor {
    /// Weighs, and again when the hours turn next.
    async fn turn(&self, myself: &ActorRef<Msg>, state: &mut State) {
        self.weigh(&state.row).await;
        let snapshot = self.known.snapshot();
        let rule = snapshot.rule(state.row.id);
        let now_ms = self.clock.now_ms();
        let next = rule.and_then(|rule| rule.next_turn_ms(now_ms)).map(|at_ms| {
            let wait_ms = u64::try_from(at_ms - now_ms).expect("a turn is still to come");
            Duration::from_millis(wait_ms).min(CLOCK_LOOK_MAX)
        });
        let look = next.map(|wait| myself.send_after(wait, || Msg::Turn).abort_handle());
        if let Some(former) = std::mem::replace(&mut state.turn, look) {
            former.abort();
        }
    }

    async fn weigh(&self, row: &ChatflowRow) {
        let snapshot = self.known.snapshot();
        let Some(rule) = snapshot.rule(row.id) else { return };
        let now = {
            let reply_time = self.known.reply_time(row.id);
            rule.now(&self.roster.borrow(), self.clock.now_ms(), reply_time)
        };
        if self.known.told(row.id).is_some_and(|told| told.now == now) {
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

/// The actor may fail without `post_stop`.
impl Drop for State {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            turn.abort();
        }
    }
}
