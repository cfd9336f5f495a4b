//! Visitor to agent through real sockets at 2,000 messages a second: `salotto-loadtest`.

use salotto_tests::node::{LOADTEST_TOKEN, Node, binary};
use tokio::process::Command;

use super::report::{Goal, Report, median};

const ROUNDS: usize = 3;

pub(crate) async fn measure(report: &mut Report) {
    let (mut beyond, mut p99s, mut lags) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let node = Node::start_with(super::NODE).await;
        let output = Command::new(binary().with_file_name("salotto-loadtest"))
            .args(["run", "--target", &format!("http://{}", node.public)])
            .args(["--visitors", "1000", "--agents", "20", "--rate", "1000/s"])
            .args(["--duration", "20s", "--ui", "json"])
            .env("SALOTTO_LOADTEST_TOKEN", LOADTEST_TOKEN)
            .output()
            .await
            .expect("it runs");
        let summary: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("a summary in JSON");
        let p99 = milliseconds(&summary, "/latency_us/delivery_to_agent/due/p99");
        let lag = milliseconds(&summary, "/generator/schedule_lag_us/p99");
        beyond.push(p99 - lag);
        p99s.push(p99);
        lags.push(lag);
    }
    report.line("end to end: p99 from due to delivery", median(p99s), "ms", Goal::None);
    report.line("end to end: p99 of the generator's lag", median(lags), "ms", Goal::None);
    report.line("end to end: p99 beyond the lag", median(beyond), "ms", Goal::AtMost(10.0));
}

fn milliseconds(summary: &serde_json::Value, place: &str) -> f64 {
    let value = summary.pointer(place).and_then(serde_json::Value::as_f64);
    value.unwrap_or_else(|| panic!("no {place} in {summary}")) / 1e3
}
