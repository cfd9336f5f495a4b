//! What a fault proxy does to the connections that lead through it, each way by itself.

use std::time::Duration;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flow {
    /// Bytes go through.
    Pass,
    /// Nothing is taken: the sender's kernel fills up. What was sent arrives once it passes again.
    Hold,
    /// Taken and lost, ends and errors too. A stream has no holes: once it passes again, a
    /// connection that lost something is reset.
    Swallow,
}

/// One way through a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Way {
    pub flow: Flow,
    /// How long each byte is under way. Order is kept.
    pub latency: Duration,
    /// Up to so much is added, anew for each piece.
    pub jitter: Duration,
    /// `None`: as fast as it goes.
    pub bytes_per_second: Option<u32>,
}

/// Both ways: `up` from whoever connected, `down` from the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Conditions {
    pub up: Way,
    pub down: Way,
}

/// What a new connection meets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entrance {
    Open,
    /// Reset as soon as it is accepted.
    Refuse,
    /// Accepted, and then there is nobody.
    Nobody,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    /// In good order, on both sides, perhaps in the middle of a frame.
    Fin,
    Reset,
}

impl Way {
    pub const CLEAR: Way = Way {
        flow: Flow::Pass,
        latency: Duration::ZERO,
        jitter: Duration::ZERO,
        bytes_per_second: None,
    };
    pub const HELD: Way = Way { flow: Flow::Hold, ..Way::CLEAR };
    pub const SWALLOWED: Way = Way { flow: Flow::Swallow, ..Way::CLEAR };

    pub fn late(latency: Duration, jitter: Duration) -> Way {
        Way { latency, jitter, ..Way::CLEAR }
    }

    pub fn narrow(bytes_per_second: u32) -> Way {
        Way { bytes_per_second: Some(bytes_per_second), ..Way::CLEAR }
    }

    pub(super) fn passes(&self) -> bool {
        match self.flow {
            Flow::Pass => true,
            Flow::Hold | Flow::Swallow => false,
        }
    }
}

impl Conditions {
    pub const CLEAR: Conditions = Conditions::both(Way::CLEAR);
    /// A partition that heals: nothing moves, nothing is lost.
    pub const FROZEN: Conditions = Conditions::both(Way::HELD);
    /// Half-open: each side believes that the other one listens.
    pub const BLACK_HOLE: Conditions = Conditions::both(Way::SWALLOWED);
    /// The server is not heard, but hears.
    pub const DEAF: Conditions = Conditions { up: Way::CLEAR, down: Way::HELD };
    /// The server is heard, but does not hear.
    pub const MUTE: Conditions = Conditions { up: Way::HELD, down: Way::CLEAR };

    pub const fn both(way: Way) -> Conditions {
        Conditions { up: way, down: way }
    }

    pub(super) fn pass(&self) -> bool {
        self.up.passes() && self.down.passes()
    }
}
