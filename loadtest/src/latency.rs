//! Latencies as HDR histograms, 1 µs to 1 h with 3 digits, from the due time and from the send.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use hdrhistogram::Histogram;
use serde::Serialize;

const HOUR_US: u64 = 3_600_000_000;
const DIGITS: u8 = 3;

/// What is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// First connect of a socket, to its `welcome`.
    Handshake,
    /// The same after a lost socket.
    Resume,
    /// A message, to its `ack` or its own entry.
    Ack,
    /// A visitor's message, to the agent who already followed the conversation.
    DeliveryToAgent,
    /// An agent's message, to the visitor.
    DeliveryToVisitor,
    /// A visitor's message from before an agent followed, to that agent: the assignment included.
    Routing,
    /// A visitor's first message, to the first answer: the agent's think time included.
    FirstResponse,
    /// How late the generator fired its own schedule.
    ScheduleLag,
    /// How late the generator's runtime woke a task: how late it reads its sockets.
    RuntimeLag,
}

pub struct Latency {
    pairs: [Mutex<Pair>; Measure::ALL.len()],
    /// Only what was due from here …
    from_us: AtomicU64,
    /// … up to here counts.
    to_us: AtomicU64,
}

/// The same events measured from two starting points.
pub struct Pair {
    pub due: Histogram<u64>,
    pub sent: Histogram<u64>,
}

/// One line of the table; all values are microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    pub count: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p99_9: u64,
    pub max: u64,
    pub mean: f64,
}

impl Measure {
    pub const ALL: [Measure; 9] = [
        Measure::Handshake,
        Measure::Resume,
        Measure::Ack,
        Measure::DeliveryToAgent,
        Measure::DeliveryToVisitor,
        Measure::Routing,
        Measure::FirstResponse,
        Measure::ScheduleLag,
        Measure::RuntimeLag,
    ];

    /// The word in JSON and in thresholds.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Handshake => "handshake",
            Measure::Resume => "resume",
            Measure::Ack => "ack",
            Measure::DeliveryToAgent => "delivery_to_agent",
            Measure::DeliveryToVisitor => "delivery_to_visitor",
            Measure::Routing => "routing",
            Measure::FirstResponse => "first_response",
            Measure::ScheduleLag => "schedule_lag",
            Measure::RuntimeLag => "runtime_lag",
        }
    }

    /// Whether only what was due in the measured time counts. Sockets open before it.
    fn is_windowed(self) -> bool {
        match self {
            Measure::Ack
            | Measure::DeliveryToAgent
            | Measure::DeliveryToVisitor
            | Measure::ScheduleLag
            | Measure::RuntimeLag => true,
            // Most conversations start in the ramp.
            Measure::Routing | Measure::FirstResponse | Measure::Handshake | Measure::Resume => {
                false
            }
        }
    }
}

impl Default for Latency {
    fn default() -> Latency {
        Latency {
            pairs: Measure::ALL.map(|_| Mutex::default()),
            from_us: AtomicU64::new(u64::MAX),
            to_us: AtomicU64::new(0),
        }
    }
}

impl Latency {
    pub fn measure_between(&self, from_us: u64, to_us: u64) {
        self.from_us.store(from_us, Ordering::Relaxed);
        self.to_us.store(to_us, Ordering::Relaxed);
    }

    pub fn record(&self, measure: Measure, due_us: u64, sent_us: u64, now_us: u64) {
        let from_us = self.from_us.load(Ordering::Relaxed);
        let window = from_us..self.to_us.load(Ordering::Relaxed);
        if measure.is_windowed() && !window.contains(&due_us) {
            return;
        }
        let mut pair = self.pair(measure);
        pair.due.saturating_record(now_us.saturating_sub(due_us).max(1));
        pair.sent.saturating_record(now_us.saturating_sub(sent_us).max(1));
    }

    pub fn pair(&self, measure: Measure) -> MutexGuard<'_, Pair> {
        self.pairs[measure as usize].lock().expect("nobody panics while recording")
    }
}

impl Default for Pair {
    fn default() -> Pair {
        let empty = Histogram::new_with_bounds(1, HOUR_US, DIGITS).expect("the bounds are sound");
        Pair { due: empty.clone(), sent: empty }
    }
}

impl Pair {
    pub fn add(&mut self, other: &Pair) {
        self.due.add(&other.due).expect("all histograms have the same bounds");
        self.sent.add(&other.sent).expect("all histograms have the same bounds");
    }
}

impl Quantiles {
    pub fn of(histogram: &Histogram<u64>) -> Quantiles {
        if histogram.is_empty() {
            return Quantiles::default();
        }
        Quantiles {
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p99_9: histogram.value_at_quantile(0.999),
            max: histogram.max(),
            mean: (histogram.mean() * 10.0).round() / 10.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_and_sent_are_two_truths_of_the_same_event() {
        let latency = Latency::default();
        latency.measure_between(0, 1_000_000);

        latency.record(Measure::Ack, 1_000, 91_000, 98_000);

        let pair = latency.pair(Measure::Ack);
        assert!(Quantiles::of(&pair.due).p99.abs_diff(97_000) < 100);
        assert!(Quantiles::of(&pair.sent).p99.abs_diff(7_000) < 10);
    }

    #[test]
    fn what_was_due_before_or_after_the_measured_time_does_not_count() {
        let latency = Latency::default();
        latency.record(Measure::Ack, 50, 50, 60);
        latency.measure_between(100, 200);
        for due_us in [99, 100, 199, 200] {
            latency.record(Measure::Ack, due_us, due_us, 300);
        }
        latency.record(Measure::Routing, 99, 99, 300);

        assert_eq!(latency.pair(Measure::Ack).due.len(), 2);
        assert_eq!(latency.pair(Measure::Routing).due.len(), 1);
    }

    #[test]
    fn every_measure_has_its_own_histogram() {
        for (place, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!(measure as usize, place);
        }
    }
}
