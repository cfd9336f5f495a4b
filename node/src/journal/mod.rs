//! The only writer: decides writes on locked heads, commits them in batches, and tells the node.
//!
//! Invariant: nothing is acknowledged or published before it is committed and on disk.

mod actor;
mod attachments;
mod batch;
mod bench;
mod change;
mod checkpointer;
mod commits;
mod consequences;
mod contacts;
mod delivery;
mod facts;
mod handle;
mod hours;
mod load;
mod marks;
mod outage;
mod pace;
mod peers;
mod people;
mod picks;
mod promises;
mod queue;
mod rejections;
mod repeat;
mod run;
mod slots;
mod state;
#[cfg(test)]
mod tests;
mod turns;
mod write;

#[cfg(any(test, feature = "sabotage"))]
pub(crate) use attachments::{Attachments, Changes};
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use batch::Fate;
pub(crate) use bench::bench_journal;
pub(crate) use commits::{Commit, CommitStream, Committed, Elsewhere};
pub(crate) use handle::Journal;
pub(crate) use peers::Peers;
pub(crate) use people::{Asked, Complaint, NewAccount, Request, SkillsAsked};
pub(crate) use promises::PromiseChange;
pub(crate) use rejections::{ATTENDED, STALE_TERM};
#[cfg(any(test, feature = "sabotage"))]
pub(crate) use state::Work;
pub(crate) use turns::TURN_PASSED;
#[cfg(test)]
pub(crate) use write::Decide;
pub(crate) use write::{
    Ack, Busy, Candidacy, Change, Changed, Decision, Done, Locked, Mails, NewAgent,
    NewConversation, NewEntry, Outcome, Rejection, Renewed, Slot, Target, Told, Write,
};
