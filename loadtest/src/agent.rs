//! An agent: follows the conversations that the board says are theirs, answers, closes.
//! Pure but for the books: frames in, frames out.

use std::collections::HashMap;

use salotto_protocol::{
    AgentId, BoardUpdate, ClientFrame, ClientId, ConversationId, ConversationState, Cursor, Epoch,
    Hello, InboxId, Party, Refusal, Seq, ServerFrame, ViewedEntry, limits,
};

use crate::books::{Reply, Turn};
use crate::latency::Measure;
use crate::outbox::{InFlight, Outbox, Parcel, Refused};
use crate::payload::Who;
use crate::reading::{Noted, Reading};

pub struct Agent {
    pub index: u32,
    pub id: AgentId,
    pub token: String,
    inbox: InboxId,
    greeted: bool,
    epoch: Option<Epoch>,
    following: HashMap<ConversationId, Following>,
    /// Conversations that were closed or given to a colleague.
    past: Vec<Reading>,
    /// Open on the board, ours to answer, and of no visitor of this run.
    pub leftovers: u32,
}

struct Following {
    reading: Reading,
    outbox: Outbox,
    /// Answers that will be due later.
    thinking: u32,
    is_closed: bool,
    /// Close it when everything is said.
    closing: bool,
    /// Another agent has it now.
    leaving: bool,
}

impl Agent {
    pub fn new(index: u32, id: AgentId, token: String, inbox: InboxId) -> Agent {
        Agent {
            index,
            id,
            token,
            inbox,
            greeted: false,
            epoch: None,
            following: HashMap::new(),
            past: Vec::new(),
            leftovers: 0,
        }
    }

    pub fn hello(&mut self) -> Hello {
        let cursors: Vec<Cursor> = self.cursors().take(limits::CURSORS_MAX).collect();
        Hello { protocol: limits::PROTOCOL, token: self.token.clone(), cursors, page: None }
    }

    /// An answer is due.
    pub fn due(&mut self, conversation: ConversationId, due_us: u64, turn: &mut Turn<'_>) {
        if let Some(following) = self.following.get_mut(&conversation) {
            following.thinking = following.thinking.saturating_sub(1);
            following.outbox.waiting.push_back(due_us);
        }
        self.pump(conversation, turn);
    }

    pub fn lost_socket(&mut self) {
        self.greeted = false;
    }

    /// No answer comes due any more: say what is in the outbox, then close.
    pub fn wind_down(&mut self, turn: &mut Turn<'_>) {
        let all: Vec<ConversationId> = self.following.keys().copied().collect();
        for conversation in all {
            if let Some(following) = self.following.get_mut(&conversation) {
                following.thinking = 0;
                following.closing |= !following.leaving;
            }
            self.pump(conversation, turn);
        }
    }

    /// Whether nothing is left to say or to close.
    pub fn is_done(&self) -> bool {
        let is_done =
            |it: &Following| it.outbox.is_empty() && (it.is_closed || it.leaving || !it.closing);
        self.following.values().all(is_done)
    }

    /// All that was read, for the audit.
    pub fn take_logs(&mut self) -> Vec<Reading> {
        let mut logs = std::mem::take(&mut self.past);
        logs.extend(self.following.drain().map(|it| it.1.reading));
        logs
    }

    pub fn on_frame(&mut self, frame: ServerFrame, turn: &mut Turn<'_>) {
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(welcome.epoch, turn),
            ServerFrame::Board(update) => self.board(&update, turn),
            ServerFrame::Ack { client_id, conversation, seq, .. } => {
                self.acked(client_id, conversation, seq, turn);
            }
            ServerFrame::Entries { conversation, epoch, entries } => {
                if let Some(following) = self.following.get_mut(&conversation) {
                    let noted = following.reading.take(epoch, &entries, turn);
                    self.note(conversation, noted, turn);
                }
            }
            ServerFrame::Limited { conversation, epoch, head } => {
                if let Some(following) = self.following.get_mut(&conversation) {
                    following.reading.limited(epoch, head, turn);
                }
            }
            ServerFrame::Reset { conversation, epoch, .. } => {
                if let Some(following) = self.following.get_mut(&conversation) {
                    following.reading.reset(epoch);
                }
            }
            ServerFrame::Refused(refusal) => self.refused(&refusal, turn),
            ServerFrame::Conversation { .. }
            | ServerFrame::Marks { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Page { .. }
            | ServerFrame::Availability { .. }
            | ServerFrame::Queue { .. }
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
        if let Some(following) = self.following.get_mut(&conversation) {
            let noted = following.reading.paged(epoch, entries, turn);
            self.note(conversation, noted, turn);
        }
    }

    /// Now and then: what got no answer, and (`marks`) delivered positions.
    pub fn tick(&mut self, marks: bool, turn: &mut Turn<'_>) {
        if !self.greeted {
            return;
        }
        let index = self.index;
        for following in self.following.values_mut() {
            if let Some(in_flight) = following.outbox.overdue(turn) {
                following.put(index, in_flight, turn);
            }
            if marks {
                following.reading.mark(turn);
            }
        }
    }

    fn welcome(&mut self, epoch: Epoch, turn: &mut Turn<'_>) {
        self.greeted = true;
        self.epoch = Some(epoch);
        turn.frames.push(ClientFrame::Board { inbox: self.inbox });
        let rest: Vec<Cursor> = self.cursors().skip(limits::CURSORS_MAX).collect();
        turn.frames.extend(rest.into_iter().map(ClientFrame::Attach));
        let all: Vec<ConversationId> = self.following.keys().copied().collect();
        for conversation in all {
            if let Some(following) = self.following.get_mut(&conversation)
                && let Some(in_flight) = following.outbox.resumed(turn)
            {
                following.put(self.index, in_flight, turn);
            }
            self.pump(conversation, turn);
        }
    }

    /// Follows what is newly theirs, leaves what a colleague has now.
    fn board(&mut self, update: &BoardUpdate, turn: &mut Turn<'_>) {
        for row in &update.rows {
            let is_mine = row.assignee == Some(self.id) && row.state != ConversationState::Closed;
            let Some(slot) = turn.books.slots.get(&row.visitor) else {
                if is_mine && update.whole {
                    self.leftover(row.conversation, turn);
                }
                continue;
            };
            if is_mine && !self.following.contains_key(&row.conversation) {
                let reading = Reading::new(Party::Team, *slot, row.conversation, turn.now_us);
                turn.frames.push(ClientFrame::Attach(reading.cursor()));
                self.following.insert(row.conversation, Following::new(reading));
            } else if let Some(following) = self.following.get_mut(&row.conversation) {
                following.leaving = row.assignee.is_some_and(|it| it != self.id);
                self.pump(row.conversation, turn);
            }
        }
    }

    /// Somebody else's, or an earlier run's. Nobody waits for the answer.
    fn leftover(&mut self, conversation: ConversationId, turn: &mut Turn<'_>) {
        self.leftovers += 1;
        if turn.books.manner.close_leftovers {
            let client_id = ClientId::fresh();
            turn.frames.push(ClientFrame::Close { conversation, client_id });
        }
    }

    fn note(&mut self, conversation: ConversationId, noted: Vec<Noted>, turn: &mut Turn<'_>) {
        for note in noted {
            match note {
                Noted::Message { who: Who::Visitor, n, .. } => self.heard(conversation, n, turn),
                Noted::Message { who: Who::Agent(index), client_id: Some(id), seq, .. } => {
                    if index == self.index {
                        self.acked(id, conversation, seq, turn);
                    }
                }
                Noted::State(state) => {
                    if let Some(following) = self.following.get_mut(&conversation) {
                        following.is_closed = state == ConversationState::Closed;
                    }
                }
                Noted::Message { .. } | Noted::Nothing => {}
            }
        }
        self.pump(conversation, turn);
    }

    /// A visitor's message may want an answer, or may be the last one.
    fn heard(&mut self, conversation: ConversationId, n: u32, turn: &mut Turn<'_>) {
        let Some(following) = self.following.get_mut(&conversation) else { return };
        let (books, slot) = (turn.books, following.reading.slot);
        following.closing |= books.manner.fills(n);
        if books.manner.answers(n) && books.ledger.page(slot).plan_reply(n) {
            books.tally.planned.one();
            following.thinking += 1;
            let due_us = turn.now_us + books.manner.think_us(slot, n);
            turn.replies.push(Reply { due_us, agent: self.index, conversation });
        }
    }

    /// By an `ack` or by the own entry, whichever came first.
    fn acked(&mut self, id: ClientId, conversation: ConversationId, seq: Seq, turn: &mut Turn<'_>) {
        let Some(following) = self.following.get_mut(&conversation) else { return };
        let Some(in_flight) = following.outbox.answered(id) else { return };
        let (books, slot) = (turn.books, following.reading.slot);
        match in_flight.parcel {
            Parcel::Message { n, .. } => {
                let who = Who::Agent(self.index);
                if books.ledger.page(slot).acked((who, n), conversation, seq) {
                    books.tally.acked.one();
                }
                let InFlight { due_us, first_sent_us, .. } = in_flight;
                books.latency.record(Measure::Ack, due_us, first_sent_us, turn.now_us);
                if let (Some(receipts), Some(epoch)) = (&books.receipts, self.epoch) {
                    let text = books.text(slot, who, n, due_us);
                    receipts.acked(conversation, (epoch, seq), id, text);
                }
            }
            Parcel::Close => {
                books.tally.closed.one();
                following.is_closed = true;
            }
        }
        self.pump(conversation, turn);
    }

    fn refused(&mut self, refusal: &Refusal, turn: &mut Turn<'_>) {
        let all: Vec<ConversationId> = self.following.keys().copied().collect();
        for conversation in all {
            let Some(following) = self.following.get_mut(&conversation) else { continue };
            match following.outbox.refused(refusal, turn.now_us) {
                Refused::NotMine => continue,
                Refused::Later => {}
                Refused::Never(Parcel::Message { n, .. }) => {
                    let slot = following.reading.slot;
                    turn.books.ledger.page(slot).refused(Who::Agent(self.index), n);
                    turn.books.tally.refused.one();
                }
                // Somebody else closed it first.
                Refused::Never(Parcel::Close) => following.is_closed = true,
            }
            self.pump(conversation, turn);
        }
    }

    /// Sends the next answer, or closes, or leaves: whatever is due in one conversation.
    fn pump(&mut self, conversation: ConversationId, turn: &mut Turn<'_>) {
        let Some(following) = self.following.get_mut(&conversation) else { return };
        if !self.greeted || following.outbox.in_flight.is_some() {
            return;
        }
        if let Some(due_us) = following.outbox.waiting.pop_front() {
            let client_id = ClientId::fresh();
            let mut page = turn.books.ledger.page(following.reading.slot);
            let n = page.begin(Who::Agent(self.index), client_id, due_us, turn.now_us);
            drop(page);
            turn.books.tally.started.one();
            let parcel = Parcel::Message { n, start: None };
            following.begin(self.index, (parcel, client_id, due_us), turn);
        } else if following.thinking == 0 && following.closing && !following.is_closed {
            let close = (Parcel::Close, ClientId::fresh(), turn.now_us);
            following.begin(self.index, close, turn);
        } else if following.thinking == 0 && following.is_finished(turn) {
            turn.frames.push(ClientFrame::Detach { conversation });
            if let Some(following) = self.following.remove(&conversation) {
                self.past.push(following.reading);
            }
        }
    }

    fn cursors(&self) -> impl Iterator<Item = Cursor> {
        self.following.values().map(|it| it.reading.cursor())
    }
}

impl Following {
    fn new(reading: Reading) -> Following {
        Following {
            reading,
            outbox: Outbox::default(),
            thinking: 0,
            is_closed: false,
            closing: false,
            leaving: false,
        }
    }

    /// Nothing will come any more: it was full and is closed, or a colleague has it.
    fn is_finished(&self, turn: &Turn<'_>) -> bool {
        let is_full = turn.books.manner.messages_per_conversation.is_some() && self.closing;
        self.leaving || (is_full && self.is_closed)
    }

    fn begin(&mut self, agent: u32, what: (Parcel, ClientId, u64), turn: &mut Turn<'_>) {
        let (parcel, client_id, due_us) = what;
        let in_flight = InFlight::new(parcel, client_id, due_us, turn.now_us);
        self.outbox.in_flight = Some(in_flight);
        self.put(agent, in_flight, turn);
    }

    fn put(&self, agent: u32, in_flight: InFlight, turn: &mut Turn<'_>) {
        let (conversation, client_id) = (self.reading.log.conversation, in_flight.client_id);
        turn.frames.push(match in_flight.parcel {
            Parcel::Message { n, .. } => {
                let who = Who::Agent(agent);
                let text = turn.books.text(self.reading.slot, who, n, in_flight.due_us);
                ClientFrame::Send { conversation, client_id, text }
            }
            Parcel::Close => ClientFrame::Close { conversation, client_id },
        });
    }
}

#[cfg(test)]
#[path = "agent_tests.rs"]
mod tests;
