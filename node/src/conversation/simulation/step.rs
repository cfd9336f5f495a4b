//! What may happen in a schedule of the gap filler.

use crate::simulation::Random;

/// The visitor's two tabs, the agent, the stranger.
pub(super) const CLIENTS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Commit {
        node: usize,
        kind: Kind,
        entries: usize,
    },
    /// More than a socket is sent at once, and more than is held back for it.
    CommitMany {
        node: usize,
    },
    /// All that a node committed and was told comes where it should; nothing is read.
    Flow {
        node: usize,
    },
    /// Everything under way on a node comes to its end.
    Rest {
        node: usize,
    },
    Publish {
        node: usize,
        fate: Fate,
    },
    Send {
        node: usize,
        fate: Fate,
    },
    Hear {
        which: usize,
        fate: Fate,
    },
    Take {
        node: usize,
    },
    Read {
        node: usize,
        which: usize,
        fate: Fate,
    },
    Wait {
        ms: u64,
    },
    Retry {
        node: usize,
        which: usize,
    },
    Look {
        node: usize,
        suspect: bool,
    },
    Looked {
        node: usize,
        fate: Fate,
    },
    WriteAttachment {
        node: usize,
        fate: Fate,
    },
    LinkLost {
        node: usize,
    },
    Connect {
        client: usize,
        node: usize,
    },
    Attach {
        client: usize,
    },
    Detach {
        client: usize,
    },
    Break {
        client: usize,
    },
    EndGhosts {
        node: usize,
    },
    Receive {
        client: usize,
        frames: usize,
    },
    Page {
        client: usize,
    },
    Bury {
        node: usize,
    },
    Crash {
        node: usize,
    },
    Sweep {
        node: usize,
    },
    Restore {
        kept: usize,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Well,
    Fails,
    /// Done, and done or said again: a doubled hint, an answer that was lost.
    Twice,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Talk,
    /// Visitors do not see it.
    Comment,
    /// Changes what the head says.
    Status,
}

#[derive(Clone, Copy)]
enum Word {
    Commit,
    CommitMany,
    Flow,
    Rest,
    Publish,
    Send,
    Hear,
    Take,
    Read,
    Wait,
    Retry,
    Look,
    Looked,
    WriteAttachment,
    LinkLost,
    Connect,
    Attach,
    Detach,
    Break,
    EndGhosts,
    Receive,
    Page,
    Bury,
    Crash,
    Sweep,
    Restore,
}

/// How often each comes.
const WORDS: &[(usize, Word)] = &[
    (30, Word::Commit),
    (1, Word::CommitMany),
    (24, Word::Flow),
    (8, Word::Rest),
    (24, Word::Publish),
    (16, Word::Send),
    (24, Word::Hear),
    (30, Word::Take),
    (50, Word::Read),
    (8, Word::Wait),
    (6, Word::Retry),
    (8, Word::Look),
    (8, Word::Looked),
    (14, Word::WriteAttachment),
    (2, Word::LinkLost),
    (8, Word::Connect),
    (20, Word::Attach),
    (3, Word::Detach),
    (4, Word::Break),
    (3, Word::EndGhosts),
    (20, Word::Receive),
    (3, Word::Page),
    (4, Word::Bury),
    (2, Word::Crash),
    (2, Word::Sweep),
    (2, Word::Restore),
];

impl Step {
    pub(super) fn any(random: &mut Random) -> Step {
        // Mostly where something is going on already.
        let node = random.weighted(&[(3, 0), (3, 1), (2, 2)]);
        let client = random.below(CLIENTS);
        let which = random.below(8);
        match random.weighted(WORDS) {
            Word::Commit => Step::Commit { node, kind: kind(random), entries: 1 + random.below(3) },
            Word::CommitMany => Step::CommitMany { node },
            Word::Flow => Step::Flow { node },
            Word::Rest => Step::Rest { node },
            Word::Publish => Step::Publish { node, fate: fate(random) },
            Word::Send => Step::Send { node, fate: fate(random) },
            Word::Hear => Step::Hear { which, fate: fate(random) },
            Word::Take => Step::Take { node },
            Word::Read => Step::Read { node, which, fate: fate(random) },
            Word::Wait => Step::Wait { ms: [50, 250, 1_000, 2_000, 70_000][random.below(5)] },
            Word::Retry => Step::Retry { node, which },
            Word::Look => Step::Look { node, suspect: random.one_in(2) },
            Word::Looked => Step::Looked { node, fate: fate(random) },
            Word::WriteAttachment => Step::WriteAttachment { node, fate: fate(random) },
            Word::LinkLost => Step::LinkLost { node },
            Word::Connect => Step::Connect { client, node },
            Word::Attach => Step::Attach { client },
            Word::Detach => Step::Detach { client },
            Word::Break => Step::Break { client },
            Word::EndGhosts => Step::EndGhosts { node },
            Word::Receive => Step::Receive { client, frames: 1 + which },
            Word::Page => Step::Page { client },
            Word::Bury => Step::Bury { node },
            Word::Crash => Step::Crash { node },
            Word::Sweep => Step::Sweep { node },
            Word::Restore => Step::Restore { kept: which },
        }
    }
}

fn fate(random: &mut Random) -> Fate {
    random.weighted(&[(8, Fate::Well), (1, Fate::Fails), (1, Fate::Twice)])
}

fn kind(random: &mut Random) -> Kind {
    random.weighted(&[(6, Kind::Talk), (3, Kind::Comment), (1, Kind::Status)])
}
