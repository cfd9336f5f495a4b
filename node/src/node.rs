//! The composition root: the only file that knows every part, in the order of its start.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use salotto_protocol::NodeId;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::agent::{self, Agents};
use crate::board::Boards;
use crate::chatflow::Chatflows;
use crate::config::Config;
use crate::conversation::{Conversations, Promises};
use crate::gateway;
use crate::gateway::{
    App, Door, GatewaySettings, Guards, HTTP_CONNECTIONS_RESERVE, Health, Parts, Phase, Sockets,
    Tokens, admin_routes, public_routes, serve as serve_http,
};
use crate::journal::{Change, Journal, Peers};
use crate::link::{Link, LocalHub, RedisLink};
use crate::link_url::LinkUrl;
use crate::mail::{Letters, Mailer, Smtp, Trouble};
use crate::metrics;
use crate::presence::Presence;
use crate::router::{Manners, Patience, Router};
use crate::session::Sessions;
use crate::store::{Store, StoreError};
use crate::supervisor::{self, ActorCell, SpawnErr};
use crate::{answers, demo, figures};

/// Requests that run when the listeners close are given this long.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(10);
/// Probes and scrapes; never a crowd.
const ADMIN_DOOR: Door = Door { connections_max: 64, proxies: None };
/// A second signal, or a failed part: clients are told at once and nobody is waited for.
const HURRIED_WINDOW: Duration = Duration::from_millis(500);

/// Why a node did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// One line, with the setting's name: exit 78.
    #[error("{setting}: cannot listen on {address}: {source}")]
    Listen { setting: &'static str, address: SocketAddr, source: io::Error },
    #[error("store.url: {0}")]
    Store(#[source] StoreError),
    #[error("mail.url: {0}")]
    Mail(#[source] Trouble),
    #[error("an actor could not be started")]
    Spawn(#[from] SpawnErr),
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
    #[error("the demo could not be seeded")]
    Demo(#[source] StoreError),
    #[error("a part of the node failed; what was acknowledged is on disk")]
    PartFailed,
    #[error("the journal did not end in time; what was acknowledged is on disk")]
    Undrained,
}

/// Runs one node until it is told to stop.
pub(crate) async fn serve(config: &Config) -> Result<(), NodeError> {
    let signals = Signals::new()?;
    // What is wrong with the settings shows before anything is written.
    let public = listen("gateway.listen", config.gateway.listen)?;
    let admin = listen("admin.listen", config.admin_listen)?;
    let store = Store::open(&config.store_url).await.map_err(NodeError::Store)?;
    let health = Health::new();
    let (admin_stop, stopped) = watch::channel(false);
    let admin_routes = admin_routes(health.clone(), store.clone());
    let admin = tokio::spawn(serve_http(admin, admin_routes, ADMIN_DOOR, stopped));
    let running = start(config, store, public, health).await?;
    let ended = running.until_told(signals).await;
    admin_stop.send_replace(true);
    let _ = tokio::time::timeout(REQUESTS_END_WITHIN, admin).await;
    ended
}

fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, NodeError> {
    gateway::listen(address).map_err(|source| NodeError::Listen { setting, address, source })
}

/// All parts, in the order of the layers: from the store upwards.
async fn start(
    config: &Config,
    store: Store,
    public: TcpListener,
    health: Health,
) -> Result<Running, NodeError> {
    let node = NodeId::fresh();
    let (root, failure) = supervisor::root().await?;
    let link = link(config, node);
    let peers = Peers { node, link: link.clone() };
    let journal = Journal::linked(store.clone(), peers, root.clone()).await?;
    let seeded = demo::seed(config, &store, &journal).await.map_err(NodeError::Demo)?;
    forget_earlier_runs(&store, &journal).await?;
    let mailer = start_mailer(config, &journal, &store, &root).await?;
    let presence = Presence::start(node, journal.clone(), store.clone(), root.clone()).await?;
    let chatflows = Chatflows::start(store.clone(), presence.clone(), root.clone()).await?;
    // Who cannot send mail promises none.
    let promises = if config.mail.is_some() { Promises::Made } else { Promises::Never };
    let conversations =
        Conversations::start(journal.clone(), link, store.clone(), promises, root.clone()).await?;
    let conversations = conversations.told_by(letters(config));
    let boards = Boards::start(journal.clone(), store.clone(), root.clone()).await?;
    let manners = Manners { patience: patience(config), letters: letters(config) };
    let router =
        Router::start(presence.clone(), journal.clone(), store.clone(), manners, root.clone())
            .await?;
    let sessions = Sessions::start(chatflows.clone(), conversations.clone(), root.clone()).await?;
    let parts =
        agent::Parts { presence: presence.clone(), conversations: conversations.clone(), boards };
    let agents = Agents::start(parts, root).await?;
    // Port 0 took a free one.
    let listen = public.local_addr().unwrap_or(config.gateway.listen);
    let settings = gateway_settings(config, listen);
    let sockets = Sockets::new(settings.sockets_max, settings.hellos_max);
    let app = App(Arc::new(Parts {
        node,
        tokens: Tokens::new(store.secret()),
        guards: Guards::new(&settings),
        settings,
        store,
        journal: journal.clone(),
        presence: presence.clone(),
        chatflows,
        sessions,
        agents,
        sockets: sockets.clone(),
    }));
    tokio::spawn(figures::keep_current(app.store.clone()));
    demo::announce(config, &app.settings, &seeded);
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve_http(public, public_routes(app), door(config), stopped));
    health.enter(Phase::Accepting);
    metrics::node_started();
    tracing::info!(node = %node, listen = %listen, "the node accepts visitors");
    Ok(Running {
        config: config.clone(),
        health,
        journal,
        mailer,
        presence,
        router,
        sockets,
        stop,
        server,
        failure,
    })
}

/// Of an embedded store: nobody else can be there.
async fn forget_earlier_runs(store: &Store, journal: &Journal) -> Result<(), NodeError> {
    if store.is_embedded() {
        journal.change(Change::ClearPresence).await.map_err(NodeError::Store)?;
    }
    Ok(())
}

fn link(config: &Config, node: NodeId) -> Link {
    match &config.link_url {
        LinkUrl::Local => Link::Local(LocalHub::new().join(node)),
        LinkUrl::Redis(url) => Link::Redis(RedisLink::start(node, url.clone())),
    }
}

fn patience(config: &Config) -> Patience {
    Patience {
        requeue_grace: Duration::from_millis(config.requeue_grace_ms),
        missed_after: Duration::from_millis(config.missed_after_ms),
    }
}

fn door(config: &Config) -> Door {
    Door {
        connections_max: config.gateway.sockets_max + HTTP_CONNECTIONS_RESERVE,
        proxies: config.gateway.proxies(),
    }
}

fn letters(config: &Config) -> Option<Letters> {
    config.mail.as_ref().map(|mail| Letters::new(&mail.public_url))
}

/// Without a server nothing is written that it would have to take.
async fn start_mailer(
    config: &Config,
    journal: &Journal,
    store: &Store,
    root: &ActorCell,
) -> Result<Option<Mailer>, NodeError> {
    let Some(mail) = &config.mail else {
        tracing::info!("mail.url is empty: nobody is told anything by e-mail");
        return Ok(None);
    };
    let smtp = Smtp::new(mail.url.clone(), &mail.from).map_err(NodeError::Mail)?;
    let mailer = Mailer::start(smtp, journal.clone(), store.clone(), root.clone()).await?;
    let after = Duration::from_millis(mail.answers_after_ms);
    tokio::spawn(answers::keep_mailed(store.clone(), journal.clone(), after));
    Ok(Some(mailer))
}

fn gateway_settings(config: &Config, listen: SocketAddr) -> GatewaySettings {
    GatewaySettings {
        listen,
        sockets_max: config.gateway.sockets_max,
        hellos_max: config.gateway.hellos_max,
        heartbeat_ms: config.gateway.heartbeat_ms,
        reconnect_window_ms: config.gateway.reconnect_window_ms,
        loadtest_token: config.loadtest_token.as_ref().map(|it| it.expose().to_owned()),
        demo: config.demo_enabled,
        trusted_proxies: config.gateway.trusted_proxies.clone(),
        https: config.gateway.https,
        visitors_per_address_per_minute: config.limits.visitors_per_address,
        messages_per_address_per_minute: config.limits.messages_per_address,
        sign_ins_per_address_per_minute: config.limits.sign_ins_per_address,
        sign_ins_per_account_per_minute: config.limits.sign_ins_per_account,
    }
}

/// A node at work.
struct Running {
    config: Config,
    health: Health,
    journal: Journal,
    mailer: Option<Mailer>,
    presence: Presence,
    router: Router,
    sockets: Sockets,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    failure: watch::Receiver<bool>,
}

impl Running {
    async fn until_told(mut self, mut signals: Signals) -> Result<(), NodeError> {
        let mut failure = self.failure.clone();
        let ended = tokio::select! {
            () = signals.next() => Ok(()),
            () = has_failed(&mut failure) => Err(NodeError::PartFailed),
        };
        if ended.is_ok() {
            tracing::info!("told to stop: the node drains");
            tokio::select! {
                () = self.drain() => {}
                () = signals.next() => tracing::warn!("told twice: the node hurries"),
                () = has_failed(&mut failure) => tracing::warn!("a part failed meanwhile"),
            }
        }
        self.health.enter(Phase::Draining);
        ended.and(self.leave(HURRIED_WINDOW).await)
    }

    /// Not ready, and still accepting while balancers notice; then from the gateway inwards.
    async fn drain(&mut self) {
        self.health.enter(Phase::Draining);
        self.sockets.prepare_to_leave();
        tokio::time::sleep(Duration::from_millis(self.config.drain.endpoint_delay_ms)).await;
        self.stop.send_replace(true);
        self.router.stop();
        self.sockets.drain(Duration::from_millis(self.config.drain.window_ms)).await;
        let _ = tokio::time::timeout(REQUESTS_END_WITHIN, &mut self.server).await;
        if let Some(mailer) = &self.mailer {
            mailer.drain().await;
        }
    }

    /// Whoever is still here is told to come back; what was taken is committed.
    async fn leave(self, window: Duration) -> Result<(), NodeError> {
        self.stop.send_replace(true);
        self.sockets.drain(window).await;
        if let Err(error) = self.presence.leave().await {
            tracing::warn!(%error, "the other nodes will find out by themselves that it left");
        }
        self.journal.drain().await.map_err(|_| NodeError::Undrained)?;
        tracing::info!("the node has ended");
        Ok(())
    }
}

/// For ever, if nothing fails.
async fn has_failed(failure: &mut watch::Receiver<bool>) {
    if failure.wait_for(|failed| *failed).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// SIGTERM and SIGINT mean the same.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Signals, NodeError> {
        let terminate = signal(SignalKind::terminate()).map_err(NodeError::Signals)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(NodeError::Signals)?;
        Ok(Signals { terminate, interrupt })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
