//! One actor for each visitor who does something, per node; the visitor's tabs attach to it.
//! A visitor who only looks has a socket and a line in the registry, and no actor (parked).
//!
//! Invariant: no message enum and no `ractor` type leaves this folder.

mod actor;
mod handle;
mod registry;
mod state;

pub(crate) use handle::{Arrival, Identity, Sessions};
