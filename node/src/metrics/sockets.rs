//! Sockets and their frames. Handles are kept: they are on the path of every frame.

use std::sync::LazyLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use salotto_protocol::Party;

/// A handle for each side of a conversation.
struct PerRole<T> {
    visitor: T,
    agent: T,
}

impl<T> PerRole<T> {
    fn new(make: impl Fn(&'static str) -> T) -> PerRole<T> {
        PerRole { visitor: make("visitor"), agent: make("agent") }
    }

    fn of(&self, party: Party) -> &T {
        match party {
            Party::Visitor => &self.visitor,
            Party::Team => &self.agent,
        }
    }
}

static FRAMES_OUT: LazyLock<PerRole<Counter>> = LazyLock::new(|| frames("out"));
static FRAME_BYTES_OUT: LazyLock<PerRole<Counter>> = LazyLock::new(|| frame_bytes("out"));
static FRAMES_IN: LazyLock<PerRole<Counter>> = LazyLock::new(|| frames("in"));
static FRAME_BYTES_IN: LazyLock<PerRole<Counter>> = LazyLock::new(|| frame_bytes("in"));
static SOCKETS: LazyLock<PerRole<Gauge>> = LazyLock::new(|| {
    PerRole::new(|role| gauge!("salotto_connections", "role" => role, "transport" => "ws"))
});
static OUTBOX_BYTES: LazyLock<Gauge> = LazyLock::new(|| gauge!("salotto_outbound_queue_bytes"));
static SLOW_CONSUMERS: LazyLock<Gauge> = LazyLock::new(|| gauge!("salotto_slow_consumers"));
static PING_RTT: LazyLock<PerRole<Histogram>> =
    LazyLock::new(|| PerRole::new(|role| histogram!("salotto_ping_rtt_seconds", "role" => role)));

fn frames(direction: &'static str) -> PerRole<Counter> {
    PerRole::new(|role| counter!("salotto_frames_total", "direction" => direction, "role" => role))
}

fn frame_bytes(direction: &'static str) -> PerRole<Counter> {
    PerRole::new(
        |role| counter!("salotto_frame_bytes_total", "direction" => direction, "role" => role),
    )
}

fn role(party: Party) -> &'static str {
    match party {
        Party::Visitor => "visitor",
        Party::Team => "agent",
    }
}

pub(crate) fn frame_sent(party: Party, bytes: usize) {
    FRAMES_OUT.of(party).increment(1);
    FRAME_BYTES_OUT.of(party).increment(bytes as u64);
}

pub(crate) fn frame_received(party: Party, bytes: usize) {
    FRAMES_IN.of(party).increment(1);
    FRAME_BYTES_IN.of(party).increment(bytes as u64);
}

pub(crate) fn outbox_cost_changed(before_bytes: usize, after_bytes: usize) {
    OUTBOX_BYTES.increment(after_bytes as f64 - before_bytes as f64);
}

pub(crate) fn slow_consumer_began() {
    SLOW_CONSUMERS.increment(1.0);
}

pub(crate) fn slow_consumer_ended() {
    SLOW_CONSUMERS.decrement(1.0);
}

pub(crate) fn pong_took(party: Party, time: Duration) {
    PING_RTT.of(party).record(time);
}

pub(crate) fn sockets_max_is(sockets: usize) {
    gauge!("salotto_connections_limit").set(sockets as f64);
}

pub(crate) fn socket_opened(party: Party) {
    SOCKETS.of(party).increment(1.0);
    counter!("salotto_connections_opened_total", "role" => role(party), "transport" => "ws")
        .increment(1);
}

pub(crate) fn socket_closed(party: Party, reason: &'static str, lived: Duration) {
    SOCKETS.of(party).decrement(1.0);
    counter!("salotto_connections_closed_total", "role" => role(party), "reason" => reason)
        .increment(1);
    histogram!("salotto_connection_duration_seconds", "role" => role(party)).record(lived);
}

pub(crate) fn handshake_ended(result: &'static str, time: Duration) {
    counter!("salotto_handshakes_total", "result" => result).increment(1);
    histogram!("salotto_handshake_duration_seconds").record(time);
}

/// A `hello` of this tier was asked to come later, and why.
pub(crate) fn hello_refused(tier: &'static str, reason: &'static str) {
    counter!("salotto_hellos_refused_total", "tier" => tier, "reason" => reason).increment(1);
}

/// A connection ended before its first request: no header of a trusted proxy led it in.
pub(crate) fn proxy_header_refused(reason: &'static str) {
    counter!("salotto_proxy_headers_refused_total", "reason" => reason).increment(1);
}
