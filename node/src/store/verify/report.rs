//! What a check found.

use std::fmt;

/// Kept in full; the rest is only counted.
const FINDINGS_MAX: usize = 100;

#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) conversations: u64,
    pub(crate) entries: u64,
    pub(crate) agents: u64,
    /// Receipts of this store's epoch that were held against it.
    pub(crate) receipts: u64,
    /// Receipts of another epoch: what became of them, this store cannot know.
    pub(crate) receipts_of_other_epochs: u64,
    /// The first hundred.
    pub(crate) findings: Vec<Finding>,
    pub(crate) findings_total: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    /// `I1` to `I12`, or `file`.
    pub(crate) invariant: &'static str,
    /// Names ids and seqs, never what somebody wrote.
    pub(crate) what: String,
}

impl Report {
    pub(crate) fn is_sound(&self) -> bool {
        self.findings_total == 0
    }

    pub(super) fn found(&mut self, invariant: &'static str, what: String) {
        self.findings_total += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { invariant, what });
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.invariant, self.what)
    }
}
