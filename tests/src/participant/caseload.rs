//! What an agent knows of the conversations that are theirs: what to answer, what to close. Pure.

use std::collections::{HashMap, HashSet};

use salotto_protocol::{AgentId, Author, ConversationId, ConversationState, EntryBody, Seq};

use super::chapters::{ANSWER, FAREWELL};
use super::outbox::Saying;

#[derive(Default)]
pub(super) struct Caseload {
    pub(super) me: Option<AgentId>,
    cases: HashMap<ConversationId, Case>,
}

#[derive(Default)]
struct Case {
    /// The visitor's messages, in order.
    asked: Vec<String>,
    /// Answered by whomever, or by this agent and on its way.
    answered: HashSet<String>,
    owner: Option<AgentId>,
    is_closed: bool,
    is_closing: bool,
    /// Hidden from the visitor, once in a chapter.
    has_comment: bool,
    /// The log reaches so far; before that is taken, nobody knows what is left to do.
    head: Seq,
    last: Seq,
}

impl Caseload {
    pub(super) fn conversations(&self) -> Vec<ConversationId> {
        self.cases.keys().copied().collect()
    }

    /// The board says whose it is; the assignment may be too far back in the log.
    pub(super) fn assigned(&mut self, conversation: ConversationId, owner: Option<AgentId>) {
        self.cases.entry(conversation).or_default().owner = owner;
    }

    /// The log was said to reach so far.
    pub(super) fn reaches(&mut self, conversation: ConversationId, head: Seq) {
        let case = self.cases.entry(conversation).or_default();
        case.head = case.head.max(head);
    }

    pub(super) fn begin_anew(&mut self, conversation: ConversationId) {
        self.cases.remove(&conversation);
    }

    pub(super) fn take(&mut self, of: ConversationId, seq: Seq, by: &Author, body: &EntryBody) {
        let case = self.cases.entry(of).or_default();
        case.last = seq;
        match body {
            EntryBody::Message { text } => match by {
                Author::Visitor { .. } => case.asked.push(text.clone()),
                Author::Agent { .. } | Author::System => {
                    case.answered.extend(text.strip_prefix(ANSWER).map(str::to_owned));
                }
            },
            EntryBody::Assignment { to, .. } => case.owner = to.as_ref().map(|to| to.id),
            EntryBody::Status { to, .. } => {
                case.is_closed = *to == ConversationState::Closed;
                (case.is_closing, case.has_comment) = (false, false);
            }
            EntryBody::Welcome { .. }
            | EntryBody::Comment { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Unknown(_) => {}
        }
    }

    /// It was refused: the conversation is closed by now.
    pub(super) fn refused(&mut self, of: ConversationId, what: &Saying) {
        let case = self.cases.entry(of).or_default();
        match what {
            Saying::Message(text) => {
                case.answered.remove(text.strip_prefix(ANSWER).unwrap_or(text));
            }
            Saying::Close => case.is_closing = false,
            Saying::Comment(_) => {}
        }
    }

    /// What to say next; called when the last thing said is done.
    pub(super) fn next(&mut self, conversation: ConversationId) -> Option<Saying> {
        let me = self.me?;
        let case = self.cases.get_mut(&conversation)?;
        if case.owner != Some(me) || case.is_closed || case.last < case.head {
            return None;
        }
        if let Some(text) = case.asked.iter().find(|text| !case.answered.contains(*text)) {
            let answer = Saying::Message(format!("{ANSWER}{text}"));
            case.answered.insert(text.clone());
            return Some(answer);
        }
        let is_over = case.asked.last().is_some_and(|text| text.ends_with(FAREWELL));
        if !is_over || case.is_closing {
            return None;
        }
        if !std::mem::replace(&mut case.has_comment, true) {
            return Some(Saying::Comment("to be closed".to_owned()));
        }
        case.is_closing = true;
        Some(Saying::Close)
    }
}

#[cfg(test)]
mod tests {
    use salotto_protocol::{AgentRef, AssignmentCause, VisitorId};

    use super::*;

    /// An agent who was just assigned a conversation.
    struct Desk {
        caseload: Caseload,
        conversation: ConversationId,
        seq: Seq,
    }

    impl Desk {
        fn with_one() -> Desk {
            let me = AgentId::fresh();
            let caseload = Caseload { me: Some(me), ..Caseload::default() };
            let mut desk = Desk { caseload, conversation: ConversationId::fresh(), seq: Seq(0) };
            let to = Some(AgentRef { id: me, name: String::new() });
            let cause = AssignmentCause::Policy;
            desk.hears(
                &Author::System,
                &EntryBody::Assignment { from: None, to, cause, out_of_order: 0, team: None },
            );
            desk
        }

        fn hears(&mut self, by: &Author, body: &EntryBody) {
            self.seq = self.seq.next();
            self.caseload.take(self.conversation, self.seq, by, body);
        }

        fn is_asked(&mut self, text: &str) {
            let visitor = Author::Visitor { id: VisitorId::fresh() };
            self.hears(&visitor, &EntryBody::Message { text: text.to_owned() });
        }

        fn says(&mut self) -> Option<Saying> {
            self.caseload.next(self.conversation)
        }
    }

    fn message(text: &str) -> Option<Saying> {
        Some(Saying::Message(text.to_owned()))
    }

    #[test]
    fn each_question_is_answered_once_in_order_and_a_farewell_is_closed() {
        let mut desk = Desk::with_one();
        desk.is_asked("one");
        desk.is_asked("two, goodbye");

        assert_eq!(desk.says(), message("re: one"));
        assert_eq!(desk.says(), message("re: two, goodbye"));
        assert!(matches!(desk.says(), Some(Saying::Comment(_))));
        assert_eq!(desk.says(), Some(Saying::Close));
        assert_eq!(desk.says(), None);
    }

    #[test]
    fn nothing_is_said_where_a_colleague_has_it_or_before_the_whole_log_was_read() {
        let mut desk = Desk::with_one();
        desk.is_asked("one");
        desk.caseload.reaches(desk.conversation, Seq(3));
        assert_eq!(desk.says(), None, "the third entry may be the answer");

        let cause = AssignmentCause::Manual;
        let to = Some(AgentRef { id: AgentId::fresh(), name: String::new() });
        desk.hears(
            &Author::System,
            &EntryBody::Assignment { from: None, to, cause, out_of_order: 0, team: None },
        );

        assert_eq!(desk.says(), None);
    }

    #[test]
    fn what_was_refused_because_it_was_closed_is_answered_when_it_is_open_again() {
        let mut desk = Desk::with_one();
        desk.is_asked("one");
        let answer = desk.says().expect("an answer");

        desk.caseload.refused(desk.conversation, &answer);

        assert_eq!(desk.says(), Some(answer));
    }
}
