//! What was sent and what became of it: one page per visitor, shared by both sides of its
//! conversations. It never forgets, because the audit at the end reads all of it.

use std::sync::{Mutex, MutexGuard};

use salotto_protocol::{ClientId, ConversationId, Seq};

use crate::payload::Who;

pub struct Ledger {
    slots: Vec<Mutex<Slot>>,
}

/// One visitor's page.
#[derive(Default)]
pub struct Slot {
    /// In the order they were started.
    pub conversations: Vec<ConversationId>,
    pub senders: Vec<Sender>,
}

pub struct Sender {
    pub who: Who,
    /// At `n` the message that calls itself `n`.
    pub sent: Vec<Sent>,
}

/// One message, from the moment it first went out.
#[derive(Clone, Debug)]
pub struct Sent {
    pub client_id: ClientId,
    pub due_us: u64,
    pub sent_us: u64,
    pub answer: Answer,
    /// The other side has read it.
    pub delivered: bool,
    /// It came back to the sender's side as an entry.
    pub own_seen: bool,
    /// An agent has taken it upon itself to answer.
    pub reply_planned: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    None,
    Acked {
        /// Which of the slot's conversations.
        conversation: u32,
        seq: Seq,
    },
    /// A definite no.
    Refused,
}

/// What a receiver learns of a message when it reads it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    pub due_us: u64,
    pub sent_us: u64,
    /// Nobody of this side had read it before.
    pub first: bool,
}

impl Ledger {
    pub fn new(slots: usize) -> Ledger {
        Ledger { slots: (0..slots).map(|_| Mutex::default()).collect() }
    }

    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    pub fn page(&self, slot: u32) -> MutexGuard<'_, Slot> {
        self.slots[slot as usize].lock().expect("nobody panics with a page of the ledger in hand")
    }
}

impl Slot {
    /// Writes down a message that goes out now; its number.
    pub fn begin(&mut self, who: Who, client_id: ClientId, due_us: u64, sent_us: u64) -> u32 {
        let sent = &mut self.sender(who).sent;
        sent.push(Sent {
            client_id,
            due_us,
            sent_us,
            answer: Answer::None,
            delivered: false,
            own_seen: false,
            reply_planned: false,
        });
        sent.len() as u32 - 1
    }

    pub fn message(&mut self, who: Who, n: u32) -> Option<&mut Sent> {
        let sender = self.senders.iter_mut().find(|it| it.who == who)?;
        sender.sent.get_mut(n as usize)
    }

    /// Whether this was news.
    pub fn acked(&mut self, (who, n): (Who, u32), id: ConversationId, seq: Seq) -> bool {
        let conversation = self.conversation(id);
        match self.message(who, n) {
            Some(sent) if sent.answer == Answer::None => {
                sent.answer = Answer::Acked { conversation, seq };
                true
            }
            Some(_) | None => false,
        }
    }

    pub fn refused(&mut self, who: Who, n: u32) {
        if let Some(sent) = self.message(who, n) {
            sent.answer = Answer::Refused;
        }
    }

    /// A message was read: by the other side, or (`own`) by its sender's side.
    pub fn sighted(&mut self, who: Who, n: u32, own: bool) -> Option<Sighting> {
        let sent = self.message(who, n)?;
        let seen = if own { &mut sent.own_seen } else { &mut sent.delivered };
        let first = !std::mem::replace(seen, true);
        Some(Sighting { due_us: sent.due_us, sent_us: sent.sent_us, first })
    }

    /// Whether the caller is the one to answer the visitor's message.
    pub fn plan_reply(&mut self, n: u32) -> bool {
        match self.message(Who::Visitor, n) {
            Some(sent) => !std::mem::replace(&mut sent.reply_planned, true),
            None => false,
        }
    }

    fn sender(&mut self, who: Who) -> &mut Sender {
        let at = self.senders.iter().position(|it| it.who == who).unwrap_or_else(|| {
            self.senders.push(Sender { who, sent: Vec::new() });
            self.senders.len() - 1
        });
        &mut self.senders[at]
    }

    fn conversation(&mut self, id: ConversationId) -> u32 {
        let at = self.conversations.iter().rposition(|it| *it == id).unwrap_or_else(|| {
            self.conversations.push(id);
            self.conversations.len() - 1
        });
        at as u32
    }
}
