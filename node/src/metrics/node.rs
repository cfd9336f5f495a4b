//! The node itself: its build, whether it takes work, and its bugs.

use metrics::{counter, gauge};

/// Constant 1, with the labels of the build.
pub(crate) fn node_started() {
    gauge!("salotto_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

pub(crate) fn ready(is_ready: bool) {
    gauge!("salotto_ready").set(f64::from(u8::from(is_ready)));
}

pub(crate) fn draining(is_draining: bool) {
    gauge!("salotto_draining").set(f64::from(u8::from(is_draining)));
}

pub(crate) fn panicked() {
    counter!("salotto_panics_total").increment(1);
}
