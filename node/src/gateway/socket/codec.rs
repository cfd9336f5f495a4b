//! Bytes of a client in, whole messages out: the guard that stands before `fastwebsockets`.
//!
//! Absent on purpose: no I/O and no clock. Every rule is checked on the header, before the payload
//! has come, so a claim costs nothing. `fastwebsockets` sees one complete, harmless frame at a
//! time, and nothing of it is kept: an idle codec holds no memory.

use bytes::{Buf, BytesMut};
use fastwebsockets::{Role, WebSocket};
use futures_util::FutureExt;
use salotto_protocol::CloseCode;
use salotto_protocol::limits::{FRAGMENTS_MAX, FRAME_BYTES_MAX, MESSAGE_BYTES_MAX};

use super::header::{Header, Kind, Violation};

/// What a client sent.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Item {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    /// The peer's number, if it gave one.
    Close(Option<u16>),
}

pub(super) struct Codec {
    /// Received and not yet understood. Empty, and without memory, between messages.
    partial: BytesMut,
    /// The message of which pieces have come.
    pieces: Option<Box<Pieces>>,
    message_bytes_max: usize,
}

#[derive(Default)]
struct Pieces {
    bytes: Vec<u8>,
    count: usize,
}

impl Codec {
    /// Takes messages of up to `message_bytes_max`, until `welcome` raises it.
    pub(super) fn new(message_bytes_max: usize) -> Codec {
        Codec { partial: BytesMut::new(), pieces: None, message_bytes_max }
    }

    /// The client has said who it is.
    pub(super) fn welcome(&mut self) {
        self.message_bytes_max = MESSAGE_BYTES_MAX;
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
    }

    /// A message has begun and is not complete: control frames in between are no sign of life.
    pub(super) fn is_in_pieces(&self) -> bool {
        self.pieces.is_some()
    }

    /// The next whole message, if it has come. After a violation the codec is of no use.
    pub(super) fn take(&mut self) -> Result<Option<Item>, Violation> {
        loop {
            let Some(header) = Header::parse(&self.partial)? else { return Ok(None) };
            self.admit(&header)?;
            let total = header.bytes + header.payload_bytes;
            if self.partial.len() < total {
                return Ok(None);
            }
            let payload = unmasked(&self.partial[..total])?;
            self.partial.advance(total);
            if self.partial.is_empty() {
                self.partial = BytesMut::new();
            }
            if let Some(item) = self.accept(&header, payload)? {
                return Ok(Some(item));
            }
        }
    }

    /// Whether a frame with this header may follow what has come.
    fn admit(&self, header: &Header) -> Result<(), Violation> {
        match (header.kind, &self.pieces) {
            (Kind::Ping | Kind::Pong | Kind::Close, _) => return Ok(()),
            (Kind::Binary, _) => {
                return Err(Violation::new(CloseCode::BadData, "messages are text"));
            }
            (Kind::Continuation, None) => {
                return Err(Violation::protocol("a continuation of nothing"));
            }
            (Kind::Text, Some(_)) => {
                return Err(Violation::protocol("the message before is not complete"));
            }
            (Kind::Continuation, Some(_)) | (Kind::Text, None) => {}
        }
        let (bytes, count) = match &self.pieces {
            Some(pieces) => (pieces.bytes.len(), pieces.count),
            None => (0, 0),
        };
        let whole_bytes = bytes.saturating_add(header.payload_bytes);
        if header.payload_bytes > FRAME_BYTES_MAX || whole_bytes > self.message_bytes_max {
            return Err(Violation::new(CloseCode::TooLarge, "the message is too large"));
        }
        if count >= FRAGMENTS_MAX {
            return Err(Violation::protocol("too many fragments"));
        }
        Ok(())
    }

    fn accept(&mut self, header: &Header, payload: Vec<u8>) -> Result<Option<Item>, Violation> {
        match header.kind {
            Kind::Ping => Ok(Some(Item::Ping(payload))),
            Kind::Pong => Ok(Some(Item::Pong)),
            Kind::Close => closing_number(&payload).map(|number| Some(Item::Close(number))),
            Kind::Text | Kind::Continuation | Kind::Binary => self.join(header, payload),
        }
    }

    fn join(&mut self, header: &Header, payload: Vec<u8>) -> Result<Option<Item>, Violation> {
        let whole = match (self.pieces.take(), header.is_final) {
            (None, true) => payload,
            (Some(mut pieces), true) => {
                pieces.bytes.extend_from_slice(&payload);
                pieces.bytes
            }
            (pieces, false) => {
                let mut pieces = pieces.unwrap_or_default();
                pieces.bytes.extend_from_slice(&payload);
                pieces.count += 1;
                self.pieces = Some(pieces);
                return Ok(None);
            }
        };
        match String::from_utf8(whole) {
            Ok(text) => Ok(Some(Item::Text(text))),
            Err(_) => Err(Violation::new(CloseCode::BadData, "not UTF-8")),
        }
    }
}

/// The payload of one complete frame. The `WebSocket` over it lives for this call alone.
fn unmasked(frame: &[u8]) -> Result<Vec<u8>, Violation> {
    let wire = tokio::io::join(frame, tokio::io::sink());
    let mut socket = WebSocket::after_handshake(wire, Role::Server);
    socket.set_auto_close(false);
    socket.set_auto_pong(false);
    // The limit is exclusive there.
    socket.set_max_message_size(FRAME_BYTES_MAX + 1);
    match socket.read_frame().now_or_never() {
        Some(Ok(frame)) => Ok(frame.payload.to_vec()),
        Some(Err(fastwebsockets::WebSocketError::InvalidUTF8)) => {
            Err(Violation::new(CloseCode::BadData, "not UTF-8"))
        }
        Some(Err(_)) | None => Err(Violation::protocol("not a frame")),
    }
}

/// RFC 6455 7.4: which numbers a peer may close with.
fn closing_number(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let Some((number, reason)) = payload.split_first_chunk::<2>() else {
        return match payload.is_empty() {
            true => Ok(None),
            false => Err(Violation::protocol("half a close code")),
        };
    };
    if std::str::from_utf8(reason).is_err() {
        return Err(Violation::new(CloseCode::BadData, "not UTF-8"));
    }
    match u16::from_be_bytes(*number) {
        number @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(number)),
        _ => Err(Violation::protocol("not a close code")),
    }
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
