//! Where a waiting conversation stands in its queue, and what a chatflow says of that (CAP-9).

use serde::{Deserialize, Serialize};

/// What whoever waits is told. Nothing, unless the chatflow says so.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ShowQueue {
    /// How many wait longer, plus one.
    #[serde(default)]
    pub position: bool,
    /// How long it may take, beside the position.
    #[serde(default)]
    pub expected_wait: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct QueuePlace {
    /// So many conversations of the same chatflow have waited longer, plus one.
    pub position: u32,
    /// There may be more before it: nobody is counted beyond this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// `position` times the pace of late. Left out when that is unknown, or not to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_wait_ms: Option<u64>,
}
