//! All agents side by side, each at a place that stays: what a decision asks of a thousand of them
//! is ready when one of them changes. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use salotto_protocol::people::HeldSkills;
use salotto_protocol::{AgentId, AgentStatus};

use super::bits::Bits;
use super::policy::Seen;
use crate::store::AgentRow;

#[derive(Default)]
pub(super) struct Field {
    places: HashMap<AgentId, usize>,
    seen: Vec<Seen>,
    skills: Vec<Arc<HeldSkills>>,
    /// Known, and to be trusted.
    there: Bits,
    /// Eligible, and Available.
    free: Bits,
    /// Eligible where availability is ignored (AS-6).
    free_or_away: Bits,
    /// Connected and Available, with room or without.
    here: Bits,
    /// Grows whenever somebody comes or has other skills: pools are made anew.
    shape: u64,
}

impl Field {
    /// An agent as they are now, with so many slots promised. Who is not trusted is not there.
    pub(super) fn put(&mut self, row: &AgentRow, promised: u32, is_trusted: bool) {
        let seen = Seen::new(row, promised);
        let place = match self.places.get(&row.id) {
            Some(place) => *place,
            None => self.add(row),
        };
        if *self.skills[place] != *row.skills {
            self.skills[place] = row.skills.clone();
            self.shape += 1;
        }
        self.seen[place] = seen;
        let is_here = seen.present && seen.status == AgentStatus::Available;
        self.there.put(place, is_trusted);
        self.free.put(place, is_trusted && seen.is_eligible(false));
        self.free_or_away.put(place, is_trusted && seen.is_eligible(true));
        self.here.put(place, is_trusted && is_here && seen.barred.is_none());
    }

    /// Whoever is not among these is no more.
    pub(super) fn keep(&mut self, is_known: impl Fn(&AgentId) -> bool) {
        for (agent, place) in &self.places {
            if !is_known(agent) {
                let sets =
                    [&mut self.there, &mut self.free, &mut self.free_or_away, &mut self.here];
                sets.into_iter().for_each(|set| set.put(*place, false));
            }
        }
    }

    pub(super) fn seen(&self, place: usize) -> Seen {
        self.seen[place]
    }

    pub(super) fn of(&self, agent: AgentId) -> Option<Seen> {
        let place = *self.places.get(&agent)?;
        self.there.has(place).then(|| self.seen[place])
    }

    /// For a pool: at which place who stands.
    pub(super) fn place(&self, agent: AgentId) -> Option<usize> {
        self.places.get(&agent).copied()
    }

    pub(super) fn there(&self) -> &Bits {
        &self.there
    }

    pub(super) fn free(&self, ignores_availability: bool) -> &Bits {
        if ignores_availability { &self.free_or_away } else { &self.free }
    }

    pub(super) fn here(&self) -> &Bits {
        &self.here
    }

    pub(super) fn shape(&self) -> u64 {
        self.shape
    }

    fn add(&mut self, row: &AgentRow) -> usize {
        let place = self.seen.len();
        self.places.insert(row.id, place);
        self.seen.push(Seen::new(row, 0));
        self.skills.push(row.skills.clone());
        self.shape += 1;
        place
    }
}
