//! Publish and subscribe between nodes: a hint, never the truth.
//!
//! Contract: sending never blocks and may lose; what arrives was sent, but maybe twice or late.
//! A node never receives its own envelopes. Whoever reads finds lost hints by gaps in `seq`, and
//! is told `Lost` whenever something may have been missed.

#[cfg(test)]
mod cases;
mod local;
mod readers;
mod redis;

pub(crate) use self::redis::RedisLink;
pub(crate) use local::{LocalHub, LocalLink};
pub(crate) use readers::HintStream;

use salotto_protocol::NodeId;
use salotto_protocol::envelope::Envelope;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::sabotage::{self, Switch};

/// This node's end of the link.
#[derive(Clone)]
pub(crate) enum Link {
    /// Nodes of one process; one node alone hears nobody.
    Local(LocalLink),
    Redis(RedisLink),
}

/// What other nodes sent. Bounded: `Lost` says that some of it is gone.
#[derive(Debug)]
pub(crate) enum Hint {
    Envelope(Envelope),
    /// Read what you follow from the store.
    Lost,
}

/// Whether hints can be expected to arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trust {
    Sound,
    /// There is no connection, or a probe did not come back: rather look into the store often.
    Suspect {
        since: Instant,
    },
}

impl Link {
    /// To these nodes' inboxes; its own is skipped. Never blocks, may lose.
    pub(crate) fn send(&self, to: &[NodeId], envelope: &Envelope) {
        if sabotage::on(Switch::LoseHints) {
            return;
        }
        if sabotage::on(Switch::DoubleHints) {
            self.pass(to, envelope);
        }
        self.pass(to, envelope);
    }

    fn pass(&self, to: &[NodeId], envelope: &Envelope) {
        match self {
            Link::Local(link) => link.send(to, envelope),
            Link::Redis(link) => link.send(to, envelope),
        }
    }

    /// To every other node.
    pub(crate) fn announce(&self, envelope: &Envelope) {
        match self {
            Link::Local(link) => link.announce(envelope),
            Link::Redis(link) => link.announce(envelope),
        }
    }

    /// Whether there may be other nodes. By Redis there may always be some: while it is away they
    /// are not heard, and what they commit is to be looked for all the more.
    pub(crate) fn has_peers(&self) -> bool {
        match self {
            Link::Local(link) => link.has_peers(),
            Link::Redis(_) => true,
        }
    }

    /// A bounded copy, from now on, of what the other nodes send.
    pub(crate) fn hints(&self) -> HintStream {
        match self {
            Link::Local(link) => link.hints(),
            Link::Redis(link) => link.hints(),
        }
    }

    /// Changes are told by the watch; each return to `Sound` is also a `Hint::Lost`.
    pub(crate) fn trust(&self) -> watch::Receiver<Trust> {
        match self {
            Link::Local(link) => link.trust(),
            Link::Redis(link) => link.trust(),
        }
    }
}
