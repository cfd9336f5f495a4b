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

#[test]
fn every_metric_that_a_function_names_is_in_the_list() {
    let sources = [
        include_str!("actors.rs"),
        include_str!("http.rs"),
        include_str!("link.rs"),
        include_str!("messages.rs"),
        include_str!("node.rs"),
        include_str!("routing.rs"),
        include_str!("sockets.rs"),
        include_str!("store.rs"),
    ];
    let names = sources.iter().flat_map(|source| source.split("\"salotto_").skip(1));
    let mut found = 0;
    for name in names.map(|rest| rest.split('"').next().expect("a name")) {
        let name = format!("salotto_{name}");
        let known = METRICS.iter().any(|metric| metric.name == name);
        // Its labels are known only once it is set.
        assert!(known || name == "salotto_build_info", "{name}");
        found += 1;
    }
    assert!(found > 30);
}
