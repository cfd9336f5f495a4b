//! `salotto verify`: checks what is stored, and holds it against what clients saw.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use salotto_protocol::api::Receipt;

use super::{Failed, open_store};
use crate::config::Config;
use crate::store::{self, Report};

pub(crate) async fn verify(config: &Config, receipts: Option<&Path>) -> Result<String, Failed> {
    if config.store_file().is_some_and(|file| !file.is_file()) {
        // Opening would make one, and nothing is always sound.
        return Err(Failed::Config(config.complain("store.url", "names no database to verify")));
    }
    let receipts = receipts.map(read_receipts).transpose()?;
    let store = open_store(config).await?;
    let mut reports = vec![store::verify(&store).await?];
    if let Some(receipts) = receipts {
        reports.push(store::verify_receipts(&store, receipts.into_iter()).await?);
    }
    if reports.iter().all(Report::is_sound) {
        return Ok(summary(&reports));
    }
    let findings: String =
        reports.iter().flat_map(|it| &it.findings).map(|it| format!("{it}\n")).collect();
    // A closed pipe is the reader's choice; the exit code still tells.
    let _ = io::stdout().write_all(findings.as_bytes());
    let total: u64 = reports.iter().map(|report| report.findings_total).sum();
    Err(Failed::Refused(format!(
        "{total} violations, the first {} above",
        findings.lines().count()
    )))
}

fn summary(reports: &[Report]) -> String {
    let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
    let mut text = format!(
        "sound: {} conversations, {} entries, {} agents",
        sum(|it| it.conversations),
        sum(|it| it.entries),
        sum(|it| it.agents)
    );
    if reports.len() > 1 {
        text.push_str(&format!(", {} receipts", sum(|it| it.receipts)));
    }
    match sum(|it| it.receipts_of_other_epochs) {
        0 => {}
        others => text.push_str(&format!(", {others} of another epoch not checked")),
    }
    text
}

fn read_receipts(path: &Path) -> Result<Vec<Receipt>, Failed> {
    let doing = || format!("cannot read {}", path.display());
    let file = File::open(path).map_err(|source| Failed::Io { doing: doing(), source })?;
    let lines = BufReader::new(file).lines().enumerate();
    lines
        .filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty()))
        .map(|(number, line)| {
            let line = line.map_err(|source| Failed::Io { doing: doing(), source })?;
            serde_json::from_str(&line).map_err(|error| {
                Failed::Refused(format!("{}:{}: no receipt: {error}", path.display(), number + 1))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_receipt_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("receipts");
        std::fs::write(&path, "\n{\"receipt\":\"lost\"}\n").expect("written");
        let line = read_receipts(&path).expect_err("refused").line();
        assert!(line.contains("receipts:2: no receipt: unknown variant `lost`"), "{line}");
    }
}
