//! The Prometheus recorder: installed once per process, read by the admin listener.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use metrics::histogram;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::list::{Kind, METRICS, create_all};
use super::process;

/// Samples wait in memory until they are folded into buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// The best single sign of saturation is how late a short timer fires.
const LAG_TIMER: Duration = Duration::from_millis(10);
const LAG_PAUSE: Duration = Duration::from_millis(240);

static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The first thing a process does: handles that are made before lead nowhere.
pub(crate) fn install() {
    EXPORTER.get_or_init(|| {
        let mut builder = PrometheusBuilder::new();
        for metric in METRICS {
            if let Kind::Histogram(buckets) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(name, buckets).expect("not empty");
            }
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).expect("nobody else installs one");
        create_all();
        handle
    });
}

/// What `/metrics` says.
pub(crate) fn render() -> String {
    process::read();
    EXPORTER.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Folds samples and measures the runtime's lag; as long as the node runs.
pub(crate) async fn keep_up() {
    let lag = histogram!("salotto_runtime_lag_seconds");
    let mut folded = Instant::now();
    loop {
        tokio::time::sleep(LAG_PAUSE).await;
        let asleep = Instant::now();
        tokio::time::sleep(LAG_TIMER).await;
        lag.record(asleep.elapsed().saturating_sub(LAG_TIMER));
        if folded.elapsed() >= UPKEEP_INTERVAL {
            folded = Instant::now();
            if let Some(exporter) = EXPORTER.get() {
                exporter.run_upkeep();
            }
        }
    }
}
