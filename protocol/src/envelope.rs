//! What crosses the link between nodes: `{magic, version, kind, body}`, the body in bincode.
//!
//! The one file that knows bincode. A body is always decoded with a limit: without one, nine
//! hostile bytes ask the allocator for more memory than there is and abort the process.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AgentId, ChatflowId, ConversationId, Epoch, NodeId, Party, Seq, VisitorId};

const MAGIC: [u8; 4] = *b"SLTO";
/// Raised when a body changes; a node reads this version and the one before. What a newer node
/// says, in a version or of a kind that is unknown here, is refused by name: to the reader it is a
/// hint lost, which the store makes good.
pub const VERSION: u8 = 1;
const HEADER_BYTES: usize = 6;
/// A write of the longest entries, with room.
pub const ENVELOPE_BYTES_MAX: usize = 512 * 1024;

/// A hint from one node to another. Losing one delays, and never loses, an entry.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Envelope {
    /// A write was committed.
    Committed(CommittedHint),
    /// Somebody types, or stopped.
    Typing(TypingHint),
    /// Marks were raised.
    Marks(MarksHint),
    /// The visitor looks at another page.
    Page(PageHint),
    /// Agents, chatflows or sites changed: read them again.
    Settings,
    /// The router's word of the queue. Lost, it only delays: it is said again.
    Queue(QueueHint),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CommittedHint {
    pub epoch: Epoch,
    pub conversation: ConversationId,
    pub head: Seq,
    /// `Vec<Entry>` as JSON: entries are told apart by name, which bincode cannot read.
    pub entries_json: Vec<u8>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TypingHint {
    pub conversation: ConversationId,
    /// `None` for the visitor.
    pub agent: Option<(AgentId, String)>,
    pub on: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MarksHint {
    pub conversation: ConversationId,
    pub party: Party,
    pub delivered: Seq,
    pub read: Seq,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct PageHint {
    pub conversation: ConversationId,
    pub visitor: VisitorId,
    /// JSON, for its optional field.
    pub page_json: Vec<u8>,
}

/// Who stands where, in all chatflows that tell it to those who wait.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct QueueHint {
    pub epoch: Epoch,
    /// Of the router: what an earlier one says is void.
    pub term: u64,
    /// Grows within a term: a later word replaces an earlier one.
    pub number: u64,
    pub lines: Vec<QueueLine>,
}

/// The queue of one chatflow.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct QueueLine {
    pub chatflow: ChatflowId,
    /// Those who have waited longest, in their order; not all, if there are many.
    pub first: Vec<ConversationId>,
    /// How many wait, the first ones included.
    pub waiting: u32,
    /// Between two assignments, as of late. `None`: unknown, or not to be said.
    pub interval_ms: Option<u64>,
}

/// Why bytes from the link are no envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    #[error("shorter than a header, or not ours")]
    NotAnEnvelope,
    #[error("of version {0}, which this node does not read")]
    UnknownVersion(u8),
    #[error("of kind {0}, which this node does not know")]
    UnknownKind(u8),
    #[error("larger than {ENVELOPE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("damaged")]
    Damaged(#[source] bincode::error::DecodeError),
    #[error("followed by bytes that do not belong to it")]
    TrailingBytes,
}

const STAMP_BYTES: usize = 16;

/// On a link that many share, the sender's id stands before its envelope. With nothing after it,
/// it is a probe: whoever hears one knows that its topic is heard.
pub fn stamped(from: NodeId, envelope: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STAMP_BYTES + envelope.len());
    bytes.extend_from_slice(from.0.as_bytes());
    bytes.extend_from_slice(envelope);
    bytes
}

/// Who sent it, and the envelope or nothing.
pub fn stamped_by(bytes: &[u8]) -> Option<(NodeId, &[u8])> {
    let (stamp, envelope) = bytes.split_at_checked(STAMP_BYTES)?;
    let from = Uuid::from_slice(stamp).expect("a stamp is as long as an id");
    Some((NodeId(from), envelope))
}

impl Envelope {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(&MAGIC);
        bytes.push(VERSION);
        bytes.push(self.kind());
        let body = match self {
            Envelope::Committed(hint) => encode_body(hint),
            Envelope::Typing(hint) => encode_body(hint),
            Envelope::Marks(hint) => encode_body(hint),
            Envelope::Page(hint) => encode_body(hint),
            Envelope::Settings => Vec::new(),
            Envelope::Queue(hint) => encode_body(hint),
        };
        bytes.extend_from_slice(&body);
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(EnvelopeError::TooLarge);
        }
        let (header, body) =
            bytes.split_at_checked(HEADER_BYTES).ok_or(EnvelopeError::NotAnEnvelope)?;
        if header[..4] != MAGIC {
            return Err(EnvelopeError::NotAnEnvelope);
        }
        if header[4] != VERSION {
            return Err(EnvelopeError::UnknownVersion(header[4]));
        }
        match header[5] {
            1 => decode_body(body).map(Envelope::Committed),
            2 => decode_body(body).map(Envelope::Typing),
            3 => decode_body(body).map(Envelope::Marks),
            4 => decode_body(body).map(Envelope::Page),
            5 if body.is_empty() => Ok(Envelope::Settings),
            5 => Err(EnvelopeError::TrailingBytes),
            6 => decode_body(body).map(Envelope::Queue),
            unknown => Err(EnvelopeError::UnknownKind(unknown)),
        }
    }

    /// For metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Envelope::Committed(_) => "committed",
            Envelope::Typing(_) => "typing",
            Envelope::Marks(_) => "marks",
            Envelope::Page(_) => "page",
            Envelope::Settings => "settings",
            Envelope::Queue(_) => "queue",
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Envelope::Committed(_) => 1,
            Envelope::Typing(_) => 2,
            Envelope::Marks(_) => 3,
            Envelope::Page(_) => 4,
            Envelope::Settings => 5,
            Envelope::Queue(_) => 6,
        }
    }
}

type Config = Configuration<LittleEndian, Fixint, Limit<ENVELOPE_BYTES_MAX>>;

fn config() -> Config {
    bincode::config::legacy().with_limit::<ENVELOPE_BYTES_MAX>()
}

fn encode_body<T: Serialize>(body: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(body, config()).expect("a hint is below the limit, plain data")
}

fn decode_body<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, EnvelopeError> {
    let (hint, read) =
        bincode::serde::decode_from_slice(body, config()).map_err(EnvelopeError::Damaged)?;
    if read == body.len() { Ok(hint) } else { Err(EnvelopeError::TrailingBytes) }
}
