//! What this node is attached to, and what of it the store has been told. Pure.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use crate::store::Subject;

/// A reload, or a visitor on a train, comes back to the same row.
const STAYS: Duration = Duration::from_secs(60);
/// Rows of one write: far below what a statement takes.
const CHANGES_MAX: usize = 1_000;

#[derive(Default)]
pub(crate) struct Attachments {
    lines: HashMap<Subject, Line>,
    /// To be written.
    fresh: HashSet<Subject>,
    /// Those without a socket, oldest first: each stays as long as the others.
    leaving: VecDeque<(Instant, Subject)>,
}

struct Line {
    wanted: bool,
    /// When its last socket went; a later one makes the earlier leaving void.
    left: Option<Instant>,
}

/// Rows to be written and deleted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Changes {
    pub(crate) come: Vec<Subject>,
    pub(crate) go: Vec<Subject>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.come.is_empty() && self.go.is_empty()
    }
}

impl Attachments {
    pub(crate) fn attach(&mut self, subject: Subject) {
        let known = self.lines.insert(subject, Line { wanted: true, left: None });
        if known.is_none() {
            self.fresh.insert(subject);
        }
    }

    pub(crate) fn detach(&mut self, subject: Subject, now: Instant) {
        let Some(line) = self.lines.get_mut(&subject).filter(|line| line.wanted) else { return };
        line.wanted = false;
        line.left = Some(now);
        let ends = match subject {
            // Whoever is the router now wants to hear alone.
            Subject::Queue => now,
            Subject::Conversation(_) | Subject::Inbox(_) | Subject::Agent(_) => now + STAYS,
        };
        match subject {
            Subject::Queue => self.leaving.push_front((ends, subject)),
            Subject::Conversation(_) | Subject::Inbox(_) | Subject::Agent(_) => {
                self.leaving.push_back((ends, subject));
            }
        }
    }

    pub(crate) fn is_attached(&self, subject: Subject) -> bool {
        self.lines.get(&subject).is_some_and(|line| line.wanted)
    }

    /// A hint was missed: maybe for want of this row.
    pub(crate) fn doubt(&mut self, subject: Subject) {
        if self.lines.get(&subject).is_some_and(|line| line.wanted) {
            self.fresh.insert(subject);
        }
    }

    /// The store has lost all rows of this node.
    pub(crate) fn forgotten(&mut self) {
        let wanted = self.lines.iter().filter(|(_, line)| line.wanted);
        self.fresh.extend(wanted.map(|(subject, _)| *subject));
    }

    /// What is to be written now; some of it, if it is much.
    pub(crate) fn due(&mut self, now: Instant) -> Changes {
        let come: Vec<Subject> = self.fresh.iter().take(CHANGES_MAX).copied().collect();
        self.fresh.retain(|subject| !come.contains(subject));
        let mut go = Vec::new();
        while go.len() < CHANGES_MAX
            && let Some((ends, subject)) = self.leaving.front().copied()
            && ends <= now
        {
            self.leaving.pop_front();
            let left = self.lines.get(&subject).and_then(|line| line.left);
            let is_over = left.is_some_and(|left| left + stay(subject) <= now);
            if is_over {
                self.lines.remove(&subject);
                go.push(subject);
            }
        }
        Changes { come: come.into_iter().filter(|it| !go.contains(it)).collect(), go }
    }

    /// It could not be written: once more.
    pub(crate) fn failed(&mut self, changes: Changes, now: Instant) {
        self.fresh.extend(changes.come);
        for subject in changes.go {
            let line = self.lines.entry(subject);
            if let Entry::Vacant(place) = line {
                place.insert(Line { wanted: true, left: None });
                self.detach(subject, now);
            }
        }
    }
}

fn stay(subject: Subject) -> Duration {
    match subject {
        Subject::Queue => Duration::ZERO,
        Subject::Conversation(_) | Subject::Inbox(_) | Subject::Agent(_) => STAYS,
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::InboxId;
    use uuid::Uuid;

    use super::*;

    fn inbox(number: u128) -> Subject {
        Subject::Inbox(InboxId(Uuid::from_u128(number)))
    }

    #[test]
    fn a_row_comes_once_and_goes_a_minute_after_the_last_socket() {
        let (now, mut all) = (Instant::now(), Attachments::default());
        all.attach(inbox(1));
        all.attach(inbox(1));
        assert_eq!(all.due(now).come, [inbox(1)]);
        all.detach(inbox(1), now);
        assert!(all.due(now + STAYS / 2).is_empty());
        assert_eq!(all.due(now + STAYS).go, [inbox(1)]);
        assert!(all.due(now + STAYS * 9).is_empty());
    }

    #[test]
    fn who_comes_back_keeps_the_row_and_has_the_whole_minute_again() {
        let (now, mut all) = (Instant::now(), Attachments::default());
        all.attach(inbox(1));
        all.due(now);
        all.detach(inbox(1), now);
        all.attach(inbox(1));
        assert!(all.due(now + STAYS).is_empty());
        all.detach(inbox(1), now + STAYS);
        assert!(all.due(now + STAYS + STAYS / 2).is_empty());
        assert_eq!(all.due(now + STAYS * 2).go, [inbox(1)]);
    }

    #[test]
    fn a_router_that_ended_is_heard_of_no_more() {
        let (now, mut all) = (Instant::now(), Attachments::default());
        all.attach(Subject::Queue);
        all.attach(inbox(1));
        all.due(now);
        all.detach(inbox(1), now);
        all.detach(Subject::Queue, now);
        assert_eq!(all.due(now).go, [Subject::Queue]);
    }

    #[test]
    fn what_could_not_be_written_or_was_lost_is_written_again() {
        let (now, mut all) = (Instant::now(), Attachments::default());
        all.attach(inbox(1));
        let changes = all.due(now);
        all.failed(changes, now);
        assert_eq!(all.due(now).come, [inbox(1)]);
        all.forgotten();
        assert_eq!(all.due(now).come, [inbox(1)]);
        all.doubt(inbox(1));
        all.doubt(inbox(2));
        assert_eq!(all.due(now).come, [inbox(1)]);
    }
}
