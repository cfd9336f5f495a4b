//! The journal, fsynced, real tables, 10,000 conversations: `salotto bench-journal`.

use std::process::Stdio;

use salotto_tests::node::{binary, store_url};
use salotto_tests::postgres::Postgres;
use tokio::process::Command;

use super::report::{Goal, Report, median};

const ROUNDS: usize = 3;

/// A round of it: acknowledged writes a second, and bare inserts a second.
type Rates = (f64, f64);

pub(crate) async fn measure(report: &mut Report) {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        rounds.push(round(&store_url(folder.path())).await);
    }
    tell(report, "journal", 18_000.0, &rounds);
}

/// The same into PostgreSQL with its own defaults: each commit waits for the disk.
pub(crate) async fn measure_postgres(report: &mut Report) {
    let server = Postgres::with(&["max_wal_size=4GB", "shared_buffers=512MB"]).await;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round(&server.database().await).await);
    }
    tell(report, "journal into PostgreSQL", 30_000.0, &rounds);
}

async fn round(store: &str) -> Rates {
    let output = Command::new(binary())
        .args(["bench-journal", "--conversations", "10000", "--seconds", "5", "--store", store])
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("it runs");
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let figure = |name: &str| line[name].as_f64().expect("a rate");
    (figure("acked_per_second"), figure("floor_per_second"))
}

fn tell(report: &mut Report, what: &str, goal: f64, rounds: &[Rates]) {
    let each = |figure: fn(&Rates) -> f64| median(rounds.iter().map(figure).collect());
    let acked = format!("{what}: acknowledged/s");
    report.line(&acked, each(|it| it.0), "/s", Goal::AtLeast(goal));
    report.line(&format!("{what}: bare multi-row inserts/s"), each(|it| it.1), "/s", Goal::None);
    let beside = format!("{what}: beside the bare inserts");
    report.line(&beside, each(|it| it.0 / it.1), "×", Goal::None);
}
