//! WebSockets: upgrade, `hello`, one lean task each.
//!
//! Reading order: `upgrade`, `hello`, `task`, `line`; then what a line is made of: `reader`,
//! `codec`, `header`, `decode`, `heartbeat`. `registry` and `admission` know them all, `departure`
//! sends them away.

mod admission;
mod codec;
mod decode;
mod departure;
mod header;
mod heartbeat;
mod hello;
#[cfg(test)]
mod hello_tests;
mod jitter;
#[cfg(test)]
mod limit_tests;
mod line;
#[cfg(test)]
mod people_tests;
mod reader;
mod registry;
#[cfg(any(test, feature = "sabotage"))]
mod simulation;
mod task;
#[cfg(test)]
mod test_peer;
#[cfg(test)]
mod tests;
mod upgrade;

use axum::extract::{Request, State};
use axum::response::Response;
use salotto_protocol::Party;

use super::App;

pub(crate) use registry::Sockets;
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use simulation::Drain;

/// `GET /ws/visitor`
pub(crate) async fn visitor(State(app): State<App>, request: Request) -> Response {
    upgrade::upgrade(app, Party::Visitor, request)
}

/// `GET /ws/agent`
pub(crate) async fn agent(State(app): State<App>, request: Request) -> Response {
    upgrade::upgrade(app, Party::Team, request)
}
