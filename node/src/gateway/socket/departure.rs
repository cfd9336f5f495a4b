//! Who is sent away when, while a node drains: each socket once, spread over a window, visitors
//! before agents. Pure.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use crate::fanout::SocketId;

#[derive(Default)]
pub(super) struct Departure {
    has_begun: bool,
    /// Told already, or in their time.
    known: HashSet<SocketId>,
    /// From the beginning on, the next one first.
    planned: VecDeque<(Duration, SocketId)>,
}

impl Departure {
    /// Everybody who is here. Begun again, it is in a hurry: whoever was not told yet is told
    /// within the new window.
    pub(super) fn begin(
        &mut self,
        visitors: impl IntoIterator<Item = SocketId>,
        agents: impl IntoIterator<Item = SocketId>,
        window: Duration,
    ) {
        self.has_begun = true;
        let late: HashSet<SocketId> = self.planned.drain(..).map(|(_, socket)| socket).collect();
        self.known.retain(|socket| !late.contains(socket));
        self.plan(visitors, Duration::ZERO, window * 4 / 5);
        self.plan(agents, window * 4 / 5, window / 5);
    }

    fn plan(
        &mut self,
        sockets: impl IntoIterator<Item = SocketId>,
        from: Duration,
        window: Duration,
    ) {
        let fresh: Vec<_> = sockets.into_iter().filter(|it| self.known.insert(*it)).collect();
        let count = u32::try_from(fresh.len().max(1)).unwrap_or(u32::MAX);
        let step = window / count;
        let times = (0..count).map(|number| from + step * number);
        self.planned.extend(times.zip(fresh));
    }

    /// Somebody who comes. `true`: to be told at once.
    pub(super) fn joined(&mut self, socket: SocketId) -> bool {
        self.has_begun && self.known.insert(socket)
    }

    /// Whom to tell by now; some may be gone.
    pub(super) fn due(&mut self, since_begin: Duration) -> Vec<SocketId> {
        let due = self.planned.iter().take_while(|(at, _)| *at <= since_begin).count();
        self.planned.drain(..due).map(|(_, socket)| socket).collect()
    }

    pub(super) fn is_over(&self) -> bool {
        self.planned.is_empty()
    }
}
