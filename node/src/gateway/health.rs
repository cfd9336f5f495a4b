//! Whether this node takes new work, for probes and balancers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::metrics;

/// Set by the composition root, read by `/readyz`. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Health(Arc<AtomicU8>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// The listener is not open yet.
    Starting,
    Accepting,
    /// Leaving: balancers are to look elsewhere.
    Draining,
}

impl Health {
    pub(crate) fn new() -> Health {
        Health(Arc::new(AtomicU8::new(Phase::Starting as u8)))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
        metrics::ready(phase == Phase::Accepting);
        metrics::draining(phase == Phase::Draining);
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Accepting,
            _ => Phase::Draining,
        }
    }
}
