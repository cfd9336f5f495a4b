//! Takes due mails from the store, sends them side by side, and writes down what came of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ractor::{Actor, ActorProcessingErr, ActorRef, MessagingErr, RpcReplyPort};
use tokio::task::JoinHandle;

use super::smtp::{EXCHANGE_MAX, Smtp, Trouble};
use super::state::{Server, end_of};
use crate::journal::{Change, Journal};
use crate::store::{ClaimedMail, MailEnd, Store, StoreError};
use crate::{clock, metrics};

/// Nobody else sends a claimed mail meanwhile: longer than sending and writing it down may take.
const LEASE_MS: u32 = 60_000;
const _: () = assert!(LEASE_MS as u64 >= 2 * EXCHANGE_MAX.as_millis() as u64);
/// For what other nodes wrote and did not send.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Sent or given up, a mail is kept for so long; its reason may not come again after that.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
const FORGET_INTERVAL: Duration = Duration::from_secs(3_600);

pub(super) struct MailerActor {
    pub(super) smtp: Arc<Smtp>,
    pub(super) journal: Journal,
    pub(super) store: Store,
    /// A `Look` is in the mailbox.
    pub(super) awake: Arc<AtomicBool>,
}

pub(super) enum Msg {
    /// Mails were written, or may be due by now.
    Look,
    /// Take nothing more.
    Drain(RpcReplyPort<()>),
}

#[derive(Default)]
pub(super) struct State {
    server: Server,
    next_look: Option<JoinHandle<Result<(), MessagingErr<Msg>>>>,
    forgot: Option<Instant>,
    is_drained: bool,
}

impl Actor for MailerActor {
    type Msg = Msg;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Msg>, (): ()) -> Result<State, ActorProcessingErr> {
        let _ = myself.cast(Msg::Look);
        Ok(State::default())
    }

    async fn handle(
        &self,
        myself: ActorRef<Msg>,
        message: Msg,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Msg::Look if state.is_drained => {}
            Msg::Look => {
                self.awake.store(false, Ordering::SeqCst);
                if let Some(timer) = state.next_look.take() {
                    timer.abort();
                }
                let pause = self.look(state).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "mails wait: the store is slow or failed");
                    LOOK_INTERVAL
                });
                state.next_look = Some(myself.send_after(pause, || Msg::Look));
            }
            Msg::Drain(reply) => {
                state.is_drained = true;
                let _ = reply.send(());
            }
        }
        Ok(())
    }
}

impl MailerActor {
    /// Sends what is due, if the server can be used. How long until it is worth another look.
    async fn look(&self, state: &mut State) -> Result<Duration, StoreError> {
        if let Some(rest) = state.server.rests(Instant::now()) {
            return Ok(rest);
        }
        self.forget(state).await?;
        match self.store.next_mail_in_ms().await? {
            Some(next_ms) if next_ms <= 0 => {}
            Some(next_ms) => {
                let next = Duration::from_millis(next_ms.unsigned_abs());
                return Ok(next.min(LOOK_INTERVAL));
            }
            None => return Ok(LOOK_INTERVAL),
        }
        let claimed = self.journal.claim_mails(state.server.room(), LEASE_MS).await?;
        if claimed.is_empty() {
            // Another node was faster.
            return Ok(LOOK_INTERVAL);
        }
        let troubles = join_all(claimed.into_iter().map(|mail| self.send(mail))).await;
        let servers = troubles.into_iter().flatten().find(Trouble::is_servers);
        if state.server.note(servers.is_none(), Instant::now()) {
            match servers {
                None => tracing::info!("mails go out again"),
                Some(trouble) => tracing::warn!(%trouble, "mails wait"),
            }
        }
        Ok(state.server.rests(Instant::now()).unwrap_or(Duration::ZERO))
    }

    /// And writes down what came of it. A panic on the way is one mail's trouble.
    async fn send(&self, mail: ClaimedMail) -> Option<Trouble> {
        let smtp = Arc::clone(&self.smtp);
        let (id, attempt, written_ms) = (mail.id, mail.attempt, mail.created_at_ms);
        let sending = tokio::spawn(async move { smtp.send(&mail).await }).await;
        let outcome =
            sending.unwrap_or_else(|_| Err(Trouble::NotNow("it could not be put together".into())));
        let end = end_of(&outcome, attempt, clock::now_ms() - written_ms);
        let trouble = outcome.err();
        let because = trouble.as_ref().map_or("", Trouble::kind);
        match &end {
            MailEnd::Sent => tracing::debug!(mail = %id, attempt, "a mail was sent"),
            MailEnd::PutOff { .. } => {
                tracing::debug!(mail = %id, attempt, because, "a mail is tried again later");
            }
            MailEnd::GivenUp { .. } => {
                tracing::warn!(mail = %id, attempt, because, "a mail was given up");
            }
        }
        metrics::mail(match end {
            MailEnd::Sent => "sent",
            MailEnd::PutOff { .. } => "put_off",
            MailEnd::GivenUp { .. } => "failed",
        });
        if let Err(error) = self.journal.change(Change::EndMail { mail: id, attempt, end }).await {
            tracing::warn!(mail = %id, %error, "what came of a mail is perhaps not written down");
        }
        trouble
    }

    async fn forget(&self, state: &mut State) -> Result<(), StoreError> {
        if state.forgot.is_some_and(|at| at.elapsed() < FORGET_INTERVAL) {
            return Ok(());
        }
        self.journal.change(Change::ForgetMails { older_than_ms: KEPT_MS }).await?;
        state.forgot = Some(Instant::now());
        Ok(())
    }
}
