//! What all visitors and agents of a run write into, and the manner in which they behave.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use salotto_protocol::{ClientFrame, ConversationId, Seq, VisitorId};

use crate::latency::Latency;
use crate::ledger::Ledger;
use crate::payload::{Stamp, Who};
use crate::plan::Dice;
use crate::receipts::Receipts;
use crate::tally::Tally;

pub struct Books {
    pub clock: Clock,
    pub manner: Manner,
    pub ledger: Ledger,
    pub latency: Latency,
    pub tally: Tally,
    pub receipts: Option<Receipts>,
    /// Whose conversation a line of the board is.
    pub slots: HashMap<VisitorId, u32>,
}

/// How visitors and agents behave.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Drawn for each run, in every text.
    pub run: u32,
    pub seed: u64,
    pub text_bytes: usize,
    /// An agent answers every k-th message of a visitor.
    pub reply_every: u32,
    /// The mean; each answer takes between half and one and a half of it.
    pub think: Duration,
    /// Then the agent closes the conversation and the visitor starts another. `None`: never.
    pub messages_per_conversation: Option<u32>,
    /// Agents close what is theirs and of no visitor of this run.
    pub close_leftovers: bool,
}

/// Microseconds since the generator's start: one clock for senders and receivers.
pub struct Clock(Instant);

/// One thing that happens to a visitor or an agent, and what it makes them do.
pub struct Turn<'a> {
    pub books: &'a Books,
    pub now_us: u64,
    pub frames: Vec<ClientFrame>,
    pub replies: Vec<Reply>,
    pub errands: Vec<Errand>,
}

/// An agent's answer that will be due.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Reply {
    pub due_us: u64,
    pub agent: u32,
    pub conversation: ConversationId,
}

/// History to be read over HTTP, up to `head`.
#[derive(Clone, Copy, Debug)]
pub struct Errand {
    pub slot: u32,
    pub conversation: ConversationId,
    pub after: Seq,
    pub head: Seq,
}

impl Clock {
    pub fn started_now() -> Clock {
        Clock(Instant::now())
    }

    pub fn now_us(&self) -> u64 {
        self.0.elapsed().as_micros() as u64
    }

    pub fn at(&self, us: u64) -> Instant {
        self.0 + Duration::from_micros(us)
    }
}

impl Books {
    pub fn turn(&self) -> Turn<'_> {
        Turn {
            books: self,
            now_us: self.clock.now_us(),
            frames: Vec::new(),
            replies: Vec::new(),
            errands: Vec::new(),
        }
    }

    /// The text of a message, the same for every resend and for the audit.
    pub fn text(&self, slot: u32, who: Who, n: u32, due_us: u64) -> String {
        Stamp { run: self.manner.run, slot, who, n, due_us }.text(self.manner.text_bytes)
    }
}

impl Manner {
    pub fn answers(&self, n: u32) -> bool {
        (n + 1).is_multiple_of(self.reply_every)
    }

    /// Whether message `n` fills the visitor's conversation.
    pub fn fills(&self, n: u32) -> bool {
        self.messages_per_conversation.is_some_and(|per| (n + 1).is_multiple_of(per))
    }

    pub fn think_us(&self, slot: u32, n: u32) -> u64 {
        let mut dice = Dice::new(self.seed ^ (u64::from(slot) << 32 | u64::from(n)));
        (self.think.as_micros() as f64 * (0.5 + dice.unit())) as u64
    }
}
