//! Staying level with the log: taking the next entries in, and reading on after a gap. Pure.

use salotto_protocol::{Entry, Party, Seq, ServerFrame, View, limits};

use super::audience::Before;
use super::following::{Action, Following, Reading, Share, Source, visitor_seq};
use super::reading::CaughtUp;
use super::state::{Arrival, arrival};
use super::view::summary;
use crate::journal::{Committed, Elsewhere};
use crate::store::Head;

impl Following {
    pub(super) fn committed(&mut self, committed: &Committed) {
        let Some(first) = committed.entries.first() else { return };
        self.typists.ended_by(&committed.entries);
        let before = before(committed.visitor_seq_before, first.seq);
        let Some(known) = &mut self.known else {
            // The first read is under way; whoever is attached holds these back.
            self.share(&committed.entries, before, Source::Here);
            self.early.head = Some(committed.head.clone());
            return;
        };
        match arrival(known.head.seq, first.seq) {
            Arrival::Next => {
                let changed = facts_changed(&known.head, &committed.head);
                known.head = committed.head.clone();
                self.share(&committed.entries, before, Source::Here);
                if changed {
                    self.tell_facts();
                    self.welcome_back();
                }
            }
            Arrival::Duplicate => {}
            Arrival::Gap => self.catch_up(),
        }
    }

    /// Talk that follows on is given out as it came. Whatever else there is stands in the head,
    /// and is read.
    pub(super) fn elsewhere(&mut self, hint: &Elsewhere) {
        let (first, last) = (hint.entries.first(), hint.entries.last());
        if let (Some(first), Some(last)) = (first, last)
            && let Some(known) = &mut self.known
            && hint.is_talk()
            && arrival(known.head.seq, first.seq) == Arrival::Next
        {
            let before = before(known.head.visitor_seq, first.seq);
            known.head.visitor_seq = visitor_seq(&hint.entries, known.head.visitor_seq);
            (known.head.seq, known.head.last_at_ms) = (last.seq, last.at_ms);
            self.typists.ended_by(&hint.entries);
            self.share(&hint.entries, before, Source::Elsewhere);
        }
        self.reaches(hint.head);
    }

    /// The log has at least this many entries; some may have been missed here.
    pub(super) fn reaches(&mut self, seq: Seq) {
        match &self.known {
            None => self.early.reach = self.early.reach.max(seq),
            Some(known) if known.head.seq < seq => self.catch_up(),
            Some(_) => {}
        }
    }

    /// Reads on from the last entry known here. One read at a time.
    fn catch_up(&mut self) {
        if self.reading != Reading::Idle {
            self.reading = Reading::BusyAndStale;
            return;
        }
        let Some(known) = &self.known else { return };
        self.reading = Reading::Busy;
        let after = known.head.seq;
        self.act(Action::ReadOn { after });
    }

    /// What was read on. `None`: there is no such conversation any more.
    pub(super) fn caught_up(&mut self, read: Option<CaughtUp>) {
        let stale = self.reading == Reading::BusyAndStale;
        self.reading = Reading::Idle;
        let more = read.is_some_and(|read| self.take_in(read));
        self.welcome_back();
        if stale || more {
            self.catch_up();
        }
    }

    pub(super) fn not_caught_up(&mut self) {
        self.reading = Reading::Idle;
        self.act(Action::ReadOnLater);
    }

    /// Returns whether the log goes on beyond what was read.
    fn take_in(&mut self, read: CaughtUp) -> bool {
        self.marks_are(read.marks);
        let Some(known) = &mut self.known else { return false };
        let last_known = known.head.seq;
        let fresh: Vec<Entry> =
            read.entries.into_iter().filter(|entry| entry.seq > last_known).collect();
        let Some(last) = fresh.last().map(|entry| entry.seq) else { return false };
        let more = last < read.head.seq;
        self.typists.ended_by(&fresh);
        let changed = facts_changed(&known.head, &read.head);
        let mut shown = known.head.visitor_seq;
        known.head = Head { seq: last, visitor_seq: visitor_seq(&fresh, shown), ..read.head };
        // Like writes, so that no frame outgrows a socket's budget.
        for part in fresh.chunks(limits::WRITE_ENTRIES_MAX) {
            self.share(part, before(shown, part[0].seq), Source::Elsewhere);
            shown = visitor_seq(part, shown);
        }
        if changed {
            self.tell_facts();
        }
        more
    }

    fn share(&mut self, entries: &[Entry], before: Before, source: Source) {
        for (to, entries) in self.audience.deliver(entries, before) {
            self.give_out(Share { to, entries, source });
        }
    }

    fn tell_facts(&mut self) {
        for (view, side) in [(View::Visitor, Party::Visitor), (View::Agent, Party::Team)] {
            let Some(known) = &self.known else { return };
            let conversation = summary(&known.head, known.marks, view);
            self.tell(ServerFrame::Conversation { conversation }, Some(side), None);
        }
    }
}

fn facts_changed(old: &Head, new: &Head) -> bool {
    let promise = |head: &Head| (head.email.clone(), head.due_at_ms);
    let place = |head: &Head| (head.state, head.assignee, head.team);
    place(old) != place(new) || promise(old) != promise(new)
}

fn before(visitor: Seq, first: Seq) -> Before {
    Before { visitor, agent: Seq(first.0 - 1) }
}
