//! What can be asked of the journal, and what it answers.

use std::collections::HashMap;

use salotto_protocol::availability::AvailabilitySettings;
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::hours::WorkingHours;
use salotto_protocol::people_api::NewContact;
use salotto_protocol::{
    AgentId, AgentStatus, Author, ChatflowId, ClientId, ConversationId, ConversationNumber,
    ConversationState, EntryBody, ErrorCode, InboxId, NodeId, Page, Seq, SiteId, VisitorId,
};
use uuid::Uuid;

use super::attachments::Changes;
use super::people::{Complaint, Request};
use super::promises::PromiseChange;
use crate::store::{AgentRow, Head, MailEnd, NewMail, Row, SlotKind, Term, Turn};

/// 0 to 8 entries plus row changes, all or none.
pub(crate) struct Write {
    pub(crate) target: Target,
    /// Answered with its first result before anything is decided, if already known.
    pub(crate) client_id: Option<ClientId>,
    /// Agents whose rows `decide` looks at. The head's assignee and slot owner are always there.
    pub(crate) agents: Vec<AgentId>,
    /// The router's: refused once there is a later one (I11).
    pub(crate) term: Option<Term>,
    /// Refused while a living node is attached to the conversation.
    pub(crate) unattended: bool,
    /// Round robin's, taken with it: refused unless it is the next one (AS-24).
    pub(crate) turn: Option<Turn>,
    /// Pure. Runs inside the transaction, on the locked head; more than once if a batch fails.
    pub(crate) decide: Decide,
    /// Written with it, once for each reason; not if it is refused or had been written before.
    pub(crate) mails: Option<Mails>,
    pub(crate) done: Done,
}

/// A rule of a conversation, with the command it is about.
pub(crate) type Decide = Box<dyn Fn(&Locked<'_>) -> Result<Decision, Rejection> + Send>;

/// Who is told of it by e-mail. Pure.
pub(crate) type Mails = Box<dyn Fn(&Told<'_>) -> Vec<NewMail> + Send>;

/// What mails are about: a conversation as it stands after the write.
pub(crate) struct Told<'a> {
    pub(crate) head: &'a Head,
    /// Those that the write locked; a contact's owner when a conversation begins, or begins again.
    pub(crate) agents: &'a HashMap<AgentId, AgentRow>,
    /// The contact's name, else the address; of one that begins, or begins again, or waits.
    pub(crate) contact: Option<&'a str>,
}

pub(crate) type Done = Box<dyn FnOnce(Outcome) + Send>;

pub(crate) enum Target {
    Conversation(ConversationId),
    /// One that may be taken out of the queue: `decide` sees who has waited longer.
    Picked(ConversationId),
    /// Finds the conversation that this start made before, else the visitor's open one in that
    /// inbox, else makes this one.
    Start(Box<NewConversation>),
}

pub(crate) struct NewConversation {
    pub(crate) id: ConversationId,
    pub(crate) number: ConversationNumber,
    pub(crate) site: SiteId,
    pub(crate) inbox: InboxId,
    pub(crate) chatflow: ChatflowId,
    pub(crate) visitor: VisitorId,
    /// `(visitor, start_client_id)` leads to the same conversation for ever.
    pub(crate) start_client_id: ClientId,
    pub(crate) started_on: Page,
}

/// The truth while a write is decided. A conversation being started has `head.seq` 0 and the
/// state `Unassigned`.
pub(crate) struct Locked<'a> {
    pub(crate) head: &'a Head,
    pub(crate) agents: &'a HashMap<AgentId, AgentRow>,
    /// Of a `Picked` conversation that waits: how many of the same chatflow have
    /// waited longer, up to a thousand. Else 0.
    pub(crate) waited_longer: u32,
}

/// No entries: nothing to do; acknowledged at the head's seq, and nothing changes.
pub(crate) struct Decision {
    pub(crate) entries: Vec<NewEntry>,
    pub(crate) state: ConversationState,
    pub(crate) assignee: Option<AgentId>,
    pub(crate) slot: Slot,
}

pub(crate) struct NewEntry {
    pub(crate) by: Author,
    /// Set on the one entry that stands for the write's client id.
    pub(crate) client_id: Option<ClientId>,
    pub(crate) body: EntryBody,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Slot {
    Keep,
    /// Frees the present one, if any, and takes one of this agent.
    Take(AgentId),
    /// As `Take`, one of the ticket capacity (CAP-22).
    TakeTicket(AgentId),
    Free,
}

impl Slot {
    pub(crate) fn of(kind: SlotKind, agent: AgentId) -> Slot {
        match kind {
            SlotKind::Chat => Slot::Take(agent),
            SlotKind::Ticket => Slot::TakeTicket(agent),
        }
    }
}

/// A definite no: nothing was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rejection {
    pub(crate) code: ErrorCode,
    pub(crate) message: &'static str,
    /// Of what was asked, if one is to blame.
    pub(crate) field: Option<&'static str>,
}

impl Rejection {
    pub(crate) const fn new(code: ErrorCode, message: &'static str) -> Rejection {
        Rejection { code, message, field: None }
    }

    pub(crate) const fn of(code: ErrorCode, field: &'static str, message: &'static str) -> Self {
        Rejection { code, message, field: Some(field) }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ack {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) at_ms: i64,
    /// Had been written before under the same client id.
    pub(crate) repeated: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Committed(Ack),
    Rejected(Rejection),
    /// The store failed. Whether it was written is unknown; the same client id tells.
    Failed,
}

/// The journal's queue is full.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Busy;

/// Settings, accounts and presence: changed one at a time, each with its notice.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Status {
        agent: AgentId,
        status: AgentStatus,
    },
    Capacity {
        agent: AgentId,
        capacity: u32,
    },
    /// When an agent works (AV-32, AV-33).
    PutHours {
        by: AgentId,
        user: AgentId,
        hours: Box<WorkingHours>,
    },
    /// An agent's hours turned: refused if they were followed further, or are others by now.
    Turn {
        agent: AgentId,
        status: AgentStatus,
        followed_ms: i64,
        at_ms: i64,
    },
    /// The agent's first socket came to this node, or its last one left.
    Presence {
        agent: AgentId,
        node: NodeId,
        present: bool,
    },
    /// Nobody is here yet: forget what earlier runs of this embedded store left.
    ClearPresence,
    /// What this node follows, and no longer follows.
    Attachments {
        node: NodeId,
        changes: Changes,
    },
    /// This node ends: nothing of it remains.
    Leave {
        node: NodeId,
    },
    /// What came of an attempt to send a mail.
    EndMail {
        mail: Uuid,
        attempt: u32,
        end: MailEnd,
    },
    /// Forgets mails that were written so long ago and need not be sent any more.
    ForgetMails {
        older_than_ms: i64,
    },
    /// Forgets nodes that have long been dead.
    Sweep,
    AddAgent(NewAgent),
    /// By an admin: users, teams, access, the account, skills.
    People(Request),
    SignIn {
        cookie_hash: [u8; 32],
        agent: AgentId,
        expires_at_ms: i64,
    },
    SignOut {
        cookie_hash: [u8; 32],
    },
    PutSite {
        id: SiteId,
        name: String,
        origins: Vec<String>,
    },
    PutInbox {
        id: InboxId,
        name: String,
    },
    PutChatflow {
        id: ChatflowId,
        site: SiteId,
        inbox: InboxId,
        enabled: bool,
        priority: i64,
        settings: ChatflowSettings,
    },
    /// Who a visitor is.
    PutContact {
        by: AgentId,
        visitor: VisitorId,
        contact: NewContact,
    },
    /// The rest of the chatflow's settings stays.
    PutAvailability {
        by: AgentId,
        chatflow: ChatflowId,
        availability: Box<AvailabilitySettings>,
    },
    /// Answers by e-mail: when they are offered, and what goes out.
    Promise(Box<PromiseChange>),
}

/// With a Service seat, and without any permission.
#[derive(Clone, Debug)]
pub(crate) struct NewAgent {
    pub(crate) id: AgentId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password_hash: String,
    pub(crate) status: AgentStatus,
    pub(crate) capacity: u32,
}

/// Whether a node that is alive would also be the router.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Candidacy {
    Stands,
    Withdrawn,
}

/// What the renewal of a node found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Renewed {
    pub(crate) row: Row,
    /// The router's term, if this node has the lease.
    pub(crate) term: Option<Term>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Changed {
    Done,
    /// It had been so already, or the e-mail address is taken.
    Unchanged,
    /// Who asked for it may not, or what it is about is not there.
    Refused(Complaint),
}
