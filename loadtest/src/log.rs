//! A receiver's log of one conversation, kept by the one rule of every receiver. It remembers
//! what it took, and what came that should not have come.

use salotto_protocol::{ConversationId, Seq};

use crate::payload::Who;

/// One side's sight of a conversation, across resumes.
#[derive(Debug)]
pub struct Log {
    pub conversation: ConversationId,
    pub last: Seq,
    /// In the order of `seq`.
    pub seen: Vec<Seen>,
    /// Unseen entries that came after their successors; the rule drops them.
    pub disordered: Vec<Seen>,
    /// The same `seq` came again with something else in it.
    pub conflicts: Vec<Seq>,
    /// The same came again and was dropped, as the rule says: harmless.
    pub repeats: u32,
    pub gaps: u32,
    pub resets: u32,
    /// A part was read in another view: holes in `seq` mean nothing.
    pub patched: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seen {
    pub seq: Seq,
    pub what: What,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// Which of our messages.
    Ours { who: Who, n: u32 },
    /// A message that nobody here wrote, or one of another conversation.
    Foreign,
    /// Anything else: a welcome, an assignment, a status.
    Other,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    Taken,
    Dropped,
    /// Something is missing before it: read the gap.
    Gap,
}

impl Log {
    pub fn new(conversation: ConversationId) -> Log {
        Log {
            conversation,
            last: Seq(0),
            seen: Vec::new(),
            disordered: Vec::new(),
            conflicts: Vec::new(),
            repeats: 0,
            gaps: 0,
            resets: 0,
            patched: false,
        }
    }

    /// `after <= last < seq` take; `seq <= last` drop; `after > last` a gap.
    pub fn offer(&mut self, after: Seq, seen: Seen) -> Step {
        if seen.seq <= self.last {
            self.dropped(seen);
            Step::Dropped
        } else if after > self.last {
            self.gaps += 1;
            Step::Gap
        } else {
            self.seen.push(seen);
            self.last = seen.seq;
            Step::Taken
        }
    }

    /// The store has another past now: forget everything.
    pub fn reset(&mut self) {
        self.seen.clear();
        self.last = Seq(0);
        self.resets += 1;
    }

    fn dropped(&mut self, again: Seen) {
        match self.seen.binary_search_by_key(&again.seq, |it| it.seq) {
            Ok(at) if self.seen[at] == again => self.repeats += 1,
            Ok(_) => self.conflicts.push(again.seq),
            Err(_) if self.disordered.contains(&again) => self.repeats += 1,
            Err(_) => self.disordered.push(again),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: u32) -> Seen {
        Seen { seq: Seq(seq), what: What::Ours { who: Who::Visitor, n: seq } }
    }

    fn log() -> Log {
        Log::new(ConversationId::fresh())
    }

    #[test]
    fn the_rule_takes_the_next_visible_entry() {
        let mut log = log();

        assert_eq!(log.offer(Seq(0), entry(1)), Step::Taken);
        assert_eq!(log.offer(Seq(1), entry(4)), Step::Taken);
        assert_eq!(log.last, Seq(4));
    }

    #[test]
    fn a_gap_is_not_taken_until_it_is_filled() {
        let mut log = log();
        log.offer(Seq(0), entry(1));

        assert_eq!(log.offer(Seq(2), entry(3)), Step::Gap);
        assert_eq!(log.offer(Seq(1), entry(2)), Step::Taken);
        assert_eq!(log.offer(Seq(2), entry(3)), Step::Taken);
        assert_eq!(log.gaps, 1);
    }

    #[test]
    fn a_repeat_is_dropped_and_a_different_repeat_is_a_conflict() {
        let mut log = log();
        log.offer(Seq(0), entry(1));

        assert_eq!(log.offer(Seq(0), entry(1)), Step::Dropped);
        assert_eq!((log.repeats, log.conflicts.len()), (1, 0));
        log.offer(Seq(0), Seen { seq: Seq(1), what: What::Other });
        assert_eq!((log.repeats, log.conflicts.len()), (1, 1));
    }

    #[test]
    fn an_unseen_entry_behind_its_successor_is_disorder() {
        let mut log = log();
        log.offer(Seq(0), entry(1));
        log.offer(Seq(1), entry(3));

        assert_eq!(log.offer(Seq(1), entry(2)), Step::Dropped);
        assert_eq!(log.disordered, [entry(2)]);
    }
}
