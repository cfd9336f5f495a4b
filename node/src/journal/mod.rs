//! The only writer: decides writes on locked heads, commits them in batches, and tells the node.
//!
//! Invariant: nothing is acknowledged or published before it is committed and on disk.

mod actor;
mod batch;
mod change;
mod commits;
mod delivery;
mod handle;
mod marks;
mod repeat;
mod state;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use commits::{Commit, CommitStream, Committed};
pub(crate) use handle::Journal;
pub(crate) use write::{
    Ack, Busy, Change, Changed, Decision, Done, Locked, NewAgent, NewConversation, NewEntry,
    Outcome, Rejection, Slot, Target, Write,
};
