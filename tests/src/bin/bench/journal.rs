//! The journal into SQLite, fsynced, real tables, 10,000 conversations: `salotto bench-journal`.

use std::process::Stdio;

use salotto_tests::node::binary;
use tokio::process::Command;

use super::report::{Goal, Report, median};

const ROUNDS: usize = 3;

pub(crate) async fn measure(report: &mut Report) {
    let (mut rates, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = Command::new(binary())
            .args(["bench-journal", "--conversations", "10000", "--seconds", "5", "--folder"])
            .arg(folder.path())
            .stderr(Stdio::inherit())
            .output()
            .await
            .expect("it runs");
        let line: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("one JSON object");
        rates.push(line["acked_per_second"].as_f64().expect("a rate"));
        floors.push(line["floor_per_second"].as_f64().expect("a rate"));
    }
    let ratios = rates.iter().zip(&floors).map(|(rate, floor)| rate / floor).collect();
    report.line("journal: acknowledged/s", median(rates), "/s", Goal::AtLeast(18_000.0));
    report.line("journal: bare multi-row inserts/s", median(floors), "/s", Goal::None);
    report.line("journal: beside the bare inserts", median(ratios), "×", Goal::None);
}
