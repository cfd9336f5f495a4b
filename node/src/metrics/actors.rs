//! Actors by kind: how many live, come and go.

use metrics::{counter, gauge};

pub(crate) fn actor_started(kind: &'static str) {
    counter!("salotto_actor_started_total", "kind" => kind).increment(1);
}

pub(crate) fn actor_stopped(kind: &'static str, reason: &'static str) {
    counter!("salotto_actor_stopped_total", "kind" => kind, "reason" => reason).increment(1);
}

pub(crate) fn actor_failed(kind: &'static str) {
    actor_stopped(kind, "panic");
}

pub(crate) fn actors_alive(kind: &'static str, count: usize) {
    gauge!("salotto_actors", "kind" => kind).set(count as f64);
}
