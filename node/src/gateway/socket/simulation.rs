//! Sockets that come and go while a node drains, through random schedules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use salotto_protocol::Party;

use super::departure::Departure;
use crate::fanout::SocketId;
use crate::simulation::{Random, World};

const WINDOW: Duration = Duration::from_secs(10);
const HURRY: Duration = Duration::from_millis(500);
/// How often the registry looks who is due.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Comes(Party),
    Goes(usize),
    Begins,
    Hurries,
    Passes(Duration),
}

/// A node that goes away.
pub(crate) struct Drain {
    departure: Departure,
    now: Duration,
    /// When it began, and how long it may take.
    begun: Option<(Duration, Duration)>,
    is_hurried: bool,
    came: u64,
    present: BTreeMap<u64, Party>,
    /// Visitors who were here when it began.
    first: BTreeSet<u64>,
    told: BTreeSet<u64>,
}

impl World for Drain {
    type Step = Step;

    const STEPS_MAX: usize = 40;

    fn new(seed: u64) -> Drain {
        let mut drain = Drain {
            departure: Departure::default(),
            now: Duration::ZERO,
            begun: None,
            is_hurried: false,
            came: 0,
            present: BTreeMap::new(),
            first: BTreeSet::new(),
            told: BTreeSet::new(),
        };
        let mut random = Random::new(seed);
        for _ in 0..random.below(30) {
            let party = if random.one_in(4) { Party::Team } else { Party::Visitor };
            drain.comes(party).expect("nothing has begun");
        }
        drain
    }

    fn step(random: &mut Random) -> Step {
        match random.below(10) {
            0 | 1 => Step::Comes(Party::Visitor),
            2 => Step::Comes(Party::Team),
            3 | 4 => Step::Goes(random.below(30)),
            5 => Step::Begins,
            6 if random.one_in(4) => Step::Hurries,
            _ => Step::Passes(LOOK * u32::try_from(random.below(60)).expect("a small number")),
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Comes(party) => self.comes(*party),
            Step::Goes(which) => {
                if let Some(socket) = self.present.keys().nth(*which).copied() {
                    self.present.remove(&socket);
                }
                Ok(())
            }
            Step::Begins if self.begun.is_none() => self.begin(WINDOW),
            Step::Hurries if self.begun.is_some() => {
                self.is_hurried = true;
                self.begin(HURRY)
            }
            Step::Begins | Step::Hurries => Ok(()),
            Step::Passes(time) => self.passes(*time),
        }
    }

    /// L5: at the end of the window everybody was told.
    fn heal(&mut self) -> Result<(), String> {
        if self.begun.is_none() {
            self.begin(WINDOW)?;
        }
        let (began, window) = self.begun.expect("it has begun");
        while self.now < began + window {
            self.passes(LOOK)?;
        }
        match self.present.keys().find(|socket| !self.told.contains(*socket)) {
            Some(socket) => Err(format!("L5: socket {socket} was not told")),
            None if !self.departure.is_over() => Err("L5: it goes on after the window".to_owned()),
            None => Ok(()),
        }
    }

    fn sights(&self) -> u64 {
        u64::from(!self.told.is_empty())
    }
}

impl Drain {
    fn comes(&mut self, party: Party) -> Result<(), String> {
        self.came += 1;
        self.present.insert(self.came, party);
        if self.departure.joined(SocketId(self.came)) { self.tell(self.came) } else { Ok(()) }
    }

    fn begin(&mut self, window: Duration) -> Result<(), String> {
        let of = |party: Party| {
            let these = self.present.iter().filter(move |(_, it)| **it == party);
            these.map(|(socket, _)| SocketId(*socket)).collect::<Vec<_>>()
        };
        let (visitors, agents) = (of(Party::Visitor), of(Party::Team));
        if self.begun.is_none() {
            self.first = visitors.iter().map(|socket| socket.0).collect();
        }
        self.departure.begin(visitors, agents, window);
        self.begun = Some((self.now, window));
        self.passes(Duration::ZERO)
    }

    /// In steps, as the registry looks.
    fn passes(&mut self, time: Duration) -> Result<(), String> {
        let end = self.now + time;
        loop {
            if let Some((began, window)) = self.begun {
                let due = self.departure.due(self.now - began);
                self.check_spread(&due, window)?;
                for socket in due {
                    if self.present.contains_key(&socket.0) {
                        self.tell(socket.0)?;
                    }
                }
            }
            if self.now >= end {
                return Ok(());
            }
            self.now += LOOK;
        }
    }

    /// One look takes no more than its share.
    fn check_spread(&self, due: &[SocketId], window: Duration) -> Result<(), String> {
        let visitors = due.iter().filter(|socket| self.first.contains(&socket.0)).count();
        let looks = (window * 4 / 5).as_millis() / LOOK.as_millis();
        let share = self.first.len().div_ceil(usize::try_from(looks).expect("some hundred")) + 1;
        if visitors > share {
            return Err(format!("{visitors} of {} visitors at once", self.first.len()));
        }
        Ok(())
    }

    fn tell(&mut self, socket: u64) -> Result<(), String> {
        if self.begun.is_none() {
            return Err(format!("socket {socket} was told before it began"));
        }
        if !self.told.insert(socket) {
            return Err(format!("socket {socket} was told twice"));
        }
        let is_agent = self.present.get(&socket) == Some(&Party::Team);
        let waits =
            |visitor: &u64| self.present.contains_key(visitor) && !self.told.contains(visitor);
        let was_planned = !self.is_hurried && self.was_here(socket);
        if is_agent && was_planned && self.first.iter().any(waits) {
            return Err(format!("agent {socket} was told before all visitors were"));
        }
        Ok(())
    }

    /// Here when it began.
    fn was_here(&self, socket: u64) -> bool {
        self.first.last().is_some_and(|last| socket <= *last)
    }
}
