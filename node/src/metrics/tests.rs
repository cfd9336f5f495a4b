//! What `/metrics` says of a node that has done nothing yet.

use super::list::{METRICS, combinations};
use super::{install, render};

#[test]
fn every_series_exists_before_its_first_event() {
    install();
    let rendered = render();
    for metric in METRICS {
        for labels in combinations(metric.labels) {
            let series = rendered.lines().any(|line| {
                line.starts_with(metric.name)
                    && labels
                        .iter()
                        .all(|it| line.contains(&format!("{}=\"{}\"", it.key(), it.value())))
            });
            assert!(series, "{} {labels:?}", metric.name);
        }
    }
}

#[test]
fn no_histogram_became_a_summary() {
    install();
    metrics::histogram!("salotto_message_ack_duration_seconds").record(0.002);
    let rendered = render();
    assert!(!rendered.contains("quantile="));
    assert!(rendered.contains("salotto_message_ack_duration_seconds_bucket{le=\"0.0025\"}"));
}

#[test]
fn a_node_exports_within_the_budget() {
    install();
    let rendered = render();
    let series = rendered.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert!(series.count() < 1_500);
    assert!(rendered.len() < 150_000, "{} bytes", rendered.len());
}

#[test]
fn the_process_counts_itself() {
    install();
    let rendered = render();
    let value = |name: &str| -> f64 {
        let line = rendered.lines().find(|line| line.starts_with(&format!("{name} ")));
        let value = line.expect("exported").rsplit(' ').next().expect("a value");
        value.parse().expect("a number")
    };
    assert!(value("process_resident_memory_bytes") > 1_000_000.0);
    assert!(value("process_open_fds") >= 3.0);
    assert!(value("process_threads") >= 1.0);
}
