//! Lease and router: three nodes that want to route, a store that fails, a link that loses, clocks
//! that are wrong, and agents who come and go.
//!
//! What the nodes do is `Tenure`, `Routing` and the guarded writes themselves, decided by the
//! journal's own `Work`; all else is a model.

mod checks;
mod healing;
mod node;
mod people;
mod step;
mod truth;

use std::time::{Duration, Instant};

use salotto_protocol::Policy;

use self::node::Node;
use self::people::AGENTS;
use self::step::{Fate, Step};
use self::truth::Truth;
use crate::journal::{Commit, Write};
use crate::presence::Wish;
use crate::simulation::{Random, World};

const NODES: usize = 3;
/// Of a conversation in which nobody says anything: the slot lapses.
const WINDOW_MS: i64 = 2_000;
/// An agent who is gone for so long loses what is unanswered.
const GRACE: Duration = Duration::from_secs(4);

/// A hint on its way.
struct Hint {
    to: usize,
    commit: Commit,
}

pub(crate) struct LeaseAndRouter {
    began: Instant,
    truth: Truth,
    nodes: Vec<Node>,
    link: Vec<Hint>,
    random: Random,
    loses_at_last: bool,
}

impl World for LeaseAndRouter {
    type Step = Step;

    const STEPS_MAX: usize = 80;

    fn new(seed: u64) -> LeaseAndRouter {
        let mut random = Random::new(seed);
        let nodes = (0..NODES).map(|at| Node::new(at, &mut random)).collect();
        let began = Instant::now();
        let distribution = match seed % 3 {
            0 => Policy::RoundRobin,
            1 => Policy::LoadBalanced,
            _ => Policy::Random,
        };
        let mut world = LeaseAndRouter {
            began,
            truth: Truth::new(distribution),
            nodes,
            link: Vec::new(),
            random,
            loses_at_last: seed.is_multiple_of(2),
        };
        // Agents are there, and mostly somebody is the router.
        (0..AGENTS).for_each(|agent| world.truth.comes(agent, agent % NODES));
        if !seed.is_multiple_of(4) {
            (0..4).for_each(|_| world.round(0).expect("nothing has happened yet"));
        }
        world
    }

    fn step(random: &mut Random) -> Step {
        Step::any(random)
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Wait { ms } => self.wait(ms),
            Step::Tick { node } => self.tick(node),
            Step::Renew { node, fate } => self.renew(node, fate),
            Step::Answer { node } => self.answer(node),
            Step::Lapse { node } => self.lapse(node),
            Step::Withdraw { node } => self.withdraw(node),
            Step::Crash { node } => self.crash(node),
            Step::SetClock { node, hours } => self.nodes[node].wall_ms = hours * 3_600_000,
            Step::Say { node, what } => {
                let write = people::write(what, &self.truth);
                self.nodes[node].queue.extend(write);
            }
            Step::Change { node, agent, change } => self.change(node, agent, change),
            Step::Commit { node, writes, fate } => self.commit(node, writes, fate)?,
            Step::Hear { which, fate } => self.hear(which, fate),
            Step::Take { node } => self.nodes[node].take_commit(),
            Step::Skip { node } => self.nodes[node].skip_commits(),
            Step::Read { node, which, fate } => {
                let now = self.local(node);
                self.nodes[node].read(&mut self.truth, now, which, fate);
            }
            Step::Ended { node } => self.nodes[node].ended(),
            Step::Timer { node, which } => self.nodes[node].timer(which),
            Step::Reconcile { node } => self.nodes[node].reconcile(),
            Step::Sweep { node } => self.nodes[node].sweep(&self.truth),
            Step::Vanish { agent } => self.vanish(agent),
            Step::TakeOver { node } => self.take_over(node),
            Step::Round { ms } => self.round(ms)?,
        }
        self.act();
        self.check_leases()
    }

    fn heal(&mut self) -> Result<(), String> {
        self.heal_all()
    }

    fn sights(&self) -> u64 {
        self.truth.assigned
    }
}

impl LeaseAndRouter {
    fn wait(&mut self, ms: u64) {
        self.truth.clock_ms += i64::try_from(ms).expect("a small number");
    }

    /// The node's own clock: it only goes forward, at its own pace.
    fn local(&self, node: usize) -> Instant {
        let ms = u64::try_from(self.truth.clock_ms).expect("it begins with 0");
        self.began + Duration::from_millis(ms).mul_f64(self.nodes[node].pace)
    }

    fn tick(&mut self, at: usize) {
        let now = self.local(at);
        let node = &mut self.nodes[at];
        if let Some(candidacy) = node.tenure.renewal(now) {
            node.asked = Some(candidacy);
        }
    }

    /// The store deals with a renewal; the answer is on its way.
    fn renew(&mut self, at: usize, fate: Fate) {
        let node = &mut self.nodes[at];
        let Some(candidacy) = node.asked.take() else { return };
        let granted = match fate {
            Fate::Fails => Err(()),
            Fate::Well | Fate::Twice => Ok(self.truth.renew(node.id, candidacy)),
            Fate::Unanswered => {
                self.truth.renew(node.id, candidacy);
                Err(())
            }
        };
        node.answer = Some(granted);
    }

    fn answer(&mut self, at: usize) {
        let now = self.local(at);
        let node = &mut self.nodes[at];
        if let Some(granted) = node.answer.take() {
            let _ = node.tenure.answered(granted);
            node.follow_term(now);
        }
    }

    /// The node's own timer: late, if the node was frozen.
    fn lapse(&mut self, at: usize) {
        let now = self.local(at);
        let node = &mut self.nodes[at];
        if node.tenure.lapses().is_some_and(|end| end <= now) {
            node.tenure.lapse();
            node.follow_term(now);
        }
    }

    fn withdraw(&mut self, at: usize) {
        let now = self.local(at);
        let node = &mut self.nodes[at];
        node.tenure.wishes(Wish::Member);
        node.is_leaving = true;
        node.follow_term(now);
    }

    /// What it was asked to write and had not written is gone. It comes back as another node.
    fn crash(&mut self, at: usize) {
        self.truth.nodes_seen += 1;
        self.nodes[at].starts_anew(self.truth.nodes_seen);
    }

    fn change(&mut self, node: usize, agent: usize, change: step::Change) {
        if let Some(row) = self.truth.change(self.nodes[node].id, agent, change) {
            self.tell(node, &Commit::Agents(vec![row].into()));
        }
    }

    fn vanish(&mut self, agent: usize) {
        self.change(0, agent, step::Change::Leaves);
        for _ in 0..4 {
            for node in 0..NODES {
                self.renew_now(node);
                self.nodes[node].reconcile();
                for _ in 0..6 {
                    self.act();
                    let now = self.local(node);
                    self.nodes[node].read(&mut self.truth, now, 0, Fate::Well);
                }
            }
            self.wait(1_500);
        }
    }

    fn take_over(&mut self, node: usize) {
        self.wait(3_001);
        self.renew_now(node);
    }

    fn renew_now(&mut self, node: usize) {
        self.tick(node);
        self.renew(node, Fate::Well);
        self.answer(node);
    }

    fn commit(&mut self, at: usize, writes: usize, fate: Fate) -> Result<(), String> {
        let node = &mut self.nodes[at];
        let count = writes.min(node.queue.len());
        let writes: Vec<Write> = node.queue.drain(..count).collect();
        let now_ms = self.truth.clock_ms + node.wall_ms;
        let done = self.truth.commit(&writes, now_ms, fate)?;
        self.nodes[at].answers.extend(done.answers);
        done.commits.iter().for_each(|commit| self.tell(at, commit));
        Ok(())
    }

    /// Its own router, and by the link the others'.
    fn tell(&mut self, from: usize, commit: &Commit) {
        let hint = match commit {
            Commit::Entries(committed) if committed.standing_changed => {
                Some(truth::elsewhere(committed))
            }
            Commit::Agents(_) => Some(Commit::Settings),
            Commit::Entries(_)
            | Commit::Elsewhere(_)
            | Commit::Marks { .. }
            | Commit::Settings
            | Commit::Skipped(_)
            | Commit::Attached(_)
            | Commit::Lost
            | Commit::Queue(_) => None,
        };
        for (to, node) in self.nodes.iter_mut().enumerate() {
            if node.router.is_none() {
                continue;
            }
            if to == from {
                node.stream.push_back(commit.clone());
            } else if let Some(commit) = hint.clone() {
                self.link.push(Hint { to, commit });
            }
        }
    }

    fn hear(&mut self, which: usize, fate: Fate) {
        if self.link.is_empty() {
            return;
        }
        let hint = self.link.remove(which % self.link.len());
        match fate {
            Fate::Well => self.nodes[hint.to].stream.push_back(hint.commit),
            Fate::Fails => {}
            Fate::Unanswered => self.nodes[hint.to].stream.push_back(Commit::Lost),
            Fate::Twice => {
                self.nodes[hint.to].stream.push_back(hint.commit.clone());
                self.link.push(hint);
            }
        }
    }

    fn act(&mut self) {
        for node in &mut self.nodes {
            node.act(&mut self.random);
        }
    }
}
