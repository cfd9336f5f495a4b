//! The edge: the only folder that knows HTTP and WebSocket.

mod address;
mod admin;
mod api;
mod app;
mod assets;
mod auth;
mod body;
mod error;
mod guards;
mod health;
mod observe;
mod pages;
mod password;
mod patient;
mod proxy;
mod routes;
mod server;
mod socket;
#[cfg(test)]
mod test_support;
mod token;

use salotto_protocol::SiteId;
use uuid::uuid;

pub(crate) use admin::admin_routes;
pub(crate) use app::{App, GatewaySettings, Parts};
pub(crate) use guards::Guards;
pub(crate) use health::{Health, Phase};
pub(crate) use password::{PASSWORD_BYTES_MAX, hash as hash_password, random_word};
pub(crate) use routes::public_routes;
pub(crate) use token::Tokens;

/// The site of the demo shop: the one that may be used from the node's own pages.
pub(crate) const DEMO_SITE: SiteId = SiteId(uuid!("019ac000-0000-7000-8000-00000000d3b0"));
pub(crate) use server::{Door, HTTP_CONNECTIONS_RESERVE, listen, serve};
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use socket::Drain;
pub(crate) use socket::Sockets;
