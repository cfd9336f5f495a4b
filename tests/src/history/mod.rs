//! What clients did and saw, with times: recorded while a test runs, judged when it is over.
//!
//! `Recorder` and `Pen` write; `Truth` is the store at the end; `judge` holds one against the
//! other. Everything but the recorder is pure. A history can be written to a file, one event a
//! line, and read again: a failure is looked at without being made again.

mod assignments;
mod delivery;
mod judge;
mod liveness;
mod terms;
#[cfg(test)]
mod tests;
mod truth;
mod waiting;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use judge::{Faults, Terms, judge};
use salotto_protocol::api::Receipt;
use salotto_protocol::{
    AgentId, ClientId, ConversationId, Entry, Epoch, ErrorCode, NodeId, Seq, View, VisitorId,
};
use serde::{Deserialize, Serialize};
pub use truth::{Standing, Truth};

/// A test that records more has run away.
const EVENTS_MAX: usize = 5_000_000;
/// Resets of one client's log of one conversation, in a receipt's `socket`.
const RESETS_MAX: u64 = 1 << 16;

/// In the order in which it was recorded: of one client always, of several as far as one clock
/// can tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Event {
    /// Microseconds since the recorder was made.
    pub at_us: u64,
    /// Each participant has a number of its own, over all its sockets.
    pub client: u64,
    pub what: What,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Visitor(VisitorId),
    Agent(AgentId),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "most of a history are the large ones: entries")]
pub enum What {
    Welcomed {
        node: NodeId,
        epoch: Epoch,
        who: Who,
    },
    /// The socket ended, and the client did not want it to.
    Lost,
    /// The client needs the socket no longer.
    Left,
    /// A cursor was sent.
    Attached {
        conversation: ConversationId,
        epoch: Option<Epoch>,
        seq: Seq,
    },
    /// The answer to an attach that was sent, or to a read that was asked for, at that time.
    Head {
        conversation: ConversationId,
        epoch: Epoch,
        head: Seq,
        asked_at_us: u64,
    },
    Reset {
        conversation: ConversationId,
        epoch: Epoch,
    },
    /// An entry was taken by the receiver's rule, and so surfaced.
    Took {
        conversation: ConversationId,
        epoch: Epoch,
        after: Seq,
        entry: Entry,
    },
    /// A message was sent, for the first time or again. `None`: it is to start a conversation.
    Sent {
        client_id: ClientId,
        conversation: Option<ConversationId>,
        text: String,
    },
    Acked {
        client_id: ClientId,
        conversation: ConversationId,
        epoch: Epoch,
        seq: Seq,
    },
    Refused {
        client_id: Option<ClientId>,
        code: ErrorCode,
    },
}

impl Who {
    pub fn view(self) -> View {
        match self {
            Who::Visitor(_) => View::Visitor,
            Who::Agent(_) => View::Agent,
        }
    }
}

impl History {
    /// Who each client turned out to be. One that was never welcomed is in no list.
    pub fn clients(&self) -> HashMap<u64, Who> {
        let mut clients = HashMap::new();
        for event in &self.events {
            if let What::Welcomed { who, .. } = event.what {
                clients.insert(event.client, who);
            }
        }
        clients
    }

    /// As `salotto verify --receipts` takes them.
    pub fn receipts(&self) -> Vec<Receipt> {
        let mut texts = HashMap::new();
        let mut resets: HashMap<(u64, ConversationId), u64> = HashMap::new();
        let receipt = |event: &Event| match &event.what {
            What::Sent { client_id, text, .. } => {
                texts.insert(*client_id, text.clone());
                None
            }
            What::Reset { conversation, .. } => {
                *resets.entry((event.client, *conversation)).or_default() += 1;
                None
            }
            What::Acked { client_id, conversation, epoch, seq } => Some(Receipt::Acked {
                conversation: *conversation,
                epoch: *epoch,
                seq: *seq,
                client_id: *client_id,
                text: texts.get(client_id).cloned().unwrap_or_default(),
            }),
            What::Took { conversation, epoch, after, entry } => {
                let log = resets.get(&(event.client, *conversation)).copied().unwrap_or(0);
                Some(Receipt::Received {
                    socket: event.client * RESETS_MAX + log,
                    conversation: *conversation,
                    epoch: *epoch,
                    seq: entry.seq,
                    after: *after,
                    client_id: entry.client_id,
                })
            }
            What::Welcomed { .. }
            | What::Lost
            | What::Left
            | What::Attached { .. }
            | What::Head { .. }
            | What::Refused { .. } => None,
        };
        self.events.iter().filter_map(receipt).collect()
    }

    /// One event a line, as JSON.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        for event in &self.events {
            serde_json::to_writer(&mut out, event)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    pub fn read(lines: impl BufRead) -> io::Result<History> {
        let events = lines.lines().map(|line| Ok(serde_json::from_str(&line?)?));
        Ok(History { events: events.collect::<io::Result<_>>()? })
    }
}

/// What all participants of a test did and saw. Cheap to clone.
#[derive(Clone)]
pub struct Recorder(Arc<Recording>);

struct Recording {
    began: Instant,
    began_at: SystemTime,
    clients: AtomicU64,
    events: Mutex<Vec<Event>>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder(Arc::new(Recording {
            began: Instant::now(),
            began_at: SystemTime::now(),
            clients: AtomicU64::new(1),
            events: Mutex::default(),
        }))
    }
}

impl Recorder {
    /// For one more client.
    pub fn pen(&self) -> Pen {
        let client = self.0.clients.fetch_add(1, Ordering::Relaxed);
        Pen { client, recorder: self.clone() }
    }

    pub fn now_us(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_micros()).expect("no test runs for so long")
    }

    /// Microsecond 0, in milliseconds since 1970.
    pub fn began_ms(&self) -> i64 {
        let since = self.0.began_at.duration_since(UNIX_EPOCH).expect("it is later than 1970");
        i64::try_from(since.as_millis()).expect("not so much later")
    }

    pub fn history(&self) -> History {
        History { events: self.events().clone() }
    }

    /// How much there is: a test waits for more.
    pub fn count(&self) -> usize {
        self.events().len()
    }

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.events.lock().expect("nobody panics while it records")
    }
}

/// One client's hand in the history.
pub struct Pen {
    client: u64,
    recorder: Recorder,
}

impl Pen {
    pub fn note(&self, what: What) {
        let mut events = self.recorder.events();
        assert!(events.len() < EVENTS_MAX, "a history of {EVENTS_MAX} events has run away");
        // Read under the lock, so that times never go back.
        let at_us = self.recorder.now_us();
        events.push(Event { at_us, client: self.client, what });
    }

    pub fn now_us(&self) -> u64 {
        self.recorder.now_us()
    }
}
