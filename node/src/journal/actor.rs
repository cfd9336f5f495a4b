//! The one actor that writes: takes what has queued, commits it, hands out what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use salotto_protocol::NodeId;
use tokio::sync::{mpsc, oneshot};

use super::batch::settle;
use super::change;
use super::checkpointer::CHECKPOINT_ENTRIES;
use super::commits::Commit;
use super::delivery::Delivery;
use super::load::LookUp;
use super::marks::{Added, PendingMarks};
use super::pace::Pace;
use super::queue::{Next, Queue};
use super::write::{Candidacy, Change, Changed, Outcome, Renewed};
use crate::metrics;
use crate::store::{ClaimedMail, Held, Mark, Store, StoreError, Trouble};

/// A mark that no write carries along is stored after so long.
pub(super) const MARKS_DELAY: Duration = Duration::from_millis(200);

/// Clients that lost a node or their network send again within so long of one another.
const REPEATS: Duration = Duration::from_secs(5);

pub(super) struct JournalActor {
    pub(super) store: Store,
    pub(super) shared: Arc<Shared>,
}

/// What the handles and the actor both touch.
#[derive(Default)]
pub(super) struct Shared {
    /// A `Wake` is in the mailbox.
    pub(super) awake: AtomicBool,
    pub(super) marks: PendingMarks,
}

pub(super) enum Msg {
    /// There are writes in the queue.
    Wake,
    /// Marks have waited long enough.
    FlushMarks,
    Change(Box<Change>, RpcReplyPort<Result<Changed, StoreError>>),
    /// Answered when the node's row and its lease are renewed.
    Renew(NodeId, Candidacy, RpcReplyPort<Result<Renewed, StoreError>>),
    /// So many mails, for so many milliseconds.
    ClaimMails(u32, u32, RpcReplyPort<Result<Vec<ClaimedMail>, StoreError>>),
    /// A checkpoint has come as far as it can beside the writer.
    FinishCheckpoint,
    /// Commit what is queued, take nothing more.
    Drain(RpcReplyPort<()>),
}

pub(super) struct State {
    pub(super) queue: Queue,
    pub(super) pace: Pace,
    /// Until then writes are expected to come again that were written before.
    pub(super) repeats_until: Option<Instant>,
    pub(super) deliveries: mpsc::Sender<Delivery>,
    pub(super) checkpoints: mpsc::Sender<ActorRef<Msg>>,
    /// Entries since the last checkpoint was asked for.
    pub(super) entries: usize,
}

impl Actor for JournalActor {
    type Msg = Msg;
    type State = State;
    type Arguments = State;

    async fn pre_start(&self, _: ActorRef<Msg>, state: State) -> Result<State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Wake => self.take_batch(&myself, state).await?,
            Msg::FlushMarks => self.take_batch(&myself, state).await?,
            Msg::FinishCheckpoint => self.finish_checkpoint(state).await?,
            Msg::Change(change, reply) => self.change(state, *change, reply).await?,
            Msg::Renew(node, candidacy, reply) => {
                let renewed = change::renew(&self.store, node, candidacy).await;
                self.answer(state, renewed, reply).await?;
            }
            Msg::ClaimMails(count_max, lease_ms, reply) => {
                let claimed = change::claim_mails(&self.store, count_max, lease_ms).await;
                self.answer(state, claimed, reply).await?;
            }
            Msg::Drain(reply) => self.drain(&myself, state, reply).await?,
        }
        Ok(())
    }
}

impl JournalActor {
    /// One batch for one message, so that changes and marks have their turn between batches.
    async fn take_batch(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
    ) -> Result<(), StoreError> {
        if let Some(wait) = state.pace.wait(Instant::now(), state.queue.waiting()) {
            tokio::time::sleep(wait).await;
        }
        state.pace.begins(Instant::now());
        self.shared.awake.store(false, Ordering::SeqCst);
        let next = state.queue.next();
        metrics::store_write_queue(state.queue.waiting());
        let is_full = next.is_full();
        self.commit(myself, state, next).await?;
        // A batch of what was put off alone leaves the fresh ones, whose call was this one.
        let is_left = state.queue.has_put_off() || state.queue.waiting() > 0;
        if (is_full || is_left) && !self.shared.awake.swap(true, Ordering::SeqCst) {
            let _ = myself.cast(Msg::Wake);
        }
        Ok(())
    }

    async fn commit(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        next: Next,
    ) -> Result<(), StoreError> {
        let held = next.held;
        let marks = match held {
            Held::Skipped => self.shared.marks.take(),
            Held::Awaited => Vec::new(),
        };
        let (mut writes, times) = next.into_parts();
        if writes.is_empty() && marks.is_empty() {
            return Ok(());
        }
        let settled = settle(&self.store, &mut writes, marks, held, state.look_up(held)).await;
        if settled.has_repeats {
            state.repeats_until = Some(Instant::now() + REPEATS);
        }
        self.keep(myself, settled.marks_left);
        state.count_entries(&settled.notices, myself);
        let answers = state.queue.take_back(writes, &times, settled.fates);
        let notices = settled.notices;
        state.deliver(Delivery { notices, answers, ..Delivery::default() }).await;
        match settled.fatal {
            None => Ok(()),
            Some(error) => state.give_up(error).await,
        }
    }

    async fn finish_checkpoint(&self, state: &mut State) -> Result<(), StoreError> {
        let finished = self.store.writer().await.finish_checkpoint().await;
        match finished {
            Err(error) if error.trouble() == Trouble::Fatal => state.give_up(error).await,
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Whoever flushed them has come and gone: the first one kept calls again.
    fn keep(&self, myself: &ActorRef<Msg>, marks: Vec<Mark>) {
        for mark in marks {
            match self.shared.marks.add(mark) {
                Added::First => drop(myself.send_after(MARKS_DELAY, || Msg::FlushMarks)),
                Added::More => {}
            }
        }
    }

    async fn change(
        &self,
        state: &mut State,
        change: Change,
        reply: RpcReplyPort<Result<Changed, StoreError>>,
    ) -> Result<(), StoreError> {
        match change::apply(&self.store, change).await {
            Ok((changed, notices)) => {
                let announced = !notices.is_empty();
                state.deliver(Delivery { notices, announced, ..Delivery::default() }).await;
                let _ = reply.send(Ok(changed));
                Ok(())
            }
            Err(error) => self.answer(state, Err(error), reply).await,
        }
    }

    async fn answer<T: Send + 'static>(
        &self,
        state: &mut State,
        result: Result<T, StoreError>,
        reply: RpcReplyPort<Result<T, StoreError>>,
    ) -> Result<(), StoreError> {
        match result {
            Ok(answer) => {
                let _ = reply.send(Ok(answer));
                Ok(())
            }
            Err(error) => {
                metrics::store_error("change", error.trouble().as_str());
                match error.trouble() {
                    Trouble::Fatal => state.give_up(error).await,
                    Trouble::Locked | Trouble::Refused | Trouble::Raced | Trouble::Lost => {
                        let _ = reply.send(Err(error));
                        Ok(())
                    }
                }
            }
        }
    }

    async fn drain(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        reply: RpcReplyPort<()>,
    ) -> Result<(), StoreError> {
        state.queue.close();
        loop {
            let next = state.queue.next();
            let is_full = next.is_full();
            self.commit(myself, state, next).await?;
            if !is_full && !state.queue.has_put_off() && state.queue.waiting() == 0 {
                break;
            }
        }
        let (delivered, all_delivered) = oneshot::channel();
        state.deliver(Delivery { delivered: Some(delivered), ..Delivery::default() }).await;
        let _ = all_delivered.await;
        let _ = reply.send(());
        Ok(())
    }
}

impl State {
    /// A batch that waits for a head has one try only.
    fn look_up(&self, held: Held) -> LookUp {
        let until = self.repeats_until;
        match held {
            Held::Awaited => LookUp::First,
            Held::Skipped if until.is_some_and(|until| Instant::now() < until) => LookUp::First,
            Held::Skipped => LookUp::IfRefused,
        }
    }

    /// A checkpoint is due after so many entries; while one is under way, another is not begun.
    fn count_entries(&mut self, notices: &[Commit], myself: &ActorRef<Msg>) {
        let entries = notices.iter().map(|notice| match notice {
            Commit::Entries(write) => write.entries.len(),
            Commit::Marks { .. }
            | Commit::Elsewhere(_)
            | Commit::Agents(_)
            | Commit::Settings
            | Commit::Skipped(_)
            | Commit::Attached(_)
            | Commit::Lost
            | Commit::Queue(_) => 0,
        });
        self.entries += entries.sum::<usize>();
        if self.entries >= CHECKPOINT_ENTRIES && self.checkpoints.try_send(myself.clone()).is_ok() {
            self.entries = 0;
        }
    }

    /// The store cannot be trusted any more: whoever waits is told, and the actor fails.
    async fn give_up(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.queue.close();
        let mut answers = Vec::new();
        loop {
            let (writes, _) = self.queue.next().into_parts();
            if writes.is_empty() {
                break;
            }
            answers.extend(writes.into_iter().map(|write| (write.done, Outcome::Failed)));
        }
        self.deliver(Delivery { answers, ..Delivery::default() }).await;
        Err(error)
    }

    /// Alone: what is put off can be sent to another thread, but not shared.
    async fn deliver(&mut self, delivery: Delivery) {
        let sent = self.deliveries.send(delivery).await;
        assert!(sent.is_ok(), "the delivery task ends after this sender");
    }
}
