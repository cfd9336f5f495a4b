//! What the auditor has found and already told: a violation is counted once.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{AgentId, ConversationId};

use crate::metrics;
use crate::store::{Recount, SlotCount, StoreError};

#[derive(Default)]
pub(super) struct Audit {
    exceeding: HashSet<ConversationId>,
    miscounted: HashMap<AgentId, SlotCount>,
}

impl Audit {
    /// Each miscount is told once, for as long as it stays the same; each slot too many once.
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
        for conversation in &found.exceeding {
            if !self.exceeding.contains(conversation) {
                tracing::error!(%conversation, "the router took a slot above the limit");
                metrics::capacity_violation();
            }
        }
        metrics::router_violations(found.miscounted.len(), found.misplaced, found.exceeding.len());
        metrics::agents_above_capacity(found.above_capacity);
        self.exceeding = found.exceeding.into_iter().collect();
        self.miscounted = found.miscounted.into_iter().map(|it| (it.agent, it)).collect();
    }
}
