//! One actor for each conversation with a socket on this node: audience, typing, last seq.
//!
//! `state` decides writes; `following` decides who gets which entry, by the rules of `joining` and
//! `keeping_up`; `actor` performs, `registry` starts and buries actors, and `handle` is all that
//! the rest of the node sees.
//!
//! Invariant: no message enum and no `ractor` type leaves this folder.

mod access;
mod actor;
mod answer;
mod anti_entropy;
mod attach;
mod audience;
mod by_hand;
#[cfg(test)]
mod cluster_tests;
mod ephemeral;
mod following;
mod handle;
mod joining;
mod keeping_up;
mod performing;
mod promising;
mod queue_places;
mod queueing;
mod reading;
mod registry;
mod returning;
#[cfg(any(test, feature = "sabotage"))]
mod simulation;
mod state;
mod telling;
#[cfg(test)]
mod tests;
mod typists;
mod view;

pub(crate) use crate::journal::{Done, Outcome};
pub(crate) use answer::{answer, refuse};
pub(crate) use handle::{Command, Conversations, Follower, Request, StartRequest};
pub(crate) use promising::PromiseRequest;
pub(crate) use queue_places::Promises;
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use simulation::{GapFiller, SlowConsumer};
pub(crate) use view::{newest_seq, summary, viewed};
