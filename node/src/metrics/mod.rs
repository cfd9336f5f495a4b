//! Every metric this node exports, one function each. Nothing else calls the `metrics` macros.
//!
//! `list.rs` has them all with their labels; the other files have the functions, by topic.

mod actors;
mod exporter;
mod http;
mod link;
mod list;
mod mails;
mod messages;
mod node;
mod process;
mod routing;
mod sockets;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use actors::*;
pub(crate) use exporter::{install, keep_up, render};
pub(crate) use http::*;
pub(crate) use link::*;
pub(crate) use mails::*;
pub(crate) use messages::*;
pub(crate) use node::*;
pub(crate) use routing::*;
pub(crate) use sockets::*;
pub(crate) use store::*;
