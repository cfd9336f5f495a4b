//! A socket joins: its history is read and sent, then what was held back, then it is live.

use std::time::Duration;

use ractor::ActorRef;
use salotto_protocol::{Refusal, Seq, ServerFrame};

use super::actor::{ConversationActor, Known, Msg, State};
use super::answer::refuse;
use super::attach::{Missed, MissedEntries, read_missed};
use super::audience::{History, Joining, Release, send_entries};
use super::handle::Follower;
use super::state::not_found;
use super::view::{newest_seq, summary, viewed};
use crate::fanout::{Outbox, Place, encode};
use crate::metrics;
use crate::sabotage::{self, Switch};
use crate::store::{Head, Marks, StoreError};

/// A failed read says nothing about the next one. The socket waits, and misses nothing.
pub(super) const READ_RETRY: Duration = Duration::from_secs(1);

impl ConversationActor {
    pub(super) fn read_for(&self, myself: &ActorRef<Msg>, state: &mut State, attempt: u64) {
        let Some(joining) = state.audience.joining(attempt) else { return };
        let (view, cursor) = (joining.follower.view(), joining.cursor);
        let (store, myself) = (self.store.clone(), myself.clone());
        tokio::spawn(async move {
            let missed = read_missed(&store, cursor, view).await;
            sabotage::linger(Switch::SlowReads).await;
            let _ = myself.cast(Msg::Missed(attempt, missed));
        });
    }

    pub(super) fn missed(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        attempt: u64,
        missed: Result<Option<Missed>, StoreError>,
    ) {
        let Some(joining) = state.audience.joining(attempt) else { return };
        match missed {
            Ok(Some(missed)) if may_follow(joining.follower, &missed.head) => {
                self.learn(myself, state, &missed.head, missed.marks);
                self.send_missed(myself, state, &joining, missed);
                self.welcome_back(myself, state);
            }
            Ok(_) => {
                let rejection = not_found();
                let refusal = Refusal::new(rejection.code, rejection.message);
                refuse(&joining.outbox, Refusal { conversation: Some(self.id), ..refusal });
                state.audience.dismiss(attempt);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "history not read");
                myself.send_after(READ_RETRY, move || Msg::ReadAgain(attempt));
            }
        }
        self.end_if_alone(myself, state);
    }

    fn send_missed(
        &self,
        myself: &ActorRef<Msg>,
        state: &mut State,
        joining: &Joining,
        missed: Missed,
    ) {
        let (outbox, view) = (&joining.outbox, joining.follower.view());
        if !joining.reads_on {
            self.send_facts(state, joining, &missed);
        }
        let entries = match missed.entries {
            MissedEntries::All(entries) => entries,
            MissedEntries::TooMany => {
                let (conversation, epoch) = (self.id, self.store.epoch());
                let head = newest_seq(&missed.head, view);
                say(outbox, &ServerFrame::Limited { conversation, epoch, head });
                state.audience.dismiss(joining.attempt);
                return;
            }
        };
        metrics::missed_entries_delivered(entries.len());
        let sent = entries.last().map_or(missed.from, |entry| entry.seq);
        let history = History { sent, covered: sent.max(missed.head.seq) };
        send_entries(outbox, self.log(), viewed(entries, view, missed.from));
        let known = state.known.as_ref().map_or(Seq(0), |known| known.head.seq);
        match state.audience.release(self.log(), joining.attempt, history, known) {
            Release::Live => self.tell_typists(state, joining.follower, outbox),
            Release::Stale => {}
            Release::ReadOn => self.read_for(myself, state, joining.attempt),
        }
    }

    /// What comes before the entries: a reset if the cursor meant nothing, and the newest facts.
    fn send_facts(&self, state: &State, joining: &Joining, missed: &Missed) {
        let (outbox, view) = (&joining.outbox, joining.follower.view());
        let (conversation, epoch) = (self.id, self.store.epoch());
        let start = Place { conversation, seq: missed.from };
        match missed.reset {
            Some(reason) => {
                // Until the reset is out, a refill must find a cursor that calls for it again.
                outbox.starts_at(Place { conversation, seq: Seq(u32::MAX) });
                let head = newest_seq(&missed.head, view);
                let reset = ServerFrame::Reset { conversation, epoch, head, reason };
                outbox.push(&encode(&reset), Some(start));
            }
            None => outbox.starts_at(start),
        }
        let known = state.known.as_ref().filter(|known| known.head.seq >= missed.head.seq);
        let (head, marks) = match known {
            Some(known) => (&known.head, known.marks.raised_by(missed.marks)),
            None => (&missed.head, missed.marks),
        };
        say(outbox, &ServerFrame::Conversation { conversation: summary(head, marks, view) });
        if let (Follower::Agent { .. }, Some((visitor, page))) = (joining.follower, &state.page)
            && *visitor == missed.head.visitor
        {
            say(outbox, &ServerFrame::Page { conversation, page: page.clone() });
        }
    }

    /// What a read for one socket says about the conversation: the first one makes it known, a
    /// later one may show that entries passed this actor by.
    fn learn(&self, myself: &ActorRef<Msg>, state: &mut State, head: &Head, marks: Marks) {
        if state.known.is_some() {
            self.reaches(myself, state, head.seq);
            return;
        }
        let early = std::mem::take(&mut state.early);
        // Commits that came during the read are with whoever held them back.
        let newer = early.head.filter(|early| early.seq > head.seq);
        let head = newer.unwrap_or_else(|| head.clone());
        let marks = marks.raised_by(early.marks);
        state.audience.allow(|follower| may_follow(follower, &head));
        state.known = Some(Known { head, marks });
        self.reaches(myself, state, early.reach);
    }
}

pub(super) fn may_follow(follower: Follower, head: &Head) -> bool {
    match follower {
        Follower::Visitor { id, site } => {
            let is_theirs = head.visitor == id && head.site == site;
            is_theirs || sabotage::on(Switch::SkipOwnership)
        }
        Follower::Agent { .. } => true,
    }
}

fn say(outbox: &Outbox, frame: &ServerFrame) {
    outbox.push(&encode(frame), None);
}
