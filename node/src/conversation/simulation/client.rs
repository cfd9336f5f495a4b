//! A browser that follows the conversation by the receiver's rule, and checks whatever it is told.

use std::collections::VecDeque;

use salotto_protocol::{ClientId, Cursor, Entry, Epoch, Seq, ServerFrame, View, ViewedEntry};

use super::super::view::viewed;
use super::node::{Attach, Sent};
use super::truth::Truth;
use super::{STRANGER, VISITOR};
use crate::conversation::Follower;
use crate::fanout::SocketId;

const PAGE: usize = salotto_protocol::limits::PAGE_ENTRIES_MAX;

pub(super) struct Client {
    pub(super) follower: Follower,
    line: Option<(usize, SocketId)>,
    pub(super) arriving: VecDeque<Sent>,
    log: Vec<(Seq, Option<ClientId>)>,
    epoch: Option<Epoch>,
    /// Attaches on this line: after a second one, some may come twice.
    attaches: u32,
    pub(super) follows: bool,
    pub(super) wants_attach: bool,
    /// Too far behind: it pages up to here.
    pages_to: Option<Seq>,
    /// Entries that it was the first to take.
    pub(super) taken: u64,
}

impl Client {
    pub(super) fn new(follower: Follower) -> Client {
        Client {
            follower,
            line: None,
            arriving: VecDeque::new(),
            log: Vec::new(),
            epoch: None,
            attaches: 0,
            follows: false,
            wants_attach: false,
            pages_to: None,
            taken: 0,
        }
    }

    pub(super) fn view(&self) -> View {
        match self.follower {
            Follower::Visitor { .. } => View::Visitor,
            Follower::Agent { .. } => View::Agent,
        }
    }

    pub(super) fn line(&self) -> Option<(usize, SocketId)> {
        self.line
    }

    pub(super) fn socket(&self) -> Option<u64> {
        self.line.map(|(_, socket)| socket.0)
    }

    pub(super) fn connect(&mut self, node: usize, socket: u64) {
        self.line = Some((node, SocketId(socket)));
    }

    /// What was on its way is lost.
    pub(super) fn hang_up(&mut self) {
        self.line = None;
        self.arriving.clear();
        (self.attaches, self.follows, self.wants_attach) = (0, false, false);
        self.pages_to = None;
    }

    /// To which node, and what: again, if it follows already.
    pub(super) fn attach(&mut self) -> Option<(usize, Attach)> {
        let (node, socket) = self.line?;
        self.attaches += 1;
        self.follows = true;
        self.wants_attach = false;
        Some((node, Attach { follower: self.follower, socket, cursor: self.cursor() }))
    }

    fn cursor(&self) -> Cursor {
        let conversation = salotto_protocol::ConversationId(uuid::Uuid::from_u128(1));
        Cursor { conversation, epoch: self.epoch, seq: self.last() }
    }

    fn last(&self) -> Seq {
        self.log.last().map_or(Seq(0), |(seq, _)| *seq)
    }

    fn is_entitled(&self) -> bool {
        match self.follower {
            Follower::Visitor { id, .. } => id == VISITOR && id != STRANGER,
            Follower::Agent { .. } => true,
        }
    }

    pub(super) fn receive(&mut self, truth: &Truth) -> Result<(), String> {
        let Some(sent) = self.arriving.pop_front() else { return Ok(()) };
        let is_told = !matches!(sent, Sent::Refused | Sent::StartsAt(_));
        if is_told && !self.is_entitled() {
            return Err("I15: told of somebody else's".to_owned());
        }
        match sent {
            Sent::Refused if self.is_entitled() => Err("refused its own conversation".to_owned()),
            Sent::Refused | Sent::StartsAt(_) => Ok(()),
            Sent::Live(reached) => {
                let has = self.last();
                let epoch_is_its = self.epoch.is_none_or(|epoch| epoch == truth.epoch);
                if has < reached && epoch_is_its {
                    return Err(format!("I7: live at {has:?}, attached when at {reached:?}"));
                }
                Ok(())
            }
            Sent::Frame(frame, _) => self.hear(&frame, truth),
        }
    }

    fn hear(&mut self, frame: &ServerFrame, truth: &Truth) -> Result<(), String> {
        match frame {
            ServerFrame::Reset { epoch, .. } => {
                self.log.clear();
                self.epoch = Some(*epoch);
            }
            ServerFrame::Entries { epoch, entries, .. } => {
                for shown in entries {
                    self.take(*epoch, shown, truth)?;
                }
            }
            ServerFrame::Limited { head, .. } => self.pages_to = Some(*head),
            ServerFrame::Conversation { conversation: facts } => {
                let is_there = facts.head <= truth.newest(self.view());
                return if is_there { Ok(()) } else { Err("I2: a head of nothing".to_owned()) };
            }
            ServerFrame::Welcome(_)
            | ServerFrame::Ack { .. }
            | ServerFrame::Refused(_)
            | ServerFrame::Marks { .. }
            | ServerFrame::Typing { .. }
            | ServerFrame::Page { .. }
            | ServerFrame::Availability { .. }
            | ServerFrame::Queue { .. }
            | ServerFrame::Board(_)
            | ServerFrame::Agents { .. }
            | ServerFrame::Ping
            | ServerFrame::Reconnect { .. } => {}
        }
        Ok(())
    }

    fn take(&mut self, epoch: Epoch, shown: &ViewedEntry, truth: &Truth) -> Result<(), String> {
        let (seq, last) = (shown.entry.seq, self.last());
        if last > Seq(0) && self.epoch != Some(epoch) {
            return Err(format!("I6: {seq:?} of another epoch without a reset"));
        }
        if shown.after > last {
            return Err(format!(
                "a hole on the socket: {seq:?} after {:?} at {last:?}",
                shown.after
            ));
        }
        if seq <= last {
            let is_late = self.attaches > 1 || self.pages_to.is_some();
            let doubled = format!("{seq:?} twice on a socket, at {last:?}");
            return if is_late { self.same(&shown.entry) } else { Err(doubled) };
        }
        self.epoch = Some(epoch);
        let before = truth.before(self.view(), seq);
        if shown.after != before {
            return Err(format!("{seq:?} says that it follows {:?}, not {before:?}", shown.after));
        }
        self.add(&shown.entry, truth)
    }

    /// I5: what comes again is what came.
    fn same(&self, entry: &Entry) -> Result<(), String> {
        let known = self.log.iter().find(|(seq, _)| *seq == entry.seq);
        match known {
            Some((_, id)) if *id == entry.client_id => Ok(()),
            Some(_) => Err(format!("I5: another {:?} than before", entry.seq)),
            // Hidden from this view, or before a page that was read.
            None => Err(format!("I4: {:?} comes after later ones", entry.seq)),
        }
    }

    fn add(&mut self, entry: &Entry, truth: &Truth) -> Result<(), String> {
        let (view, last) = (self.view(), self.last());
        match truth.entry_at(view, entry.seq) {
            Some(written) if written == entry => {}
            Some(_) => return Err(format!("I5: {:?} is another one in the store", entry.seq)),
            None => return Err(format!("I2: {:?} is not in the store, or hidden", entry.seq)),
        }
        let before = truth.before(view, entry.seq);
        if before != last {
            return Err(format!("I4: {:?} taken at {last:?}, without {before:?}", entry.seq));
        }
        self.log.push((entry.seq, entry.client_id));
        self.taken += 1;
        Ok(())
    }

    /// The next page, if it is paging; then it attaches again.
    pub(super) fn page(&mut self, truth: &Truth) -> Result<(), String> {
        let Some(head) = self.pages_to else { return Ok(()) };
        if self.epoch.is_some_and(|epoch| epoch != truth.epoch) {
            self.log.clear();
        }
        self.epoch = Some(truth.epoch);
        let (view, after) = (self.view(), self.last());
        for shown in viewed(truth.entries_after(view, after, PAGE), view, after) {
            self.add(&shown.entry, truth)?;
        }
        if self.last() >= head {
            self.pages_to = None;
            self.wants_attach = true;
        }
        Ok(())
    }

    pub(super) fn is_paging(&self) -> bool {
        self.pages_to.is_some()
    }

    /// I4, L1: its log is the log.
    pub(super) fn assert_whole(&self, truth: &Truth) -> Result<(), String> {
        if !self.is_entitled() {
            let told = self.log.is_empty();
            return if told { Ok(()) } else { Err("I15: it has a log".to_owned()) };
        }
        let whole = truth.entries_after(self.view(), Seq(0), usize::MAX);
        let (has, should) = (self.last(), truth.newest(self.view()));
        if has != should {
            return Err(format!("L1: it has {has:?}, the log reaches {should:?}"));
        }
        let is_same = |((seq, id), entry): (&(Seq, Option<ClientId>), &Entry)| {
            *seq == entry.seq && *id == entry.client_id
        };
        let same = self.log.len() == whole.len() && self.log.iter().zip(&whole).all(is_same);
        if same { Ok(()) } else { Err("I4: its log is not the log".to_owned()) }
    }
}
