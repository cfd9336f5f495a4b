//! Logs on stdout, and one line for each panic.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;

use crate::metrics;

/// How logs look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Json,
    Text,
}

/// Once per process. `level`: error, warn, info, debug or trace.
pub(crate) fn start(level: &str, format: Format) {
    // Others' debug lines would drown ours.
    let filter = EnvFilter::new(format!("{level},ractor=warn,sqlx=warn,hyper=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter);
    let started = match format {
        Format::Text => logs.try_init(),
        Format::Json => {
            let logs = logs.json().flatten_event(true);
            logs.with_current_span(false).with_span_list(false).try_init()
        }
    };
    started.expect("started once");
    std::panic::set_hook(Box::new(report_panic));
}

/// A panic is a bug; its line says where, and the node goes on without what panicked.
fn report_panic(panic: &PanicHookInfo<'_>) {
    metrics::panicked();
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let what = text.unwrap_or("something that is no text");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => {
            tracing::error!(what, place, thread, %backtrace, "a part of the node panicked");
        }
        _ => tracing::error!(what, place, thread, "a part of the node panicked"),
    }
}
