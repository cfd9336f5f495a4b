//! Publish and subscribe between nodes: a hint, never the truth.
//!
//! Contract: `publish` never blocks and may lose; what arrives was sent, but maybe twice or late.
//! A node never receives its own envelopes. Whoever reads finds lost hints by gaps in `seq`.

mod local;

pub(crate) use local::{LocalHub, LocalLink};

use salotto_protocol::envelope::Envelope;

/// This node's end of the link.
#[derive(Clone)]
pub(crate) enum Link {
    /// Nodes of one process; one node alone hears nobody.
    Local(LocalLink),
}

/// What other nodes published. Bounded: `Lost` says that some of it is gone.
pub(crate) enum Hint {
    Envelope(Envelope),
    Lost,
}

impl Link {
    pub(crate) fn publish(&self, envelope: &Envelope) {
        match self {
            Link::Local(link) => link.publish(envelope),
        }
    }

    /// Whether anybody would hear: spares the encoding.
    pub(crate) fn has_peers(&self) -> bool {
        match self {
            Link::Local(link) => link.has_peers(),
        }
    }

    /// A bounded copy, from now on, of what the other nodes publish.
    pub(crate) fn hints(&self) -> HintStream {
        match self {
            Link::Local(link) => link.hints(),
        }
    }
}

pub(crate) use local::HintStream;
