//! The header of one client frame (RFC 6455 5.2), checked as soon as its bytes are there.

use salotto_protocol::CloseCode;

/// A client broke the rules: the code and the reason it is closed with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Violation {
    pub(super) code: CloseCode,
    pub(super) reason: &'static str,
}

impl Violation {
    pub(super) fn new(code: CloseCode, reason: &'static str) -> Violation {
        Violation { code, reason }
    }

    pub(super) fn protocol(reason: &'static str) -> Violation {
        Violation::new(CloseCode::ProtocolError, reason)
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) is_final: bool,
    /// Of the header itself, mask included.
    pub(super) bytes: usize,
    pub(super) payload_bytes: usize,
}

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const MASK_BYTES: usize = 4;
const CONTROL_BYTES_MAX: u8 = 125;

impl Header {
    /// `None`: more bytes must come.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Header>, Violation> {
        let Some((&[first, second], rest)) = bytes.split_first_chunk::<2>() else {
            return Ok(None);
        };
        let is_final = first & FINAL != 0;
        let kind = kind(first & !(FINAL | RESERVED))?;
        let short = second & !MASKED;
        if first & RESERVED != 0 {
            return Err(Violation::protocol("a reserved bit is set"));
        }
        if second & MASKED == 0 {
            return Err(Violation::protocol("the frame is not masked"));
        }
        match kind {
            Kind::Close | Kind::Ping | Kind::Pong if !is_final || short > CONTROL_BYTES_MAX => {
                return Err(Violation::protocol("a control frame is short and whole"));
            }
            Kind::Close | Kind::Ping | Kind::Pong => {}
            Kind::Continuation | Kind::Text | Kind::Binary => {}
        }
        let Some((extra, length)) = length(short, rest)? else { return Ok(None) };
        let bytes = 2 + extra + MASK_BYTES;
        // Longer than memory is longer than any limit.
        let payload_bytes = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(Some(Header { kind, is_final, bytes, payload_bytes }))
    }
}

fn kind(opcode: u8) -> Result<Kind, Violation> {
    match opcode {
        0x0 => Ok(Kind::Continuation),
        0x1 => Ok(Kind::Text),
        0x2 => Ok(Kind::Binary),
        0x8 => Ok(Kind::Close),
        0x9 => Ok(Kind::Ping),
        0xA => Ok(Kind::Pong),
        _ => Err(Violation::protocol("an unknown opcode")),
    }
}

/// Bytes of the extended length, and the length. It must be written as short as can be.
fn length(short: u8, rest: &[u8]) -> Result<Option<(usize, u64)>, Violation> {
    let (extra, length, least) = match short {
        126 => match rest.first_chunk::<2>() {
            Some(bytes) => (2, u64::from(u16::from_be_bytes(*bytes)), 126),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(bytes) => (8, u64::from_be_bytes(*bytes), 1 << 16),
            None => return Ok(None),
        },
        _ => (0, u64::from(short), 0),
    };
    if length < least {
        return Err(Violation::protocol("the length is written too long"));
    }
    Ok(Some((extra, length)))
}
