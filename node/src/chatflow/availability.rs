//! Whether a chatflow can be answered now, and what its visitors get (AV-1 to AV-14). Pure.

use std::sync::Arc;

use salotto_protocol::availability::{AvailabilityMode, AvailabilityNow, Measured, ReplyTime};
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::{AgentStatus, Availability};

use crate::hours::{BadHours, Hours};
use crate::presence::Roster;
use crate::store::{AgentRow, Assignees, ChatflowRow, Settings};

/// What a chatflow's settings say of agents and clock, made ready once.
#[derive(Debug)]
pub(super) struct Rule {
    settings: ChatflowSettings,
    /// Who could be given a conversation: the router's own answer.
    assignees: Arc<Assignees>,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Agents,
    /// Hours that cannot be read never open: they are checked when they are saved.
    Hours(Box<Result<Hours, BadHours>>),
    Always,
}

impl Rule {
    pub(super) fn new(all: &Settings, row: &ChatflowRow) -> Rule {
        let settings = &row.settings;
        let mode = match settings.availability.mode {
            AvailabilityMode::Agents => Mode::Agents,
            AvailabilityMode::Hours => {
                Mode::Hours(Box::new(Hours::of_chatflow(&settings.availability.hours)))
            }
            AvailabilityMode::Always => Mode::Always,
        };
        Rule { settings: settings.clone(), assignees: Arc::new(Assignees::of(all, row)), mode }
    }

    pub(super) fn assignees(&self) -> Arc<Assignees> {
        self.assignees.clone()
    }

    /// Stored by a release that knows other time zones, or by hand.
    pub(super) fn unreadable(&self) -> Option<&BadHours> {
        match &self.mode {
            Mode::Hours(hours) => hours.as_ref().as_ref().err(),
            Mode::Agents | Mode::Always => None,
        }
    }

    /// `reply_time`: how soon visitors were answered of late, if it is known.
    pub(super) fn now(
        &self,
        roster: &Roster,
        now_ms: i64,
        reply_time: Option<ReplyTime>,
    ) -> AvailabilityNow {
        let state = self.state(self.staff(roster), now_ms);
        let returns_at_ms = self.returns_at_ms(now_ms);
        self.settings.now(state, Measured { returns_at_ms, reply_time })
    }

    /// The first row that holds wins (AV-10 to AV-13).
    fn state(&self, staff: Staff, now_ms: i64) -> Availability {
        let is_closed = match &self.mode {
            Mode::Agents => matches!(staff, Staff::Nobody),
            Mode::Hours(_) => !self.hours().is_some_and(|hours| hours.is_open(now_ms)),
            Mode::Always => false,
        };
        match (&self.mode, staff) {
            _ if is_closed => Availability::Offline,
            (Mode::Agents | Mode::Hours(_), Staff::Nobody) => Availability::Away,
            (_, Staff::Full) => Availability::AtCapacity,
            (_, Staff::Free) | (Mode::Always, Staff::Nobody) => Availability::Available,
        }
    }

    /// Of those who could be given a conversation (AS-8, AV-14).
    fn staff(&self, roster: &Roster) -> Staff {
        let is_there = |row: &&AgentRow| row.status == AgentStatus::Available && row.present;
        let mut staff = Staff::Nobody;
        for agent in roster.values().filter(is_there) {
            if agent.seat.is_paid() && self.assignees.may_answer_someone(agent) {
                staff = Staff::Full;
                if agent.active < agent.capacity {
                    return Staff::Free;
                }
            }
        }
        staff
    }

    /// When the clock alone may change something.
    pub(super) fn next_turn_ms(&self, now_ms: i64) -> Option<i64> {
        self.hours().and_then(|hours| hours.next_turn(now_ms)).map(|turn| turn.at_ms)
    }

    /// AV-24. Hours that run past midnight have none.
    fn returns_at_ms(&self, now_ms: i64) -> Option<i64> {
        let hours = self.hours().filter(|hours| !hours.run_past_midnight());
        hours.and_then(|hours| hours.next_opening_ms(now_ms))
    }

    fn hours(&self) -> Option<&Hours> {
        match &self.mode {
            Mode::Hours(hours) => hours.as_ref().as_ref().ok(),
            Mode::Agents | Mode::Always => None,
        }
    }
}

/// Those whom the assignment rule names, taken together.
#[derive(Clone, Copy)]
enum Staff {
    /// Somebody is Available and has room.
    Free,
    /// All who are Available have as many conversations as they may.
    Full,
    /// Nobody is Available and present.
    Nobody,
}
