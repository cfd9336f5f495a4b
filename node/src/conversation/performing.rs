//! Does what `following` decided: reads beside the actor, and writes to the outboxes.

use std::time::Duration;

use ractor::ActorRef;
use salotto_protocol::{Refusal, Seq, ServerFrame, ViewedEntry};

use super::actor::{ConversationActor, Msg, State};
use super::answer::refuse;
use super::attach::read_missed;
use super::audience::Joining;
use super::following::{Action, Share, Source, Told};
use super::reading::read_on;
use crate::fanout::{Delivery, Frame, Place, SocketId, encode};
use crate::journal::Rejection;
use crate::sabotage::{self, Switch};
use crate::{clock, metrics};

/// A failed read says nothing about the next one.
pub(super) const READ_RETRY: Duration = Duration::from_secs(1);
/// Of the entries in one frame: far below a socket's budget, so that a queue can end between two.
const FRAME_ENTRIES_BYTES_MAX: usize = 64 * 1024;

/// Sockets that took new entries, to be measured once for all of them.
#[derive(Default)]
struct Taken {
    here: usize,
    elsewhere: usize,
    at_ms: i64,
}

impl ConversationActor {
    pub(super) fn perform(&self, myself: &ActorRef<Msg>, state: &mut State) {
        let mut taken = Taken::default();
        for action in state.following.actions() {
            match action {
                Action::ReadFor(joining) => self.read_for(myself, joining),
                Action::ReadForLater(attempt) => {
                    myself.send_after(READ_RETRY, move || Msg::ReadAgain(attempt));
                }
                Action::ReadOn { after } => self.read_on(myself, after),
                Action::ReadOnLater => {
                    myself.send_after(READ_RETRY, || Msg::Reaches(Seq(u32::MAX)));
                }
                Action::StartsAt(socket, seq) => {
                    if let Some(outbox) = state.outboxes.get(&socket) {
                        outbox.starts_at(self.place(seq));
                    }
                }
                Action::Tell(told) => self.tell(state, &told),
                Action::GiveOut(share) => self.give_out(state, share, &mut taken),
                Action::Live(socket, follower) => {
                    if let Some(outbox) = state.outboxes.get(&socket) {
                        self.tell_typists(state, follower, outbox);
                    }
                }
                Action::Refused(socket, rejection) => self.refuse(state, socket, &rejection),
                Action::LookAgainIn(time) => {
                    myself.send_after(time, || Msg::LookAgain);
                }
                Action::WelcomeBack => self.welcome_back(myself),
                Action::Dismissed(socket) => drop(state.outboxes.remove(&socket)),
            }
        }
        taken.measure();
    }

    fn read_for(&self, myself: &ActorRef<Msg>, joining: Joining) {
        let (store, access) = (self.store.clone(), self.access.clone());
        let myself = myself.clone();
        tokio::spawn(async move {
            let Joining { attempt, cursor, follower, .. } = joining;
            let missed = read_missed(&store, &access, cursor, follower).await;
            sabotage::linger(Switch::SlowReads).await;
            let _ = myself.cast(Msg::Missed(attempt, missed));
        });
    }

    fn read_on(&self, myself: &ActorRef<Msg>, after: Seq) {
        let (store, id, myself) = (self.store.clone(), self.id, myself.clone());
        tokio::spawn(async move {
            let _ = myself.cast(Msg::CaughtUp(read_on(&store, id, after).await));
        });
    }

    fn tell(&self, state: &State, told: &Told) {
        let (frame, place) = (encode(&told.frame), told.brings_to.map(|seq| self.place(seq)));
        for outbox in told.to.iter().filter_map(|socket| state.outboxes.get(socket)) {
            outbox.push(&frame, place);
        }
    }

    fn refuse(&self, state: &State, socket: SocketId, rejection: &Rejection) {
        if let Some(outbox) = state.outboxes.get(&socket) {
            let refusal = Refusal::new(rejection.code, rejection.message);
            refuse(outbox, Refusal { conversation: Some(self.id), ..refusal });
        }
    }

    /// Encoded once for all who get the same.
    fn give_out(&self, state: &mut State, share: Share, taken: &mut Taken) {
        let Share { to, entries, source } = share;
        let (count, at_ms) = (entries.len(), entries.last().map_or(0, |it| it.entry.at_ms));
        let frames = self.frames(entries);
        let mut queued = 0;
        for socket in to {
            let Some(outbox) = state.outboxes.get(&socket) else { continue };
            let deliveries = frames.iter().map(|(frame, place)| outbox.push(frame, Some(*place)));
            match deliveries.last() {
                Some(Delivery::Queued) => queued += 1,
                Some(Delivery::Lost) | None => {}
                Some(Delivery::Gone) => {
                    state.outboxes.remove(&socket);
                    state.following.detach(socket);
                }
            }
        }
        match source {
            Source::Here => taken.here += queued,
            Source::Elsewhere => taken.elsewhere += queued,
            Source::Missed => metrics::missed_entries_delivered(count),
            Source::Held => {}
        }
        taken.at_ms = at_ms;
    }

    /// Frames of a bearable size.
    fn frames(&self, entries: Vec<ViewedEntry>) -> Vec<(Frame, Place)> {
        if entries.len() == 1 {
            return self.frame(entries).into_iter().collect();
        }
        let (mut frames, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
        for entry in entries {
            let more = serde_json::to_vec(&entry).expect("an entry is plain data").len();
            if bytes + more > FRAME_ENTRIES_BYTES_MAX && !part.is_empty() {
                frames.extend(self.frame(std::mem::take(&mut part)));
                bytes = 0;
            }
            bytes += more;
            part.push(entry);
        }
        frames.extend(self.frame(part));
        frames
    }

    fn frame(&self, entries: Vec<ViewedEntry>) -> Option<(Frame, Place)> {
        let place = self.place(entries.last()?.entry.seq);
        let (conversation, epoch) = (self.id, self.store.epoch());
        Some((encode(&ServerFrame::Entries { conversation, epoch, entries }), place))
    }

    fn place(&self, seq: Seq) -> Place {
        Place { conversation: self.id, seq }
    }
}

impl Taken {
    fn measure(&self) {
        let took =
            || Duration::from_millis(u64::try_from(clock::now_ms() - self.at_ms).unwrap_or(0));
        if self.here > 0 {
            metrics::entry_delivered(self.here, took());
        }
        if self.elsewhere > 0 {
            metrics::entry_from_link_delivered(self.elsewhere, took());
        }
    }
}
