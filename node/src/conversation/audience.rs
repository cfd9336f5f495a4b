//! The sockets that follow one conversation on this node, and what each still has to get.

use std::collections::VecDeque;

use salotto_protocol::{
    ConversationId, Cursor, Entry, Epoch, Party, Seq, ServerFrame, View, ViewedEntry,
};

use super::handle::Follower;
use super::view::viewed;
use crate::fanout::{Delivery, Frame, Outbox, Place, SocketId, encode};
use crate::sabotage::{self, Switch};

/// New entries kept for a socket whose history is being read. Beyond it they are read again.
const HELD_ENTRIES_MAX: usize = 256;
/// Of the entries in one frame: far below a socket's budget, so that a queue can end between two.
const FRAME_ENTRIES_BYTES_MAX: usize = 64 * 1024;

struct Member {
    follower: Follower,
    outbox: Outbox,
    stage: Stage,
}

enum Stage {
    /// Its history is being read; meanwhile new entries are held back.
    Catching(Catching),
    /// Has everything up to this seq, whatever is delivered again.
    Live { covered: Seq },
}

struct Catching {
    attempt: u64,
    /// From where to read.
    cursor: Cursor,
    held: VecDeque<Entry>,
    overflowed: bool,
    /// The facts and a part of the history were sent already. Before, it hears nothing: a client
    /// drops what passes by in a conversation that it does not know.
    reads_on: bool,
    /// The conversation is known to be the follower's. Before, it says nothing.
    allowed: bool,
}

/// A socket that waits for its history.
pub(super) struct Joining {
    pub(super) attempt: u64,
    pub(super) follower: Follower,
    pub(super) outbox: Outbox,
    pub(super) cursor: Cursor,
    /// The facts, and a part of the history, were sent already.
    pub(super) reads_on: bool,
}

/// What to do with a history that was sent to a socket.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Release {
    /// All that was held is sent too: the socket is live.
    Live,
    /// Something is missing between the two: read on.
    ReadOn,
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
    pub(super) fn admit(&mut self, follower: Follower, outbox: Outbox, cursor: Cursor) -> u64 {
        self.leave(outbox.id());
        self.attempts += 1;
        let attempt = self.attempts;
        let held = VecDeque::new();
        let catching =
            Catching { attempt, cursor, held, overflowed: false, reads_on: false, allowed: false };
        self.members.push(Member { follower, outbox, stage: Stage::Catching(catching) });
        attempt
    }

    /// Whoever may follow is heard, before the history is there.
    pub(super) fn allow(&mut self, may_follow: impl Fn(Follower) -> bool) {
        for member in &mut self.members {
            if let Stage::Catching(catching) = &mut member.stage {
                catching.allowed = may_follow(member.follower);
            }
        }
    }

    pub(super) fn leave(&mut self, socket: SocketId) {
        self.members.retain(|member| member.outbox.id() != socket);
    }

    /// Whether somebody of this side follows, as far as that is known.
    pub(super) fn has(&self, side: Party) -> bool {
        self.members.iter().any(|it| it.follower.party() == side && it.may_speak())
    }

    /// Who follows through this socket, once it is known that they may.
    pub(super) fn follower(&self, socket: SocketId) -> Option<Follower> {
        let member = self.members.iter().find(|it| it.outbox.id() == socket)?;
        member.may_speak().then_some(member.follower)
    }

    /// The socket of this attempt, if it is still waiting for its history.
    pub(super) fn joining(&self, attempt: u64) -> Option<Joining> {
        self.members.iter().find_map(|member| {
            let catching = member.catching(attempt)?;
            Some(Joining {
                attempt,
                follower: member.follower,
                outbox: member.outbox.clone(),
                cursor: catching.cursor,
                reads_on: catching.reads_on,
            })
        })
    }

    pub(super) fn dismiss(&mut self, attempt: u64) {
        self.members.retain(|member| member.catching(attempt).is_none());
    }

    /// Sends what was held above the history just sent. `known` is how far this node has
    /// delivered to its live sockets: less must not be covered here.
    pub(super) fn release(
        &mut self,
        log: Log,
        attempt: u64,
        history: History,
        known: Seq,
    ) -> Release {
        let found = self.members.iter_mut().find(|it| it.catching(attempt).is_some());
        let Some(member) = found else { return Release::Stale };
        let Stage::Catching(catching) = &mut member.stage else { return Release::Stale };
        let History { sent, covered } = history;
        catching.held.retain(|entry| entry.seq > covered);
        let hole = catching.held.front().is_some_and(|first| first.seq > covered.next());
        let reached = catching.held.back().map_or(covered, |last| last.seq);
        let is_short = catching.overflowed || hole || reached < known;
        if is_short && !sabotage::on(Switch::AttachWithHole) {
            catching.held.clear();
            catching.overflowed = false;
            catching.reads_on = true;
            catching.cursor.epoch = Some(log.epoch);
            catching.cursor.seq = sent;
            return Release::ReadOn;
        }
        let missed = std::mem::take(&mut catching.held);
        member.stage = Stage::Live { covered: reached };
        send_entries(&member.outbox, log, viewed(missed, member.follower.view(), sent));
        Release::Live
    }

    /// Gives new entries to everybody, encoded once per view. `before` are the seqs that the
    /// views ended with. Returns how many sockets took them.
    pub(super) fn deliver(&mut self, log: Log, entries: &[Entry], before: Before) -> usize {
        let mut taken = 0;
        let mut frames: [Option<Option<(Frame, Place)>>; 2] = [None, None];
        self.members.retain_mut(|member| {
            let covered = match &mut member.stage {
                Stage::Catching(catching) => {
                    catching.hold(entries);
                    return true;
                }
                Stage::Live { covered } => *covered,
            };
            let view = member.follower.view();
            if entries.first().is_some_and(|first| first.seq <= covered) {
                let mut fresh = viewed(entries.iter().cloned(), view, before.of(view));
                fresh.retain(|shown| shown.entry.seq > covered);
                send_entries(&member.outbox, log, fresh);
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
            if addressed && member.may_hear() && Some(member.outbox.id()) != but {
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
    fn catching(&self, attempt: u64) -> Option<&Catching> {
        match &self.stage {
            Stage::Catching(catching) if catching.attempt == attempt => Some(catching),
            Stage::Catching(_) | Stage::Live { .. } => None,
        }
    }

    fn may_hear(&self) -> bool {
        match &self.stage {
            Stage::Catching(catching) => catching.reads_on,
            Stage::Live { .. } => true,
        }
    }

    fn may_speak(&self) -> bool {
        match &self.stage {
            Stage::Catching(catching) => catching.allowed,
            Stage::Live { .. } => true,
        }
    }
}

impl Catching {
    /// Keeps entries until the history is there; what does not follow on is read again.
    fn hold(&mut self, entries: &[Entry]) {
        if sabotage::on(Switch::AttachWithHole) {
            return;
        }
        let follows = match (self.held.back(), entries.first()) {
            (Some(last), Some(first)) => first.seq == last.seq.next(),
            (None, _) | (_, None) => true,
        };
        let fits = self.held.len() + entries.len() <= HELD_ENTRIES_MAX;
        if self.overflowed || !follows || !fits {
            self.held.clear();
            self.overflowed = true;
        } else {
            self.held.extend(entries.iter().cloned());
        }
    }
}

/// Sends entries in frames of a bearable size.
pub(super) fn send_entries(outbox: &Outbox, log: Log, entries: Vec<ViewedEntry>) {
    let mut part = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let more = serde_json::to_vec(&entry).expect("an entry is plain data").len();
        if bytes + more > FRAME_ENTRIES_BYTES_MAX && !part.is_empty() {
            send_part(outbox, log, std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += more;
        part.push(entry);
    }
    send_part(outbox, log, part);
}

fn send_part(outbox: &Outbox, log: Log, part: Vec<ViewedEntry>) {
    if let Some((frame, place)) = frame_for(log, part) {
        outbox.push(&frame, Some(place));
    }
}

fn frame_for(log: Log, entries: Vec<ViewedEntry>) -> Option<(Frame, Place)> {
    let seq = entries.last()?.entry.seq;
    let place = Place { conversation: log.conversation, seq };
    let frame = ServerFrame::Entries { conversation: log.conversation, epoch: log.epoch, entries };
    Some((encode(&frame), place))
}

fn slot(view: View) -> usize {
    match view {
        View::Visitor => 0,
        View::Agent => 1,
    }
}
