//! A socket joins: its history is read and sent, then what was held back, then it is live. Pure.

use salotto_protocol::{Cursor, Seq, ServerFrame};

use super::access::NOT_AMONG_YOURS;
use super::attach::{Missed, MissedEntries};
use super::audience::{History, Joining, Release};
use super::following::{Action, Following, Known, Share, Source, Told};
use super::handle::Follower;
use super::state::not_found;
use super::view::{newest_seq, summary, viewed};
use crate::fanout::SocketId;
use crate::sabotage::{self, Switch};
use crate::store::{Head, Marks};

impl Following {
    /// New entries are held back for it from now on, and what it missed is read.
    pub(super) fn attach(&mut self, follower: Follower, socket: SocketId, cursor: Cursor) {
        let attempt = self.audience.admit(follower, socket, cursor);
        if let Some(known) = &self.known {
            self.audience.allow(|follower| may_follow(follower, &known.head));
        }
        self.read_for(attempt);
    }

    pub(super) fn read_for(&mut self, attempt: u64) {
        if let Some(joining) = self.audience.joining(attempt) {
            self.act(Action::ReadFor(joining));
        }
    }

    /// What was read for it. `None`: there is no such conversation.
    pub(super) fn missed(&mut self, attempt: u64, missed: Option<Missed>) {
        let Some(joining) = self.audience.joining(attempt) else { return };
        match missed {
            Some(missed) if !missed.may_see => {
                self.act(Action::Refused(joining.socket, NOT_AMONG_YOURS));
                self.dismiss(&joining);
            }
            Some(missed) if may_follow(joining.follower, &missed.head) => {
                self.learn(&missed.head, missed.marks);
                self.send_missed(&joining, missed);
                self.welcome_back();
            }
            Some(_) | None => {
                self.act(Action::Refused(joining.socket, not_found()));
                self.dismiss(&joining);
            }
        }
    }

    /// The socket waits, and misses nothing.
    pub(super) fn not_read(&mut self, attempt: u64) {
        if self.audience.joining(attempt).is_some() {
            self.act(Action::ReadForLater(attempt));
        }
    }

    fn send_missed(&mut self, joining: &Joining, missed: Missed) {
        let (socket, view) = (joining.socket, joining.follower.view());
        if !joining.reads_on {
            self.send_facts(joining, &missed);
        }
        let entries = match missed.entries {
            MissedEntries::All(entries) => entries,
            MissedEntries::TooMany => {
                let (conversation, epoch) = (self.conversation, self.epoch);
                let head = newest_seq(&missed.head, view);
                self.say(socket, ServerFrame::Limited { conversation, epoch, head });
                return self.dismiss(joining);
            }
        };
        let sent = entries.last().map_or(missed.from, |entry| entry.seq);
        let history = History { sent, covered: sent.max(missed.head.seq) };
        let entries = viewed(entries, view, missed.from);
        self.give_out(Share { to: vec![socket], entries, source: Source::Missed });
        let known = self.known_seq();
        match self.audience.release(joining.attempt, history, self.epoch, known) {
            Release::Live(held) => {
                let entries = viewed(held, view, sent);
                self.give_out(Share { to: vec![socket], entries, source: Source::Held });
                self.act(Action::Live(socket, joining.follower));
                self.say_place(socket, joining.follower);
            }
            Release::Stale => {}
            Release::ReadOn => self.read_for(joining.attempt),
        }
    }

    /// What comes before the entries: a reset if the cursor meant nothing, and the newest facts.
    fn send_facts(&mut self, joining: &Joining, missed: &Missed) {
        let (socket, view) = (joining.socket, joining.follower.view());
        let (conversation, epoch) = (self.conversation, self.epoch);
        match missed.reset {
            Some(reason) => {
                // Until the reset is out, a refill must find a cursor that calls for it again.
                self.act(Action::StartsAt(socket, Seq(u32::MAX)));
                let head = newest_seq(&missed.head, view);
                let frame = ServerFrame::Reset { conversation, epoch, head, reason };
                let brings_to = Some(missed.from);
                self.act(Action::Tell(Told { to: vec![socket], frame, brings_to }));
            }
            None => self.act(Action::StartsAt(socket, missed.from)),
        }
        let known = self.known.as_ref().filter(|known| known.head.seq >= missed.head.seq);
        let (head, marks) = match known {
            Some(known) => (&known.head, known.marks.raised_by(missed.marks)),
            None => (&missed.head, missed.marks),
        };
        let conversation = summary(head, marks, view);
        self.say(socket, ServerFrame::Conversation { conversation });
        if let Follower::Agent { .. } = joining.follower
            && let Some(page) = self.page_of(missed.head.visitor).cloned()
        {
            let conversation = self.conversation;
            self.say(socket, ServerFrame::Page { conversation, page });
        }
    }

    /// What a read for one socket says about the conversation: the first one makes it known, a
    /// later one may show that entries passed this node by.
    fn learn(&mut self, head: &Head, marks: Marks) {
        if self.known.is_some() {
            self.reaches(head.seq);
            return;
        }
        let early = std::mem::take(&mut self.early);
        // Commits that came during the read are with whoever held them back.
        let newer = early.head.filter(|early| early.seq > head.seq);
        let head = newer.unwrap_or_else(|| head.clone());
        let marks = marks.raised_by(early.marks);
        self.audience.allow(|follower| may_follow(follower, &head));
        self.known = Some(Known { head, marks });
        self.reaches(early.reach);
    }

    fn dismiss(&mut self, joining: &Joining) {
        self.audience.dismiss(joining.attempt);
        self.act(Action::Dismissed(joining.socket));
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
