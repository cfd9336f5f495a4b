//! Decides the writes of one batch on the locked rows, one after the other, in memory. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use salotto_protocol::limits::WRITE_ENTRIES_MAX;
use salotto_protocol::{
    AgentId, ClientId, ContactId, ConversationId, ConversationState, Entry, Facts, InboxId, Seq,
    View, VisitorId,
};

use super::batch::Fate;
use super::commits::Committed;
use super::consequences::take_in;
use super::rejections::{ATTENDED, INTERNAL, NOT_FOUND, STALE_TERM};
use super::repeat::{Repeat, repeat};
use super::run::{run, told};
use super::slots::Taker;
use super::turns::{TURN_PASSED, Turns};
use super::write::{
    Ack, Decision, Locked, NewConversation, NewEntry, Outcome, Slot, Target, Write,
};
use crate::sabotage::{self, Switch};
use crate::store::{AgentRow, Head, NewMail, StartKey, Term};

/// The rows a batch of writes may touch: read under their locks, changed here, saved at the end.
#[derive(Default)]
pub(crate) struct Work {
    /// In id order, as they were locked.
    pub(crate) heads: BTreeMap<ConversationId, Tracked>,
    pub(crate) agents: HashMap<AgentId, AgentRow>,
    pub(crate) starts: HashMap<StartKey, ConversationId>,
    /// The router's newest term, if a write asks for it.
    pub(crate) term: Option<Term>,
    /// For those that may be picked out of the queue: who had waited longer when they were locked.
    pub(crate) waited_longer: HashMap<ConversationId, Vec<ConversationId>>,
    pub(crate) turns: Turns,
    /// Of those who begin a conversation, or may begin one again.
    pub(crate) facts: HashMap<VisitorId, Facts>,
    /// Of those who have an owner: the name, else the address.
    pub(crate) contacts: HashMap<ContactId, String>,
    /// Those asked for that a living node is attached to.
    pub(crate) attended: HashSet<ConversationId>,
    /// Entries whose client ids were asked for, and those that this batch adds.
    pub(crate) known: HashMap<(ConversationId, ClientId), Entry>,

    pub(crate) committed: Vec<Committed>,
    pub(crate) new_starts: Vec<(StartKey, ConversationId)>,
    pub(crate) changed_agents: BTreeSet<AgentId>,
    pub(crate) mails: Vec<NewMail>,
    /// Heads that another node holds: their writes are put off.
    pub(crate) held: HashSet<ConversationId>,
    /// Whose open conversation is among them.
    pub(crate) held_open: HashSet<(VisitorId, InboxId)>,
    of_visitor: HashMap<(VisitorId, InboxId), Vec<ConversationId>>,
}

/// A head, and what of it must be saved.
pub(crate) struct Tracked {
    pub(crate) head: Head,
    pub(crate) is_new: bool,
    /// Has entries of this batch.
    pub(crate) advanced: bool,
    /// Has another state, assignee or slot than before.
    pub(crate) moved: bool,
}

impl Work {
    pub(crate) fn track(&mut self, head: Head) {
        self.put(Tracked { head, is_new: false, advanced: false, moved: false });
    }

    /// Decides one write. Nothing of it is in force before the batch is committed.
    pub(crate) fn decide(&mut self, write: &Write, now_ms: i64) -> Fate {
        if self.is_held(&write.target) {
            return Fate::PutOff;
        }
        Fate::Answered(self.decide_free(write, now_ms))
    }

    fn is_held(&self, target: &Target) -> bool {
        match target {
            Target::Conversation(id) | Target::Picked(id) => self.held.contains(id),
            Target::Start(new) => match self.starts.get(&(new.visitor, new.start_client_id)) {
                Some(id) => self.held.contains(id),
                None => self.held_open.contains(&(new.visitor, new.inbox)),
            },
        }
    }

    /// Whether it was written before, as far as that was looked up.
    pub(super) fn knows(&self, write: &Write) -> bool {
        let conversation = match &write.target {
            Target::Conversation(id) | Target::Picked(id) => Some(*id),
            Target::Start(new) => {
                self.conversation_of_start((new.visitor, new.start_client_id), new.inbox)
            }
        };
        let key = conversation.zip(write.client_id);
        key.is_some_and(|key| self.known.contains_key(&key))
    }

    fn decide_free(&mut self, write: &Write, now_ms: i64) -> Outcome {
        let found = match &write.target {
            Target::Conversation(id) | Target::Picked(id) => Some(*id),
            Target::Start(new) => {
                self.conversation_of_start((new.visitor, new.start_client_id), new.inbox)
            }
        };
        let tracked = match (found, &write.target) {
            (Some(id), _) => self.heads.remove(&id),
            (None, Target::Start(new)) => Some(Tracked::fresh(new)),
            (None, Target::Conversation(_) | Target::Picked(_)) => None,
        };
        let Some(mut tracked) = tracked else { return Outcome::Rejected(NOT_FOUND) };

        let outcome = self.decide_on(&mut tracked, write, now_ms);
        if let (Target::Start(new), Outcome::Committed(ack)) = (&write.target, &outcome) {
            self.remember_start(new, ack.conversation);
        }
        if tracked.head.seq > Seq(0) {
            self.put(tracked);
        }
        outcome
    }

    fn decide_on(&mut self, tracked: &mut Tracked, write: &Write, now_ms: i64) -> Outcome {
        let head = &tracked.head;
        let first = write.client_id.and_then(|id| self.known.get(&(head.id, id)));
        if let Some(first) = first.filter(|_| !sabotage::on(Switch::ForgetClientIds)) {
            return match repeat(write, first, head, &self.agents) {
                Repeat::Same => acknowledged(head.id, first, true),
                Repeat::Rejected(rejection) => Outcome::Rejected(rejection),
            };
        }
        let is_over = write.term.is_some() && write.term != self.term;
        if is_over && !sabotage::on(Switch::SkipTerm) {
            return Outcome::Rejected(STALE_TERM);
        }
        let is_attended = write.unattended && self.attended.contains(&head.id);
        if is_attended && !sabotage::on(Switch::SkipAttended) {
            return Outcome::Rejected(ATTENDED);
        }
        let waited_longer = self.waited_longer(&write.target, head);
        let decision = match run(write, &Locked { head, agents: &self.agents, waited_longer }) {
            Ok(decision) => decision,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        if decision.entries.is_empty() && !tracked.is_new {
            let outcome = self.silently(tracked, decision.slot);
            self.tell(write, &tracked.head);
            return outcome;
        }
        if !self.is_sound(&decision) {
            tracing::error!(conversation = %head.id, "a decision that cannot be carried out");
            return Outcome::Rejected(INTERNAL);
        }
        if let Some(turn) = &write.turn {
            if !self.turns.is_next(turn) {
                return Outcome::Rejected(TURN_PASSED);
            }
            self.turns.take(turn);
        }
        let outcome = self.apply(tracked, decision, write, now_ms);
        self.tell(write, &tracked.head);
        outcome
    }

    fn tell(&mut self, write: &Write, head: &Head) {
        let mails = told(write, &self.told_of(head));
        self.mails.extend(mails);
    }

    fn is_sound(&self, decision: &Decision) -> bool {
        let agent_is_locked = match decision.slot {
            Slot::Take(agent) | Slot::TakeTicket(agent) => self.agents.contains_key(&agent),
            Slot::Keep | Slot::Free => true,
        };
        agent_is_locked && (1..=WRITE_ENTRIES_MAX).contains(&decision.entries.len())
    }

    fn apply(
        &mut self,
        tracked: &mut Tracked,
        decision: Decision,
        write: &Write,
        now_ms: i64,
    ) -> Outcome {
        let client_id = write.client_id;
        let visitor_seq_before = tracked.head.visitor_seq;
        let state_before = (tracked.head.seq > Seq(0)).then_some(tracked.head.state);
        let at_ms = now_ms.max(tracked.head.last_at_ms);
        let before = standing(&tracked.head);

        let taker = Taker::of(write);
        self.move_slot(&mut tracked.head, decision.slot, taker);
        if decision.takes_slot_or_talks() {
            tracked.head.active_at_ms = at_ms;
        }
        self.note_facts(tracked, decision.state);
        tracked.move_to(decision.state, decision.assignee, at_ms);
        let entries = tracked.append(decision.entries, client_id, at_ms);
        let standing_changed = before != standing(&tracked.head);
        tracked.moved |= standing_changed;

        let answer = entries.iter().rev().find(|entry| entry.client_id == client_id);
        let answer = answer.or(entries.last()).expect("a sound decision has entries");
        let outcome = acknowledged(tracked.head.id, answer, false);
        for entry in &entries {
            if let Some(id) = entry.client_id {
                self.known.insert((tracked.head.id, id), entry.clone());
            }
        }
        let head = tracked.head.clone();
        self.committed.push(Committed {
            head,
            entries,
            visitor_seq_before,
            state_before,
            standing_changed,
        });
        outcome
    }

    /// Where a start led before, else what its visitor has open.
    pub(super) fn conversation_of_start(
        &self,
        start: StartKey,
        inbox: InboxId,
    ) -> Option<ConversationId> {
        self.starts.get(&start).copied().or_else(|| self.open_of(start.0, inbox))
    }

    /// The latest, should several be open beside one another.
    fn open_of(&self, visitor: VisitorId, inbox: InboxId) -> Option<ConversationId> {
        let ids = self.of_visitor.get(&(visitor, inbox))?;
        let heads = ids.iter().filter_map(|id| self.heads.get(id)).map(|tracked| &tracked.head);
        heads
            .filter(|head| head.inbox == inbox && head.state != ConversationState::Closed)
            .max_by_key(|head| (head.last_at_ms, head.id))
            .map(|head| head.id)
    }

    fn remember_start(&mut self, new: &NewConversation, conversation: ConversationId) {
        let key = (new.visitor, new.start_client_id);
        if self.starts.insert(key, conversation).is_none() {
            self.new_starts.push((key, conversation));
        }
    }

    fn put(&mut self, tracked: Tracked) {
        let head = &tracked.head;
        let of_visitor = self.of_visitor.entry((head.visitor, head.inbox)).or_default();
        if !of_visitor.contains(&head.id) {
            of_visitor.push(head.id);
        }
        self.heads.insert(head.id, tracked);
    }
}

impl Tracked {
    fn fresh(new: &NewConversation) -> Tracked {
        let head = Head {
            id: new.id,
            number: new.number,
            site: new.site,
            inbox: new.inbox,
            chatflow: new.chatflow,
            visitor: new.visitor,
            seq: Seq(0),
            visitor_seq: Seq(0),
            state: ConversationState::Unassigned,
            assignee: None,
            slot_agent: None,
            slot_excess: false,
            slot_ticket: false,
            active_at_ms: 0,
            assignment: 0,
            answered: false,
            beside: false,
            started_at_ms: 0,
            last_at_ms: 0,
            waiting_since_ms: None,
            missed_at_ms: None,
            email: None,
            due_at_ms: None,
            started_on: new.started_on.clone(),
            preview: String::new(),
            preview_by: None,
            facts: Facts::default(),
            team: None,
        };
        Tracked { head, is_new: true, advanced: false, moved: false }
    }

    fn move_to(&mut self, state: ConversationState, assignee: Option<AgentId>, at_ms: i64) {
        let head = &mut self.head;
        if head.state == ConversationState::Closed && state != ConversationState::Closed {
            head.beside = true;
            head.answered = false;
        }
        if head.assignee != assignee {
            head.assignment += 1;
            head.answered = false;
        }
        head.waiting_since_ms = match state {
            ConversationState::Waiting => head.waiting_since_ms.or(Some(at_ms)),
            ConversationState::Bot
            | ConversationState::Unassigned
            | ConversationState::Assigned
            | ConversationState::Closed => None,
        };
        head.state = state;
        head.assignee = assignee;
    }

    /// Numbers the entries. One of them carries the client id of the write: the last, if none
    /// was marked.
    fn append(
        &mut self,
        mut new: Vec<NewEntry>,
        client_id: Option<ClientId>,
        at_ms: i64,
    ) -> Vec<Entry> {
        if new.iter().all(|entry| entry.client_id.is_none())
            && let Some(last) = new.last_mut()
        {
            last.client_id = client_id;
        }
        let head = &mut self.head;
        if self.is_new && head.seq == Seq(0) {
            head.started_at_ms = at_ms;
        }
        head.last_at_ms = at_ms;
        self.advanced = true;
        let number = |NewEntry { by, client_id, body }| {
            head.seq = head.seq.next();
            if sabotage::on(Switch::LeaveHoles) {
                head.seq = head.seq.next();
            }
            if body.visible_to(View::Visitor) {
                head.visitor_seq = head.seq;
            }
            let entry = Entry { seq: head.seq, at_ms, by, client_id, body };
            take_in(head, &entry);
            entry
        };
        new.into_iter().map(number).collect()
    }
}

/// All of a head but its log: what `moved` is about.
fn standing(head: &Head) -> impl PartialEq + use<> {
    let agents = (head.assignee, head.slot_agent, head.slot_ticket, head.assignment);
    let since = (head.waiting_since_ms, head.missed_at_ms);
    let promise = (head.email.clone(), head.due_at_ms);
    let place = (head.inbox, head.beside, head.team);
    (head.state, agents, head.answered, place, since, promise, head.facts)
}

fn acknowledged(conversation: ConversationId, entry: &Entry, repeated: bool) -> Outcome {
    Outcome::Committed(Ack { conversation, seq: entry.seq, at_ms: entry.at_ms, repeated })
}
