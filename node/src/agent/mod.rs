//! One actor for each signed-in agent on this node; tabs and devices attach to it.
//!
//! Invariant: no message enum and no `ractor` type leaves this folder.

mod actor;
mod handle;
mod registry;

pub(crate) use handle::{Agents, Parts};
