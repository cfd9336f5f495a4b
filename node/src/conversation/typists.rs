//! Who is typing, for sockets that join in the middle. No I/O.

use std::time::{Duration, Instant};

use salotto_protocol::{Author, Entry, Party, limits};

use super::handle::Follower;

const LAPSES: Duration = Duration::from_millis(limits::TYPING_LAPSES_MS);

#[derive(Default)]
pub(super) struct Typists {
    /// At most one for each author: the team's size bounds it.
    since: Vec<(Author, Instant)>,
}

impl Typists {
    pub(super) fn heard(&mut self, by: Author, on: bool, now: Instant) {
        self.since.retain(|(author, since)| !same(author, &by) && now - *since < LAPSES);
        if on {
            self.since.push((by, now));
        }
    }

    /// What an author says ends their typing.
    pub(super) fn ended_by(&mut self, entries: &[Entry]) {
        self.since.retain(|(author, _)| !entries.iter().any(|entry| same(&entry.by, author)));
    }

    /// Those whom this follower is shown: never their own typing, and visitors only agents'.
    pub(super) fn shown_to(
        &self,
        follower: Follower,
        now: Instant,
    ) -> impl Iterator<Item = &Author> {
        self.since.iter().filter(move |(_, since)| now - *since < LAPSES).map(|(by, _)| by).filter(
            move |by| match (by, follower) {
                (Author::Agent { id, .. }, Follower::Agent { id: own, .. }) => *id != own,
                (Author::Agent { .. }, Follower::Visitor { .. }) => true,
                (Author::Visitor { .. } | Author::System, _) => follower.party() == Party::Team,
            },
        )
    }
}

fn same(one: &Author, other: &Author) -> bool {
    match (one, other) {
        (Author::Agent { id: one, .. }, Author::Agent { id: other, .. }) => one == other,
        (Author::Visitor { id: one }, Author::Visitor { id: other }) => one == other,
        (Author::System, Author::System) => true,
        (Author::Agent { .. } | Author::Visitor { .. } | Author::System, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{AgentId, SiteId, VisitorId};

    use super::*;

    fn ada() -> Author {
        Author::Agent { id: AgentId::fresh(), name: "Ada".to_owned() }
    }

    fn visitor() -> Follower {
        Follower::Visitor { id: VisitorId::fresh(), site: SiteId::fresh() }
    }

    #[test]
    fn typing_lapses_and_ends() {
        let (ada, now) = (ada(), Instant::now());
        let mut typists = Typists::default();
        typists.heard(ada.clone(), true, now);
        typists.heard(ada.clone(), true, now);
        assert_eq!(typists.shown_to(visitor(), now).count(), 1);
        assert_eq!(typists.shown_to(visitor(), now + LAPSES).count(), 0);
        typists.heard(ada, false, now);
        assert_eq!(typists.shown_to(visitor(), now).count(), 0);
    }

    #[test]
    fn visitors_are_not_shown_the_visitor() {
        let now = Instant::now();
        let mut typists = Typists::default();
        typists.heard(Author::Visitor { id: VisitorId::fresh() }, true, now);
        assert_eq!(typists.shown_to(visitor(), now).count(), 0);
    }
}
