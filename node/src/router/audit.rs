//! What the auditor has found and already told: a violation is counted once.

use std::collections::HashMap;

use salotto_protocol::AgentId;

use crate::metrics;
use crate::store::{Recount, SlotCount, StoreError};

#[derive(Default)]
pub(super) struct Audit {
    miscounted: HashMap<AgentId, SlotCount>,
}

impl Audit {
    /// Each miscount is told once, for as long as it stays the same.
    pub(super) fn take(&mut self, result: Result<Recount, StoreError>) {
        let found = match result {
            Ok(found) => found,
            Err(error) => return tracing::warn!(%error, "the slots could not be audited"),
        };
        let is_new = |count: &&SlotCount| self.miscounted.get(&count.agent) != Some(*count);
        for count in found.miscounted.iter().filter(is_new) {
            let SlotCount { agent, active, held } = count;
            tracing::error!(%agent, active, held, "an agent's slots are miscounted");
            metrics::capacity_violation();
        }
        metrics::router_violations(found.miscounted.len(), found.misplaced);
        metrics::agents_above_capacity(found.above_capacity);
        self.miscounted = found.miscounted.into_iter().map(|it| (it.agent, it)).collect();
    }
}
