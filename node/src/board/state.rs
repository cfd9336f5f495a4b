//! The live list of an inbox: its rows, and what its watchers have not yet been told. Pure.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{BoardRow, ConversationId, ConversationState};

use super::news::{Kind, News};
use super::row::row;
use crate::store::Head;

/// How many rows a list has at most: an agent does not read further, and a browser draws them all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) open: usize,
    pub(super) closed: usize,
}

/// A row's `seq` grows with every change of its conversation, so the higher one is the newer.
pub(super) struct List {
    limits: Limits,
    rows: HashMap<ConversationId, BoardRow>,
    news: News,
    /// What was committed since the read under way began.
    committed: Option<HashSet<ConversationId>>,
}

/// What the watchers are told next.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Delta {
    pub(super) rows: Vec<BoardRow>,
    pub(super) gone: Vec<ConversationId>,
}

impl List {
    pub(super) fn new(limits: Limits) -> List {
        List { limits, rows: HashMap::new(), news: News::default(), committed: None }
    }

    /// A conversation of this inbox was committed to.
    pub(super) fn commit(&mut self, head: &Head) {
        if let Some(committed) = &mut self.committed {
            committed.insert(head.id);
        }
        self.put(row(head));
        self.trim();
    }

    /// A conversation is in another inbox now.
    pub(super) fn left(&mut self, id: ConversationId) {
        if let Some(committed) = &mut self.committed {
            committed.insert(id);
        }
        if self.rows.contains_key(&id) {
            self.remove(id);
        }
    }

    /// To be called before the store is read.
    pub(super) fn read_begins(&mut self) {
        self.committed = Some(HashSet::new());
    }

    /// What the read found: the whole list, but for what was committed meanwhile.
    pub(super) fn read(&mut self, heads: &[Head]) {
        let committed = self.committed.take().unwrap_or_default();
        let found: HashSet<ConversationId> = heads.iter().map(|head| head.id).collect();
        let is_lost = |id: &&ConversationId| !found.contains(*id) && !committed.contains(*id);
        let lost: Vec<ConversationId> = self.rows.keys().filter(is_lost).copied().collect();
        lost.into_iter().for_each(|id| self.remove(id));
        for head in heads {
            // What left meanwhile has left.
            if !committed.contains(&head.id) || self.rows.contains_key(&head.id) {
                self.put(row(head));
            }
        }
        self.trim();
    }

    /// All rows, the latest activity first. Their changes not yet told come again in the next
    /// delta; rows are whole, so that does no harm.
    pub(super) fn whole(&self) -> Vec<BoardRow> {
        let mut rows: Vec<BoardRow> = self.rows.values().cloned().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(age(row)));
        rows
    }

    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// What changed since the last delta; of rows that only have another message, so many.
    pub(super) fn take_delta(&mut self, chatter_max: usize) -> Delta {
        let (changed, gone) = self.news.take(chatter_max);
        let rows = changed.iter().filter_map(|id| self.rows.get(id)).cloned().collect();
        Delta { rows, gone: gone.into_iter().collect() }
    }

    fn put(&mut self, row: BoardRow) {
        let id = row.conversation;
        let known = self.rows.get(&id);
        if known.is_some_and(|known| known.seq >= row.seq) {
            return;
        }
        self.news.changed(id, kind(known, &row));
        self.rows.insert(id, row);
    }

    fn remove(&mut self, id: ConversationId) {
        self.rows.remove(&id);
        self.news.went(id);
    }

    /// Drops what has been quiet for longest, of the closed and of the open for itself.
    fn trim(&mut self) {
        if self.rows.len() <= self.limits.closed.min(self.limits.open) {
            return;
        }
        for (closed, limit) in [(true, self.limits.closed), (false, self.limits.open)] {
            let of_kind = |row: &&BoardRow| (row.state == ConversationState::Closed) == closed;
            let mut excess = self.rows.values().filter(of_kind).count().saturating_sub(limit);
            while excess > 0
                && let Some(oldest) = self.rows.values().filter(of_kind).min_by_key(|it| age(it))
            {
                self.remove(oldest.conversation);
                excess -= 1;
            }
        }
    }
}

/// In a list that is full, a row that somebody has comes and goes with every message.
fn kind(known: Option<&BoardRow>, row: &BoardRow) -> Kind {
    let turned = known.map_or(row.state != ConversationState::Assigned, |known| {
        (known.state, known.assignee, known.team) != (row.state, row.assignee, row.team)
    });
    if turned { Kind::Turn } else { Kind::Chatter }
}

/// The order of the store's own list, so that both drop the same rows.
fn age(row: &BoardRow) -> (i64, ConversationId) {
    (row.last_at_ms, row.conversation)
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{ChatflowId, ConversationNumber, InboxId, Page, Seq, SiteId, VisitorId};
    use uuid::Uuid;

    use super::*;
    use ConversationState::{Closed, Unassigned};

    const LIMITS: Limits = Limits { open: 3, closed: 2 };

    fn id(number: u128) -> ConversationId {
        ConversationId(Uuid::from_u128(number))
    }

    fn head(number: u128, seq: u32, state: ConversationState, last_at_ms: i64) -> Head {
        Head {
            id: id(number),
            number: ConversationNumber(1),
            site: SiteId(Uuid::nil()),
            inbox: InboxId(Uuid::nil()),
            chatflow: ChatflowId(Uuid::nil()),
            visitor: VisitorId(Uuid::nil()),
            seq: Seq(seq),
            visitor_seq: Seq(seq),
            state,
            assignee: None,
            slot_agent: None,
            slot_excess: false,
            slot_ticket: false,
            active_at_ms: last_at_ms,
            assignment: 0,
            answered: false,
            beside: false,
            started_at_ms: 0,
            last_at_ms,
            waiting_since_ms: None,
            missed_at_ms: None,
            email: None,
            due_at_ms: None,
            started_on: Page::default(),
            preview: String::new(),
            preview_by: None,
            facts: Default::default(),
            team: None,
        }
    }

    /// A list that was read and told.
    fn list(heads: &[Head]) -> List {
        let mut list = List::new(LIMITS);
        list.read_begins();
        list.read(heads);
        list.take_delta(usize::MAX);
        list
    }

    fn rows(delta: &Delta) -> Vec<(ConversationId, u32)> {
        delta.rows.iter().map(|row| (row.conversation, row.seq.0)).collect()
    }

    fn whole(list: &List) -> Vec<ConversationId> {
        list.whole().iter().map(|row| row.conversation).collect()
    }

    #[test]
    fn the_whole_list_begins_with_the_latest_activity() {
        let list = list(&[head(1, 1, Unassigned, 10), head(2, 1, Unassigned, 30)]);
        assert_eq!(whole(&list), [id(2), id(1)]);
        assert!(!list.has_news());
    }

    #[test]
    fn many_commits_are_one_row_in_the_next_delta() {
        let mut list = list(&[head(1, 1, Unassigned, 10)]);
        (2..=9).for_each(|seq| list.commit(&head(1, seq, Unassigned, 20)));
        list.commit(&head(2, 1, Unassigned, 30));
        assert!(list.has_news());
        assert_eq!(rows(&list.take_delta(usize::MAX)), [(id(1), 9), (id(2), 1)]);
        assert_eq!(list.take_delta(usize::MAX), Delta::default());
    }

    #[test]
    fn an_older_commit_changes_nothing() {
        let mut list = list(&[head(1, 5, Unassigned, 10)]);
        list.commit(&head(1, 4, Closed, 9));
        assert!(!list.has_news());
    }

    #[test]
    fn a_read_tells_only_the_differences() {
        let mut list = list(&[
            head(1, 1, Unassigned, 10),
            head(2, 1, Unassigned, 20),
            head(3, 1, Unassigned, 30),
        ]);
        list.read_begins();
        list.read(&[head(1, 1, Unassigned, 10), head(2, 2, Unassigned, 25)]);
        let delta = list.take_delta(usize::MAX);
        assert_eq!(rows(&delta), [(id(2), 2)]);
        assert_eq!(delta.gone, [id(3)]);
    }

    #[test]
    fn what_was_committed_while_the_store_was_read_stays() {
        let mut list = list(&[head(1, 1, Unassigned, 10)]);
        list.read_begins();
        list.commit(&head(1, 2, Unassigned, 20));
        list.commit(&head(2, 1, Unassigned, 30));
        list.read(&[head(1, 1, Unassigned, 10)]);
        let delta = list.take_delta(usize::MAX);
        assert_eq!(rows(&delta), [(id(1), 2), (id(2), 1)]);
        assert!(delta.gone.is_empty());
        list.read_begins();
        list.read(&[head(1, 2, Unassigned, 20)]);
        assert_eq!(list.take_delta(usize::MAX).gone, [id(2)], "but only for that read");
    }

    #[test]
    fn what_left_while_the_store_was_read_does_not_come_back_with_it() {
        let mut list = list(&[head(1, 1, Unassigned, 10), head(2, 1, Unassigned, 20)]);
        list.read_begins();
        list.left(id(1));
        list.read(&[head(1, 1, Unassigned, 10), head(2, 1, Unassigned, 20)]);
        assert_eq!(list.take_delta(usize::MAX).gone, [id(1)]);
        assert_eq!(whole(&list), [id(2)]);
    }

    #[test]
    fn beyond_the_limit_the_oldest_closed_one_goes_and_the_open_ones_stay() {
        let mut list = list(&[head(1, 1, Unassigned, 1), head(2, 1, Closed, 10)]);
        list.commit(&head(3, 1, Closed, 20));
        list.commit(&head(4, 1, Closed, 30));
        let delta = list.take_delta(usize::MAX);
        assert_eq!(delta.gone, [id(2)]);
        assert_eq!(rows(&delta), [(id(3), 1), (id(4), 1)]);
        assert_eq!(whole(&list), [id(4), id(3), id(1)]);
    }

    #[test]
    fn beyond_the_limit_the_open_one_that_was_quiet_longest_goes_until_it_speaks_again() {
        let mut list = list(&[
            head(1, 1, Unassigned, 10),
            head(2, 1, Unassigned, 20),
            head(3, 1, Unassigned, 30),
        ]);
        list.commit(&head(4, 1, Unassigned, 40));
        assert_eq!(list.take_delta(usize::MAX).gone, [id(1)]);
        list.commit(&head(1, 2, Unassigned, 50));
        let delta = list.take_delta(usize::MAX);
        assert_eq!((rows(&delta), delta.gone), (vec![(id(1), 2)], vec![id(2)]));
    }

    #[test]
    fn a_row_that_went_and_came_back_between_two_deltas_is_not_gone() {
        let mut list = list(&[head(1, 1, Unassigned, 10)]);
        list.read_begins();
        list.read(&[]);
        list.commit(&head(1, 2, Unassigned, 20));
        let delta = list.take_delta(usize::MAX);
        assert_eq!((rows(&delta), delta.gone), (vec![(id(1), 2)], vec![]));
    }

    #[test]
    fn of_many_rows_with_another_message_some_are_told_and_then_the_others() {
        let mut list = list(&[head(1, 1, Unassigned, 10), head(2, 1, Unassigned, 20)]);
        list.commit(&head(2, 2, Unassigned, 30));
        list.commit(&head(1, 2, Unassigned, 40));
        list.commit(&head(2, 3, Unassigned, 50));
        assert_eq!(rows(&list.take_delta(1)), [(id(2), 3)], "it has waited longest");
        list.commit(&head(2, 4, Unassigned, 60));
        assert_eq!(rows(&list.take_delta(1)), [(id(1), 2)]);
        assert_eq!(rows(&list.take_delta(1)), [(id(2), 4)]);
        assert!(!list.has_news());
    }

    #[test]
    fn a_row_that_changes_hands_does_not_wait_for_the_others() {
        let mut list = list(&[head(1, 1, Unassigned, 10), head(2, 1, Unassigned, 20)]);
        list.commit(&head(1, 2, Unassigned, 30));
        list.commit(&head(2, 2, Closed, 40));
        list.commit(&head(3, 1, Unassigned, 50));
        assert_eq!(rows(&list.take_delta(0)), [(id(2), 2), (id(3), 1)]);
        assert_eq!(rows(&list.take_delta(1)), [(id(1), 2)]);
    }

    /// A watcher who takes the whole list and then every delta has the list.
    #[test]
    fn deltas_lead_every_watcher_to_the_same_list() {
        let mut random: u64 = 3;
        let mut store: HashMap<u128, Head> = HashMap::new();
        let mut list = list(&[]);
        let mut watcher: HashMap<ConversationId, BoardRow> = HashMap::new();
        for at_ms in 0..5_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (number, choice) = (u128::from((random >> 33) % 12), (random >> 50) % 8);
            let known = store.get(&number);
            let seq = known.map_or(1, |known| known.seq.0 + 1);
            let state = if choice % 2 == 0 { Closed } else { Unassigned };
            store.insert(number, head(number, seq, state, at_ms));
            if choice > 0 {
                list.commit(&store[&number]); // now and then a notice is lost
            }
            if choice == 1 {
                list.read_begins();
                list.read(&top(&store));
            }
            if choice < 3 {
                let delta = list.take_delta(usize::MAX);
                watcher.extend(delta.rows.into_iter().map(|row| (row.conversation, row)));
                delta.gone.iter().for_each(|id| drop(watcher.remove(id)));
                let rows = list.whole().into_iter().map(|row| (row.conversation, row));
                assert_eq!(watcher, rows.collect());
            }
        }
        list.read_begins();
        list.read(&top(&store));
        let expected: HashSet<ConversationId> = top(&store).iter().map(|head| head.id).collect();
        assert_eq!(whole(&list).into_iter().collect::<HashSet<_>>(), expected);
    }

    /// What the store answers for a board.
    fn top(store: &HashMap<u128, Head>) -> Vec<Head> {
        let mut heads: Vec<Head> = store.values().cloned().collect();
        heads.sort_by_key(|head| std::cmp::Reverse((head.last_at_ms, head.id)));
        let (closed, open): (Vec<Head>, Vec<Head>) =
            heads.into_iter().partition(|head| head.state == Closed);
        open.into_iter().take(LIMITS.open).chain(closed.into_iter().take(LIMITS.closed)).collect()
    }
}
