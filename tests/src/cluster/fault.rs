//! What can happen to a cluster: names and numbers, nothing that does it.

use std::fmt;

use super::Seed;

/// The numbers are those of the faults in `docs/failures.md`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// F1
    Killed(Whom),
    /// F2
    Frozen(Whom),
    /// F4: SIGTERM, and started again; several one after the other.
    Drained(Whom),
    /// F7
    RedisKilled,
    /// F11
    RedisFrozen,
    /// F16
    RedisFlushed,
    /// F16
    RedisRefuses,
    /// F13, F15: every connection of subscribers is ended.
    RedisThrowsOut,
    /// F8: every other hint is lost, and the link seems well.
    HintsLost(Whom),
    /// F9, F10: hints come again, late and in another order.
    HintsRepeated,
    /// F12: connected, and deaf.
    Muffled(Whom),
    /// F12: connected to a Redis that nobody else uses.
    Astray(Whom),
    /// F17
    PostgresKilled,
    /// F19
    PostgresFrozen,
    /// F18
    BackendsEnded,
    /// F10, F11, F22 to F24
    Line(Place, Whom, Damage),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Whom {
    Node(usize),
    /// Whichever node it is at that moment.
    Router,
    All,
}

/// A way that leads to or from a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    Clients,
    Store,
    Link,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Damage {
    /// Every connection is reset; new ones pass.
    Cut,
    /// Taken and lost.
    BlackHole,
    /// The server is not heard.
    Deaf,
    /// The server does not hear.
    Mute,
    /// So late, and up to as much later again.
    SlowMs(u64),
}

/// Nodes of a cluster that these are drawn for.
const NODES: usize = 3;

impl Fault {
    /// Every kind once, the nodes drawn.
    pub fn every(seed: &mut Seed) -> Vec<Fault> {
        let mut node = || Whom::Node(seed.below(NODES));
        let line = Fault::Line;
        vec![
            Fault::Killed(node()),
            Fault::Killed(Whom::Router),
            Fault::Killed(Whom::All),
            Fault::Frozen(node()),
            Fault::Frozen(Whom::Router),
            Fault::Drained(node()),
            Fault::Drained(Whom::All),
            Fault::RedisKilled,
            Fault::RedisFrozen,
            Fault::RedisFlushed,
            Fault::RedisRefuses,
            Fault::RedisThrowsOut,
            Fault::HintsLost(Whom::All),
            Fault::HintsRepeated,
            Fault::Muffled(node()),
            Fault::Muffled(Whom::All),
            Fault::Astray(node()),
            Fault::PostgresKilled,
            Fault::PostgresFrozen,
            Fault::BackendsEnded,
            line(Place::Clients, Whom::All, Damage::Cut),
            line(Place::Clients, node(), Damage::BlackHole),
            line(Place::Clients, node(), Damage::Deaf),
            line(Place::Clients, node(), Damage::Mute),
            line(Place::Clients, Whom::All, Damage::SlowMs(150)),
            line(Place::Store, node(), Damage::Cut),
            line(Place::Store, node(), Damage::BlackHole),
            line(Place::Store, Whom::Router, Damage::BlackHole),
            line(Place::Store, node(), Damage::Deaf),
            line(Place::Store, node(), Damage::Mute),
            line(Place::Store, node(), Damage::SlowMs(40)),
            line(Place::Link, Whom::All, Damage::Cut),
            line(Place::Link, Whom::All, Damage::BlackHole),
            line(Place::Link, node(), Damage::BlackHole),
            line(Place::Link, node(), Damage::Deaf),
            line(Place::Link, node(), Damage::Mute),
            line(Place::Link, node(), Damage::SlowMs(800)),
            line(Place::Link, Whom::All, Damage::SlowMs(2_500)),
        ]
    }

    pub fn drawn(seed: &mut Seed) -> Fault {
        let every = Fault::every(seed);
        seed.one_of(&every)
    }

    /// How long it lasts at least to be felt, and at most to be survived within the limits.
    pub fn lasts_ms(self) -> (u64, u64) {
        match self {
            Fault::Killed(_) => (500, 6_000),
            // Three times the lease's 3 s.
            Fault::Frozen(_) => (1_000, 9_000),
            // They come back by themselves.
            Fault::Drained(_)
            | Fault::RedisFlushed
            | Fault::RedisThrowsOut
            | Fault::BackendsEnded => (300, 800),
            Fault::RedisKilled | Fault::RedisRefuses => (2_000, 6_000),
            Fault::RedisFrozen | Fault::Muffled(_) | Fault::Astray(_) => (3_500, 7_000),
            Fault::HintsLost(_) | Fault::HintsRepeated => (3_000, 7_000),
            Fault::PostgresKilled => (300, 3_000),
            Fault::PostgresFrozen => (1_000, 5_000),
            Fault::Line(_, _, Damage::Cut) => (300, 800),
            Fault::Line(Place::Store, _, _) => (1_500, 6_000),
            Fault::Line(Place::Clients | Place::Link, _, _) => (3_000, 6_000),
        }
    }

    /// Redis is a hint: its troubles excuse no delay beyond that of a link that is not trusted.
    pub fn excuses_delays(self) -> bool {
        match self {
            Fault::Killed(_)
            | Fault::Frozen(_)
            | Fault::Drained(_)
            | Fault::PostgresKilled
            | Fault::PostgresFrozen
            | Fault::BackendsEnded
            | Fault::Line(Place::Clients | Place::Store, _, _) => true,
            Fault::RedisKilled
            | Fault::RedisFrozen
            | Fault::RedisFlushed
            | Fault::RedisRefuses
            | Fault::RedisThrowsOut
            | Fault::HintsLost(_)
            | Fault::HintsRepeated
            | Fault::Muffled(_)
            | Fault::Astray(_)
            | Fault::Line(Place::Link, _, _) => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Killed(whom) => write!(f, "F1 kill {whom}"),
            Fault::Frozen(whom) => write!(f, "F2 freeze {whom}"),
            Fault::Drained(whom) => write!(f, "F4 drain {whom}"),
            Fault::RedisKilled => write!(f, "F7 kill Redis"),
            Fault::RedisFrozen => write!(f, "F11 freeze Redis"),
            Fault::RedisFlushed => write!(f, "F16 flush Redis"),
            Fault::RedisRefuses => write!(f, "F16 Redis refuses to publish"),
            Fault::RedisThrowsOut => write!(f, "F15 Redis ends all subscribers"),
            Fault::HintsLost(whom) => write!(f, "F8 every other hint to {whom} lost"),
            Fault::HintsRepeated => write!(f, "F9 hints come again, late and mixed up"),
            Fault::Muffled(whom) => write!(f, "F12 {whom} deaf"),
            Fault::Astray(whom) => write!(f, "F12 {whom} on another Redis"),
            Fault::PostgresKilled => write!(f, "F17 kill PostgreSQL"),
            Fault::PostgresFrozen => write!(f, "F19 freeze PostgreSQL"),
            Fault::BackendsEnded => write!(f, "F18 end all backends"),
            Fault::Line(place, whom, damage) => {
                let place = match place {
                    Place::Clients => "clients",
                    Place::Store => "store",
                    Place::Link => "link",
                };
                write!(f, "F22 {place} of {whom}: {damage:?}")
            }
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whom::Node(at) => write!(f, "node {at}"),
            Whom::Router => write!(f, "the router"),
            Whom::All => write!(f, "all"),
        }
    }
}
