//! The sockets that follow one conversation on this node, and what each still has to get.

use std::collections::VecDeque;

use salotto_protocol::{ConversationId, Entry, Epoch, Party, Seq, ServerFrame, View, ViewedEntry};

use super::handle::Follower;
use super::view::viewed;
use crate::fanout::{Delivery, Frame, Outbox, Place, SocketId, encode};

/// New entries kept for a socket whose history is being read. Beyond it they are read again.
const HELD_ENTRIES_MAX: usize = 256;
/// Entries in one frame: a page of long messages stays below 64 KiB only most of the time, which
/// is enough, for a client takes any size.
const FRAME_ENTRIES_MAX: usize = 50;

pub(super) struct Member {
    pub(super) follower: Follower,
    pub(super) outbox: Outbox,
    stage: Stage,
}

enum Stage {
    /// Its history is being read; meanwhile new entries are held back.
    Catching { attempt: u64, held: VecDeque<Entry>, overflowed: bool },
    /// Has everything up to this seq, whatever is delivered again.
    Live { covered: Seq },
}

/// What to do with a history that was read for a socket.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Release {
    /// Sent, with all that was held: the socket is live.
    Live,
    /// More was held back than fits: read on from here.
    ReadOn(Seq),
    /// The socket left, or attached anew.
    Stale,
}

#[derive(Default)]
pub(super) struct Audience {
    members: Vec<Member>,
    attempts: u64,
}

impl Audience {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Takes a socket in, its entries held back from now on. The number names this attempt.
    pub(super) fn admit(&mut self, follower: Follower, outbox: Outbox) -> u64 {
        self.leave(outbox.id());
        self.attempts += 1;
        let attempt = self.attempts;
        let stage = Stage::Catching { attempt, held: VecDeque::new(), overflowed: false };
        self.members.push(Member { follower, outbox, stage });
        attempt
    }

    pub(super) fn leave(&mut self, socket: SocketId) {
        self.members.retain(|member| member.outbox.id() != socket);
    }

    pub(super) fn follower(&self, socket: SocketId) -> Option<Follower> {
        self.members.iter().find(|it| it.outbox.id() == socket).map(|it| it.follower)
    }

    /// The member of this attempt, if it is still waiting for its history.
    pub(super) fn catching(&mut self, attempt: u64) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.is_catching(attempt))
    }

    pub(super) fn dismiss(&mut self, attempt: u64) {
        self.members.retain(|member| !member.is_catching(attempt));
    }

    /// Sends what was held above the history just sent.
    pub(super) fn release(&mut self, log: Log, attempt: u64, history: History) -> Release {
        let History { sent, covered } = history;
        let Some(member) = self.catching(attempt) else { return Release::Stale };
        let Stage::Catching { held, overflowed, .. } = &mut member.stage else {
            return Release::Stale;
        };
        held.retain(|entry| entry.seq > covered);
        let hole = held.front().is_some_and(|first| first.seq > covered.next());
        if *overflowed || hole {
            held.clear();
            *overflowed = false;
            return Release::ReadOn(sent);
        }
        let view = member.follower.view();
        let missed: Vec<Entry> = held.drain(..).collect();
        let covered = missed.last().map_or(covered, |entry| entry.seq);
        member.stage = Stage::Live { covered };
        send_entries(&member.outbox, log, &viewed(missed, view, sent));
        Release::Live
    }

    /// Gives new entries to everybody, encoded once per view. `before` are the seqs that the
    /// views ended with. Returns how many sockets took them.
    pub(super) fn deliver(&mut self, log: Log, entries: &[Entry], before: Before) -> usize {
        let mut taken = 0;
        let mut frames: [Option<Option<(Frame, Place)>>; 2] = [None, None];
        self.members.retain_mut(|member| {
            let covered = match &mut member.stage {
                Stage::Catching { held, overflowed, .. } => {
                    hold(held, overflowed, entries);
                    return true;
                }
                Stage::Live { covered } => *covered,
            };
            let view = member.follower.view();
            if entries.first().is_some_and(|first| first.seq <= covered) {
                let mut fresh = viewed(entries.iter().cloned(), view, before.of(view));
                fresh.retain(|shown| shown.entry.seq > covered);
                send_entries(&member.outbox, log, &fresh);
                taken += 1;
                return true;
            }
            let made = frames[slot(view)].get_or_insert_with(|| {
                frame_for(log, viewed(entries.iter().cloned(), view, before.of(view)))
            });
            let Some((frame, place)) = made else { return true };
            match member.outbox.push(frame, Some(*place)) {
                Delivery::Queued => {
                    taken += 1;
                    true
                }
                Delivery::Lost => true,
                Delivery::Gone => false,
            }
        });
        taken
    }

    /// To all of one side, or of both (`None`), but for one socket.
    pub(super) fn tell(&self, frame: &ServerFrame, side: Option<Party>, but: Option<SocketId>) {
        let mut encoded = None;
        for member in &self.members {
            let addressed = side.is_none_or(|side| member.follower.party() == side);
            if addressed && Some(member.outbox.id()) != but {
                let frame = encoded.get_or_insert_with(|| encode(frame));
                member.outbox.push(frame, None);
            }
        }
    }
}

/// The log that entries belong to, as frames name it.
#[derive(Clone, Copy)]
pub(super) struct Log {
    pub(super) conversation: ConversationId,
    pub(super) epoch: Epoch,
}

/// A history that was sent: its last visible seq, and how far the log was read for it.
#[derive(Clone, Copy)]
pub(super) struct History {
    pub(super) sent: Seq,
    pub(super) covered: Seq,
}

/// The newest seq of each view before some entries.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) visitor: Seq,
    pub(super) agent: Seq,
}

impl Before {
    fn of(self, view: View) -> Seq {
        match view {
            View::Visitor => self.visitor,
            View::Agent => self.agent,
        }
    }
}

impl Member {
    fn is_catching(&self, wanted: u64) -> bool {
        match &self.stage {
            Stage::Catching { attempt, .. } => *attempt == wanted,
            Stage::Live { .. } => false,
        }
    }
}

/// Sends entries in frames of a bearable size.
pub(super) fn send_entries(outbox: &Outbox, log: Log, entries: &[ViewedEntry]) {
    for chunk in entries.chunks(FRAME_ENTRIES_MAX) {
        if let Some((frame, place)) = frame_for(log, chunk.to_vec()) {
            outbox.push(&frame, Some(place));
        }
    }
}

fn frame_for(log: Log, entries: Vec<ViewedEntry>) -> Option<(Frame, Place)> {
    let seq = entries.last()?.entry.seq;
    let place = Place { conversation: log.conversation, seq };
    let frame = ServerFrame::Entries { conversation: log.conversation, epoch: log.epoch, entries };
    Some((encode(&frame), place))
}

fn hold(held: &mut VecDeque<Entry>, overflowed: &mut bool, entries: &[Entry]) {
    if *overflowed || held.len() + entries.len() > HELD_ENTRIES_MAX {
        held.clear();
        *overflowed = true;
    } else {
        held.extend(entries.iter().cloned());
    }
}

fn slot(view: View) -> usize {
    match view {
        View::Visitor => 0,
        View::Agent => 1,
    }
}
