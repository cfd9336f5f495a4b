//! Follows the working hours of agents: when they turn, so does the status, once (AV-32, AV-33).
//!
//! Done by the node that has the router's lease. Two that believe in theirs do no harm: a turn
//! names how far the hours had been followed, and the second one finds them followed further.

use std::collections::HashMap;
use std::time::Duration;

use salotto_protocol::{AgentId, AgentStatus};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::clock::Clock;
use crate::hours::{Hours, Turn};
use crate::journal::{Change, Journal};
use crate::store::{Store, StoreError, Term, WorkingHoursRow};

/// How late a status may turn. Costs the node with the lease one small query.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Goes on until the node leaves.
pub(super) async fn follow(
    store: Store,
    journal: Journal,
    mut term: watch::Receiver<Option<Term>>,
    clock: Clock,
) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shifts = Shifts::default();
    while term.wait_for(Option::is_some).await.is_ok() {
        looks.tick().await;
        if let Err(error) = look(&store, &journal, &mut shifts, clock).await {
            tracing::warn!(%error, "working hours are followed later: the store is slow or failed");
        }
    }
}

async fn look(
    store: &Store,
    journal: &Journal,
    shifts: &mut Shifts,
    clock: Clock,
) -> Result<(), StoreError> {
    let rows = store.all_working_hours().await?;
    for change in shifts.due(rows, clock.now_ms()) {
        journal.change(change).await?;
    }
    Ok(())
}

/// When each agent's hours turn next, so that a look costs next to nothing.
#[derive(Default)]
struct Shifts(HashMap<AgentId, Shift>);

struct Shift {
    row: WorkingHoursRow,
    hours: Option<Hours>,
    next_ms: Option<i64>,
}

impl Shifts {
    /// Forgets who has no hours any more.
    fn due(&mut self, rows: Vec<WorkingHoursRow>, now_ms: i64) -> Vec<Change> {
        let mut former = std::mem::take(&mut self.0);
        let mut due = Vec::new();
        for row in rows {
            let known = former.remove(&row.agent).filter(|shift| shift.row == row);
            let shift = known.unwrap_or_else(|| Shift::new(row));
            due.extend(shift.turn(now_ms));
            self.0.insert(shift.row.agent, shift);
        }
        due
    }
}

impl Shift {
    fn new(row: WorkingHoursRow) -> Shift {
        let hours = Hours::of_agent(&row.hours).inspect_err(|error| {
            tracing::warn!(agent = %row.agent, %error, "an agent's hours cannot be read");
        });
        let hours = hours.ok();
        let next = hours.as_ref().and_then(|hours| hours.next_turn(row.followed_ms));
        Shift { row, hours, next_ms: next.map(|turn| turn.at_ms) }
    }

    /// Of several that were missed only the last one counts.
    fn turn(&self, now_ms: i64) -> Option<Change> {
        let hours = self.hours.as_ref().filter(|_| self.next_ms.is_some_and(|at| at <= now_ms))?;
        let next = |turn: &Turn| hours.next_turn(turn.at_ms);
        let turns = std::iter::successors(hours.next_turn(self.row.followed_ms), next);
        let last = turns.take_while(|turn| turn.at_ms <= now_ms).last()?;
        Some(Change::Turn {
            agent: self.row.agent,
            status: if last.is_open { AgentStatus::Available } else { AgentStatus::Away },
            followed_ms: self.row.followed_ms,
            at_ms: last.at_ms,
        })
    }
}
