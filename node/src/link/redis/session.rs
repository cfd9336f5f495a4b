//! One standing of the link: subscribed, proved by probes of its own, until something is wrong.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::ear::{Ear, Heard};
use super::hearing::{Due, Hearing};
use super::lane::Troubles;
use super::places::Places;
use super::queue::Post;
use super::routes::Routes;
use super::server::{Login, subscribe};
use super::topic::Topic;
use super::trouble::Trouble;
use crate::link_url::Server;
use crate::metrics;

/// Whether the servers are still the right ones: a master that became a replica closes nothing.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// After trouble on the way to another shard.
const CHECK_SOON: Duration = Duration::from_millis(250);
/// Told by lanes and not yet looked at; more would say the same.
const TROUBLES_MAX: usize = 16;

pub(super) struct Session<'s> {
    shared: &'s Shared,
    /// Servers that have our topics.
    heard_by: Vec<(Server, Vec<Topic>)>,
    ear: Arc<Ear>,
    inbox: Hearing,
    all: Hearing,
    was_proved: bool,
    troubles: (Troubles, mpsc::Receiver<(Server, Trouble)>),
    checks: JoinSet<Result<Places, Trouble>>,
    check_at: Instant,
    _subscriptions: Vec<MultiplexedConnection>,
}

impl<'s> Session<'s> {
    /// Subscribes. Nothing is proved yet.
    pub(super) async fn begin(shared: &'s Shared, known: &[Server]) -> Result<Self, Trouble> {
        let places = Places::find(&shared.url, known).await?;
        let heard_by = places.heard_by(shared.node).ok_or(Trouble::Unserved)?;
        let login = Login::of(&shared.url);
        let ear = Arc::new(Ear::new(shared.node, shared.readers.clone()));
        let mut subscriptions = Vec::with_capacity(heard_by.len());
        for (server, topics) in &heard_by {
            let topics = (places.telling(), topics.as_slice());
            subscriptions.push(subscribe(server, &login, topics, ear.clone()).await?);
        }
        let troubles = mpsc::channel(TROUBLES_MAX);
        shared.open(Routes::new(places, &login, &troubles.0, None));
        Ok(Session {
            shared,
            heard_by,
            ear,
            inbox: Hearing::unproved(),
            all: Hearing::unproved(),
            was_proved: false,
            troubles,
            checks: JoinSet::new(),
            check_at: Instant::now() + CHECK_EVERY,
            _subscriptions: subscriptions,
        })
    }

    /// Until the link has to be made anew: why, and whether it ever stood.
    pub(super) async fn run(mut self) -> (Trouble, bool) {
        loop {
            let wake_at = match self.look(Instant::now()) {
                Ok(wake_at) => wake_at,
                Err(trouble) => return (trouble, self.was_proved),
            };
            let outcome = tokio::select! {
                () = self.ear.changed.notified() => Ok(()),
                Some((server, trouble)) = self.troubles.1.recv() => self.suffer(&server, trouble),
                Some(checked) = self.checks.join_next() => match checked {
                    Ok(checked) => self.compare(checked),
                    Err(_) => Ok(()),
                },
                () = sleep_until(wake_at) => Ok(()),
            };
            if let Err(trouble) = outcome {
                return (trouble, self.was_proved);
            }
        }
    }

    /// What was heard, what is to be probed, and when to look again.
    fn look(&mut self, now: Instant) -> Result<Instant, Trouble> {
        let Heard { all, inbox, ended } = self.ear.heard();
        if ended {
            return Err(Trouble::Ended);
        }
        all.and_then(|at| self.all.heard(at));
        if let Some(took) = inbox.and_then(|at| self.inbox.heard(at)) {
            metrics::link_lag(took);
        }
        let mut wake_at = now + CHECK_EVERY;
        let inbox = Topic::Inbox(self.shared.node);
        for (topic, hearing) in [(Topic::All, &mut self.all), (inbox, &mut self.inbox)] {
            match hearing.due(now) {
                Due::Nothing { before } => wake_at = wake_at.min(before),
                Due::Probe => {
                    self.shared.probe(topic);
                    wake_at = wake_at.min(now + super::hearing::ANSWER_WITHIN);
                }
                Due::Deaf => return Err(Trouble::Deaf),
            }
        }
        if self.all.is_sound() && self.inbox.is_sound() {
            self.was_proved = true;
            self.shared.is_sound();
        } else if self.shared.is_suspect() {
            tracing::warn!("a probe on the link to Redis did not come back in time");
        }
        if now >= self.check_at && self.checks.is_empty() {
            self.check(now);
        }
        Ok(wake_at.min(self.check_at.max(now + CHECK_SOON)))
    }

    fn check(&mut self, now: Instant) {
        self.check_at = now + CHECK_EVERY;
        let (url, known) = (self.shared.url.clone(), self.shared.known());
        self.checks.spawn(async move { Places::find(&url, &known).await });
    }

    /// Trouble on the way to our own topics ends the session; another shard may have moved.
    fn suffer(&mut self, server: &Server, trouble: Trouble) -> Result<(), Trouble> {
        if self.heard_by.iter().any(|(it, _)| it == server) {
            return Err(trouble);
        }
        self.check_at = self.check_at.min(Instant::now() + CHECK_SOON);
        Ok(())
    }

    fn compare(&mut self, found: Result<Places, Trouble>) -> Result<(), Trouble> {
        let places = match found {
            Ok(places) => places,
            Err(trouble @ Trouble::NotMaster { .. }) => return Err(trouble),
            // Probes tell whether the topics are still heard.
            Err(
                Trouble::Unreachable { .. }
                | Trouble::Refused { .. }
                | Trouble::NoMaster { .. }
                | Trouble::Unserved
                | Trouble::Deaf
                | Trouble::Ended
                | Trouble::Moved,
            ) => return Ok(()),
        };
        if places.heard_by(self.shared.node).as_ref() != Some(&self.heard_by) {
            return Err(Trouble::Moved);
        }
        self.shared.reroute(places, &self.troubles.0);
        Ok(())
    }
}

/// A probe: a stamp with nothing after it.
pub(super) fn probe(shared: &Shared, topic: Topic) -> Post {
    let bytes = salotto_protocol::envelope::stamped(shared.node, &[]).into();
    Post { topic, bytes }
}
