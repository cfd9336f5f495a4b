//! One actor per published chatflow: its settings, whether it can be answered, who is told.
//!
//! `registry` keeps the settings fresh and the actors alive; what it knows stands in `known`, to
//! be read by everybody without waiting.

mod actor;
mod availability;
#[cfg(test)]
mod availability_tests;
#[cfg(test)]
mod clock_tests;
mod known;
mod parked;
mod registry;
mod reply_time;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use salotto_protocol::chatflow::PublicChatflow;
use salotto_protocol::{AgentId, ChatflowId, InboxId, SiteId};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::ask::ask;
use crate::clock::Clock;
use crate::fanout::{Delivery, Outbox, SocketId};
use crate::presence::{Presence, Roster};
use crate::store::{AssigneesOf, ChatflowRow, InboxRow, SiteRow, Store};
use known::{Known, Told};
use parked::Parked;
use registry::{Msg, Registry};
use state::Snapshot;

/// Whoever asks is asked as well, and gives up after 5 s.
const LOOKED_FOR: Duration = Duration::from_secs(2);

/// The chatflows, sites and inboxes that this node knows: a snapshot, refreshed within 2 s.
#[derive(Clone)]
pub(crate) struct Chatflows {
    registry: ActorRef<Msg>,
    known: Arc<Known>,
    parked: Arc<Parked>,
    roster: watch::Receiver<Arc<Roster>>,
    clock: Clock,
}

/// What a look for a chatflow ended with.
pub(crate) enum Found {
    Chatflow(Box<ChatflowRow>),
    Nothing,
    /// The store did not answer.
    Unclear,
}

/// Whether what was asked for before is in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refreshed {
    Now,
    Later,
}

impl Chatflows {
    /// Returns with the settings in force.
    pub(crate) async fn start(
        store: Store,
        presence: Presence,
        supervisor: ActorCell,
    ) -> Result<Chatflows, SpawnErr> {
        Chatflows::start_by(Clock::default(), store, presence, supervisor).await
    }

    async fn start_by(
        clock: Clock,
        store: Store,
        presence: Presence,
        supervisor: ActorCell,
    ) -> Result<Chatflows, SpawnErr> {
        let settings =
            store.settings().await.map_err(|error| SpawnErr::StartupFailed(error.into()))?;
        let (known, parked) = (Arc::new(Known::default()), Arc::new(Parked::default()));
        known.replace(Arc::new(Snapshot::new(settings.clone())));
        let roster = presence.roster();
        let registry = Registry {
            store,
            known: known.clone(),
            parked: parked.clone(),
            roster: roster.clone(),
            clock,
        };
        let (registry, _) = Actor::spawn_linked(None, registry, settings, supervisor).await?;
        Ok(Chatflows { registry, known, parked, roster, clock })
    }

    /// Reads the settings again and waits until they are in force.
    pub(crate) async fn refresh(&self) -> Refreshed {
        if ask(&self.registry, Msg::Refresh).await.is_ok() {
            return Refreshed::Now;
        }
        tracing::warn!("the settings are refreshed later: the store is slow or has failed");
        Refreshed::Later
    }

    pub(crate) fn site(&self, id: SiteId) -> Option<SiteRow> {
        self.known.snapshot().site(id).cloned()
    }

    /// As `site`; one that another node made a moment ago is found as well.
    pub(crate) async fn find_site(&self, id: SiteId) -> Option<SiteRow> {
        if let Some(site) = self.site(id) {
            return Some(site);
        }
        self.refresh().await;
        self.site(id)
    }

    /// Those that this agent may see (PERM-5).
    pub(crate) fn inboxes_of(&self, agent: AgentId) -> Vec<InboxRow> {
        let snapshot = self.known.snapshot();
        let inboxes = snapshot.rest.inboxes.iter();
        inboxes.filter(|inbox| self.may_see(inbox.id, agent)).cloned().collect()
    }

    /// As far as this node knows; a change elsewhere is known within 2 s.
    pub(crate) fn may_see(&self, inbox: InboxId, agent: AgentId) -> bool {
        let snapshot = self.known.snapshot();
        match self.roster.borrow().get(&agent) {
            Some(row) => snapshot.rest.may_see(inbox, row),
            None => snapshot.rest.is_member(inbox, agent),
        }
    }

    /// One that another node made a moment ago is found as well. Inboxes stay for ever.
    pub(crate) async fn has_inbox(&self, id: InboxId) -> bool {
        let has = || self.known.snapshot().rest.inboxes.iter().any(|row| row.id == id);
        if has() {
            return true;
        }
        let _ = timeout(LOOKED_FOR, self.refresh()).await;
        has()
    }

    pub(crate) fn get(&self, id: ChatflowId) -> Option<ChatflowRow> {
        self.known.snapshot().chatflow(id).cloned()
    }

    /// As `get`; one that another node made a moment ago is found as well.
    pub(crate) async fn find(&self, id: ChatflowId) -> Option<ChatflowRow> {
        if let Some(row) = self.get(id) {
            return Some(row);
        }
        self.refresh().await;
        self.get(id)
    }

    /// One that visitors of this site can start with; one that another node published a moment
    /// ago is found as well.
    pub(crate) async fn find_published(&self, site: SiteId, id: ChatflowId) -> Found {
        let published = || self.get(id).filter(|row| row.site == site && row.enabled);
        if let Some(row) = published() {
            return Found::Chatflow(Box::new(row));
        }
        let refreshed = timeout(LOOKED_FOR, self.refresh()).await.unwrap_or(Refreshed::Later);
        match (published(), refreshed) {
            (Some(row), _) => Found::Chatflow(Box::new(row)),
            (None, Refreshed::Now) => Found::Nothing,
            (None, Refreshed::Later) => Found::Unclear,
        }
    }

    /// Whom the router gives the conversations of a site's chatflows.
    pub(crate) fn assigning(&self, site: SiteId) -> AssigneesOf {
        self.known.snapshot().assigning(site)
    }

    /// The enabled chatflow of a site with the highest priority (CF-11).
    pub(crate) fn shown_on(&self, site: SiteId) -> Option<PublicChatflow> {
        let snapshot = self.known.snapshot();
        let row = snapshot.shown_on(site)?;
        Some(row.settings.public(row.id, self.weighed(&snapshot, row.id)?.now))
    }

    /// What holds now, weighed for whoever begins a conversation: their page may have been told
    /// something else (REG-10).
    pub(crate) fn tell(&self, id: ChatflowId, outbox: &Outbox) {
        if let Some(told) = self.weighed(&self.known.snapshot(), id) {
            // One that is full or gone is told again when it joins.
            let _ = outbox.push(&told.frame, None);
        }
    }

    /// `Offline` if there is no such chatflow.
    #[cfg(test)]
    pub(crate) fn availability(&self, id: ChatflowId) -> salotto_protocol::Availability {
        let told = self.told(&self.known.snapshot(), id);
        told.map_or(salotto_protocol::Availability::Offline, |told| told.now.availability)
    }

    /// A parked visitor's socket wants to be told of its site's chatflow: at once, and whenever
    /// that changes.
    pub(crate) fn join(&self, site: SiteId, outbox: &Outbox) {
        self.parked.join(site, outbox.clone());
        let mut last = None;
        // Again if it changed meanwhile: the actor's frame may have come before this one.
        while let Some(told) = self.told_on(site)
            && last.as_ref() != Some(&(told.chatflow, told.now.clone()))
        {
            match outbox.push(&told.frame, None) {
                Delivery::Queued | Delivery::Lost => {}
                Delivery::Gone => return self.parked.leave(site, outbox.id()),
            }
            last = Some((told.chatflow, told.now));
        }
    }

    pub(crate) fn leave(&self, site: SiteId, socket: SocketId) {
        self.parked.leave(site, socket);
    }

    fn told_on(&self, site: SiteId) -> Option<Told> {
        let snapshot = self.known.snapshot();
        let id = snapshot.shown_on(site)?.id;
        self.told(&snapshot, id)
    }

    /// As its actor found it last; what has no actor, or none yet, is weighed here and now.
    fn told(&self, snapshot: &Snapshot, id: ChatflowId) -> Option<Told> {
        self.known.told(id).or_else(|| self.weighed(snapshot, id))
    }

    fn weighed(&self, snapshot: &Snapshot, id: ChatflowId) -> Option<Told> {
        let rule = snapshot.rule(id)?;
        let reply_time = self.known.reply_time(id);
        Some(Told::new(id, rule.now(&self.roster.borrow(), self.clock.now_ms(), reply_time)))
    }
}
