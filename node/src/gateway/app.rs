//! What a request handler and a socket may reach.

use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use salotto_protocol::NodeId;

use super::guards::Guards;
use super::socket::Sockets;
use super::token::Tokens;
use crate::agent::Agents;
use crate::chatflow::Chatflows;
use crate::journal::Journal;
use crate::presence::Presence;
use crate::session::Sessions;
use crate::store::Store;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) node: NodeId,
    pub(crate) settings: GatewaySettings,
    pub(crate) tokens: Tokens,
    pub(crate) guards: Guards,
    pub(crate) sockets: Sockets,
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) presence: Presence,
    pub(crate) chatflows: Chatflows,
    pub(crate) sessions: Sessions,
    pub(crate) agents: Agents,
}

/// What `node.rs` passes on from the configuration.
#[derive(Clone, Debug)]
pub(crate) struct GatewaySettings {
    pub(crate) listen: SocketAddr,
    /// Sockets at once; beyond it `hello` is answered with 1013 (and the accept ceiling is
    /// a little higher).
    pub(crate) sockets_max: usize,
    /// Hellos answered at once; beyond it they are answered with 1013, those who only look first.
    pub(crate) hellos_max: usize,
    pub(crate) heartbeat_ms: u64,
    pub(crate) reconnect_window_ms: u64,
    /// Exempts the load tester from the limits per address and gives it agents. None: off.
    pub(crate) loadtest_token: Option<String>,
    /// Whether the demo shop is served at `/`.
    pub(crate) demo: bool,
    /// Whose forwarding headers are believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Cookies are Secure even when no trusted proxy says that it was https.
    pub(crate) https: bool,
    pub(crate) visitors_per_address_per_minute: u32,
    pub(crate) messages_per_address_per_minute: u32,
    pub(crate) sign_ins_per_address_per_minute: u32,
    pub(crate) sign_ins_per_account_per_minute: u32,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
