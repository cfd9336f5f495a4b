//! What an agent knows of the conversations that are theirs: what to answer, and what to close. Pure.

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
                case.is_closing = false;
            }
            EntryBody::Welcome { .. } | EntryBody::Comment { .. } | EntryBody::Decision { .. } => {}
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
        case.is_closing = true;
        Some(Saying::Close)
    }
}
