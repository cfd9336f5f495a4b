//! A virtual node: the real machines, and around them what they wait for.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use salotto_protocol::{Cursor, Epoch, Party, ResetReason, Seq, ServerFrame, View};

use super::step::Fate;
use super::truth::Truth;
use crate::conversation::Follower;
use crate::conversation::anti_entropy::{Found, Lookout, Reach};
use crate::conversation::attach::{self, Missed, MissedEntries};
use crate::conversation::audience::Joining;
use crate::conversation::following::{Action, Following, Share, Told};
use crate::conversation::reading::{CaughtUp, READ_ON_ENTRIES_MAX};
use crate::fanout::SocketId;
use crate::journal::{Attachments, Committed, Elsewhere};
use crate::link::Trust;
use crate::store::{Head, Marks, Subject};

pub(super) struct Node {
    epoch: Epoch,
    following: Option<Following>,
    reach: Reach,
    lookout: Lookout,
    looking: bool,
    pub(super) attachments: Attachments,
    /// Committed here, and not yet told.
    pub(super) committed: VecDeque<Arc<Committed>>,
    /// Told here, and not yet to the other nodes.
    pub(super) outgoing: VecDeque<Arc<Committed>>,
    /// The stream of commits.
    pub(super) notices: VecDeque<Notice>,
    reads: Vec<Read>,
    retries: Vec<Retry>,
    /// How far the log reached when a socket last attached.
    attached_at: HashMap<SocketId, Seq>,
}

pub(super) enum Notice {
    Committed(Arc<Committed>),
    Elsewhere(Arc<Elsewhere>),
    Skipped,
    Attached,
    Lost,
}

/// What goes onto a socket's line.
#[derive(Clone)]
pub(super) enum Sent {
    /// With the place in the log to which it brings its reader.
    Frame(Arc<ServerFrame>, Option<Seq>),
    /// Not sent: from where the socket's refill begins.
    StartsAt(Seq),
    /// Whatever was committed before the attach is out by now: up to here.
    Live(Seq),
    Refused,
}

#[derive(Clone, Copy)]
pub(super) struct Attach {
    pub(super) follower: Follower,
    pub(super) socket: SocketId,
    pub(super) cursor: Cursor,
}

/// A read of the store: first the head, then the entries.
enum Read {
    For(Joining),
    ForWithHead(Joining, Box<Head>, Option<ResetReason>, Seq),
    ForDone(u64, Box<Missed>),
    On(Seq),
    OnWithHead(Seq, Box<Head>),
    OnDone(Box<CaughtUp>),
}

enum Retry {
    ReadFor(u64),
    Reaches,
}

impl Node {
    pub(super) fn new(epoch: Epoch) -> Node {
        Node {
            epoch,
            following: None,
            reach: Reach::default(),
            lookout: Lookout::new(),
            looking: false,
            attachments: Attachments::default(),
            committed: VecDeque::new(),
            outgoing: VecDeque::new(),
            notices: VecDeque::new(),
            reads: Vec::new(),
            retries: Vec::new(),
            attached_at: HashMap::new(),
        }
    }

    pub(super) fn attach(&mut self, attach: Attach, newest: Seq) {
        let Attach { follower, socket, cursor } = attach;
        let id = cursor.conversation;
        if self.following.is_none() {
            self.attachments.attach(Subject::Conversation(id));
            self.reach = Reach::default();
        }
        let following = self.following.get_or_insert_with(|| Following::new(id, self.epoch));
        following.attach(follower, socket, cursor);
        self.attached_at.insert(socket, newest);
    }

    pub(super) fn detach(&mut self, socket: SocketId) {
        if let Some(following) = &mut self.following {
            following.detach(socket);
        }
    }

    pub(super) fn end_all_but(&mut self, alive: &[u64]) {
        let sockets: Vec<SocketId> = self.attached_at.keys().copied().collect();
        for socket in sockets.into_iter().filter(|socket| !alive.contains(&socket.0)) {
            self.attached_at.remove(&socket);
            self.detach(socket);
        }
    }

    /// As the registry does it.
    pub(super) fn take_notice(&mut self, now: Instant) {
        let Some(notice) = self.notices.pop_front() else { return };
        if let Notice::Lost = notice {
            self.lookout.lost();
            return self.look(false, now);
        }
        let Some(following) = &mut self.following else { return };
        match notice {
            Notice::Committed(committed) => {
                self.reach.hears(committed.head.seq);
                following.committed(&committed);
            }
            Notice::Elsewhere(hint) => {
                self.reach.hears(hint.head);
                following.elsewhere(&hint);
            }
            Notice::Skipped => following.reaches(Seq(u32::MAX)),
            Notice::Attached => self.looking = true,
            Notice::Lost => {}
        }
    }

    /// All that it committed, in order.
    pub(super) fn hear_all(&mut self, now: Instant) {
        let committed = std::mem::take(&mut self.committed);
        self.notices.extend(committed.into_iter().map(Notice::Committed));
        while !self.notices.is_empty() {
            self.take_notice(now);
        }
    }

    pub(super) fn mark(&mut self, party: Party, seq: Seq) {
        if let Some(following) = &mut self.following {
            following.marks(party, seq, seq);
        }
    }

    pub(super) fn hear_of_loss(&mut self) {
        self.notices.push_back(Notice::Lost);
    }

    pub(super) fn look(&mut self, suspect: bool, now: Instant) {
        let trust = match suspect {
            true => Trust::Suspect { since: tokio::time::Instant::from_std(now) },
            false => Trust::Sound,
        };
        self.looking |= self.lookout.next(trust, now).is_some();
    }

    /// The store said how far the log reaches, or did not answer.
    pub(super) fn looked(&mut self, reached: Option<Seq>, now: Instant) {
        if !std::mem::take(&mut self.looking) {
            return;
        }
        let is_more = self.lookout.ended(reached.is_some());
        if let (Some(seq), Some(following)) = (reached, &mut self.following) {
            let id = following.conversation;
            let found = self.reach.finds(seq);
            if found == Found::Untold {
                self.attachments.doubt(Subject::Conversation(id));
            }
            if found != Found::Known {
                following.reaches(seq);
            }
        }
        if is_more {
            self.look(false, now);
        }
    }

    pub(super) fn bury_if_alone(&mut self, now: Instant) {
        if let Some(following) = self.following.take_if(|it| it.audience.is_empty()) {
            self.attachments.detach(Subject::Conversation(following.conversation), now);
            // They answer an actor that is not there any more.
            self.reads.clear();
            self.retries.clear();
        }
    }

    pub(super) fn retry(&mut self, which: usize) {
        let Some(following) = self.following.as_mut().filter(|_| !self.retries.is_empty()) else {
            return;
        };
        match self.retries.remove(which % self.retries.len()) {
            Retry::ReadFor(attempt) => following.read_for(attempt),
            Retry::Reaches => following.reaches(Seq(u32::MAX)),
        }
    }

    /// One of the reads under way gets one step further.
    pub(super) fn read(&mut self, truth: &Truth, which: usize, fate: Fate) {
        let (false, Some(following)) = (self.reads.is_empty(), &mut self.following) else { return };
        let read = self.reads.remove(which % self.reads.len());
        let fails = fate == Fate::Fails;
        match read {
            Read::For(joining) | Read::ForWithHead(joining, ..) if fails => {
                following.not_read(joining.attempt);
            }
            Read::On(_) | Read::OnWithHead(..) if fails => following.not_caught_up(),
            Read::For(joining) => {
                let (reset, from) = attach::begin(joining.cursor, truth.epoch, truth.head.seq);
                let head = Box::new(truth.head.clone());
                self.reads.push(Read::ForWithHead(joining, head, reset, from));
            }
            Read::ForWithHead(joining, head, reset, from) => {
                let view = joining.follower.view();
                // Whoever is level with the head is not read for.
                let limit = if from < head.seq { attach::READ_MAX } else { 0 };
                let entries = truth.entries_after(view, from, limit);
                let entries = MissedEntries::of(entries);
                let marks = Marks::default();
                let missed = Missed { head: *head, marks, may_see: true, reset, from, entries };
                self.reads.push(Read::ForDone(joining.attempt, Box::new(missed)));
            }
            Read::ForDone(attempt, missed) => following.missed(attempt, Some(*missed)),
            Read::On(after) => {
                self.reads.push(Read::OnWithHead(after, Box::new(truth.head.clone())));
            }
            Read::OnWithHead(after, head) => {
                let entries = truth.entries_after(View::Agent, after, READ_ON_ENTRIES_MAX);
                let read = CaughtUp { head: *head, marks: Marks::default(), entries };
                self.reads.push(Read::OnDone(Box::new(read)));
            }
            Read::OnDone(read) => following.caught_up(Some(*read)),
        }
    }

    /// Performs what the machine asked for, and returns what it sends.
    pub(super) fn act(&mut self) -> Result<Vec<(SocketId, Sent)>, String> {
        let Some(following) = &mut self.following else { return Ok(Vec::new()) };
        let (conversation, epoch) = (following.conversation, following.epoch);
        let mut sent = Vec::new();
        for action in following.actions() {
            match action {
                Action::ReadFor(joining) => self.reads.push(Read::For(joining)),
                Action::ReadForLater(attempt) => self.retries.push(Retry::ReadFor(attempt)),
                Action::ReadOn { after } => self.reads.push(Read::On(after)),
                Action::ReadOnLater => self.retries.push(Retry::Reaches),
                Action::StartsAt(socket, seq) => sent.push((socket, Sent::StartsAt(seq))),
                Action::Dismissed(_) => {}
                Action::Tell(Told { to, frame, brings_to }) => {
                    let frame = Arc::new(frame);
                    sent.extend(
                        to.into_iter().map(|it| (it, Sent::Frame(frame.clone(), brings_to))),
                    );
                }
                Action::GiveOut(Share { to, entries, .. }) => {
                    if entries.is_empty() || to.is_empty() {
                        return Err("a share of nothing, or for nobody".to_owned());
                    }
                    let brings_to = entries.last().map(|last| last.entry.seq);
                    let frame = ServerFrame::Entries { conversation, epoch, entries };
                    let frame = Arc::new(frame);
                    sent.extend(
                        to.into_iter().map(|it| (it, Sent::Frame(frame.clone(), brings_to))),
                    );
                }
                Action::Live(socket, _) => {
                    let at = self.attached_at.get(&socket).copied().unwrap_or_default();
                    sent.push((socket, Sent::Live(at)));
                }
                Action::LookAgainIn(_) => return Err("nobody waits".to_owned()),
                Action::WelcomeBack => return Err("nobody was missed".to_owned()),
                Action::Refused(socket, _) => sent.push((socket, Sent::Refused)),
            }
        }
        Ok(sent)
    }

    /// Nothing is under way.
    pub(super) fn is_quiet(&self) -> bool {
        let told = self.committed.is_empty() && self.outgoing.is_empty();
        told && self.notices.is_empty() && self.reads.is_empty() && self.retries.is_empty()
    }
}
