//! What several tests need.

use std::collections::HashMap;
use std::time::Duration;

use crate::books::{Books, Clock, Manner};
use crate::latency::Latency;
use crate::ledger::Ledger;
use crate::tally::Tally;

/// Empty books for two visitors; every message wants an answer at once.
pub(crate) fn books(messages_per_conversation: Option<u32>) -> Books {
    let manner = Manner {
        run: 7,
        seed: 1,
        text_bytes: 120,
        reply_every: 1,
        think: Duration::ZERO,
        messages_per_conversation,
        close_leftovers: false,
    };
    Books {
        clock: Clock::started_now(),
        manner,
        ledger: Ledger::new(2),
        latency: Latency::default(),
        tally: Tally::default(),
        receipts: None,
        slots: HashMap::new(),
    }
}
