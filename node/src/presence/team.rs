//! All agents' rows, kept fresh from commit notices and from reads of the store. Pure.

use crate::store::AgentRow;

use super::Roster;

/// The rows as far as this node knows. Notices come in commit order; a read may be older than a
/// notice that came while it ran, so those are laid over it.
#[derive(Default)]
pub(crate) struct Team {
    rows: Roster,
    /// What was noticed since the read under way began.
    noticed: Option<Vec<AgentRow>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    Changed,
    Unchanged,
}

impl Team {
    pub(crate) fn new(rows: Vec<AgentRow>) -> Team {
        Team { rows: by_id(rows), noticed: None }
    }

    pub(crate) fn rows(&self) -> &Roster {
        &self.rows
    }

    /// The journal committed these rows.
    pub(crate) fn notice(&mut self, rows: &[AgentRow]) -> Effect {
        if let Some(noticed) = &mut self.noticed {
            noticed.extend_from_slice(rows);
        }
        let mut change = Effect::Unchanged;
        for row in rows {
            if lay(&mut self.rows, row) == Effect::Changed {
                change = Effect::Changed;
            }
        }
        change
    }

    /// Rows of another source: taken only where their version says that they are newer.
    pub(crate) fn take_newer(&mut self, rows: &Roster) -> Effect {
        let known = |row: &&AgentRow| {
            self.rows.get(&row.id).is_some_and(|known| known.version >= row.version)
        };
        let newer: Vec<AgentRow> = rows.values().filter(|row| !known(row)).cloned().collect();
        self.notice(&newer)
    }

    /// To be called before the store is read.
    pub(crate) fn read_begins(&mut self) {
        self.noticed = Some(Vec::new());
    }

    /// What the read found: everything, so whoever is missing is gone.
    pub(crate) fn read(&mut self, rows: Vec<AgentRow>) -> Effect {
        let mut fresh = by_id(rows);
        for row in self.noticed.take().unwrap_or_default() {
            lay(&mut fresh, &row);
        }
        if fresh == self.rows {
            return Effect::Unchanged;
        }
        self.rows = fresh;
        Effect::Changed
    }
}

fn by_id(rows: Vec<AgentRow>) -> Roster {
    rows.into_iter().map(|row| (row.id, row)).collect()
}

/// A version only grows, so a lower one is an older row. At the same version the later notice
/// counts: slots do not change the version.
fn lay(rows: &mut Roster, row: &AgentRow) -> Effect {
    match rows.get(&row.id) {
        Some(known) if known == row || known.version > row.version => Effect::Unchanged,
        Some(_) | None => {
            rows.insert(row.id, row.clone());
            Effect::Changed
        }
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::AgentId;

    use super::*;

    fn row(id: u128, version: i64, active: u32) -> AgentRow {
        AgentRow {
            capacity: 3,
            active,
            version,
            present: true,
            ..AgentRow::new(AgentId(uuid::Uuid::from_u128(id)), "", "")
        }
    }

    fn active(team: &Team, id: u128) -> Option<u32> {
        team.rows().get(&AgentId(uuid::Uuid::from_u128(id))).map(|row| row.active)
    }

    #[test]
    fn a_notice_changes_its_rows_and_says_so() {
        let mut team = Team::new(vec![row(1, 1, 0), row(2, 1, 0)]);
        assert_eq!(team.notice(&[row(1, 1, 2)]), Effect::Changed);
        assert_eq!(team.notice(&[row(1, 1, 2)]), Effect::Unchanged);
        assert_eq!((active(&team, 1), active(&team, 2)), (Some(2), Some(0)));
    }

    #[test]
    fn what_was_noticed_while_the_store_was_read_is_laid_over_the_read() {
        let mut team = Team::new(vec![row(1, 1, 0)]);
        team.read_begins();
        team.notice(&[row(1, 1, 2), row(3, 1, 0)]);
        team.read(vec![row(1, 1, 0), row(2, 1, 0)]);
        assert_eq!(active(&team, 1), Some(2));
        assert_eq!((active(&team, 2), active(&team, 3)), (Some(0), Some(0)));
    }

    #[test]
    fn what_was_noticed_before_the_read_began_is_in_the_read() {
        let mut team = Team::new(vec![row(1, 1, 0)]);
        team.notice(&[row(1, 1, 2)]);
        team.read_begins();
        assert_eq!(team.read(vec![row(1, 1, 1)]), Effect::Changed);
        assert_eq!(active(&team, 1), Some(1));
    }

    #[test]
    fn a_notice_older_than_the_read_changes_nothing() {
        let mut team = Team::new(vec![]);
        team.read_begins();
        team.notice(&[row(1, 4, 2)]);
        team.read(vec![row(1, 5, 0)]);
        assert_eq!(active(&team, 1), Some(0));
    }

    #[test]
    fn who_is_missing_in_a_read_is_gone() {
        let mut team = Team::new(vec![row(1, 1, 0), row(2, 1, 0)]);
        team.read_begins();
        assert_eq!(team.read(vec![row(2, 1, 0)]), Effect::Changed);
        assert_eq!(active(&team, 1), None);
    }

    #[test]
    fn only_newer_rows_of_another_source_are_taken() {
        let mut team = Team::new(vec![row(1, 5, 2), row(2, 5, 2)]);
        let other = by_id(vec![row(1, 5, 0), row(2, 6, 0), row(3, 1, 1)]);
        assert_eq!(team.take_newer(&other), Effect::Changed);
        assert_eq!((active(&team, 1), active(&team, 2)), (Some(2), Some(0)));
        assert_eq!(active(&team, 3), Some(1));
        assert_eq!(team.take_newer(&other), Effect::Unchanged);
    }
}
