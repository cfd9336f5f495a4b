//! What a participant is there for: what makes it speak, and when it wants no more.

use salotto_protocol::{
    Author, BoardRow, ChatflowId, ClientFrame, ClientId, ConversationId, ConversationState, Entry,
    EntryBody, ErrorCode, InboxId, Refusal, Seq, Welcome,
};
use tokio::time::Instant;

use super::caseload::Caseload;
use super::chapters::{ANSWER, Chapters};
use super::outbox::{Outbox, Saying};
use crate::desk::{AS_AGENT, AS_VISITOR};

/// Entries of earlier chapters that an owner begins with: more than 200 would have to be read in
/// pages, and what is still open is never so far back.
const BEFORE_MAX: u32 = 100;

pub(super) enum Role {
    /// Begins a conversation, and wants each of its messages answered.
    Visitor { beginning: Beginning, messages: usize },
    /// Follows every conversation of an inbox and answers each message of a visitor.
    Agent { inbox: InboxId },
    /// Writes until told to stop, and then to the end of the chapter.
    Writer { beginning: Beginning, chapters: Chapters },
    /// Follows, answers and closes what is assigned to them.
    Owner { inbox: InboxId, caseload: Caseload },
}

/// How a visitor's conversation is begun.
pub(super) struct Beginning {
    pub(super) client_id: ClientId,
    pub(super) chatflow: ChatflowId,
}

/// What an entry of the other side is to this one.
#[derive(Eq, PartialEq)]
pub(super) enum Heard {
    Answer,
    Other,
}

impl Beginning {
    pub(super) fn of(chatflow: ChatflowId) -> Beginning {
        Beginning { client_id: ClientId::fresh(), chatflow }
    }
}

impl Role {
    pub(super) fn path(&self) -> &'static str {
        match self {
            Role::Visitor { .. } | Role::Writer { .. } => AS_VISITOR,
            Role::Agent { .. } | Role::Owner { .. } => AS_AGENT,
        }
    }

    pub(super) fn beginning(&self) -> Option<&Beginning> {
        match self {
            Role::Visitor { beginning, .. } | Role::Writer { beginning, .. } => Some(beginning),
            Role::Agent { .. } | Role::Owner { .. } => None,
        }
    }

    /// With an empty outbox and so many answers.
    pub(super) fn is_satisfied(&self, answers: usize, is_told_to_stop: bool) -> bool {
        match self {
            Role::Visitor { messages, .. } => answers == *messages,
            Role::Writer { chapters, .. } => is_told_to_stop && chapters.is_over(),
            Role::Agent { .. } | Role::Owner { .. } => false,
        }
    }

    /// Leaves as soon as it is told to, whatever it was about.
    pub(super) fn stops_at_once(&self) -> bool {
        match self {
            Role::Visitor { .. } | Role::Agent { .. } | Role::Owner { .. } => true,
            Role::Writer { .. } => false,
        }
    }

    /// The board that is to be asked for.
    pub(super) fn welcomed(&mut self, welcome: &Welcome) -> Option<ClientFrame> {
        match self {
            Role::Agent { inbox } => Some(ClientFrame::Board { inbox: *inbox }),
            Role::Owner { inbox, caseload } => {
                caseload.me = welcome.agent;
                Some(ClientFrame::Board { inbox: *inbox })
            }
            Role::Visitor { .. } | Role::Writer { .. } => None,
        }
    }

    /// From where a conversation on the board is to be followed, if it is this agent's business.
    pub(super) fn follows(&mut self, row: &BoardRow) -> Option<Seq> {
        match self {
            Role::Owner { caseload, .. } => {
                let is_mine =
                    row.state == ConversationState::Assigned && row.assignee == caseload.me;
                if !is_mine {
                    return None;
                }
                caseload.assigned(row.conversation, row.assignee);
                Some(Seq(row.seq.0.saturating_sub(BEFORE_MAX)))
            }
            Role::Agent { .. } | Role::Visitor { .. } | Role::Writer { .. } => Some(Seq(0)),
        }
    }

    /// Now and then: what there is to say.
    pub(super) fn look(
        &mut self,
        conversation: Option<ConversationId>,
        outbox: &mut Outbox,
        is_told_to_stop: bool,
    ) {
        match self {
            Role::Writer { chapters, .. } if outbox.is_empty() => {
                let texts = chapters.next(Instant::now(), is_told_to_stop);
                texts.into_iter().for_each(|it| outbox.push(conversation, Saying::Message(it)));
            }
            Role::Owner { caseload, .. } => {
                for conversation in caseload.conversations() {
                    if outbox.is_empty_for(conversation) {
                        let todo = caseload.next(conversation);
                        todo.into_iter().for_each(|it| outbox.push(Some(conversation), it));
                    }
                }
            }
            Role::Writer { .. } | Role::Visitor { .. } | Role::Agent { .. } => {}
        }
    }

    /// An entry was taken; an agent answers it.
    pub(super) fn take(&mut self, of: ConversationId, entry: &Entry, outbox: &mut Outbox) -> Heard {
        let Entry { seq, by, body, .. } = entry;
        let text = match body {
            EntryBody::Message { text } => Some(text),
            EntryBody::Welcome { .. }
            | EntryBody::Comment { .. }
            | EntryBody::Assignment { .. }
            | EntryBody::InboxChange { .. }
            | EntryBody::Contact { .. }
            | EntryBody::Promised { .. }
            | EntryBody::Decision { .. }
            | EntryBody::Status { .. }
            | EntryBody::Unknown(_) => None,
        };
        match (self, by, text) {
            (Role::Writer { chapters, .. }, _, _) => chapters.take(by, body),
            (Role::Owner { caseload, .. }, _, _) => caseload.take(of, *seq, by, body),
            (Role::Visitor { .. }, Author::Agent { .. }, Some(_)) => return Heard::Answer,
            (Role::Agent { .. }, Author::Visitor { .. }, Some(text)) => {
                outbox.push(Some(of), Saying::Message(format!("{ANSWER}{text}")));
                return Heard::Answer;
            }
            (Role::Visitor { .. }, Author::Visitor { .. } | Author::System, Some(_))
            | (Role::Agent { .. }, Author::Agent { .. } | Author::System, Some(_))
            | (Role::Visitor { .. } | Role::Agent { .. }, _, None) => {}
        }
        Heard::Other
    }

    /// The log was said to reach so far.
    pub(super) fn reaches(&mut self, conversation: ConversationId, head: Seq) {
        match self {
            Role::Owner { caseload, .. } => caseload.reaches(conversation, head),
            Role::Visitor { .. } | Role::Agent { .. } | Role::Writer { .. } => {}
        }
    }

    pub(super) fn begin_anew(&mut self, conversation: ConversationId) {
        match self {
            Role::Owner { caseload, .. } => caseload.begin_anew(conversation),
            Role::Visitor { .. } | Role::Agent { .. } | Role::Writer { .. } => {}
        }
    }

    /// A definite no. `Some`: it should not have come to this.
    pub(super) fn refused(&mut self, refusal: Refusal, outbox: &mut Outbox) -> Option<Refusal> {
        let refused = refusal.client_id.zip(refusal.conversation);
        let what = refused.and_then(|(client_id, of)| outbox.done(client_id, of));
        match (self, refused, what) {
            // Somebody else closed it first.
            (Role::Owner { caseload, .. }, Some((_, of)), Some(what))
                if refusal.code == ErrorCode::Closed =>
            {
                caseload.refused(of, &what);
                None
            }
            (Role::Owner { .. } | Role::Writer { .. }, _, _) => Some(refusal),
            (Role::Visitor { .. } | Role::Agent { .. }, _, _) => panic!("{refusal:?}"),
        }
    }
}
