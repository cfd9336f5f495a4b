//! What is counted while the run goes on.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use salotto_protocol::{CloseCode, ErrorCode};

/// Messages unless said otherwise.
#[derive(Default)]
pub struct Tally {
    /// Due, by the schedule or as a reply.
    pub planned: Count,
    /// Went out for the first time.
    pub started: Count,
    pub acked: Count,
    /// A definite no.
    pub refused: Count,
    /// Read by the other side.
    pub delivered: Count,
    /// Read as an own entry by the sender's side.
    pub own_seen: Count,
    /// Read by the other side later than `reading::LATE_US` after they were due.
    pub late: Count,
    pub resends: Count,
    /// Sockets that were upgraded.
    pub opened: Count,
    /// Sockets that read their `welcome`.
    pub greeted: Count,
    /// Greeted again after a loss.
    pub reconnects: Count,
    pub connect_failures: Count,
    /// Visitors and agents who were told never to come back.
    pub gave_up: Count,
    /// Sockets ended by this side, because nothing was heard for two heartbeats.
    pub silences: Count,
    /// Entries of conversations that the visitor never began.
    pub strays: Count,
    /// The generator's own limits: descriptors, ports.
    pub own_faults: Count,
    /// Frames that this protocol does not have.
    pub unreadable: Count,
    /// Conversations closed at the end, or when they were full.
    pub closed: Count,
    refusals: Mutex<BTreeMap<String, u64>>,
    closes: Mutex<BTreeMap<String, u64>>,
}

#[derive(Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    pub fn refusal(&self, code: ErrorCode) {
        let word = match serde_json::to_value(code) {
            Ok(serde_json::Value::String(word)) => word,
            Ok(_) | Err(_) => format!("{code:?}"),
        };
        let mut refusals = self.refusals.lock().expect("nobody panics while counting");
        *refusals.entry(word).or_default() += 1;
    }

    /// A socket ended without being asked to. `None`: without a close frame.
    pub fn close(&self, number: Option<u16>) {
        let word = match number.map(|it| (it, CloseCode::from_number(it))) {
            Some((number, Some(code))) => format!("{number} {code:?}"),
            Some((number, None)) => number.to_string(),
            None => "none".to_owned(),
        };
        let mut closes = self.closes.lock().expect("nobody panics while counting");
        *closes.entry(word).or_default() += 1;
    }

    pub fn refusals(&self) -> BTreeMap<String, u64> {
        self.refusals.lock().expect("nobody panics while counting").clone()
    }

    pub fn closes(&self) -> BTreeMap<String, u64> {
        self.closes.lock().expect("nobody panics while counting").clone()
    }

    /// Whether every message that went out was answered, and every acknowledged one was read by
    /// both sides, and none waits to go out.
    pub fn is_quiet(&self) -> bool {
        let acked = self.acked.get();
        let refused = self.refused.get();
        self.started.get() == self.planned.get()
            && acked + refused == self.started.get()
            && self.delivered.get() >= acked
            && self.own_seen.get() >= acked
    }
}
