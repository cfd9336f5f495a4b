//! Checks one conversation: its log entry by entry, then its head against the log. Pure.

use std::collections::HashSet;

use salotto_protocol::{ClientId, ConversationState, EntryBody, Party, Seq, View};
use uuid::Uuid;

use super::Report;
use crate::store::entries::EntryRow;
use crate::store::head::{Head, preview_of};
use crate::store::head_row::HeadRow;

pub(super) struct LogCheck {
    id: Uuid,
    /// `None` if it could not be read.
    head: Option<Head>,
    last_seq: i64,
    last_at_ms: i64,
    visitor_seq: Seq,
    preview: String,
    preview_by: Option<Party>,
    client_ids: HashSet<ClientId>,
    /// Something could not be read: what rests on it is not judged.
    is_unreadable: bool,
}

impl LogCheck {
    pub(super) fn of(head: HeadRow, report: &mut Report) -> LogCheck {
        report.conversations += 1;
        let id = head.id;
        let head = head.into_head();
        if let Err(error) = &head {
            report.found("I12", format!("conversation {id}: {error}"));
        }
        LogCheck {
            id,
            head: head.ok(),
            last_seq: 0,
            last_at_ms: i64::MIN,
            visitor_seq: Seq(0),
            preview: String::new(),
            preview_by: None,
            client_ids: HashSet::new(),
            is_unreadable: false,
        }
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn entry(&mut self, row: EntryRow, is_hidden: bool, report: &mut Report) {
        report.entries += 1;
        let (id, seq) = (self.id, row.seq);
        if seq != self.last_seq + 1 {
            let last = self.last_seq;
            report.found("I3", format!("conversation {id}: seq {seq} follows seq {last}"));
        }
        if row.at_ms < self.last_at_ms {
            report.found("I3", format!("conversation {id}, seq {seq}: older than the one before"));
        }
        (self.last_seq, self.last_at_ms) = (seq, row.at_ms);

        let entry = match row.into_entry() {
            Ok(entry) => entry,
            Err(error) => {
                self.is_unreadable = true;
                report.found("I1", format!("conversation {id}, seq {seq}: {error}"));
                return;
            }
        };
        if entry.client_id.is_some_and(|client_id| !self.client_ids.insert(client_id)) {
            report.found("I8", format!("conversation {id}, seq {seq}: its client id is not new"));
        }
        if let EntryBody::Unknown(body) = &entry.body
            && body.is_of_known_kind()
        {
            let kind = &body.kind;
            report.found("I1", format!("conversation {id}, seq {seq}: no readable {kind}"));
        }
        if is_hidden == entry.body.visible_to(View::Visitor) {
            report
                .found("I15", format!("conversation {id}, seq {seq}: hidden from the wrong side"));
        }
        if entry.body.visible_to(View::Visitor) {
            self.visitor_seq = entry.seq;
        }
        if let Some((preview, party)) = preview_of(&entry) {
            (self.preview, self.preview_by) = (preview, Some(party));
        }
    }

    pub(super) fn end(self, report: &mut Report) {
        let Some(head) = &self.head else { return };
        let id = self.id;
        let mut expect = |holds: bool, invariant: &'static str, what: &str| {
            if !holds {
                report.found(invariant, format!("conversation {id}: {what}"));
            }
        };
        expect(i64::from(head.seq.0) == self.last_seq, "I3", "its head is not its last entry");
        expect(head.last_at_ms == self.last_at_ms, "I3", "its time is not its last entry's");
        if !self.is_unreadable {
            let is_visible = head.visitor_seq == self.visitor_seq;
            expect(is_visible, "I3", "its visitor_seq is not the last entry the visitor may see");
            let is_last = (&head.preview, head.preview_by) == (&self.preview, self.preview_by);
            expect(is_last, "I12", "its preview is not its last message");
        }
        let is_waiting = head.state == ConversationState::Waiting;
        expect(head.waiting_since_ms.is_some() == is_waiting, "I12", "waits without a since");
        let may_be_missed = head.state == ConversationState::Unassigned;
        expect(head.missed_at_ms.is_none() || may_be_missed, "I12", "is missed and not unassigned");
        let is_addressed = head.due_at_ms.is_none() || head.email.is_some();
        expect(is_addressed, "I12", "is promised an answer and has no address");
        expect(assignee_fits(head), "I12", "its assignee does not fit its state");
        let is_closed = head.state == ConversationState::Closed;
        expect(!is_closed || head.slot_agent.is_none(), "I12", "is closed and holds a slot");
    }
}

fn assignee_fits(head: &Head) -> bool {
    match head.state {
        ConversationState::Bot | ConversationState::Waiting | ConversationState::Unassigned => {
            head.assignee.is_none()
        }
        ConversationState::Assigned => head.assignee.is_some(),
        ConversationState::Closed => true,
    }
}
