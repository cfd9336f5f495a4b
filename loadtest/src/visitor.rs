//! A visitor: says what is due, one unacknowledged message at a time, and reads the answers.
//! Pure but for the books: frames in, frames out.

use salotto_protocol::{
    ChatflowId, ClientFrame, ClientId, ConversationId, ConversationState, Cursor, Epoch, Hello,
    Page, Party, Refusal, Seq, ServerFrame, Start, ViewedEntry, limits,
};

use crate::books::Turn;
use crate::latency::Measure;
use crate::outbox::{InFlight, Outbox, Parcel, Refused};
use crate::payload::Who;
use crate::reading::{Noted, Reading};

pub struct Visitor {
    slot: u32,
    token: String,
    chatflow: ChatflowId,
    greeted: bool,
    epoch: Option<Epoch>,
    outbox: Outbox,
    /// Boxed: most visitors may never speak.
    current: Option<Box<Current>>,
    /// Conversations that were full and closed.
    past: Vec<Reading>,
}

struct Current {
    reading: Reading,
    is_closed: bool,
    /// The last message that fits was sent.
    is_full: bool,
}

impl Visitor {
    pub fn new(slot: u32, token: String, chatflow: ChatflowId) -> Visitor {
        Visitor {
            slot,
            token,
            chatflow,
            greeted: false,
            epoch: None,
            outbox: Outbox::default(),
            current: None,
            past: Vec::new(),
        }
    }

    pub fn hello(&mut self) -> Hello {
        let cursors: Vec<Cursor> = self.current.iter().map(|it| it.reading.cursor()).collect();
        let page = Page {
            url: "https://loadtest.invalid/".to_owned(),
            title: "Load test".to_owned(),
            referrer: None,
        };
        Hello { protocol: limits::PROTOCOL, token: self.token.clone(), cursors, page: Some(page) }
    }

    /// A message is due; it may have to wait behind an unacknowledged one.
    pub fn due(&mut self, due_us: u64, turn: &mut Turn<'_>) {
        self.outbox.waiting.push_back(due_us);
        self.pump(turn);
    }

    pub fn lost_socket(&mut self) {
        self.greeted = false;
    }

    pub fn on_frame(&mut self, frame: ServerFrame, turn: &mut Turn<'_>) {
        match frame {
            ServerFrame::Welcome(welcome) => {
                self.greeted = true;
                self.epoch = Some(welcome.epoch);
                if let Some(in_flight) = self.outbox.resumed(turn) {
                    self.put(in_flight, turn);
                }
                self.pump(turn);
            }
            ServerFrame::Ack { client_id, conversation, seq, .. } => {
                self.acked(client_id, conversation, seq, turn);
            }
            ServerFrame::Entries { conversation, epoch, entries } => {
                self.entries(conversation, epoch, &entries, turn);
            }
            ServerFrame::Limited { conversation, epoch, head } => {
                if let Some(reading) = self.reading(conversation, turn.now_us) {
                    reading.limited(epoch, head, turn);
                }
            }
            ServerFrame::Reset { conversation, epoch, .. } => {
                if let Some(reading) = self.reading(conversation, turn.now_us) {
                    reading.reset(epoch);
                }
            }
            ServerFrame::Conversation { conversation } => {
                self.reading(conversation.id, turn.now_us);
            }
            ServerFrame::Refused(refusal) => self.refused(&refusal, turn),
            ServerFrame::Marks { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Page { .. }
            | ServerFrame::Availability { .. }
            | ServerFrame::Queue { .. }
            | ServerFrame::Board(_)
            | ServerFrame::Agents { .. }
            | ServerFrame::Ping
            | ServerFrame::Reconnect { .. } => {}
        }
    }

    /// Entries that were read over HTTP.
    pub fn paged(
        &mut self,
        conversation: ConversationId,
        epoch: Epoch,
        entries: &[ViewedEntry],
        turn: &mut Turn<'_>,
    ) {
        if let Some(reading) = self.reading(conversation, turn.now_us) {
            let noted = reading.paged(epoch, entries, turn);
            self.note(conversation, noted, turn);
        }
    }

    /// Now and then: what got no answer, and (`marks`) delivered positions.
    pub fn tick(&mut self, marks: bool, turn: &mut Turn<'_>) {
        if !self.greeted {
            return;
        }
        if let Some(in_flight) = self.outbox.overdue(turn) {
            self.put(in_flight, turn);
        }
        if let Some(current) = self.current.as_mut().filter(|_| marks) {
            current.reading.mark(turn);
        }
    }

    /// All that was read, for the audit.
    pub fn take_logs(&mut self) -> Vec<Reading> {
        let mut logs = std::mem::take(&mut self.past);
        logs.extend(self.current.take().map(|it| it.reading));
        logs
    }

    fn entries(
        &mut self,
        conversation: ConversationId,
        epoch: Epoch,
        entries: &[ViewedEntry],
        turn: &mut Turn<'_>,
    ) {
        if let Some(reading) = self.reading(conversation, turn.now_us) {
            let noted = reading.take(epoch, entries, turn);
            self.note(conversation, noted, turn);
        } else {
            turn.books.tally.strays.one();
        }
    }

    fn note(&mut self, conversation: ConversationId, noted: Vec<Noted>, turn: &mut Turn<'_>) {
        for note in noted {
            match note {
                Noted::Message { who: Who::Visitor, client_id: Some(client_id), seq, .. } => {
                    self.acked(client_id, conversation, seq, turn);
                }
                Noted::State(state) => {
                    let current = self.current.as_mut();
                    if let Some(it) = current.filter(|it| it.is(conversation)) {
                        it.is_closed = state == ConversationState::Closed;
                    }
                    self.pump(turn);
                }
                Noted::Message { .. } | Noted::Nothing => {}
            }
        }
    }

    /// By an `ack` or by the own entry, whichever came first.
    fn acked(&mut self, id: ClientId, conversation: ConversationId, seq: Seq, turn: &mut Turn<'_>) {
        let Some(in_flight) = self.outbox.answered(id) else { return };
        let Parcel::Message { n, start } = in_flight.parcel else { return };
        let key = (Who::Visitor, n);
        let books = turn.books;
        if books.ledger.page(self.slot).acked(key, conversation, seq) {
            books.tally.acked.one();
        }
        let InFlight { due_us, first_sent_us, .. } = in_flight;
        books.latency.record(Measure::Ack, due_us, first_sent_us, turn.now_us);
        if let (Some(receipts), Some(epoch)) = (&books.receipts, self.epoch) {
            let text = books.text(self.slot, Who::Visitor, n, due_us);
            receipts.acked(conversation, (epoch, seq), id, text);
        }
        if start.is_some() && self.reading_of(conversation).is_none() {
            let reading = Reading::new(Party::Visitor, self.slot, conversation, turn.now_us);
            // A start that went out again on another socket: this one may not follow it.
            if in_flight.sockets > 1 {
                turn.frames.push(ClientFrame::Attach(reading.cursor()));
            }
            self.current = Some(Box::new(Current::new(reading)));
        }
        if let Some(current) = self.current.as_mut().filter(|it| it.is(conversation)) {
            current.is_full |= books.manner.fills(n);
        }
        self.pump(turn);
    }

    fn refused(&mut self, refusal: &Refusal, turn: &mut Turn<'_>) {
        match self.outbox.refused(refusal, turn.now_us) {
            Refused::NotMine | Refused::Later => {}
            Refused::Never(Parcel::Message { n, .. }) => {
                turn.books.ledger.page(self.slot).refused(Who::Visitor, n);
                turn.books.tally.refused.one();
                self.pump(turn);
            }
            Refused::Never(Parcel::Close) => {}
        }
    }

    /// Sends the next waiting message, if it may go.
    fn pump(&mut self, turn: &mut Turn<'_>) {
        if !self.greeted || self.outbox.in_flight.is_some() || self.outbox.waiting.is_empty() {
            return;
        }
        if let Some(full) = self.current.take_if(|it| it.is_full && it.is_closed) {
            let conversation = full.reading.log.conversation;
            turn.frames.push(ClientFrame::Detach { conversation });
            self.past.push(full.reading);
        }
        if self.current.as_ref().is_some_and(|it| it.is_full) {
            return;
        }
        let Some(due_us) = self.outbox.waiting.pop_front() else { return };
        let client_id = ClientId::fresh();
        let mut page = turn.books.ledger.page(self.slot);
        let n = page.begin(Who::Visitor, client_id, due_us, turn.now_us);
        drop(page);
        turn.books.tally.started.one();
        let start = self.current.is_none().then(ClientId::fresh);
        let parcel = Parcel::Message { n, start };
        let in_flight = InFlight::new(parcel, client_id, due_us, turn.now_us);
        self.outbox.in_flight = Some(in_flight);
        self.put(in_flight, turn);
    }

    fn put(&self, in_flight: InFlight, turn: &mut Turn<'_>) {
        let Parcel::Message { n, start } = in_flight.parcel else { return };
        let text = turn.books.text(self.slot, Who::Visitor, n, in_flight.due_us);
        let client_id = in_flight.client_id;
        let current = self.current.as_ref().map(|it| it.reading.log.conversation);
        turn.frames.push(match (start, current) {
            (Some(start), _) => ClientFrame::Start(Start {
                client_id: start,
                chatflow: self.chatflow,
                message_client_id: client_id,
                text,
            }),
            (None, Some(conversation)) => ClientFrame::Send { conversation, client_id, text },
            (None, None) => return,
        });
    }

    /// The log of a conversation; a new one begins while a start is under way.
    fn reading(&mut self, id: ConversationId, now_us: u64) -> Option<&mut Reading> {
        let starting = self.outbox.in_flight.is_some_and(|it| match it.parcel {
            Parcel::Message { start, .. } => start.is_some(),
            Parcel::Close => false,
        });
        if starting && self.current.is_none() && self.reading_of(id).is_none() {
            let reading = Reading::new(Party::Visitor, self.slot, id, now_us);
            self.current = Some(Box::new(Current::new(reading)));
        }
        self.reading_of(id)
    }

    fn reading_of(&mut self, id: ConversationId) -> Option<&mut Reading> {
        let current = self.current.iter_mut().map(|it| &mut it.reading);
        current.chain(&mut self.past).find(|it| it.log.conversation == id)
    }
}

impl Current {
    fn new(reading: Reading) -> Current {
        Current { reading, is_closed: false, is_full: false }
    }

    fn is(&self, conversation: ConversationId) -> bool {
        self.reading.log.conversation == conversation
    }
}

#[cfg(test)]
#[path = "visitor_tests.rs"]
mod tests;
