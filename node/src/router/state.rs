//! The queue: who waits, who could answer, what is promised. A cache of the truth. Pure.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{
    AgentId, AgentStatus, ChatflowId, ConversationId, ConversationState, DecisionRecord, Policy,
    ShowQueue, Verdict,
};

use super::lines::{Lines, Waiting};
use super::policy::{self, Question, Seen};
use super::rounds::{Rounds, Taken};
use super::rule::Rule;
use crate::presence::{Roster, Team};
use crate::store::{AgentRow, ChatflowRow, Head, Settings, Turn};

/// Waiting conversations that are remembered, about 150 bytes each. Younger ones stay in the
/// store, where a later read finds them.
pub(super) const WAITING_MAX: usize = 20_000;
/// Assignments under way: as many as the journal commits at once.
const PROMISES_MAX: usize = 256;

#[derive(Default)]
pub(super) struct Queue {
    team: Team,
    /// Not here: everybody, load balanced.
    rules: HashMap<ChatflowId, Rule>,
    rounds: Rounds,
    /// Those that tell whoever waits where they stand, or offer them an answer by e-mail.
    shown: Vec<(ChatflowId, ShowQueue)>,
    lines: Lines,
    promises: HashMap<ConversationId, Promise>,
    promised_to: HashMap<AgentId, u32>,
    /// Not what the policy saw, by the word of the store. Ineligible until read again.
    doubted: HashSet<AgentId>,
    read: Option<Read>,
}

/// An assignment to be written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) conversation: ConversationId,
    pub(super) agent_version: i64,
    /// Away is no reason to refuse it.
    pub(super) ignores_availability: bool,
    /// Round robin's.
    pub(super) turn: Option<Turn>,
    pub(super) record: DecisionRecord,
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
        let rules = settings.chatflows.iter().map(|row| Rule::of(settings, row));
        self.rules = rules.map(|rule| (rule.version.chatflow, rule)).collect();
        self.shown = settings.chatflows.iter().filter_map(told).collect();
        self.lines.keep_turns_of(&settings.chatflows.iter().map(|row| row.id).collect());
    }

    pub(super) fn notice_agents(&mut self, rows: &[AgentRow]) {
        self.team.notice(rows);
    }

    /// The node's roster, for rows that came by another way than this node's commits.
    pub(super) fn take_newer(&mut self, roster: &Roster) {
        self.team.take_newer(roster);
    }

    /// A conversation as its latest commit left it.
    pub(super) fn committed(&mut self, head: &Head) {
        if let Some(read) = &mut self.read {
            read.committed.insert(head.id);
        }
        if head.state == ConversationState::Waiting {
            self.enqueue(head);
        } else {
            self.lines.remove(head.id);
            self.break_promise(head.id);
        }
    }

    /// Since when it has been waiting, if it is known to wait.
    pub(super) fn waiting_since_ms(&self, id: ConversationId) -> Option<i64> {
        let promised = self.promises.get(&id).map(|promise| &promise.waiting);
        self.lines.get(id).or(promised).map(|waiting| waiting.since_ms)
    }

    /// What has become overdue by now is before the others.
    pub(super) fn look_at_clock(&mut self, now_ms: i64) {
        self.lines.look_at_clock(now_ms);
    }

    /// Whose turn it is of those whom somebody eligible could answer (`lines`), and who shall. Counts as
    /// promised until `ended`, and until the log or a read shows it.
    pub(super) fn next(&mut self, seed: u32) -> Option<Plan> {
        if self.promises.len() >= PROMISES_MAX {
            return None;
        }
        let waiting = self.lines.next(|chatflow| self.is_answerable(chatflow))?;
        let conversation = waiting.conversation;
        let question = self.question(waiting.chatflow, seed);
        let record = policy::choose(&question, self.candidates(waiting.chatflow))
            .expect("somebody was eligible a moment ago");
        debug_assert_eq!(policy::replay(&record), Some(record.chosen));

        let (agent, chatflow) = (record.chosen, waiting.chatflow);
        self.lines.remove(conversation);
        self.lines.takes_turn(chatflow);
        let turn = policy::turn(&record).map(|at| Turn { chatflow, agent, at });
        let taken = turn.map(|turn| self.rounds.take(turn));
        self.promises.insert(conversation, Promise { waiting, agent, turn: taken, ending: None });
        *self.promised_to.entry(agent).or_default() += 1;
        let agent_version = self.team.rows()[&agent].version;
        let ignores_availability = question.ignores_availability;
        Some(Plan { conversation, agent_version, ignores_availability, turn, record })
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
                self.doubted.insert(promise.agent);
                self.take_back(conversation);
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

    /// The chatflows whose lines are told, and what of them.
    pub(super) fn shown(&self) -> &[(ChatflowId, ShowQueue)] {
        &self.shown
    }

    /// Those of a chatflow who wait longest, and how many wait.
    pub(super) fn line(&self, chatflow: ChatflowId, max: usize) -> (Vec<ConversationId>, usize) {
        self.lines.line(chatflow, max)
    }

    /// Somebody is there who answers this chatflow, with room or without.
    pub(super) fn is_staffed(&self, chatflow: ChatflowId) -> bool {
        self.candidates(chatflow).any(|seen| seen.present && seen.status == AgentStatus::Available)
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len() + self.promises.len()
    }

    pub(super) fn oldest_since_ms(&self) -> Option<i64> {
        let promised = self.promises.values().map(|promise| promise.waiting.since_ms);
        self.lines.oldest_since_ms().into_iter().chain(promised).min()
    }

    /// Those who may answer a chatflow's visitors, as far as they can be trusted.
    fn candidates(&self, chatflow: ChatflowId) -> impl Iterator<Item = Seen> {
        let assignees = self.rules.get(&chatflow).map(|rule| &rule.assignees);
        let named = assignees.and_then(|it| it.named.as_ref());
        let rows = self.team.rows();
        let of_rule = named.into_iter().flatten().filter_map(|agent| rows.get(agent));
        let everybody = rows.values().filter(move |_| named.is_none());
        of_rule.chain(everybody).filter(|row| !self.doubted.contains(&row.id)).map(move |row| {
            let promised = self.promised_to.get(&row.id).copied().unwrap_or(0);
            let had = self.rounds.had(chatflow, row.id);
            let seen = Seen::new(row, promised);
            let has_access = assignees.is_none_or(|it| it.has_access(row.id));
            let barred = seen.barred.or((!has_access).then_some(Verdict::NoAccess));
            Seen { had, barred, ..seen }
        })
    }

    fn is_answerable(&self, chatflow: ChatflowId) -> bool {
        let ignores = self.rules.get(&chatflow).is_some_and(|rule| rule.ignores_availability);
        let eligible = |seen: Seen| seen.is_eligible(ignores);
        !self.waits_for_a_read(chatflow) && self.candidates(chatflow).any(eligible)
    }

    /// Whose turn it is can be told of certain facts only: whoever is doubted may be eligible.
    fn waits_for_a_read(&self, chatflow: ChatflowId) -> bool {
        let rule = self.rules.get(&chatflow);
        let Some(rule) = rule.filter(|it| it.distribution == Policy::RoundRobin) else {
            return false;
        };
        let is_doubted = |agent: &AgentId| self.doubted.contains(agent);
        self.rounds.is_doubted(chatflow)
            || match &rule.assignees.named {
                Some(named) => named.iter().any(is_doubted),
                None => !self.doubted.is_empty(),
            }
    }

    fn question(&self, chatflow: ChatflowId, seed: u32) -> Question {
        let rule = self.rules.get(&chatflow);
        Question {
            policy: rule.map(|rule| rule.distribution).unwrap_or_default(),
            rule: rule.map(|rule| rule.version),
            ignores_availability: rule.is_some_and(|rule| rule.ignores_availability),
            round: self.rounds.latest(chatflow),
            seed,
        }
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
            self.lines.all().filter(is_missing).map(|it| it.conversation).collect();
        missing.into_iter().for_each(|id| self.lines.remove(id));
    }

    fn enqueue(&mut self, head: &Head) {
        if !self.promises.contains_key(&head.id) {
            self.put(Waiting::of(head));
        }
    }

    fn put(&mut self, waiting: Waiting) {
        self.lines.remove(waiting.conversation);
        if self.lines.len() < WAITING_MAX {
            self.lines.put(waiting);
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
