//! Visitors and agents over real sockets, on schedule, with a delivery audit.
//!
//! Reading order: `plan` (when messages are due), `pacer` (fires them), `visitor` and `agent`
//! (what they do; pure), `participant` and `wire` (their sockets), `audit` (the verdict), `run`.

pub mod agent;
pub mod api;
pub mod args;
pub mod audit;
pub mod books;
pub mod coming_back;
#[cfg(test)]
mod fake_node;
pub mod finish;
pub mod latency;
pub mod ledger;
pub mod log;
pub mod machine;
pub mod outbox;
pub mod pacer;
pub mod participant;
pub mod payload;
pub mod plan;
pub mod progress;
pub mod reading;
pub mod receipts;
pub mod report;
pub mod run;
#[cfg(test)]
mod run_tests;
pub mod setup;
pub mod table;
pub mod tally;
pub mod target;
#[cfg(test)]
mod test_support;
pub mod threshold;
pub mod units;
pub mod visitor;
pub mod wire;
pub mod world;
