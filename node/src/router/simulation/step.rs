//! What may happen in a schedule of lease and router.

use super::NODES;
use super::people::{AGENTS, Said};
use crate::simulation::Random;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// By the store's clock.
    Wait {
        ms: u64,
    },
    /// It is time to renew.
    Tick {
        node: usize,
    },
    Renew {
        node: usize,
        fate: Fate,
    },
    Answer {
        node: usize,
    },
    Lapse {
        node: usize,
    },
    Withdraw {
        node: usize,
    },
    Crash {
        node: usize,
    },
    /// The node's wall clock is wrong by so many hours (F35).
    SetClock {
        node: usize,
        hours: i64,
    },
    /// Visitors and agents ask a node for something.
    Say {
        node: usize,
        what: Said,
    },
    Change {
        node: usize,
        agent: usize,
        change: Change,
    },
    Commit {
        node: usize,
        writes: usize,
        fate: Fate,
    },
    Hear {
        which: usize,
        fate: Fate,
    },
    Take {
        node: usize,
    },
    /// The stream of commits was full.
    Skip {
        node: usize,
    },
    Read {
        node: usize,
        which: usize,
        fate: Fate,
    },
    Ended {
        node: usize,
    },
    Timer {
        node: usize,
        which: usize,
    },
    /// The read that comes every two seconds.
    Reconcile {
        node: usize,
    },
    /// An agent goes, and the router sees that for all of the grace; nothing is written.
    /// The router frees the slots that it believes nobody uses.
    Sweep {
        node: usize,
    },
    Vanish {
        agent: usize,
    },
    /// The router is frozen for so long that another node takes over.
    TakeOver {
        node: usize,
    },
    /// All goes well for so long.
    Round {
        ms: u64,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Well,
    Fails,
    /// Done, and whoever asked does not hear of it.
    Unanswered,
    /// Done, and done again: it was not known whether it had been.
    Twice,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Comes,
    Leaves,
    /// Away and back.
    Turns,
    Capacity(u32),
}

#[derive(Clone, Copy)]
enum Word {
    Wait,
    Tick,
    Renew,
    Answer,
    Lapse,
    Withdraw,
    Crash,
    SetClock,
    Say,
    Change,
    Commit,
    Hear,
    Take,
    Skip,
    Read,
    Ended,
    Timer,
    Reconcile,
    Sweep,
    Vanish,
    TakeOver,
    Round,
}

/// How often each comes.
const WORDS: &[(usize, Word)] = &[
    (20, Word::Wait),
    (20, Word::Tick),
    (20, Word::Renew),
    (20, Word::Answer),
    (6, Word::Lapse),
    (2, Word::Withdraw),
    (3, Word::Crash),
    (3, Word::SetClock),
    (60, Word::Say),
    (16, Word::Change),
    (50, Word::Commit),
    (16, Word::Hear),
    (40, Word::Take),
    (2, Word::Skip),
    (40, Word::Read),
    (24, Word::Ended),
    (10, Word::Timer),
    (10, Word::Reconcile),
    (8, Word::Sweep),
    (6, Word::Vanish),
    (5, Word::TakeOver),
    (12, Word::Round),
];

impl Step {
    pub(super) fn any(random: &mut Random) -> Step {
        let (node, which) = (random.weighted(&[(4, 0), (3, 1), (1, NODES - 1)]), random.below(6));
        let agent = random.below(AGENTS);
        match random.weighted(WORDS) {
            Word::Wait => Step::Wait { ms: [10, 100, 500, 1_000, 3_000, 6_000][which] },
            Word::Tick => Step::Tick { node },
            Word::Renew => Step::Renew { node, fate: fate(random) },
            Word::Answer => Step::Answer { node },
            Word::Lapse => Step::Lapse { node },
            Word::Withdraw => Step::Withdraw { node },
            Word::Crash => Step::Crash { node },
            Word::SetClock => Step::SetClock { node, hours: [-1, 0, 1][random.below(3)] },
            Word::Say => Step::Say { node, what: Said::any(random) },
            Word::Change => Step::Change { node, agent, change: change(random) },
            Word::Commit => Step::Commit { node, writes: 1 + which, fate: fate(random) },
            Word::Hear => Step::Hear { which, fate: fate(random) },
            Word::Take => Step::Take { node },
            Word::Skip => Step::Skip { node },
            Word::Read => Step::Read { node, which, fate: fate(random) },
            Word::Ended => Step::Ended { node },
            Word::Timer => Step::Timer { node, which },
            Word::Reconcile => Step::Reconcile { node },
            Word::Sweep => Step::Sweep { node },
            Word::Vanish => Step::Vanish { agent },
            Word::TakeOver => Step::TakeOver { node },
            Word::Round => Step::Round { ms: [0, 250, 1_000][random.below(3)] },
        }
    }
}

fn fate(random: &mut Random) -> Fate {
    let fates = [(9, Fate::Well), (1, Fate::Fails), (1, Fate::Unanswered), (1, Fate::Twice)];
    random.weighted(&fates)
}

fn change(random: &mut Random) -> Change {
    let capacity = u32::try_from(random.below(4)).expect("a small number");
    let changes = [
        (3, Change::Comes),
        (3, Change::Leaves),
        (2, Change::Turns),
        (2, Change::Capacity(capacity)),
    ];
    random.weighted(&changes)
}
