//! The gap filler and attaching without a hole, among three nodes, a store and a link that fail.
//!
//! One conversation; two tabs of its visitor, an agent, and a visitor whom it is none of. What the
//! nodes do is `Following`, `Lookout`, `Reach` and `Attachments` themselves; all else is a model.

mod client;
mod healing;
mod node;
mod pipe;
mod slow;
mod step;
mod truth;

use std::sync::Arc;
use std::time::{Duration, Instant};

use salotto_protocol::{SiteId, VisitorId};
use uuid::Uuid;

use self::client::Client;
use self::node::{Node, Notice};
pub(crate) use self::slow::SlowConsumer;
use self::step::{Fate, Kind, Step};
use self::truth::Truth;
use super::Follower;
use crate::journal::Elsewhere;
use crate::simulation::{Random, World};

const NODES: usize = 3;
const VISITOR: VisitorId = VisitorId(Uuid::from_u128(1));
const STRANGER: VisitorId = VisitorId(Uuid::from_u128(2));
const SITE: SiteId = SiteId(Uuid::nil());

/// A hint on its way.
struct Hint {
    to: usize,
    told: Arc<Elsewhere>,
}

pub(crate) struct GapFiller {
    now: Instant,
    truth: Truth,
    nodes: Vec<Node>,
    link: Vec<Hint>,
    clients: Vec<Client>,
    sockets: u64,
    /// Whether hints under way are lost when all else heals.
    loses_at_last: bool,
}

impl World for GapFiller {
    type Step = Step;

    const STEPS_MAX: usize = 60;

    fn new(seed: u64) -> GapFiller {
        let followers = [
            Follower::Visitor { id: VISITOR, site: SITE },
            Follower::Visitor { id: VISITOR, site: SITE },
            Follower::Agent { id: salotto_protocol::AgentId(Uuid::from_u128(3)), sees_all: false },
            Follower::Visitor { id: STRANGER, site: SITE },
        ];
        let now = Instant::now();
        let truth = Truth::new();
        let mut world = GapFiller {
            now,
            nodes: (0..NODES).map(|_| Node::new(truth.epoch)).collect(),
            truth,
            link: Vec::new(),
            clients: followers.into_iter().map(Client::new).collect(),
            sockets: 0,
            loses_at_last: seed.is_multiple_of(2),
        };
        // In most of them the visitor and the agent are there already, on different nodes.
        if !seed.is_multiple_of(4) {
            for (client, node) in [(0, 0), (1, 1), (2, 1)] {
                world.connect(client, node);
                world.attach(client);
            }
            (0..2).for_each(|node| world.rest(node).expect("nothing has happened yet"));
        }
        world
    }

    fn step(random: &mut Random) -> Step {
        Step::any(random)
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Commit { node, kind, entries } => self.commit(node, kind, entries),
            Step::CommitMany { node } => {
                (0..30).for_each(|_| self.commit(node, Kind::Talk, 8));
            }
            Step::Flow { node } => return self.flow(node),
            Step::Rest { node } => return self.rest(node),
            Step::Publish { node, fate } => self.publish(node, fate),
            Step::Send { node, fate } => self.send(node, fate),
            Step::Hear { which, fate } => self.hear(which, fate),
            Step::Take { node } => self.nodes[node].take_notice(self.now),
            Step::Read { node, which, fate } => {
                self.nodes[node].read(&self.truth, which, fate);
            }
            Step::Wait { ms } => self.now += Duration::from_millis(ms),
            Step::Retry { node, which } => self.nodes[node].retry(which),
            Step::Look { node, suspect } => self.nodes[node].look(suspect, self.now),
            Step::Looked { node, fate } => self.looked(node, fate),
            Step::WriteAttachment { node, fate } => self.write_attachment(node, fate),
            Step::LinkLost { node } => self.nodes[node].hear_of_loss(),
            Step::Connect { client, node } => self.connect(client, node),
            Step::Attach { client } => self.attach(client),
            Step::Detach { client } => self.detach(client),
            Step::Break { client } => self.clients[client].hang_up(),
            Step::EndGhosts { node } => self.end_ghosts(node),
            Step::Receive { client, frames } => return self.receive(client, frames),
            Step::Page { client } => return self.page(client),
            Step::Bury { node } => self.nodes[node].bury_if_alone(self.now),
            Step::Crash { node } => self.crash(node),
            Step::Sweep { node } => self.sweep(node),
            Step::Restore { kept } => self.restore(kept),
        }
        self.pass_on()
    }

    fn heal(&mut self) -> Result<(), String> {
        self.heal_all()
    }

    fn sights(&self) -> u64 {
        self.clients.iter().map(|client| client.taken).sum()
    }
}

impl GapFiller {
    fn commit(&mut self, node: usize, kind: Kind, entries: usize) {
        let committed = self.truth.append(kind, entries);
        self.nodes[node].committed.push_back(Arc::new(committed));
    }

    fn flow(&mut self, node: usize) -> Result<(), String> {
        for _ in 0..self.nodes[node].committed.len() {
            self.publish(node, Fate::Well);
        }
        for _ in 0..self.nodes[node].outgoing.len() {
            self.send(node, Fate::Well);
        }
        let hints = std::mem::take(&mut self.link);
        let (here, others) = hints.into_iter().partition(|hint: &Hint| hint.to == node);
        self.link = others;
        let told = here.into_iter().map(|hint: Hint| Notice::Elsewhere(hint.told));
        self.nodes[node].notices.extend(told);
        for _ in 0..self.nodes[node].notices.len() {
            self.nodes[node].take_notice(self.now);
            self.pass_on()?;
        }
        Ok(())
    }

    fn rest(&mut self, node: usize) -> Result<(), String> {
        for _ in 0..healing::MOVES_MAX {
            self.flow(node)?;
            self.write_attachment(node, Fate::Well);
            self.looked(node, Fate::Well);
            self.nodes[node].read(&self.truth, 0, Fate::Well);
            self.pass_on()?;
            if self.nodes[node].is_quiet() {
                break;
            }
        }
        (0..step::CLIENTS).try_for_each(|client| self.receive(client, usize::MAX))
    }

    /// The journal tells its node and, by way of `send`, the others.
    fn publish(&mut self, at: usize, fate: Fate) {
        let node = &mut self.nodes[at];
        let Some(committed) = node.committed.pop_front() else { return };
        node.notices.push_back(match fate {
            Fate::Well => Notice::Committed(committed.clone()),
            // The stream was full, or whether it was written became known late.
            Fate::Fails | Fate::Twice => Notice::Skipped,
        });
        // Whoever sent it again is answered with its first result, and nobody is told.
        if fate != Fate::Twice {
            node.outgoing.push_back(committed);
        }
    }

    /// After the commit it is looked up who is attached.
    fn send(&mut self, from: usize, fate: Fate) {
        let Some(committed) = self.nodes[from].outgoing.pop_front() else { return };
        if fate == Fate::Fails {
            return;
        }
        let told = Arc::new(Elsewhere {
            conversation: committed.head.id,
            head: committed.head.seq,
            entries: committed.entries.clone(),
        });
        let attached = (0..NODES).filter(|to| *to != from && self.truth.attached[*to]);
        self.link.extend(attached.map(|to| Hint { to, told: told.clone() }));
    }

    /// In any order; perhaps not, or twice.
    fn hear(&mut self, which: usize, fate: Fate) {
        if self.link.is_empty() {
            return;
        }
        let hint = self.link.remove(which % self.link.len());
        if fate != Fate::Fails {
            self.nodes[hint.to].notices.push_back(Notice::Elsewhere(hint.told.clone()));
        }
        if fate == Fate::Twice {
            self.link.push(hint);
        }
    }

    fn looked(&mut self, node: usize, fate: Fate) {
        let reached = (fate != Fate::Fails).then_some(self.truth.head.seq);
        self.nodes[node].looked(reached, self.now);
    }

    fn write_attachment(&mut self, at: usize, fate: Fate) {
        let (node, now) = (&mut self.nodes[at], self.now);
        let changes = node.attachments.due(now);
        if changes == crate::journal::Changes::default() {
            return;
        }
        if fate != Fate::Fails {
            self.truth.attached[at] |= !changes.come.is_empty();
            self.truth.attached[at] &= changes.go.is_empty();
        }
        match fate {
            Fate::Well if !changes.come.is_empty() => node.notices.push_back(Notice::Attached),
            Fate::Well => {}
            Fate::Fails | Fate::Twice => node.attachments.failed(changes, now),
        }
    }

    fn connect(&mut self, client: usize, node: usize) {
        let client = &mut self.clients[client];
        client.hang_up();
        self.sockets += 1;
        client.connect(node, self.sockets);
    }

    fn attach(&mut self, client: usize) {
        let client = &mut self.clients[client];
        if let Some((node, attach)) = client.attach() {
            self.nodes[node].attach(attach, self.truth.newest(client.view()));
        }
    }

    fn detach(&mut self, client: usize) {
        if let Some((node, socket)) = self.clients[client].line() {
            self.nodes[node].detach(socket);
            self.clients[client].follows = false;
        }
    }

    /// The node notices that lines are dead.
    fn end_ghosts(&mut self, node: usize) {
        let alive: Vec<u64> = self.clients.iter().filter_map(Client::socket).collect();
        self.nodes[node].end_all_but(&alive);
    }

    fn receive(&mut self, client: usize, frames: usize) -> Result<(), String> {
        for _ in 0..frames.min(self.clients[client].arriving.len()) {
            self.clients[client]
                .receive(&self.truth)
                .map_err(|it| format!("client {client}: {it}"))?;
        }
        Ok(())
    }

    /// A page of history over HTTP.
    fn page(&mut self, client: usize) -> Result<(), String> {
        self.clients[client].page(&self.truth).map_err(|it| format!("client {client}: {it}"))
    }

    /// What the node gave out goes onto the lines.
    fn pass_on(&mut self) -> Result<(), String> {
        for node in &mut self.nodes {
            for (socket, sent) in node.act()? {
                let open = self.clients.iter_mut().find(|it| it.socket() == Some(socket.0));
                if let Some(client) = open {
                    client.arriving.push_back(sent);
                }
            }
        }
        Ok(())
    }

    /// What was in its memory is gone; what it had committed is not.
    fn crash(&mut self, at: usize) {
        self.nodes[at] = Node::new(self.truth.epoch);
        for client in &mut self.clients {
            if client.line().is_some_and(|(node, _)| node == at) {
                client.hang_up();
            }
        }
    }

    /// The node was silent for so long that the store forgot it, and now it hears so.
    fn sweep(&mut self, at: usize) {
        self.truth.attached[at] = false;
        self.nodes[at].attachments.forgotten();
    }

    /// A backup: all nodes start anew, with a new epoch.
    fn restore(&mut self, kept: usize) {
        self.truth.restore(kept);
        self.link.clear();
        (0..NODES).for_each(|node| self.crash(node));
    }
}
