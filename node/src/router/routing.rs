//! What the router makes of what it hears and reads. Pure: it says what to do, the actor does it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use salotto_protocol::{AgentId, ConversationId};

use super::absences::Absences;
use super::assignment::{AGENT_CHANGED, AT_CAPACITY, MOVED, Plan};
use super::owners::{Owners, Waits};
use super::state::{Ending, Queue};
use crate::journal::{Commit, Elsewhere, Outcome, STALE_TERM, TURN_PASSED};
use crate::presence::Roster;
use crate::sabotage::{self, Switch};
use crate::store::{AgentRow, Head, Settings, Turn};

/// One term of this node as the router.
pub(super) struct Routing {
    pub(super) queue: Queue,
    requeue_grace: Duration,
    settings_version: Option<i64>,
    /// Nothing is assigned before the first read.
    is_loaded: bool,
    reading: Reading,
    /// Changed by other nodes, and not yet read.
    heard: HashSet<ConversationId>,
    absences: Absences,
    pub(super) owners: Owners,
    /// A later term has begun: nothing that this router asks for is done any more.
    is_over: bool,
    actions: Vec<Action>,
}

/// What is to be done, in this order.
#[derive(Debug)]
pub(super) enum Action {
    /// For `read_done`; the settings only if they are not these any more.
    Read { depth: Depth, known: Option<i64> },
    /// `read` this, once a guard that said no has seen what changed.
    ReadSoon,
    /// `read` everything, once a store that failed may answer again.
    ReadLater,
    /// `read_heard`, with whatever is heard until then.
    ReadHeardSoon,
    /// For `heard_read`.
    ReadHeads(Vec<ConversationId>),
    /// For requeuing: what these agents have not answered.
    ReadUnanswered(Vec<AgentId>),
    /// Owners who are not there to see who waits for them.
    TellOwners(Vec<Waits>),
    /// `next` until there is none.
    Pass,
}

/// How many of those who wait are read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Depth {
    Window,
    Whole,
}

/// What a read brings.
pub(super) struct Fresh {
    /// `None`: as they were.
    pub(super) settings: Option<Settings>,
    pub(super) agents: Vec<AgentRow>,
    pub(super) waiting: Vec<Head>,
    pub(super) limit: usize,
    pub(super) turns: Vec<Turn>,
    pub(super) asked: Instant,
}

#[derive(Clone, Copy)]
enum Reading {
    No,
    Yes,
    /// Something was missed after the read under way began.
    YesAndAgain(Depth),
}

impl Routing {
    pub(super) fn new(requeue_grace: Duration) -> Routing {
        Routing {
            queue: Queue::default(),
            requeue_grace,
            settings_version: None,
            is_loaded: false,
            reading: Reading::No,
            heard: HashSet::new(),
            absences: Absences::default(),
            owners: Owners::default(),
            is_over: false,
            actions: Vec::new(),
        }
    }

    /// What is to be done since the last time.
    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// Not before the first read, and not after a later term has begun.
    pub(super) fn assigns(&self) -> bool {
        self.is_loaded && !self.is_over
    }

    /// The next assignment to be written. It ends by `ended`, or `queue.take_back`.
    pub(super) fn next(&mut self, seed: impl FnOnce() -> u32, now_ms: i64) -> Option<Plan> {
        if self.assigns() { self.queue.next(seed(), now_ms) } else { None }
    }

    pub(super) fn committed(&mut self, commit: &Commit) {
        match commit {
            Commit::Entries(committed) => {
                self.queue.committed(&committed.head);
                self.act(Action::Pass);
            }
            Commit::Agents(rows) => {
                self.queue.notice_agents(rows);
                self.act(Action::Pass);
            }
            Commit::Settings => self.read(Depth::Window),
            Commit::Skipped(_) | Commit::Lost => self.read(Depth::Whole),
            Commit::Elsewhere(hint) if !hint.is_talk() => self.hear(hint),
            Commit::Elsewhere(_)
            | Commit::Attached(_)
            | Commit::Marks { .. }
            | Commit::Queue(_) => {}
        }
    }

    pub(super) fn roster_changed(&mut self, roster: &Roster) {
        self.queue.take_newer(roster);
        self.act(Action::Pass);
    }

    /// One read at a time.
    pub(super) fn read(&mut self, depth: Depth) {
        if self.is_loaded && sabotage::on(Switch::SkipReconciliation) {
            return;
        }
        match self.reading {
            Reading::No => {}
            Reading::Yes => return self.reading = Reading::YesAndAgain(depth),
            Reading::YesAndAgain(other) => {
                return self.reading = Reading::YesAndAgain(depth.max(other));
            }
        }
        self.reading = Reading::Yes;
        self.queue.read_begins();
        let depth = if self.is_loaded { depth } else { Depth::Whole };
        self.act(Action::Read { depth, known: self.settings_version });
    }

    /// `None`: the store did not answer.
    pub(super) fn read_done(&mut self, fresh: Option<Fresh>) {
        let again = std::mem::replace(&mut self.reading, Reading::No);
        let Some(fresh) = fresh else {
            self.absences.unread();
            return self.act(Action::ReadLater);
        };
        self.take(fresh);
        self.act(Action::Pass);
        self.look_for_unanswered();
        if let Reading::YesAndAgain(depth) = again {
            self.read(depth);
        }
    }

    fn take(&mut self, fresh: Fresh) {
        if let Some(settings) = fresh.settings {
            self.settings_version = Some(settings.version);
            self.queue.set_rules(&settings);
        }
        self.absences.read(&fresh.agents, fresh.asked);
        self.queue.read(fresh.agents, &fresh.waiting, fresh.limit);
        self.queue.read_turns(&fresh.turns);
        self.is_loaded = true;
    }

    /// Of whoever was gone for all of the grace, while the store answered; and who waits for them.
    fn look_for_unanswered(&mut self) {
        let gone = self.absences.longer_than(self.requeue_grace);
        if self.is_over {
            return;
        }
        let waits = self.owners.due(&self.queue, &gone);
        if !waits.is_empty() {
            self.act(Action::TellOwners(waits));
        }
        if !gone.is_empty() {
            self.act(Action::ReadUnanswered(gone));
        }
    }

    /// Another node has changed a conversation: who waits now, and who has a slot free?
    fn hear(&mut self, hint: &Elsewhere) {
        if self.heard.is_empty() {
            self.act(Action::ReadHeardSoon);
        }
        self.heard.insert(hint.conversation);
    }

    pub(super) fn read_heard(&mut self) {
        let heard = self.heard.drain().collect();
        self.act(Action::ReadHeads(heard));
        self.read(Depth::Window);
    }

    /// A head that is older than what is known is put right by the next read.
    pub(super) fn heard_read(&mut self, heads: &[Head]) {
        heads.iter().for_each(|head| self.queue.committed(head));
        self.act(Action::Pass);
    }

    /// The journal has answered an assignment.
    pub(super) fn ended(&mut self, conversation: ConversationId, outcome: &Outcome) {
        let ending = match outcome {
            Outcome::Rejected(STALE_TERM) => {
                self.is_over = true;
                Ending::NotWaiting
            }
            Outcome::Committed(_) => Ending::Committed,
            Outcome::Rejected(AGENT_CHANGED | AT_CAPACITY) => Ending::AgentChanged,
            Outcome::Rejected(TURN_PASSED) => Ending::TurnPassed,
            Outcome::Rejected(_) => Ending::NotWaiting,
            Outcome::Failed => Ending::Unknown,
        };
        if *outcome == Outcome::Rejected(MOVED) {
            // What it is by now came while this was under way.
            self.act(Action::ReadSoon);
        }
        let in_turn = self.queue.promised_turn_of(conversation);
        self.queue.ended(conversation, ending);
        match ending {
            Ending::Committed => {}
            Ending::NotWaiting if in_turn.is_some_and(|it| self.queue.doubts_turns_of(it)) => {
                self.act(Action::ReadSoon);
            }
            Ending::NotWaiting => {}
            Ending::AgentChanged | Ending::TurnPassed | Ending::Unknown => {
                self.act(Action::ReadSoon);
            }
        }
        // A place among those under way is free again, or another agent can be tried.
        self.act(Action::Pass);
    }

    fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}
