//! A virtual node: the real tenure and router, and around them what they wait for.

use std::collections::VecDeque;
use std::time::Instant;

use salotto_protocol::{AgentId, ConversationId};

use super::super::routing::{Action, Depth, Fresh, Routing};
use super::super::state::WAITING_MAX;
use super::super::{assignment, lapse, requeue};
use super::step::Fate;
use super::truth::Truth;
use super::{GRACE, WINDOW_MS};
use crate::journal::{Candidacy, Commit, Outcome, Write};
use crate::presence::Tenure;
use crate::simulation::Random;
use crate::store::{Head, TakenSlot, Term};

/// Of the node's clock, against the store's: within what the lease's margin allows for.
const PACES: [f64; 3] = [0.96, 1.0, 1.04];

pub(super) struct Node {
    /// A node that starts anew has another.
    pub(super) id: u64,
    pub(super) pace: f64,
    /// How wrong its wall clock is.
    pub(super) wall_ms: i64,
    pub(super) tenure: Tenure,
    pub(super) is_leaving: bool,
    /// A renewal on its way to the store, and its answer on the way back.
    pub(super) asked: Option<Candidacy>,
    pub(super) answer: Option<Result<Option<Term>, ()>>,
    pub(super) router: Option<Router>,
    /// What its journal is to write.
    pub(super) queue: VecDeque<Write>,
    pub(super) answers: VecDeque<(ConversationId, Option<Term>, Outcome)>,
    pub(super) stream: VecDeque<Commit>,
}

/// One term: its messages and timers end with it.
pub(super) struct Router {
    term: Term,
    routing: Routing,
    reads: Vec<Read>,
    timers: Vec<Timer>,
}

enum Read {
    All(Option<i64>),
    AllDone(Box<Fresh>),
    Heads(Vec<ConversationId>),
    HeadsDone(Vec<Head>),
    Unanswered(Vec<AgentId>),
    UnansweredDone(Vec<Head>),
}

#[derive(Clone, Copy)]
enum Timer {
    Read(Depth),
    ReadHeard,
}

impl Node {
    pub(super) fn new(at: usize, random: &mut Random) -> Node {
        Node {
            id: at as u64,
            pace: PACES[random.below(PACES.len())],
            wall_ms: 0,
            tenure: Tenure::new(),
            is_leaving: false,
            asked: None,
            answer: None,
            router: None,
            queue: VecDeque::new(),
            answers: VecDeque::new(),
            stream: VecDeque::new(),
        }
    }

    pub(super) fn starts_anew(&mut self, id: u64) {
        let (pace, wall_ms) = (self.pace, self.wall_ms);
        *self = Node { id, pace, wall_ms, ..Node::new(0, &mut Random::new(id)) };
    }

    /// As the keeper does it: a new router for each term.
    pub(super) fn follow_term(&mut self, now: Instant) {
        let term = self.tenure.term(now);
        if self.router.as_ref().map(|router| router.term) == term {
            return;
        }
        self.stream.clear();
        self.answers.clear();
        self.router = term.map(|term| {
            let mut routing = Routing::new(GRACE);
            routing.read(Depth::Whole);
            Router { term, routing, reads: Vec::new(), timers: Vec::new() }
        });
    }

    pub(super) fn take_commit(&mut self) {
        if let (Some(router), Some(commit)) = (&mut self.router, self.stream.pop_front()) {
            router.routing.committed(&commit);
        }
    }

    pub(super) fn skip_commits(&mut self) {
        if !self.stream.is_empty() {
            self.stream.clear();
            self.stream.push_back(Commit::Skipped(Default::default()));
        }
    }

    /// The journal's answer to an assignment; an earlier term's is nobody's.
    pub(super) fn ended(&mut self) {
        let Some((conversation, term, outcome)) = self.answers.pop_front() else { return };
        if let Some(router) = self.router.as_mut().filter(|router| Some(router.term) == term) {
            router.routing.ended(conversation, &outcome);
        }
    }

    pub(super) fn timer(&mut self, which: usize) {
        let Some(router) = self.router.as_mut().filter(|it| !it.timers.is_empty()) else { return };
        match router.timers.remove(which % router.timers.len()) {
            Timer::Read(depth) => router.routing.read(depth),
            Timer::ReadHeard => router.routing.read_heard(),
        }
    }

    pub(super) fn reconcile(&mut self) {
        if let Some(router) = &mut self.router {
            router.routing.read(Depth::Window);
        }
    }

    /// What it sees to have lapsed, by its own clock; written later, when it may be in use again.
    pub(super) fn sweep(&mut self, truth: &Truth) {
        let Some(router) = &self.router else { return };
        let (term, now_ms) = (router.term, truth.clock_ms + self.wall_ms);
        let slots = truth.heads.values().filter_map(|head| {
            let (conversation, active_at_ms) = (head.id, head.active_at_ms);
            head.slot_agent.map(|agent| TakenSlot { conversation, agent, active_at_ms })
        });
        let lapsed = slots.filter(|slot| now_ms - slot.active_at_ms >= WINDOW_MS);
        self.queue.extend(lapsed.map(|slot| lapse::write(slot, term, Box::new(|_| {}))));
    }

    /// The store answers a read; or an answer arrives.
    pub(super) fn read(&mut self, truth: &mut Truth, now: Instant, which: usize, fate: Fate) {
        let Some(router) = self.router.as_mut().filter(|it| !it.reads.is_empty()) else { return };
        let read = router.reads.remove(which % router.reads.len());
        truth.see_who_is_present();
        match read {
            Read::All(_) if fate == Fate::Fails => router.routing.read_done(None),
            Read::All(known) => {
                let settings = known.is_none().then(|| truth.settings());
                let agents = truth.agents.values().cloned().collect();
                let (waiting, limit) = (truth.waiting(), WAITING_MAX);
                let turns = truth.turns();
                let fresh = Fresh { settings, agents, waiting, limit, turns, asked: now };
                router.reads.push(Read::AllDone(Box::new(fresh)));
            }
            Read::AllDone(fresh) => router.routing.read_done(Some(*fresh)),
            Read::Heads(_) | Read::Unanswered(_) if fate == Fate::Fails => {}
            Read::Heads(ids) => {
                let heads = ids.iter().filter_map(|id| truth.heads.get(id).cloned());
                router.reads.push(Read::HeadsDone(heads.collect()));
            }
            Read::HeadsDone(heads) => router.routing.heard_read(&heads),
            Read::Unanswered(agents) => {
                router.reads.push(Read::UnansweredDone(truth.unanswered(&agents)));
            }
            Read::UnansweredDone(heads) => {
                let term = router.term;
                let write = |head| requeue::write(head, term, Box::new(|_| {}));
                self.queue.extend(heads.iter().filter_map(write));
            }
        }
    }

    /// Nothing is under way.
    pub(super) fn is_quiet(&self) -> bool {
        let renews = self.asked.is_some() || self.answer.is_some();
        let works = |it: &Router| !(it.reads.is_empty() && it.timers.is_empty());
        let routes = self.router.as_ref().is_some_and(works);
        let writes = !(self.queue.is_empty() && self.answers.is_empty());
        !(renews || routes || writes) && self.stream.is_empty()
    }

    /// Performs what the router asked for.
    pub(super) fn act(&mut self, random: &mut Random) {
        let Some(router) = &mut self.router else { return };
        let mut passes = false;
        for action in router.routing.actions() {
            match action {
                Action::Read { known, .. } => router.reads.push(Read::All(known)),
                Action::ReadSoon => router.timers.push(Timer::Read(Depth::Window)),
                Action::ReadLater => router.timers.push(Timer::Read(Depth::Whole)),
                Action::ReadHeardSoon => router.timers.push(Timer::ReadHeard),
                Action::ReadHeads(ids) => router.reads.push(Read::Heads(ids)),
                Action::ReadUnanswered(gone) => router.reads.push(Read::Unanswered(gone)),
                // No mail goes out here.
                Action::TellOwners(_) => {}
                Action::Pass => passes = true,
            }
        }
        let seed = u32::try_from(random.below(1 << 20)).expect("a small number");
        while passes && let Some(plan) = router.routing.next(|| seed, 0) {
            self.queue.push_back(assignment::write(&plan, router.term, Box::new(|_| {})));
        }
    }
}
