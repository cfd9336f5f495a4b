//! How one side reads a conversation: the log, what an entry tells the books, marks, gaps.

use std::sync::atomic::{AtomicU64, Ordering};

use salotto_protocol::{
    ClientFrame, ClientId, ConversationId, ConversationState, Cursor, EntryBody, Epoch, Party, Seq,
    ViewedEntry,
};

use crate::books::{Errand, Turn};
use crate::latency::Measure;
use crate::log::{Log, Seen, Step, What};
use crate::payload::{Stamp, Who};

/// Delivered, but so late that a person would have wondered.
pub const LATE_US: u64 = 5_000_000;
/// A gap that was asked for and did not come is asked for again.
const ASK_AGAIN_US: u64 = 2_000_000;

static LOGS: AtomicU64 = AtomicU64::new(0);

pub struct Reading {
    pub slot: u32,
    pub log: Log,
    party: Party,
    epoch: Option<Epoch>,
    /// Tells this log from others in the receipts.
    number: u64,
    since_us: u64,
    /// Delivered up to here, and the other side not told yet.
    unmarked: Option<Seq>,
    asked_at_us: Option<u64>,
    paging: bool,
    opening: Opening,
}

/// Visitor: how far the conversation has come to a first answer.
#[derive(Clone, Copy)]
enum Opening {
    Silent,
    Unanswered { due_us: u64, sent_us: u64 },
    Answered,
}

/// What an entry that was taken means to its reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Noted {
    Message { who: Who, n: u32, client_id: Option<ClientId>, seq: Seq },
    State(ConversationState),
    Nothing,
}

impl Reading {
    pub fn new(party: Party, slot: u32, conversation: ConversationId, now_us: u64) -> Reading {
        Reading {
            slot,
            log: Log::new(conversation),
            party,
            epoch: None,
            number: LOGS.fetch_add(1, Ordering::Relaxed),
            since_us: now_us,
            unmarked: None,
            asked_at_us: None,
            paging: false,
            opening: Opening::Silent,
        }
    }

    pub fn cursor(&self) -> Cursor {
        let conversation = self.log.conversation;
        Cursor { conversation, epoch: self.epoch, seq: self.log.last }
    }

    /// Takes entries up to the first gap, which it asks for.
    pub fn take(
        &mut self,
        epoch: Epoch,
        entries: &[ViewedEntry],
        turn: &mut Turn<'_>,
    ) -> Vec<Noted> {
        self.epoch = Some(epoch);
        let mut noted = Vec::with_capacity(entries.len());
        for viewed in entries {
            let (what, note) = self.classify(viewed, turn);
            match self.log.offer(viewed.after, Seen { seq: viewed.entry.seq, what }) {
                Step::Taken => {
                    self.asked_at_us = None;
                    self.receipt(epoch, viewed, turn);
                    if let Noted::Message { who, n, seq, .. } = note {
                        self.sighted(who, n, seq, turn);
                    }
                    noted.push(note);
                }
                Step::Dropped => {}
                Step::Gap => {
                    self.ask(turn);
                    break;
                }
            }
        }
        noted
    }

    /// Too far behind for the socket: the rest comes over HTTP.
    pub fn limited(&mut self, epoch: Epoch, head: Seq, turn: &mut Turn<'_>) {
        self.epoch = Some(epoch);
        self.paging = true;
        let (slot, conversation) = (self.slot, self.log.conversation);
        turn.errands.push(Errand { slot, conversation, after: self.log.last, head });
    }

    /// The errand came back, with whatever it could read; follow live again from there.
    pub fn paged(
        &mut self,
        epoch: Epoch,
        entries: &[ViewedEntry],
        turn: &mut Turn<'_>,
    ) -> Vec<Noted> {
        self.paging = false;
        // The pages are read with the visitor's token, so hidden entries are missing.
        self.log.patched |= self.party == Party::Team;
        let noted = self.take(epoch, entries, turn);
        turn.frames.push(ClientFrame::Attach(self.cursor()));
        noted
    }

    pub fn reset(&mut self, epoch: Epoch) {
        self.epoch = Some(epoch);
        self.number = LOGS.fetch_add(1, Ordering::Relaxed);
        self.log.reset();
    }

    /// Tells the other side what was delivered since the last time.
    pub fn mark(&mut self, turn: &mut Turn<'_>) {
        if let Some(delivered) = self.unmarked.take() {
            let conversation = self.log.conversation;
            turn.frames.push(ClientFrame::Mark { conversation, delivered, read: Seq(0) });
        }
    }

    /// What an entry is, and what it means if it is taken.
    fn classify(&self, viewed: &ViewedEntry, turn: &Turn<'_>) -> (What, Noted) {
        let entry = &viewed.entry;
        match &entry.body {
            EntryBody::Message { text } => match self.ours(text, turn) {
                Some(Stamp { who, n, .. }) => {
                    let (client_id, seq) = (entry.client_id, entry.seq);
                    (What::Ours { who, n }, Noted::Message { who, n, client_id, seq })
                }
                None => (What::Foreign, Noted::Nothing),
            },
            EntryBody::Status { to, .. } => (What::Other, Noted::State(*to)),
            EntryBody::Welcome { .. }
            | EntryBody::Comment { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Unknown(_) => (What::Other, Noted::Nothing),
        }
    }

    /// A text of this run and of this visitor's conversations, as it was sent.
    fn ours(&self, text: &str, turn: &Turn<'_>) -> Option<Stamp> {
        let stamp = Stamp::parse(text)?;
        let expected = turn.books.manner.run == stamp.run && self.slot == stamp.slot;
        let mut page = turn.books.ledger.page(self.slot);
        let sent = page.message(stamp.who, stamp.n).filter(|_| expected)?;
        let is_intact = sent.due_us == stamp.due_us && text.len() == turn.books.manner.text_bytes;
        is_intact.then_some(stamp)
    }

    fn sighted(&mut self, who: Who, n: u32, seq: Seq, turn: &Turn<'_>) {
        let books = turn.books;
        let own = (who == Who::Visitor) == (self.party == Party::Visitor);
        let Some(it) = books.ledger.page(self.slot).sighted(who, n, own) else { return };
        if own {
            if it.first {
                books.tally.own_seen.one();
            }
            if let Opening::Silent = self.opening {
                self.opening = Opening::Unanswered { due_us: it.due_us, sent_us: it.sent_us };
            }
            return;
        }
        self.unmarked = Some(seq);
        if !it.first {
            return;
        }
        books.tally.delivered.one();
        let measure = match self.party {
            Party::Visitor => Measure::DeliveryToVisitor,
            Party::Team if it.due_us < self.since_us => Measure::Routing,
            Party::Team => Measure::DeliveryToAgent,
        };
        books.latency.record(measure, it.due_us, it.sent_us, turn.now_us);
        if let (Party::Visitor, Opening::Unanswered { due_us, sent_us }) =
            (self.party, self.opening)
        {
            self.opening = Opening::Answered;
            books.latency.record(Measure::FirstResponse, due_us, sent_us, turn.now_us);
        }
        if turn.now_us.saturating_sub(it.due_us) > LATE_US {
            books.tally.late.one();
        }
    }

    fn receipt(&self, epoch: Epoch, viewed: &ViewedEntry, turn: &Turn<'_>) {
        if let Some(receipts) = &turn.books.receipts {
            receipts.received(self.number, self.log.conversation, epoch, viewed);
        }
    }

    fn ask(&mut self, turn: &mut Turn<'_>) {
        let due = self.asked_at_us.is_none_or(|at_us| at_us + ASK_AGAIN_US <= turn.now_us);
        if due && !self.paging {
            self.asked_at_us = Some(turn.now_us);
            turn.frames.push(ClientFrame::Attach(self.cursor()));
        }
    }
}
