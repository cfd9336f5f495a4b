//! The model store: one conversation's log, and which nodes are known to follow it.

use salotto_protocol::{
    Author, ChatflowId, ClientId, ConversationId, ConversationNumber, ConversationState, Entry,
    EntryBody, Epoch, InboxId, Page, Seq, View,
};
use uuid::Uuid;

use super::super::view::newest_seq;
use super::step::Kind;
use super::{NODES, SITE, VISITOR};
use crate::journal::Committed;
use crate::store::Head;

pub(super) struct Truth {
    pub(super) epoch: Epoch,
    pub(super) head: Head,
    pub(super) log: Vec<Entry>,
    pub(super) attached: [bool; NODES],
    /// Told apart for ever, by their client ids.
    written: u128,
}

impl Truth {
    pub(super) fn new() -> Truth {
        let mut truth = Truth {
            epoch: Epoch(Uuid::from_u128(1)),
            head: head(),
            log: Vec::new(),
            attached: [false; NODES],
            written: 0,
        };
        truth.append(Kind::Talk, 1);
        truth
    }

    /// One write: all its entries, or none.
    pub(super) fn append(&mut self, kind: Kind, entries: usize) -> Committed {
        let (state_before, visitor_seq_before) = (self.head.state, self.head.visitor_seq);
        let first = self.log.len();
        for _ in 0..entries {
            let entry = self.entry(kind);
            self.head.seq = entry.seq;
            if entry.body.visible_to(View::Visitor) {
                self.head.visitor_seq = entry.seq;
            }
            self.log.push(entry);
        }
        Committed {
            head: self.head.clone(),
            entries: self.log[first..].to_vec(),
            visitor_seq_before,
            state_before: Some(state_before),
            standing_changed: state_before != self.head.state,
        }
    }

    fn entry(&mut self, kind: Kind) -> Entry {
        self.written += 1;
        let body = match kind {
            Kind::Talk => EntryBody::Message { text: String::new() },
            Kind::Comment => EntryBody::Comment { text: String::new() },
            Kind::Status => {
                let from = self.head.state;
                self.head.state = match from {
                    ConversationState::Unassigned => ConversationState::Closed,
                    ConversationState::Bot
                    | ConversationState::Waiting
                    | ConversationState::Assigned
                    | ConversationState::Closed => ConversationState::Unassigned,
                };
                EntryBody::Status { from, to: self.head.state }
            }
        };
        let client_id = Some(ClientId(Uuid::from_u128(self.written)));
        Entry { seq: self.head.seq.next(), at_ms: 0, by: Author::System, client_id, body }
    }

    pub(super) fn newest(&self, view: View) -> Seq {
        newest_seq(&self.head, view)
    }

    pub(super) fn entries_after(&self, view: View, after: Seq, limit: usize) -> Vec<Entry> {
        let from = usize::try_from(after.0).map_or(self.log.len(), |it| it.min(self.log.len()));
        let visible = self.log[from..].iter().filter(|entry| entry.body.visible_to(view));
        visible.take(limit).cloned().collect()
    }

    /// The entry with this number, in this view.
    pub(super) fn entry_at(&self, view: View, seq: Seq) -> Option<&Entry> {
        let at = usize::try_from(seq.0).ok()?.checked_sub(1)?;
        self.log.get(at).filter(|entry| entry.body.visible_to(view))
    }

    /// What stands in this view before this entry; 0 if it is the first.
    pub(super) fn before(&self, view: View, seq: Seq) -> Seq {
        let earlier = self.log.iter().take_while(|entry| entry.seq < seq);
        earlier.filter(|it| it.body.visible_to(view)).last().map_or(Seq(0), |entry| entry.seq)
    }

    /// Of the log only the beginning is in the backup.
    pub(super) fn restore(&mut self, kept: usize) {
        self.log.truncate(kept.max(1));
        self.epoch = Epoch(Uuid::from_u128(self.epoch.0.as_u128() + 1));
        self.attached = [false; NODES];
        let shown = |view| self.log.iter().rev().find(move |entry| entry.body.visible_to(view));
        self.head.visitor_seq = shown(View::Visitor).map_or(Seq(0), |entry| entry.seq);
        self.head.seq = shown(View::Agent).map_or(Seq(0), |entry| entry.seq);
    }
}

fn head() -> Head {
    Head {
        id: ConversationId(Uuid::from_u128(1)),
        number: ConversationNumber(1),
        site: SITE,
        inbox: InboxId(Uuid::nil()),
        chatflow: ChatflowId(Uuid::nil()),
        visitor: VISITOR,
        seq: Seq(0),
        visitor_seq: Seq(0),
        state: ConversationState::Unassigned,
        assignee: None,
        slot_agent: None,
        slot_excess: false,
        slot_ticket: false,
        active_at_ms: 0,
        assignment: 0,
        answered: false,
        beside: false,
        started_at_ms: 0,
        last_at_ms: 0,
        waiting_since_ms: None,
        missed_at_ms: None,
        email: None,
        due_at_ms: None,
        started_on: Page::default(),
        preview: String::new(),
        preview_by: None,
        facts: Default::default(),
        team: None,
    }
}
