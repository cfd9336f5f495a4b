//! `salotto bench-journal`: what the journal commits a second, as JSON.

use serde_json::json;

use super::Failed;
use crate::journal;

pub(crate) async fn bench_journal(
    store: &str,
    conversations: usize,
    seconds: u64,
) -> Result<String, Failed> {
    let report = journal::bench_journal(store, conversations, seconds).await?;
    eprintln!("{report}");
    let figures = json!({
        "conversations": report.conversations,
        "acked": report.acked,
        "acked_per_second": report.acked_per_second,
        "p50_ms": report.p50_ms,
        "p99_ms": report.p99_ms,
        "floor_per_second": report.floor_per_second,
    });
    Ok(figures.to_string())
}
