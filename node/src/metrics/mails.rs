//! Mails: what came of them, and how many wait.

use metrics::{counter, gauge};

/// An attempt to send one has ended.
pub(crate) fn mail(outcome: &'static str) {
    counter!("salotto_mails_total", "outcome" => outcome).increment(1);
}

/// So many are neither sent nor given up now, of all nodes.
pub(crate) fn mails_waiting(count: i64) {
    gauge!("salotto_mails_waiting").set(count as f64);
}
