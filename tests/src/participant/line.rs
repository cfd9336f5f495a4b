//! Where a participant connects, and what one of its sockets has told so far.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use salotto_protocol::ConversationId;
use tokio::time::Instant;

use super::{Participant, Role};

/// From `hello` to `welcome`.
const WELCOME_WITHIN: Duration = Duration::from_secs(5);

/// Where a participant connects: to one after the other.
#[derive(Clone)]
pub struct Nodes {
    addresses: Vec<SocketAddr>,
    next: usize,
}

/// What one socket has told so far.
pub(super) struct LineFacts {
    pub(super) heard_at: Instant,
    /// Longer silence is a dead line (REG-3).
    pub(super) silence_max: Duration,
    /// When attaches were asked for; their answers are told apart from what a start brings.
    pub(super) asked: HashMap<ConversationId, u64>,
    pub(super) has_started: bool,
    /// Attaches that were refused for now.
    pub(super) refused: Vec<ConversationId>,
}

impl From<SocketAddr> for Nodes {
    fn from(address: SocketAddr) -> Nodes {
        Nodes { addresses: vec![address], next: 0 }
    }
}

impl From<Vec<SocketAddr>> for Nodes {
    fn from(addresses: Vec<SocketAddr>) -> Nodes {
        Nodes { addresses, next: 0 }
    }
}

impl Nodes {
    pub(super) fn take(&mut self) -> SocketAddr {
        let address = self.addresses[self.next % self.addresses.len()];
        self.next += 1;
        address
    }
}

impl Participant {
    /// So many agents answer each message of a visitor; 0, and it wants no answers.
    pub fn answered_by(mut self, agents: usize) -> Participant {
        match &mut self.role {
            Role::Visitor { messages, .. } => *messages *= agents,
            Role::Agent { .. } | Role::Writer { .. } | Role::Owner { .. } => {}
        }
        self
    }
}

impl LineFacts {
    pub(super) fn new() -> LineFacts {
        LineFacts {
            heard_at: Instant::now(),
            silence_max: WELCOME_WITHIN,
            asked: HashMap::new(),
            has_started: false,
            refused: Vec::new(),
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.heard_at.elapsed() > self.silence_max
    }
}
