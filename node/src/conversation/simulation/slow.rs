//! The slow consumer: sockets that take nothing for a while, before a queue that is dropped.
//!
//! The queue is the outbox's own, and the conversation's side `Following` itself: what was lost is
//! attached again from where the reader stood.

use std::time::{Duration, Instant};

use salotto_protocol::{CloseCode, ConversationId, Cursor, Party, Seq};
use uuid::Uuid;

use super::client::Client;
use super::node::{Attach, Node, Sent};
use super::pipe::{Pipe, Pulled};
use super::step::{Fate, Kind};
use super::truth::Truth;
use super::{Follower, SITE, VISITOR};
use crate::fanout::{Place, SocketId};
use crate::simulation::{Random, World};

/// A tab of the visitor, and the agent.
const CLIENTS: usize = 2;
const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(1));
/// More than is ever under way at the end of a schedule.
const ROUNDS_MAX: usize = 400;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Commit {
        kind: Kind,
        entries: usize,
    },
    /// The node hears of what was committed.
    Hear,
    Read {
        which: usize,
        fate: Fate,
    },
    Retry,
    /// Marks rise: a frame beside the log.
    Mark,
    /// What was lost is attached again.
    Rejoin {
        client: usize,
    },
    /// The client takes so many bytes.
    Room {
        client: usize,
        bytes: usize,
    },
    /// The socket's task has its turn.
    Turn {
        client: usize,
    },
    Attach {
        client: usize,
    },
    Wait {
        seconds: u64,
    },
    /// The line's timer.
    Expire {
        client: usize,
    },
    Connect {
        client: usize,
    },
}

pub(crate) struct SlowConsumer {
    now: Instant,
    truth: Truth,
    node: Node,
    clients: Vec<Client>,
    pipes: Vec<Pipe>,
    sockets: u64,
    marked: u32,
    refills: u64,
    /// On their way from the sockets to the conversation.
    rejoining: Vec<(usize, SocketId, Place)>,
}

impl World for SlowConsumer {
    type Step = Step;

    const STEPS_MAX: usize = 60;

    fn new(_: u64) -> SlowConsumer {
        let agent = salotto_protocol::AgentId(Uuid::from_u128(3));
        let followers = [
            Follower::Visitor { id: VISITOR, site: SITE },
            Follower::Agent { id: agent, sees_all: false },
        ];
        let (now, truth) = (Instant::now(), Truth::new());
        let mut world = SlowConsumer {
            now,
            node: Node::new(truth.epoch),
            truth,
            clients: followers.into_iter().map(Client::new).collect(),
            pipes: (0..CLIENTS).map(|_| Pipe::new()).collect(),
            sockets: 0,
            marked: 0,
            refills: 0,
            rejoining: Vec::new(),
        };
        for client in 0..CLIENTS {
            world.connect(client);
            world.pipes[client].room = 200;
        }
        for _ in 0..9 {
            world.pass_on().expect("nothing has happened yet");
            world.node.read(&world.truth, 0, Fate::Well);
        }
        world
    }

    fn step(random: &mut Random) -> Step {
        let client = random.below(CLIENTS);
        let kind = random.weighted(&[(6, Kind::Talk), (3, Kind::Comment), (1, Kind::Status)]);
        let fate = random.weighted(&[(8, Fate::Well), (1, Fate::Fails)]);
        let bytes = [1, 20, 60, 200, 2_000][random.below(5)];
        let seconds = [1, 5, 31][random.below(3)];
        let steps = [
            (30, Step::Commit { kind, entries: 1 + random.below(4) }),
            (24, Step::Hear),
            (30, Step::Read { which: random.below(4), fate }),
            (2, Step::Retry),
            (4, Step::Mark),
            (16, Step::Rejoin { client }),
            (20, Step::Room { client, bytes }),
            (24, Step::Turn { client }),
            (3, Step::Attach { client }),
            (3, Step::Wait { seconds }),
            (3, Step::Expire { client }),
            (4, Step::Connect { client }),
        ];
        let weights: Vec<(usize, usize)> =
            steps.iter().zip(0..).map(|((weight, _), at)| (*weight, at)).collect();
        steps[random.weighted(&weights)].1.clone()
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Commit { kind, entries } => {
                let committed = self.truth.append(kind, entries);
                self.node.committed.push_back(committed.into());
            }
            Step::Hear => self.node.hear_all(self.now),
            Step::Read { which, fate } => self.node.read(&self.truth, which, fate),
            Step::Retry => self.node.retry(0),
            Step::Mark => {
                self.marked += 1;
                self.node.mark(Party::Team, Seq(self.marked));
            }
            Step::Rejoin { client } => self.rejoin(client),
            Step::Room { client, bytes } => self.pipes[client].room += bytes,
            Step::Turn { client } => self.turn(client)?,
            Step::Attach { client } => self.attach(client),
            Step::Wait { seconds } => self.now += Duration::from_secs(seconds),
            Step::Expire { client } => self.expire(client),
            Step::Connect { client } => self.connect(client),
        }
        self.pass_on()
    }

    fn heal(&mut self) -> Result<(), String> {
        for client in 0..CLIENTS {
            if self.clients[client].line().is_none() {
                self.connect(client);
            }
            self.pipes[client].room = usize::MAX;
        }
        for round in 0..ROUNDS_MAX {
            self.node.hear_all(self.now);
            self.node.read(&self.truth, 0, Fate::Well);
            self.node.retry(0);
            self.pass_on()?;
            for client in 0..CLIENTS {
                self.turn(client)?;
                self.rejoin(client);
                self.pass_on()?;
                // It was closed for its slowness: it comes back, and resumes.
                if self.clients[client].line().is_none() {
                    self.connect(client);
                    self.pipes[client].room = usize::MAX;
                }
            }
            let waits = self.pipes.iter().any(Pipe::is_behind);
            if round > 2 && self.node.is_quiet() && !waits && self.rejoining.is_empty() {
                break;
            }
        }
        for (number, client) in self.clients.iter().enumerate() {
            client.assert_whole(&self.truth).map_err(|it| format!("client {number}: {it}"))?;
        }
        Ok(())
    }

    fn sights(&self) -> u64 {
        self.refills
    }
}

impl SlowConsumer {
    /// A new line; what the old one held is gone with it.
    fn connect(&mut self, at: usize) {
        if let Some((_, socket)) = self.clients[at].line() {
            self.node.detach(socket);
        }
        self.clients[at].hang_up();
        self.sockets += 1;
        self.clients[at].connect(0, self.sockets);
        self.pipes[at] = Pipe::new();
        self.attach(at);
    }

    fn attach(&mut self, at: usize) {
        let client = &mut self.clients[at];
        if let Some((_, attach)) = client.attach() {
            self.node.attach(attach, self.truth.newest(client.view()));
        }
    }

    /// What the node gave out is offered to the queues.
    fn pass_on(&mut self) -> Result<(), String> {
        for (socket, sent) in self.node.act()? {
            let open = self.clients.iter().position(|it| it.socket() == Some(socket.0));
            let Some(at) = open else { continue };
            match sent {
                Sent::StartsAt(seq) => self.pipes[at].queue.start_at(place(seq)),
                Sent::Frame(frame, brings_to) => {
                    self.pipes[at].push(frame, brings_to.map(place), self.now);
                }
                // Not a frame: with a lost queue it would come too early.
                Sent::Live(_) => {}
                Sent::Refused => return Err("refused its own conversation".to_owned()),
            }
            self.pipes[at].assert_bounded()?;
        }
        for at in 0..CLIENTS {
            self.read_wire(at)?;
        }
        Ok(())
    }

    /// What the socket's task does: writes what can be written, refills.
    fn turn(&mut self, at: usize) -> Result<(), String> {
        let Some((_, socket)) = self.clients[at].line() else { return Ok(()) };
        match self.pipes[at].pull() {
            Pulled::Nothing => {}
            Pulled::Refill(places) => {
                self.refills += 1;
                self.rejoining.extend(places.into_iter().map(|place| (at, socket, place)));
            }
            Pulled::Closed => {
                self.read_wire(at)?;
                self.node.detach(socket);
                self.clients[at].hang_up();
            }
        }
        self.pass_on()
    }

    fn rejoin(&mut self, at: usize) {
        let found = self.rejoining.iter().position(|(client, ..)| *client == at);
        let Some((_, socket, place)) = found.map(|found| self.rejoining.remove(found)) else {
            return;
        };
        let client = &self.clients[at];
        // Of a line that has ended meanwhile: nobody is there any more.
        if client.line().is_some_and(|(_, open)| open == socket) {
            let epoch = Some(self.truth.epoch);
            let cursor = Cursor { conversation: place.conversation, epoch, seq: place.seq };
            let attach = Attach { follower: client.follower, socket, cursor };
            self.node.attach(attach, self.truth.newest(client.view()));
        }
    }

    /// Every whole frame that came out of the pipe.
    fn read_wire(&mut self, at: usize) -> Result<(), String> {
        for sent in self.pipes[at].frames()? {
            self.clients[at].arriving.push_back(sent);
            self.clients[at].receive(&self.truth).map_err(|it| format!("client {at}: {it}"))?;
        }
        Ok(())
    }

    /// As the outbox does it.
    fn expire(&mut self, at: usize) {
        let (pipe, now) = (&mut self.pipes[at], self.now);
        if pipe.queue.deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        if pipe.queue.is_closing() {
            pipe.queue.end();
            if let Some((_, socket)) = self.clients[at].line() {
                self.node.detach(socket);
            }
            self.clients[at].hang_up();
        } else {
            pipe.close(CloseCode::SlowConsumer, now);
        }
    }
}

fn place(seq: Seq) -> Place {
    Place { conversation: CONVERSATION, seq }
}
