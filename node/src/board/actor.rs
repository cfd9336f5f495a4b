//! One viewed inbox: keeps its list and tells its watchers, whole at first and then the changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use salotto_protocol::{BoardRow, BoardUpdate, ConversationId, InboxId, ServerFrame};

use super::registry::Msg as RegistryMsg;
use super::state::{Limits, List};
use super::watchers::Watcher;
use crate::fanout::{Delivery, Frame, Outbox, SocketId, encode};
use crate::journal::Committed;
use crate::store::{Head, Store, StoreError};

/// More than a team has open in one inbox; whoever has more searches.
const LIMITS: Limits = Limits { open: 500, closed: 50 };
/// At most four updates a second: faster than anybody reads a moving list.
const TELL_PAUSE: Duration = Duration::from_millis(250);
/// Of rows with nothing but another message, so many in one update: each goes to every watcher.
const CHATTER_MAX: usize = 50;
/// The list is read again this often, and finds whatever a notice did not tell.
const READ_INTERVAL: Duration = Duration::from_secs(5);
/// A store that failed is not asked again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct BoardActor {
    pub(super) inbox: InboxId,
    pub(super) store: Store,
    pub(super) registry: ActorRef<RegistryMsg>,
}

pub(super) enum Msg {
    Watch(SocketId, Watcher<Outbox>),
    Unwatch(SocketId),
    Committed(Arc<Committed>),
    /// Another node committed it; read since.
    Heard(Box<Head>),
    /// It was moved to another inbox.
    Left(ConversationId),
    /// The list may have missed something.
    Read,
    ReadDone(Result<Vec<Head>, StoreError>),
    TellAgain,
    #[cfg(test)]
    Panic,
}

pub(super) struct State {
    list: List,
    /// Nobody is told anything before the first read.
    is_loaded: bool,
    reading: Reading,
    telling: Telling,
    watchers: HashMap<SocketId, Watcher<Outbox>>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Reading {
    No,
    Yes,
    /// Something was missed after the read under way began.
    YesAndAgain,
}

/// Whether the watchers may be told now.
#[derive(Clone, Copy)]
enum Telling {
    Now,
    /// Told a moment ago. What has changed since is told when the pause is over.
    Paused,
}

impl Actor for BoardActor {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        myself.cast(Msg::Read)?;
        myself.send_interval(READ_INTERVAL, || Msg::Read);
        Ok(State {
            list: List::new(LIMITS),
            is_loaded: false,
            reading: Reading::No,
            telling: Telling::Now,
            watchers: HashMap::new(),
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Watch(socket, watcher) => self.watch(state, socket, watcher),
            Msg::Unwatch(socket) => drop(state.watchers.remove(&socket)),
            Msg::Committed(committed) => {
                state.list.commit(&committed.head);
                self.tell(&myself, state);
            }
            Msg::Heard(head) => {
                state.list.commit(&head);
                self.tell(&myself, state);
            }
            Msg::Left(id) => {
                state.list.left(id);
                self.tell(&myself, state);
            }
            Msg::Read => self.read(&myself, state),
            Msg::ReadDone(result) => self.read_done(&myself, state, result),
            Msg::TellAgain => {
                state.telling = Telling::Now;
                self.tell(&myself, state);
            }
            #[cfg(test)]
            Msg::Panic => panic!("on purpose"),
        }
        Ok(())
    }
}

impl BoardActor {
    /// The whole list at once; before the first read, when that is done.
    fn watch(&self, state: &mut State, socket: SocketId, watcher: Watcher<Outbox>) {
        let outbox = watcher.outbox.clone();
        state.watchers.insert(socket, watcher);
        if state.is_loaded {
            let delivery = outbox.push(&self.whole(&state.list), None);
            self.delivered(state, socket, delivery);
        }
    }

    fn tell(&self, myself: &ActorRef<Msg>, state: &mut State) {
        match state.telling {
            Telling::Now if state.is_loaded && state.list.has_news() => {}
            Telling::Now | Telling::Paused => return,
        }
        let delta = state.list.take_delta(CHATTER_MAX);
        let frame = self.frame(false, delta.rows, delta.gone);
        self.send(state, &frame);
        state.telling = Telling::Paused;
        myself.send_after(TELL_PAUSE, || Msg::TellAgain);
    }

    fn read(&self, myself: &ActorRef<Msg>, state: &mut State) {
        if state.reading != Reading::No {
            state.reading = Reading::YesAndAgain;
            return;
        }
        state.reading = Reading::Yes;
        state.list.read_begins();
        let (store, inbox, myself) = (self.store.clone(), self.inbox, myself.clone());
        tokio::spawn(async move {
            let result = store.board(inbox, LIMITS.open, LIMITS.closed).await;
            let _ = myself.cast(Msg::ReadDone(result));
        });
    }

    fn read_done(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        result: Result<Vec<Head>, StoreError>,
    ) {
        let again = state.reading == Reading::YesAndAgain;
        state.reading = Reading::No;
        match result {
            Ok(heads) => {
                state.list.read(&heads);
                if state.is_loaded {
                    self.tell(myself, state);
                } else {
                    self.loaded(state);
                }
                if again {
                    self.read(myself, state);
                }
            }
            Err(error) => {
                tracing::warn!(%error, inbox = %self.inbox, "the board could not be read");
                myself.send_after(RETRY_PAUSE, || Msg::Read);
            }
        }
    }

    fn loaded(&self, state: &mut State) {
        state.is_loaded = true;
        let _all_of_it_is_new = state.list.take_delta(usize::MAX);
        let frame = self.whole(&state.list);
        self.send(state, &frame);
    }

    fn send(&self, state: &mut State, frame: &Frame) {
        let deliveries: Vec<(SocketId, Delivery)> = state
            .watchers
            .iter()
            .map(|(socket, watcher)| (*socket, watcher.outbox.push(frame, None)))
            .collect();
        for (socket, delivery) in deliveries {
            self.delivered(state, socket, delivery);
        }
    }

    /// After a loss a delta would stand on nothing: its reader watches again, and gets it whole.
    fn delivered(&self, state: &mut State, socket: SocketId, delivery: Delivery) {
        match delivery {
            Delivery::Queued => {}
            Delivery::Lost | Delivery::Gone => {
                if let Some(watcher) = state.watchers.remove(&socket) {
                    let ended = RegistryMsg::Ended(self.inbox, socket, watcher.number);
                    let _ = self.registry.cast(ended);
                }
            }
        }
    }

    fn whole(&self, list: &List) -> Frame {
        self.frame(true, list.whole(), Vec::new())
    }

    fn frame(&self, whole: bool, rows: Vec<BoardRow>, gone: Vec<ConversationId>) -> Frame {
        encode(&ServerFrame::Board(BoardUpdate { inbox: self.inbox, whole, rows, gone }))
    }
}
