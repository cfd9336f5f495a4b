//! Who watches which board: the registry's memory. Pure.

use std::collections::HashMap;

use salotto_protocol::InboxId;
use salotto_protocol::limits::BOARDS_MAX;

use crate::fanout::SocketId;

/// Numbers every watching: what a board says of an earlier one means nothing any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct WatchNumber(u64);

/// The outboxes are kept here and not with the board's actor, so that none is lost with it.
pub(super) struct Watchers<T> {
    last: u64,
    boards: HashMap<InboxId, HashMap<SocketId, Watcher<T>>>,
}

#[derive(Clone)]
pub(super) struct Watcher<T> {
    pub(super) number: WatchNumber,
    pub(super) outbox: T,
}

impl<T: Clone> Watchers<T> {
    pub(super) fn new() -> Watchers<T> {
        Watchers { last: 0, boards: HashMap::new() }
    }

    /// Takes the place of an earlier watching of the same board. `None`: too many boards.
    pub(super) fn add(
        &mut self,
        inbox: InboxId,
        socket: SocketId,
        outbox: T,
    ) -> Option<Watcher<T>> {
        let others = self.boards.iter().filter(|(it, _)| **it != inbox);
        if others.filter(|(_, all)| all.contains_key(&socket)).count() >= BOARDS_MAX {
            return None;
        }
        self.last += 1;
        let watcher = Watcher { number: WatchNumber(self.last), outbox };
        self.boards.entry(inbox).or_default().insert(socket, watcher.clone());
        Some(watcher)
    }

    /// One watching has ended. True if nobody looks at that board now.
    pub(super) fn remove(&mut self, inbox: InboxId, socket: SocketId, number: WatchNumber) -> bool {
        let Some(watchers) = self.boards.get_mut(&inbox) else { return false };
        if watchers.get(&socket).is_none_or(|watcher| watcher.number != number) {
            return false;
        }
        watchers.remove(&socket);
        self.forget_if_empty(inbox)
    }

    /// A socket looks at nothing any more: the boards it looked at, and whether nobody does now.
    pub(super) fn remove_socket(&mut self, socket: SocketId) -> Vec<(InboxId, bool)> {
        let of_socket = |(inbox, all): (&InboxId, &mut HashMap<SocketId, Watcher<T>>)| {
            all.remove(&socket).map(|_| *inbox)
        };
        let inboxes: Vec<InboxId> = self.boards.iter_mut().filter_map(of_socket).collect();
        inboxes.into_iter().map(|inbox| (inbox, self.forget_if_empty(inbox))).collect()
    }

    /// Everybody who looks at a board.
    pub(super) fn of(&self, inbox: InboxId) -> Vec<(SocketId, Watcher<T>)> {
        let watchers = self.boards.get(&inbox).into_iter().flatten();
        watchers.map(|(socket, watcher)| (*socket, watcher.clone())).collect()
    }

    fn forget_if_empty(&mut self, inbox: InboxId) -> bool {
        let is_empty = self.boards.get(&inbox).is_some_and(HashMap::is_empty);
        if is_empty {
            self.boards.remove(&inbox);
        }
        is_empty
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ONE: SocketId = SocketId(1);
    const OTHER: SocketId = SocketId(2);

    fn inbox(number: u128) -> InboxId {
        InboxId(Uuid::from_u128(number))
    }

    fn add(watchers: &mut Watchers<&'static str>, on: u128, socket: SocketId) -> WatchNumber {
        watchers.add(inbox(on), socket, "outbox").expect("not too many").number
    }

    #[test]
    fn a_board_is_empty_when_its_last_watcher_is_gone() {
        let mut watchers = Watchers::new();
        let one = add(&mut watchers, 1, ONE);
        let other = add(&mut watchers, 1, OTHER);
        assert!(!watchers.remove(inbox(1), ONE, one));
        assert!(watchers.remove(inbox(1), OTHER, other));
        assert!(watchers.boards.is_empty());
    }

    #[test]
    fn what_a_board_says_of_an_earlier_watching_means_nothing() {
        let mut watchers = Watchers::new();
        let first = add(&mut watchers, 1, ONE);
        add(&mut watchers, 1, ONE);
        assert!(!watchers.remove(inbox(1), ONE, first));
        assert_eq!(watchers.of(inbox(1)).len(), 1);
    }

    #[test]
    fn a_socket_that_goes_leaves_every_board() {
        let mut watchers = Watchers::new();
        add(&mut watchers, 1, ONE);
        add(&mut watchers, 2, ONE);
        add(&mut watchers, 2, OTHER);
        let mut left = watchers.remove_socket(ONE);
        left.sort_unstable_by_key(|(inbox, _)| *inbox);
        assert_eq!(left, [(inbox(1), true), (inbox(2), false)]);
        assert!(watchers.remove_socket(ONE).is_empty());
    }

    #[test]
    fn a_socket_cannot_watch_any_number_of_boards() {
        let mut watchers = Watchers::new();
        for number in 0..BOARDS_MAX as u128 {
            add(&mut watchers, number, ONE);
        }
        assert!(watchers.add(inbox(99), ONE, "outbox").is_none());
        assert!(watchers.add(inbox(0), ONE, "outbox").is_some(), "again is not one more");
        assert!(watchers.add(inbox(99), OTHER, "outbox").is_some());
    }
}
