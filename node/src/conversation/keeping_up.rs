//! Staying level with the log: taking the next entries in, and reading on after a gap.

use std::time::Duration;

use ractor::ActorRef;
use salotto_protocol::{ConversationId, Entry, Party, Seq, ServerFrame, View, limits};

use super::actor::{ConversationActor, Msg, Reading, State};
use super::audience::Before;
use super::joining::READ_RETRY;
use super::state::{Arrival, arrival};
use super::view::summary;
use crate::journal::{Committed, Elsewhere};
use crate::store::{Head, Marks, Standing, Store, StoreError};
use crate::{clock, metrics};

/// Bounds the memory of one read while catching up with the log.
const CATCH_UP_ENTRIES_MAX: usize = 500;

/// The log read on from where this actor stood.
pub(super) struct CaughtUp {
    head: Head,
    marks: Marks,
    entries: Vec<Entry>,
}

impl ConversationActor {
    pub(super) fn committed(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        committed: &Committed,
    ) {
        let Some(first) = committed.entries.first() else { return };
        state.typists.ended_by(&committed.entries);
        let Some(known) = &mut state.known else {
            // The first read is under way; whoever is attached holds these back.
            let before = before(committed.visitor_seq_before, first.seq);
            state.audience.deliver(self.log(), &committed.entries, before);
            state.early.head = Some(committed.head.clone());
            return;
        };
        match arrival(known.head.seq, first.seq) {
            Arrival::Next => {
                let changed = facts_changed(&known.head, &committed.head);
                known.head = committed.head.clone();
                let before = before(committed.visitor_seq_before, first.seq);
                let taken = state.audience.deliver(self.log(), &committed.entries, before);
                if taken > 0 {
                    metrics::entry_delivered(taken, since(committed.head.last_at_ms));
                }
                if changed {
                    self.tell_facts(state);
                    self.welcome_back(myself, state);
                }
            }
            Arrival::Duplicate => {}
            Arrival::Gap => self.catch_up(myself, state),
        }
    }

    /// Talk that follows on is given out as it came. Whatever else there is stands in the head,
    /// and is read.
    pub(super) fn elsewhere(&self, myself: &ActorRef<Msg>, state: &mut State, hint: &Elsewhere) {
        let (first, last) = (hint.entries.first(), hint.entries.last());
        if let (Some(first), Some(last)) = (first, last)
            && let Some(known) = &mut state.known
            && hint.is_talk()
            && arrival(known.head.seq, first.seq) == Arrival::Next
        {
            let before = before(known.head.visitor_seq, first.seq);
            let shown = hint.entries.iter().rev().find(|it| it.body.visible_to(View::Visitor));
            known.head.visitor_seq = shown.map_or(known.head.visitor_seq, |it| it.seq);
            (known.head.seq, known.head.last_at_ms) = (last.seq, last.at_ms);
            state.typists.ended_by(&hint.entries);
            let taken = state.audience.deliver(self.log(), &hint.entries, before);
            if taken > 0 {
                metrics::entry_from_link_delivered(taken, since(last.at_ms));
            }
        }
        self.reaches(myself, state, hint.head);
    }

    pub(super) fn reaches(&self, myself: &ActorRef<Msg>, state: &mut State, seq: Seq) {
        match &state.known {
            None => state.early.reach = state.early.reach.max(seq),
            Some(known) if known.head.seq < seq => self.catch_up(myself, state),
            Some(_) => {}
        }
    }

    /// Reads on from the last entry known here. One read at a time.
    fn catch_up(&self, myself: &ActorRef<Msg>, state: &mut State) {
        if state.reading != Reading::Idle {
            state.reading = Reading::BusyAndStale;
            return;
        }
        let Some(known) = &state.known else { return };
        state.reading = Reading::Busy;
        let (store, id, after) = (self.store.clone(), self.id, known.head.seq);
        let myself = myself.clone();
        tokio::spawn(async move {
            let read = read_on(&store, id, after).await;
            let _ = myself.cast(Msg::CaughtUp(read));
        });
    }

    pub(super) fn caught_up(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        read: Result<Option<CaughtUp>, StoreError>,
    ) {
        let stale = state.reading == Reading::BusyAndStale;
        state.reading = Reading::Idle;
        let more = match read {
            Ok(Some(read)) => {
                let more = self.take_in(state, read);
                self.welcome_back(myself, state);
                more
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "log not read on");
                myself.send_after(READ_RETRY, || Msg::Reaches(Seq(u32::MAX)));
                return;
            }
        };
        if stale || more {
            self.catch_up(myself, state);
        }
    }

    /// Returns whether the log goes on beyond what was read.
    fn take_in(&self, state: &mut State, read: CaughtUp) -> bool {
        self.marks_are(state, read.marks);
        let Some(known) = &mut state.known else { return false };
        let last_known = known.head.seq;
        let fresh: Vec<Entry> =
            read.entries.into_iter().filter(|entry| entry.seq > last_known).collect();
        let Some(last) = fresh.last().map(|entry| entry.seq) else { return false };
        let more = last < read.head.seq;
        state.typists.ended_by(&fresh);
        let changed = facts_changed(&known.head, &read.head);
        let mut visitor_seq = known.head.visitor_seq;
        let mut taken = 0;
        // Like writes, so that no frame outgrows a socket's budget.
        for part in fresh.chunks(limits::WRITE_ENTRIES_MAX) {
            let before = before(visitor_seq, part[0].seq);
            taken += state.audience.deliver(self.log(), part, before);
            let seen = part.iter().rev().find(|entry| entry.body.visible_to(View::Visitor));
            visitor_seq = seen.map_or(visitor_seq, |entry| entry.seq);
        }
        if taken > 0 {
            metrics::entry_from_link_delivered(taken, since(read.head.last_at_ms));
        }
        known.head = Head { seq: last, visitor_seq, ..read.head };
        if changed {
            self.tell_facts(state);
        }
        more
    }

    fn tell_facts(&self, state: &State) {
        let Some(known) = &state.known else { return };
        for (view, side) in [(View::Visitor, Party::Visitor), (View::Agent, Party::Team)] {
            let conversation = summary(&known.head, known.marks, view);
            state.audience.tell(&ServerFrame::Conversation { conversation }, Some(side), None);
        }
    }
}

async fn read_on(
    store: &Store,
    id: ConversationId,
    after: Seq,
) -> Result<Option<CaughtUp>, StoreError> {
    let Some(Standing { head, marks }) = store.standing(id).await? else { return Ok(None) };
    let entries = store.entries_after(id, View::Agent, after, CATCH_UP_ENTRIES_MAX).await?;
    Ok(Some(CaughtUp { head, marks, entries }))
}

fn facts_changed(old: &Head, new: &Head) -> bool {
    old.state != new.state || old.assignee != new.assignee
}

fn before(visitor: Seq, first: Seq) -> Before {
    Before { visitor, agent: Seq(first.0 - 1) }
}

fn since(at_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(clock::now_ms() - at_ms).unwrap_or(0))
}
