//! The link: what crosses it, what is lost, and how it fares.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

static BYTES_IN: LazyLock<Counter> =
    LazyLock::new(|| counter!("salotto_link_bytes_total", "direction" => "in"));
static BYTES_OUT: LazyLock<Counter> =
    LazyLock::new(|| counter!("salotto_link_bytes_total", "direction" => "out"));
static PENDING: LazyLock<Gauge> = LazyLock::new(|| gauge!("salotto_link_pending_messages"));
static LAG: LazyLock<Histogram> = LazyLock::new(|| histogram!("salotto_link_lag_seconds"));

/// An envelope of another node arrived.
pub(crate) fn link_received(kind: &'static str, bytes: usize) {
    counter!("salotto_link_messages_total", "direction" => "in", "kind" => kind).increment(1);
    BYTES_IN.increment(bytes as u64);
}

/// An envelope was sent or announced, whatever becomes of it.
pub(crate) fn link_sent(kind: &'static str, bytes: usize) {
    counter!("salotto_link_messages_total", "direction" => "out", "kind" => kind).increment(1);
    BYTES_OUT.increment(bytes as u64);
}

/// Did not arrive, or was never sent; the store has what it told.
pub(crate) fn link_dropped(reason: &'static str) {
    link_dropped_many(reason, 1);
}

/// A hint did not come; the store told instead.
pub(crate) fn link_gap_found() {
    link_dropped("gap");
}

pub(crate) fn link_dropped_many(reason: &'static str, count: usize) {
    counter!("salotto_link_dropped_total", "reason" => reason).increment(count as u64);
}

/// So many more wait to be published.
pub(crate) fn link_queued(count: usize) {
    PENDING.increment(count as f64);
}

/// So many wait no more.
pub(crate) fn link_unqueued(count: usize) {
    PENDING.decrement(count as f64);
}

/// Whether hints can be expected to arrive.
pub(crate) fn link_up(is_sound: bool) {
    gauge!("salotto_link_up").set(f64::from(u8::from(is_sound)));
}

/// Topics that this node hears.
pub(crate) fn link_subscriptions(count: usize) {
    gauge!("salotto_link_subscriptions").set(count as f64);
}

/// A link that stood had to be made anew.
pub(crate) fn link_reconnected() {
    counter!("salotto_link_reconnects_total").increment(1);
}

/// A probe came back, so long after it was sent.
pub(crate) fn link_lag(took: Duration) {
    LAG.record(took);
}
