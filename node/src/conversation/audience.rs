//! The sockets that follow one conversation on this node, and what each still has to get. Pure.

use std::collections::VecDeque;

use salotto_protocol::{Cursor, Entry, Epoch, Party, Seq, View, ViewedEntry};

use super::handle::Follower;
use super::view::viewed;
use crate::fanout::SocketId;
use crate::sabotage::{self, Switch};

/// New entries kept for a socket whose history is being read. Beyond it they are read again.
const HELD_ENTRIES_MAX: usize = 256;

struct Member {
    follower: Follower,
    socket: SocketId,
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Joining {
    pub(super) attempt: u64,
    pub(super) follower: Follower,
    pub(super) socket: SocketId,
    pub(super) cursor: Cursor,
    /// The facts, and a part of the history, were sent already.
    pub(super) reads_on: bool,
}

/// What to do with a history that was sent to a socket.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Release {
    /// With these, which were held, it has everything: the socket is live.
    Live(Vec<Entry>),
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
    pub(super) fn admit(&mut self, follower: Follower, socket: SocketId, cursor: Cursor) -> u64 {
        self.leave(socket);
        self.attempts += 1;
        let attempt = self.attempts;
        let held = VecDeque::new();
        let catching =
            Catching { attempt, cursor, held, overflowed: false, reads_on: false, allowed: false };
        self.members.push(Member { follower, socket, stage: Stage::Catching(catching) });
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
        self.members.retain(|member| member.socket != socket);
    }

    /// Whether somebody of this side follows, as far as that is known.
    pub(super) fn has(&self, side: Party) -> bool {
        self.members.iter().any(|it| it.follower.party() == side && it.may_speak())
    }

    /// Who follows through this socket, once it is known that they may.
    pub(super) fn follower(&self, socket: SocketId) -> Option<Follower> {
        let member = self.members.iter().find(|it| it.socket == socket)?;
        member.may_speak().then_some(member.follower)
    }

    /// The socket of this attempt, if it is still waiting for its history.
    pub(super) fn joining(&self, attempt: u64) -> Option<Joining> {
        self.members.iter().find_map(|member| {
            let catching = member.catching(attempt)?;
            Some(Joining {
                attempt,
                follower: member.follower,
                socket: member.socket,
                cursor: catching.cursor,
                reads_on: catching.reads_on,
            })
        })
    }

    pub(super) fn dismiss(&mut self, attempt: u64) {
        self.members.retain(|member| member.catching(attempt).is_none());
    }

    /// Lets go what was held above the history just sent. `known` is how far this node has
    /// delivered to its live sockets: less must not be covered here.
    pub(super) fn release(
        &mut self,
        attempt: u64,
        history: History,
        epoch: Epoch,
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
            catching.cursor.epoch = Some(epoch);
            catching.cursor.seq = sent;
            return Release::ReadOn;
        }
        let held = std::mem::take(&mut catching.held);
        member.stage = Stage::Live { covered: reached };
        Release::Live(held.into())
    }

    /// Who gets which of these new entries, once for each view. `before` are the seqs that the
    /// views ended with.
    pub(super) fn deliver(
        &mut self,
        entries: &[Entry],
        before: Before,
    ) -> Vec<(Vec<SocketId>, Vec<ViewedEntry>)> {
        let view_of = |view| viewed(entries.iter().cloned(), view, before.of(view));
        let (mut live, mut shares) = ([Vec::new(), Vec::new()], Vec::new());
        for member in &mut self.members {
            let covered = match &mut member.stage {
                Stage::Catching(catching) => {
                    catching.hold(entries);
                    continue;
                }
                Stage::Live { covered } => *covered,
            };
            let view = member.follower.view();
            if entries.first().is_some_and(|first| first.seq <= covered) {
                let mut fresh = view_of(view);
                fresh.retain(|shown| shown.entry.seq > covered);
                shares.push((vec![member.socket], fresh));
            } else {
                live[slot(view)].push(member.socket);
            }
        }
        for (view, to) in [View::Visitor, View::Agent].into_iter().zip(live) {
            if !to.is_empty() {
                shares.push((to, view_of(view)));
            }
        }
        shares
    }

    /// All of one side, or of both (`None`), but for one socket.
    pub(super) fn hearers(&self, side: Option<Party>, but: Option<SocketId>) -> Vec<SocketId> {
        let is_addressed = |member: &&Member| {
            let addressed = side.is_none_or(|side| member.follower.party() == side);
            addressed && member.may_hear() && Some(member.socket) != but
        };
        self.members.iter().filter(is_addressed).map(|member| member.socket).collect()
    }
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

fn slot(view: View) -> usize {
    match view {
        View::Visitor => 0,
        View::Agent => 1,
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{AgentId, Author, ConversationId, EntryBody};

    use super::*;

    fn joining(audience: &mut Audience) -> u64 {
        let cursor = Cursor { conversation: ConversationId::fresh(), epoch: None, seq: Seq(0) };
        audience.admit(
            Follower::Agent { id: AgentId::fresh(), sees_all: false },
            SocketId(1),
            cursor,
        )
    }

    fn deliver(audience: &mut Audience, seq: u32) {
        let body = EntryBody::Message { text: String::new() };
        let entry = Entry { seq: Seq(seq), at_ms: 0, by: Author::System, client_id: None, body };
        let before = Before { visitor: Seq(seq - 1), agent: Seq(seq - 1) };
        assert!(audience.deliver(&[entry], before).is_empty(), "it is held");
    }

    fn release(audience: &mut Audience, attempt: u64, read: u32) -> Release {
        let history = History { sent: Seq(read), covered: Seq(read) };
        audience.release(attempt, history, Epoch::fresh(), Seq(0))
    }

    #[test]
    fn what_was_held_follows_on_the_history_or_is_read_again() {
        for (held, read, is_whole) in [
            (&[5, 6][..], 4, true),
            (&[5, 6], 5, true),
            (&[5, 6], 6, true),
            (&[5, 6], 3, false),
            // Another node committed the 6 meanwhile.
            (&[5, 7], 4, false),
            (&[5, 7], 7, false),
            (&[], 4, true),
        ] {
            let mut audience = Audience::default();
            let attempt = joining(&mut audience);
            held.iter().for_each(|seq| deliver(&mut audience, *seq));

            let release = release(&mut audience, attempt, read);

            let seqs = |held: Vec<Entry>| held.iter().map(|it| it.seq.0).collect::<Vec<u32>>();
            let above: Vec<u32> = held.iter().copied().filter(|seq| *seq > read).collect();
            match release {
                Release::Live(entries) => assert_eq!((is_whole, seqs(entries)), (true, above)),
                other => assert_eq!((is_whole, other), (false, Release::ReadOn)),
            }
        }
    }

    #[test]
    fn who_is_asked_to_read_on_is_released_by_the_next_history() {
        let mut audience = Audience::default();
        let attempt = joining(&mut audience);
        deliver(&mut audience, 5);
        deliver(&mut audience, 7);
        assert_eq!(release(&mut audience, attempt, 4), Release::ReadOn);
        assert_eq!(audience.joining(attempt).map(|it| it.cursor.seq), Some(Seq(4)));
        assert_eq!(release(&mut audience, attempt, 7), Release::Live(Vec::new()));
        assert_eq!(release(&mut audience, attempt, 7), Release::Stale);
    }
}
