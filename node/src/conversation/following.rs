//! A conversation as this node follows it: what is known of it, who hears it, what must be read.
//!
//! Pure: every event leaves `Action`s, which the actor performs. `joining` and `keeping_up` are
//! the rules; here is what they share.

use std::time::Duration;

use salotto_protocol::{
    ConversationId, Entry, Epoch, Page, Party, Seq, ServerFrame, View, ViewedEntry, VisitorId,
};

use super::audience::{Audience, Joining};
use super::handle::Follower;
use super::queueing::Queueing;
use super::typists::Typists;
use super::view::pair;
use crate::fanout::SocketId;
use crate::journal::Rejection;
use crate::store::{Head, Marks};

pub(super) struct Following {
    pub(super) conversation: ConversationId,
    pub(super) epoch: Epoch,
    /// `None` until the first read.
    pub(super) known: Option<Known>,
    pub(super) audience: Audience,
    pub(super) typists: Typists,
    /// Believed only when the head says that it is this visitor's conversation.
    page: Option<(VisitorId, Page)>,
    pub(super) early: Early,
    /// A read is under way, and whether another must follow it.
    pub(super) reading: Reading,
    pub(super) queueing: Queueing,
    actions: Vec<Action>,
}

pub(super) struct Known {
    pub(super) head: Head,
    pub(super) marks: Marks,
}

/// What came before the first read was done.
#[derive(Default)]
pub(super) struct Early {
    pub(super) head: Option<Head>,
    pub(super) reach: Seq,
    pub(super) marks: Marks,
}

#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(super) enum Reading {
    #[default]
    Idle,
    Busy,
    BusyAndStale,
}

/// What is to be done, in this order.
#[derive(Debug)]
pub(super) enum Action {
    /// Read what this socket has missed, for `missed`.
    ReadFor(Joining),
    /// The store did not answer: `read_for` this attempt, a little later.
    ReadForLater(u64),
    /// Read on after this entry, for `caught_up`.
    ReadOn {
        after: Seq,
    },
    /// The store did not answer: `reaches` whatever there is, a little later.
    ReadOnLater,
    /// From where a refill of this socket begins, as long as nothing of the log is written to it.
    StartsAt(SocketId, Seq),
    Tell(Told),
    GiveOut(Share),
    /// The history is out: from now on the socket hears what the others hear.
    Live(SocketId, Follower),
    /// The socket is not in the audience any more.
    Refused(SocketId, Rejection),
    Dismissed(SocketId),
    /// `looks_again`: who waits may have run out of patience.
    LookAgainIn(Duration),
    /// Somebody whom everybody had missed is back: for the journal.
    WelcomeBack,
}

/// A frame beside the log; `brings_to` is where in the log its reader is after it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) to: Vec<SocketId>,
    pub(super) frame: ServerFrame,
    pub(super) brings_to: Option<Seq>,
}

/// Entries for sockets that all have the same before them. Never empty.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) to: Vec<SocketId>,
    pub(super) entries: Vec<ViewedEntry>,
    pub(super) source: Source,
}

/// Where entries come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// Committed on this node.
    Here,
    /// Committed on another one, or read on after a gap.
    Elsewhere,
    /// Read for a socket that joins.
    Missed,
    /// Held back while that was read.
    Held,
}

impl Following {
    pub(super) fn new(conversation: ConversationId, epoch: Epoch) -> Following {
        Following {
            conversation,
            epoch,
            known: None,
            audience: Audience::default(),
            typists: Typists::default(),
            page: None,
            early: Early::default(),
            reading: Reading::default(),
            queueing: Queueing::default(),
            actions: Vec::new(),
        }
    }

    /// What is to be done since the last time.
    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(super) fn detach(&mut self, socket: SocketId) {
        self.audience.leave(socket);
    }

    pub(super) fn marks(&mut self, party: Party, delivered: Seq, read: Seq) {
        self.marks_are(match party {
            Party::Visitor => {
                Marks { visitor_delivered: delivered, visitor_read: read, ..Marks::default() }
            }
            Party::Team => Marks { team_delivered: delivered, team_read: read, ..Marks::default() },
        });
    }

    /// Raises what is known, and tells everybody what rose.
    pub(super) fn marks_are(&mut self, marks: Marks) {
        let Some(known) = &mut self.known else {
            self.early.marks = self.early.marks.raised_by(marks);
            return;
        };
        let before = known.marks;
        let after = before.raised_by(marks);
        known.marks = after;
        for party in [Party::Visitor, Party::Team] {
            let now = pair(after, party);
            if now != pair(before, party) {
                let (delivered, read) = (now.delivered, now.read);
                let conversation = self.conversation;
                self.tell(ServerFrame::Marks { conversation, party, delivered, read }, None, None);
            }
        }
    }

    /// Ignored if it is known to be somebody else's conversation.
    pub(super) fn page(&mut self, visitor: VisitorId, page: Page) {
        let owner = self.known.as_ref().map(|known| known.head.visitor);
        if owner.is_some_and(|owner| owner != visitor) {
            return;
        }
        if owner.is_some() {
            let conversation = self.conversation;
            let frame = ServerFrame::Page { conversation, page: page.clone() };
            self.tell(frame, Some(Party::Team), None);
        }
        self.page = Some((visitor, page));
    }

    /// The page that this visitor looks at.
    pub(super) fn page_of(&self, visitor: VisitorId) -> Option<&Page> {
        self.page.as_ref().filter(|(owner, _)| *owner == visitor).map(|(_, page)| page)
    }

    /// To all of one side, or of both (`None`), but for one socket.
    pub(super) fn tell(&mut self, frame: ServerFrame, side: Option<Party>, but: Option<SocketId>) {
        let to = self.audience.hearers(side, but);
        if !to.is_empty() {
            self.act(Action::Tell(Told { to, frame, brings_to: None }));
        }
    }

    pub(super) fn say(&mut self, socket: SocketId, frame: ServerFrame) {
        self.act(Action::Tell(Told { to: vec![socket], frame, brings_to: None }));
    }

    pub(super) fn give_out(&mut self, share: Share) {
        if !share.entries.is_empty() {
            self.act(Action::GiveOut(share));
        }
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// How far this node has given out the log to its live sockets.
    pub(super) fn known_seq(&self) -> Seq {
        self.known.as_ref().map_or(Seq(0), |known| known.head.seq)
    }
}

/// The newest one shown to visitors; `otherwise`, if none of these is.
pub(super) fn visitor_seq(entries: &[Entry], otherwise: Seq) -> Seq {
    let shown = entries.iter().rev().find(|entry| entry.body.visible_to(View::Visitor));
    shown.map_or(otherwise, |entry| entry.seq)
}
