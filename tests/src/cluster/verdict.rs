//! What a trial found.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use crate::checker::Violation;
use crate::history::{History, What};

/// The numbers are those of the invariants and of the limits of liveness.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// I1 to I8, I9, I10, I12, I13, I15, I16, L1 to L3: by the history and the logs at the end.
    History(Violation),
    /// I9, I14, I17: a metric that is not what it must be.
    Metric { node: usize, name: String, value: f64 },
    /// I11, I12 and more: `salotto verify` found this.
    Store(String),
    /// Not everything was sent, answered and closed long after all was healed.
    Unfinished { visitors: usize },
    /// After a fault was over nobody said anything any more.
    Stalled { after: String },
    /// A definite no to what is always allowed.
    Refused(String),
    /// I17: a client heard what it could not read, or something else that must not be.
    Broken(String),
    /// The log cannot be read at the end.
    Unreadable(String),
    /// L4: hints do not come though Redis is well.
    Deaf { node: usize },
    /// L5
    DrainedBadly { node: usize, code: Option<i32>, ms: u128 },
    /// A node does not serve though everything else runs.
    NotReady { node: usize },
    /// Long after all was healed there is not one router.
    Routers { count: usize },
}

pub struct Verdict {
    /// The plan, as it is run again.
    pub plan: String,
    pub findings: Vec<Finding>,
    pub figures: Figures,
    pub history: History,
}

/// How much was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub faults: usize,
    pub conversations: usize,
    pub acked: usize,
    pub taken: usize,
    pub lines_lost: usize,
    pub lasted: Duration,
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Writes the history beside the failure.
    pub fn assert_clean(&self) {
        if self.is_clean() {
            println!("{self}");
            return;
        }
        let file =
            std::env::temp_dir().join(format!("salotto-history-{}.jsonl", self.figures.acked));
        self.write_history(&file);
        panic!("{self}\n{:#?}\nhistory: {}", self.findings, file.display());
    }

    pub fn write_history(&self, file: &Path) {
        let file = File::create(file).expect("the history can be written");
        self.history.write(BufWriter::new(file)).expect("the history can be written");
    }
}

impl Figures {
    pub(super) fn of(history: &History) -> Figures {
        let count = |is_it: fn(&What) -> bool| {
            history.events.iter().filter(|event| is_it(&event.what)).count()
        };
        Figures {
            acked: count(|what| matches!(what, What::Acked { .. })),
            taken: count(|what| matches!(what, What::Took { .. })),
            lines_lost: count(|what| matches!(what, What::Lost)),
            ..Figures::default()
        }
    }

    pub fn add(&mut self, other: &Figures) {
        self.faults += other.faults;
        self.conversations += other.conversations;
        self.acked += other.acked;
        self.taken += other.taken;
        self.lines_lost += other.lines_lost;
        self.lasted += other.lasted;
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.plan)?;
        write!(f, "{}; {} findings", self.figures, self.findings.len())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { faults, conversations, acked, taken, lines_lost, lasted } = self;
        write!(
            f,
            "{faults} faults in {} s: {conversations} conversations, {acked} messages \
             acknowledged, {taken} entries taken, {lines_lost} lines lost",
            lasted.as_secs()
        )
    }
}
