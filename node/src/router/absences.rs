//! How long agents have been seen to be absent, without a break. Pure.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use salotto_protocol::AgentId;

use crate::store::AgentRow;

/// Between two reads. After a longer silence nobody knows who was here meanwhile.
const BLIND_MAX: Duration = Duration::from_secs(6);

#[derive(Default)]
pub(super) struct Absences {
    since: HashMap<AgentId, Absence>,
    read_at: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Absence {
    /// Coming and leaving raise it: who was here between two reads has another one.
    version: i64,
    since: Instant,
}

impl Absences {
    /// The store has answered a read that was begun at `asked`.
    pub(super) fn read(&mut self, agents: &[AgentRow], asked: Instant) {
        let is_blind = self.read_at.is_none_or(|last| asked.duration_since(last) > BLIND_MAX);
        let before = std::mem::take(&mut self.since);
        self.read_at = Some(asked);
        // Also of who has no slot taken: what nobody has answered may have lapsed.
        let absent = agents.iter().filter(|row| !row.present);
        self.since.extend(absent.map(|row| {
            let known = before.get(&row.id).filter(|it| it.version == row.version && !is_blind);
            let fresh = Absence { version: row.version, since: asked };
            (row.id, known.copied().unwrap_or(fresh))
        }));
    }

    /// The store did not answer: somebody may have come without being seen.
    pub(super) fn unread(&mut self) {
        self.since.clear();
    }

    /// Who was absent in every read of the grace.
    pub(super) fn longer_than(&self, grace: Duration) -> Vec<AgentId> {
        let Some(now) = self.read_at else { return Vec::new() };
        let is_over = |absence: &Absence| now.duration_since(absence.since) >= grace;
        self.since.iter().filter(|(_, it)| is_over(it)).map(|(agent, _)| *agent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::agent;
    use super::*;

    const GRACE: Duration = Duration::from_secs(4);

    fn absent(version: i64) -> Vec<AgentRow> {
        vec![AgentRow { present: false, active: 1, version, ..agent(1, 3) }]
    }

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn who_is_absent_in_every_read_of_the_grace_is_named() {
        let (start, mut absences) = (Instant::now(), Absences::default());
        for seconds in [0, 2] {
            absences.read(&absent(1), at(start, seconds));
            assert!(absences.longer_than(GRACE).is_empty());
        }
        absences.read(&absent(1), at(start, 4));
        assert_eq!(absences.longer_than(GRACE), [absent(1)[0].id]);
    }

    #[test]
    fn who_came_back_is_not() {
        let (start, mut absences) = (Instant::now(), Absences::default());
        absences.read(&absent(1), start);
        absences.read(&[agent(1, 3)], at(start, 2));
        absences.read(&absent(1), at(start, 4));
        assert!(absences.longer_than(GRACE).is_empty());
    }

    #[test]
    fn who_came_and_left_between_two_reads_has_the_whole_grace_again() {
        let (start, mut absences) = (Instant::now(), Absences::default());
        absences.read(&absent(1), start);
        absences.read(&absent(3), at(start, 2));
        absences.read(&absent(3), at(start, 5));
        assert!(absences.longer_than(GRACE).is_empty());
        absences.read(&absent(3), at(start, 6));
        assert_eq!(absences.longer_than(GRACE).len(), 1);
    }

    #[test]
    fn while_the_store_was_silent_nobody_was_seen_to_be_absent() {
        let (start, mut absences) = (Instant::now(), Absences::default());
        absences.read(&absent(1), start);
        absences.unread();
        absences.read(&absent(1), at(start, 5));
        assert!(absences.longer_than(GRACE).is_empty());

        absences.read(&absent(1), at(start, 12));
        assert!(absences.longer_than(GRACE).is_empty(), "nor while nobody asked");
    }
}
