//! A visitor who writes for as long as the test lasts: a few messages, answers to all, a farewell;
//! an agent closes; the next message opens the conversation again. Pure.

use std::collections::HashSet;
use std::time::Duration;

use salotto_protocol::{Author, ConversationState, EntryBody};
use tokio::time::Instant;

/// Said by the last message of a chapter.
pub(super) const FAREWELL: &str = "goodbye";
/// Before an agent's answer stands the visitor's text.
pub(super) const ANSWER: &str = "re: ";
/// Said at once, one behind the other: their order must hold.
const BURST: usize = 2;

pub(super) struct Chapters {
    name: String,
    pause: Duration,
    written: usize,
    unanswered: HashSet<String>,
    has_greeted: bool,
    has_said_farewell: bool,
    is_closed: bool,
    not_before: Option<Instant>,
}

impl Chapters {
    /// `pause` is how long the visitor thinks before each turn.
    pub(super) fn new(name: String, pause: Duration) -> Chapters {
        Chapters {
            name,
            pause,
            written: 0,
            unanswered: HashSet::new(),
            has_greeted: false,
            has_said_farewell: false,
            is_closed: false,
            not_before: None,
        }
    }

    /// Everything was answered, the farewell as well, and an agent has closed.
    pub(super) fn is_over(&self) -> bool {
        self.has_said_farewell && self.is_closed && self.unanswered.is_empty()
    }

    /// What to write now. `finish`: only what must still be said.
    pub(super) fn next(&mut self, now: Instant, finish: bool) -> Vec<String> {
        if !self.unanswered.is_empty() {
            // Closed before it was answered: nobody would, if nobody were told.
            return if self.is_closed { self.write(1, "are you there?") } else { Vec::new() };
        }
        if self.has_said_farewell && (finish || !self.is_closed) {
            return Vec::new();
        }
        if !finish && *self.not_before.get_or_insert(now + self.pause) > now {
            return Vec::new();
        }
        self.not_before = None;
        self.turn(finish)
    }

    fn turn(&mut self, finish: bool) -> Vec<String> {
        if self.has_said_farewell {
            (self.has_greeted, self.has_said_farewell) = (false, false);
        }
        if self.has_greeted || finish {
            self.has_said_farewell = true;
            return self.write(1, FAREWELL);
        }
        self.has_greeted = true;
        self.write(BURST, "hello")
    }

    fn write(&mut self, count: usize, words: &str) -> Vec<String> {
        self.is_closed = false;
        let first = self.written;
        self.written += count;
        let texts: Vec<_> = (first..self.written)
            .map(|number| format!("{}, message {number}: {words}", self.name))
            .collect();
        self.unanswered.extend(texts.iter().cloned());
        texts
    }

    /// An entry of the conversation was taken.
    pub(super) fn take(&mut self, by: &Author, body: &EntryBody) {
        match (body, by) {
            (EntryBody::Message { text }, Author::Agent { .. }) => {
                self.unanswered.remove(text.strip_prefix(ANSWER).unwrap_or(text));
            }
            (EntryBody::Status { to, .. }, _) => {
                self.is_closed = *to == ConversationState::Closed;
            }
            (EntryBody::Message { .. }, Author::Visitor { .. } | Author::System)
            | (
                EntryBody::Welcome { .. }
                | EntryBody::Comment { .. }
                | EntryBody::Assignment { .. }
                | EntryBody::InboxChange { .. }
                | EntryBody::Contact { .. }
                | EntryBody::Promised { .. }
                | EntryBody::Decision { .. }
                | EntryBody::Unknown(_),
                _,
            ) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::AgentId;

    use super::*;

    fn answered(visitor: &mut Chapters, texts: &[String]) {
        let agent = Author::Agent { id: AgentId::fresh(), name: String::new() };
        for text in texts {
            let text = format!("{ANSWER}{text}");
            visitor.take(&agent, &EntryBody::Message { text });
        }
    }

    fn status(visitor: &mut Chapters, from: ConversationState, to: ConversationState) {
        visitor.take(&Author::System, &EntryBody::Status { from, to });
    }

    fn closed(visitor: &mut Chapters) {
        status(visitor, ConversationState::Assigned, ConversationState::Closed);
    }

    #[test]
    fn a_chapter_is_a_burst_its_answers_a_farewell_and_a_close() {
        let mut visitor = Chapters::new("v".to_owned(), Duration::ZERO);
        let now = Instant::now();
        let burst = visitor.next(now, false);
        assert_eq!(burst.len(), BURST);
        answered(&mut visitor, &burst[..1]);
        assert!(visitor.next(now, false).is_empty(), "the second one is not answered yet");
        answered(&mut visitor, &burst[1..]);

        let farewell = visitor.next(now, false);

        assert!(farewell.len() == 1 && farewell[0].ends_with(FAREWELL), "{farewell:?}");
        answered(&mut visitor, &farewell);
        assert!(visitor.next(now, false).is_empty(), "nobody has closed");
        closed(&mut visitor);
        assert!(visitor.is_over());
        assert!(visitor.next(now, true).is_empty(), "it is time to go");
        assert_eq!(visitor.next(now, false).len(), BURST, "the next chapter");
    }

    #[test]
    fn who_is_told_to_finish_says_farewell_next() {
        let mut visitor = Chapters::new("v".to_owned(), Duration::from_secs(9));
        let now = Instant::now();
        assert!(visitor.next(now, false).is_empty(), "thinks first");

        let farewell = visitor.next(now, true);

        assert!(farewell[0].ends_with(FAREWELL), "{farewell:?}");
    }

    #[test]
    fn who_is_closed_without_an_answer_asks_again() {
        let mut visitor = Chapters::new("v".to_owned(), Duration::ZERO);
        let now = Instant::now();
        visitor.next(now, false);
        closed(&mut visitor);

        assert_eq!(visitor.next(now, false).len(), 1);
        assert!(visitor.next(now, false).is_empty());
    }
}
