//! The words that nodes, browsers and the load tester share. No I/O, no clock, no async.
//!
//! Reading order: `ids`, `entry`, `client_frame`, `server_frame`, `codes`, `limits`; then
//! `chatflow`, `assignment`, `availability`, `hours`, `promise` and `people` (settings), `api` and
//! `people_api` (what REST says), `envelope` (what crosses the link).

pub mod api;
pub mod assignment;
pub mod availability;
pub mod chatflow;
mod client_frame;
mod codes;
mod decision;
mod entry;
pub mod envelope;
pub mod hours;
mod ids;
pub mod limits;
pub mod people;
pub mod people_api;
pub mod promise;
mod queue_place;
mod server_frame;

pub use client_frame::{ClientFrame, Cursor, Hello, Page, Start};
pub use codes::{CloseCode, ComeBack, ErrorCode};
pub use decision::{
    Candidate, DecisionRecord, Facts, Policy, Round, RuleVersion, Step, StepOutcome, Target,
    TieBreak, Verdict,
};
pub use entry::{
    AgentRef, AgentStatus, AssignmentCause, Author, ConversationState, Entry, EntryBody, Party,
    TeamRef, UnknownBody, View, ViewedEntry,
};
pub use ids::{
    AgentId, ChatflowId, ClientId, ContactId, ConversationId, ConversationNumber, Epoch, InboxId,
    NodeId, Seq, SiteId, SkillId, TeamId, VisitorId,
};
pub use queue_place::{QueuePlace, ShowQueue};
pub use server_frame::{
    AgentPresence, Availability, BoardRow, BoardUpdate, ConversationSummary, MarkPair, Refusal,
    ResetReason, ServerFrame, Welcome,
};
