//! The journal's queue and batches, the store's calls, and what is in it.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Gauge, Histogram, counter, gauge, histogram};
use salotto_protocol::ConversationState;

static WRITE_QUEUE: LazyLock<Gauge> =
    LazyLock::new(|| gauge!("salotto_store_write_queue_messages"));
static WRITE_BATCH: LazyLock<Histogram> =
    LazyLock::new(|| histogram!("salotto_store_write_batch_messages"));

pub(crate) fn store_operation(op: &'static str, took: Duration) {
    histogram!("salotto_store_operation_duration_seconds", "op" => op).record(took);
}

pub(crate) fn store_error(op: &'static str, error: &'static str) {
    counter!("salotto_store_errors_total", "op" => op, "error" => error).increment(1);
}

pub(crate) fn store_write_batch(writes: usize) {
    WRITE_BATCH.record(writes as f64);
}

pub(crate) fn store_write_queue(waiting: usize) {
    WRITE_QUEUE.set(waiting as f64);
}

pub(crate) fn conversations_started(count: u64) {
    counter!("salotto_conversations_started_total").increment(count);
}

pub(crate) fn conversations_closed(count: u64) {
    counter!("salotto_conversations_closed_total").increment(count);
}

/// So many are in this state now, of all nodes.
pub(crate) fn conversations(state: ConversationState, count: i64) {
    gauge!("salotto_conversations", "state" => state.as_str()).set(count as f64);
}
