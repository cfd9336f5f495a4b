//! The queue: who waits, who could answer, what is promised. A cache of the truth. Pure.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{AgentId, ChatflowId, ConversationId, ConversationState, ShowQueue};

use super::assignment::{Plan, Stands};
use super::field::Field;
use super::groups::Groups;
use super::lanes::{Lanes, Waiting};
use super::policy;
use super::rounds::{Rounds, Taken};
use super::rule::Rule;
use crate::presence::{Roster, Team};
use crate::store::{AgentRow, ChatflowRow, Head, Settings, SlotKind, Turn};

/// Waiting conversations that are remembered, about 150 bytes each. Younger ones stay in the
/// store, where a later read finds them.
pub(super) const WAITING_MAX: usize = 20_000;
/// Assignments under way: as many as the journal commits at once.
const PROMISES_MAX: usize = 256;

pub(super) struct Queue {
    team: Team,
    /// The same agents, ready for decisions.
    pub(super) chats: Field,
    /// As `chats`, and at the same places, by the other limit.
    pub(super) tickets: Field,
    /// The field's shape when the places of the rules were found.
    found_in_shape: u64,
    pub(super) rules: HashMap<ChatflowId, Rule>,
    /// For those that are not among the rules.
    pub(super) everybody: Rule,
    pub(super) groups: Groups,
    pub(super) rounds: Rounds,
    /// Those that tell whoever waits where they stand, or offer them an answer by e-mail.
    shown: Vec<(ChatflowId, ShowQueue)>,
    pub(super) lanes: Lanes,
    promises: HashMap<ConversationId, Promise>,
    promised_to: HashMap<AgentId, u32>,
    /// Not what the policy saw, by the word of the store. Ineligible until read again.
    pub(super) doubted: HashSet<AgentId>,
    read: Option<Read>,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue {
            team: Team::default(),
            chats: Field::for_kind(SlotKind::Chat),
            tickets: Field::for_kind(SlotKind::Ticket),
            found_in_shape: 0,
            rules: HashMap::new(),
            everybody: Rule::everybody(),
            groups: Groups::default(),
            rounds: Rounds::default(),
            shown: Vec::new(),
            lanes: Lanes::default(),
            promises: HashMap::new(),
            promised_to: HashMap::new(),
            doubted: HashSet::new(),
            read: None,
        }
    }
}

/// How an assignment ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    Committed,
    /// Somebody else has dealt with the conversation.
    NotWaiting,
    /// The agent is not what the policy saw.
    AgentChanged,
    /// Round robin has not come as far as the policy thought, or farther.
    TurnPassed,
    /// The store failed; whether it was written is unknown until it is read.
    Unknown,
}

struct Promise {
    waiting: Waiting,
    agent: AgentId,
    turn: Option<Taken>,
    /// `None` while it is under way; else it only waits to be seen in the log or in a read.
    ending: Option<Ending>,
}

/// A read under way: what was known when it began, and what has changed since.
struct Read {
    settled: Vec<ConversationId>,
    doubted: HashSet<AgentId>,
    committed: HashSet<ConversationId>,
}

impl Queue {
    pub(super) fn set_rules(&mut self, settings: &Settings) {
        let rules = settings.chatflows.iter().map(|row| (row.id, Rule::of(settings, row)));
        let before = std::mem::replace(&mut self.rules, rules.collect());
        self.groups = Groups::of(settings);
        let as_before = |chatflow: ChatflowId| {
            let before = before.get(&chatflow).unwrap_or(&self.everybody);
            before.sorts_like(self.rule(chatflow))
        };
        let others = self.lanes.all().filter(|waiting| !as_before(waiting.chatflow));
        let others: Vec<Waiting> = others.cloned().collect();
        others.into_iter().for_each(|waiting| self.put(waiting));
        self.find_places();
        self.shown = settings.chatflows.iter().filter_map(told).collect();
        self.lanes.keep_turns_of(&settings.chatflows.iter().map(|row| row.id).collect());
    }

    pub(super) fn notice_agents(&mut self, rows: &[AgentRow]) {
        self.team.notice(rows);
        rows.iter().for_each(|row| self.look_at(row.id));
        self.find_places_if_reshaped();
    }

    /// The node's roster, for rows that came by another way than this node's commits.
    pub(super) fn take_newer(&mut self, roster: &Roster) {
        let known = self.team.rows();
        let is_newer =
            |row: &&AgentRow| known.get(&row.id).is_none_or(|known| known.version < row.version);
        let newer: Vec<AgentId> = roster.values().filter(is_newer).map(|row| row.id).collect();
        self.team.take_newer(roster);
        newer.into_iter().for_each(|agent| self.look_at(agent));
        self.find_places_if_reshaped();
    }

    /// A conversation as its latest commit left it.
    pub(super) fn committed(&mut self, head: &Head) {
        if let Some(read) = &mut self.read {
            read.committed.insert(head.id);
        }
        if head.state == ConversationState::Waiting {
            self.enqueue(head);
        } else {
            self.lanes.remove(head.id);
            self.break_promise(head.id);
        }
    }

    /// Since when it has been waiting, if it is known to wait.
    pub(super) fn waiting_since_ms(&self, id: ConversationId) -> Option<i64> {
        let promised = self.promises.get(&id).map(|promise| &promise.waiting);
        self.lanes.get(id).or(promised).map(|waiting| waiting.since_ms)
    }

    /// What has become overdue by now is before the others.
    pub(super) fn look_at_clock(&mut self, now_ms: i64) {
        self.lanes.look_at_clock(now_ms);
    }

    /// Whose turn it is of those whom somebody eligible could answer, and who shall. Counts as
    /// promised until `ended`, and until the log or a read shows it.
    pub(super) fn next(&mut self, seed: u32, now_ms: i64) -> Option<Plan> {
        if self.promises.len() >= PROMISES_MAX {
            return None;
        }
        let next = self.next_answerable(now_ms)?;
        let conversation = next.place.conversation;
        let waiting = self.lanes.remove(conversation).expect("it stands in a lane");
        let record = self.decide(&next, &waiting, seed, now_ms);
        let kind = self.kind_in(&next.lane);
        debug_assert_eq!(policy::replay(&record), Some(record.chosen));

        let (agent, chatflow) = (record.chosen, waiting.chatflow);
        let (inbox, team) = (waiting.inbox, waiting.team);
        self.lanes.takes_turn(chatflow);
        let ignores_availability = self.rule(chatflow).ignores_availability;
        let turn = policy::turn(&record).map(|at| Turn { chatflow, agent, at });
        let taken = turn.map(|turn| self.rounds.take(turn));
        self.promises.insert(conversation, Promise { waiting, agent, turn: taken, ending: None });
        *self.promised_to.entry(agent).or_default() += 1;
        self.look_at(agent);
        let agent_version = self.team.rows()[&agent].version;
        let stands = Stands { inbox, team, kind };
        Some(Plan { conversation, agent_version, stands, ignores_availability, turn, record })
    }

    /// The journal has answered an assignment.
    pub(super) fn ended(&mut self, conversation: ConversationId, ending: Ending) {
        let Some(promise) = self.promises.get_mut(&conversation) else { return };
        match ending {
            Ending::Committed => promise.ending = Some(ending),
            Ending::Unknown => {
                promise.ending = Some(ending);
                let chatflow = promise.waiting.chatflow;
                if promise.turn.is_some() {
                    self.rounds.doubt(chatflow);
                }
            }
            Ending::NotWaiting => {
                if let Some(promise) = self.break_promise(conversation) {
                    self.take_turn_back(&promise);
                }
            }
            Ending::AgentChanged => {
                let agent = promise.agent;
                self.doubted.insert(agent);
                self.take_back(conversation);
                self.look_at(agent);
            }
            Ending::TurnPassed => {
                let chatflow = promise.waiting.chatflow;
                self.take_back(conversation);
                self.rounds.doubt(chatflow);
            }
        }
    }

    /// It was not written after all: back to its place.
    pub(super) fn take_back(&mut self, conversation: ConversationId) {
        if let Some(promise) = self.break_promise(conversation) {
            self.take_turn_back(&promise);
            self.put(promise.waiting);
        }
    }

    /// The chatflow whose turn an assignment under way takes.
    pub(super) fn promised_turn_of(&self, conversation: ConversationId) -> Option<ChatflowId> {
        let promise = self.promises.get(&conversation)?;
        promise.turn.is_some().then_some(promise.waiting.chatflow)
    }

    /// Whether a chatflow has to be read before it can be assigned in turn.
    pub(super) fn doubts_turns_of(&self, chatflow: ChatflowId) -> bool {
        self.rounds.is_doubted(chatflow)
    }

    /// To be called before the store is read.
    pub(super) fn read_begins(&mut self) {
        self.team.read_begins();
        self.rounds.read_begins();
        let is_settled = |(_, promise): &(&ConversationId, &Promise)| promise.ending.is_some();
        self.read = Some(Read {
            settled: self.promises.iter().filter(is_settled).map(|(id, _)| *id).collect(),
            doubted: self.doubted.clone(),
            committed: HashSet::new(),
        });
    }

    /// What the read found: all agents, and the oldest `limit` of those who wait.
    pub(super) fn read(&mut self, agents: Vec<AgentRow>, waiting: &[Head], limit: usize) {
        let Some(read) = self.read.take() else { return };
        self.team.read(agents);
        self.doubted.retain(|agent| !read.doubted.contains(agent));
        self.look_at_all();
        for id in read.settled {
            match self.promises.get(&id).and_then(|promise| promise.ending) {
                Some(Ending::Unknown) => self.take_back(id),
                Some(
                    Ending::Committed
                    | Ending::NotWaiting
                    | Ending::AgentChanged
                    | Ending::TurnPassed,
                ) => {
                    self.break_promise(id);
                }
                None => {}
            }
        }
        self.forget_missing(waiting, limit, &read.committed);
        for head in waiting.iter().filter(|head| !read.committed.contains(&head.id)) {
            self.enqueue(head);
        }
    }

    /// And the turns, after the rest.
    pub(super) fn read_turns(&mut self, turns: &[Turn]) {
        self.rounds.read(turns);
    }

    /// The chatflows that tell whoever waits where they stand.
    pub(super) fn shown(&self) -> &[(ChatflowId, ShowQueue)] {
        &self.shown
    }

    /// Those of a chatflow who wait longest, and how many wait.
    pub(super) fn line(&self, chatflow: ChatflowId, max: usize) -> (Vec<ConversationId>, usize) {
        self.lanes.line(chatflow, max)
    }

    pub(super) fn len(&self) -> usize {
        self.lanes.len() + self.promises.len()
    }

    pub(super) fn oldest_since_ms(&self) -> Option<i64> {
        let promised = self.promises.values().map(|promise| promise.waiting.since_ms);
        self.lanes.oldest_since_ms().into_iter().chain(promised).min()
    }

    /// What is known of an agent has changed.
    fn look_at(&mut self, agent: AgentId) {
        if let Some(row) = self.team.rows().get(&agent) {
            let promised = self.promised_to.get(&agent).copied().unwrap_or(0);
            let is_trusted = !self.doubted.contains(&agent);
            self.chats.put(row, promised, is_trusted);
            self.tickets.put(row, promised, is_trusted);
        }
    }

    fn look_at_all(&mut self) {
        let rows = self.team.rows();
        [&mut self.chats, &mut self.tickets]
            .into_iter()
            .for_each(|field| field.keep(|agent| rows.contains_key(agent)));
        let agents: Vec<AgentId> = rows.keys().copied().collect();
        agents.into_iter().for_each(|agent| self.look_at(agent));
        self.find_places_if_reshaped();
    }

    /// Somebody came, or has other skills.
    fn find_places_if_reshaped(&mut self) {
        if self.found_in_shape != self.chats.shape() {
            self.find_places();
        }
    }

    fn find_places(&mut self) {
        self.found_in_shape = self.chats.shape();
        for rule in self.rules.values_mut().chain([&mut self.everybody]) {
            rule.find_places(self.team.rows(), &self.chats);
        }
        self.groups.find_places(self.team.rows(), &self.chats);
    }

    fn take_turn_back(&mut self, promise: &Promise) {
        if let Some(taken) = &promise.turn {
            self.rounds.take_back(taken);
        }
    }

    /// Takes out whoever should be among the read ones and is not.
    fn forget_missing(
        &mut self,
        found: &[Head],
        limit: usize,
        committed: &HashSet<ConversationId>,
    ) {
        let ids: HashSet<ConversationId> = found.iter().map(|head| head.id).collect();
        let last = found.last().filter(|_| found.len() >= limit).map(|it| Waiting::of(it).age());
        let is_missing = |waiting: &&Waiting| {
            last.is_none_or(|last| waiting.age() <= last)
                && !ids.contains(&waiting.conversation)
                && !committed.contains(&waiting.conversation)
        };
        let missing: Vec<ConversationId> =
            self.lanes.all().filter(is_missing).map(|it| it.conversation).collect();
        missing.into_iter().for_each(|id| drop(self.lanes.remove(id)));
    }

    fn enqueue(&mut self, head: &Head) {
        if self.promises.contains_key(&head.id) {
            return;
        }
        let waiting = Waiting::of(head);
        if self.lanes.get(head.id) != Some(&waiting) {
            self.put(waiting);
        }
    }

    fn put(&mut self, waiting: Waiting) {
        self.lanes.remove(waiting.conversation);
        if self.lanes.len() < WAITING_MAX {
            let lane = self.lane(&waiting);
            self.lanes.put(waiting, lane);
        }
    }

    fn break_promise(&mut self, id: ConversationId) -> Option<Promise> {
        let promise = self.promises.remove(&id)?;
        if let Some(count) = self.promised_to.get_mut(&promise.agent) {
            *count -= 1;
            if *count == 0 {
                self.promised_to.remove(&promise.agent);
            }
        }
        self.look_at(promise.agent);
        Some(promise)
    }
}

/// Whoever is offered an answer must know how long it takes otherwise.
fn told(row: &ChatflowRow) -> Option<(ChatflowId, ShowQueue)> {
    let settings = &row.settings;
    let (offers, shown) = (settings.patience.wait_ms.is_some(), settings.show_queue);
    let show = ShowQueue { position: true, expected_wait: shown.expected_wait || offers };
    (settings.assign && (shown.position || offers)).then_some((row.id, show))
}
