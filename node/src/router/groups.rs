//! Inboxes, for conversations that were moved to another one than their chatflow's, and teams that
//! are meant by hand: who belongs to them, as sets of the router's places. Pure.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{AgentId, InboxId, TeamId};

use super::bits::Bits;
use super::field::Field;
use crate::presence::Roster;
use crate::store::{Settings, SlotKind, TeamRow};

#[derive(Default)]
pub(super) struct Groups {
    inboxes: HashMap<InboxId, Inbox>,
    teams: HashMap<TeamId, Team>,
    /// One that is not known here is too new to be for chosen ones.
    unknown: Inbox,
}

#[derive(Default)]
pub(super) struct Inbox {
    /// Of what its conversations take a slot (CAP-22).
    pub(super) kind: SlotKind,
    /// Who may be given them (PERM-5); `None`: everybody.
    chosen: Option<HashSet<AgentId>>,
    pub(super) members: Bits,
}

pub(super) struct Team {
    pub(super) name: String,
    /// Automatically it is these alone (PERM-4).
    mains: HashSet<AgentId>,
    pub(super) main_members: Bits,
}

impl Groups {
    /// Without places, until they are found.
    pub(super) fn of(settings: &Settings) -> Groups {
        let inbox = |id: InboxId| Inbox {
            kind: settings.slot_kind(id),
            chosen: settings.members(id),
            members: Bits::default(),
        };
        let team = |row: &TeamRow| Team {
            name: row.name.clone(),
            mains: row.main_members.iter().copied().collect(),
            main_members: Bits::default(),
        };
        Groups {
            inboxes: settings.inboxes.iter().map(|row| (row.id, inbox(row.id))).collect(),
            teams: settings.teams.iter().map(|row| (row.id, team(row))).collect(),
            unknown: Inbox::default(),
        }
    }

    pub(super) fn find_places(&mut self, rows: &Roster, field: &Field) {
        let places: Vec<(AgentId, usize)> =
            rows.keys().filter_map(|id| Some((*id, field.place(*id)?))).collect();
        for inbox in self.inboxes.values_mut().chain([&mut self.unknown]) {
            inbox.members = Bits::default();
            for (agent, place) in &places {
                let is_member = inbox.chosen.as_ref().is_none_or(|it| it.contains(agent));
                inbox.members.put(*place, is_member);
            }
        }
        for team in self.teams.values_mut() {
            team.main_members = Bits::default();
            for (agent, place) in &places {
                team.main_members.put(*place, team.mains.contains(agent));
            }
        }
    }

    pub(super) fn inbox(&self, id: InboxId) -> &Inbox {
        self.inboxes.get(&id).unwrap_or(&self.unknown)
    }

    /// `None`: it is no more, or too new to be known here. Then it is nobody.
    pub(super) fn team(&self, id: TeamId) -> Option<&Team> {
        self.teams.get(&id)
    }
}
