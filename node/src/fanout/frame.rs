//! A whole WebSocket frame, encoded once and shared by every socket it goes to.

use bytes::{Buf, Bytes};
use salotto_protocol::{CloseCode, ServerFrame};

/// Header and payload of one unmasked text (or close) frame.
pub(crate) type Frame = Bytes;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xA;
const FINAL: u8 = 0x80;
/// Two bytes, and eight of length.
const HEADER_BYTES_MAX: usize = 10;
/// RFC 6455 5.5.
const CONTROL_BYTES_MAX: usize = 125;

pub(crate) fn encode(frame: &ServerFrame) -> Frame {
    let mut bytes = vec![0; HEADER_BYTES_MAX];
    serde_json::to_writer(&mut bytes, frame).expect("our own frames are JSON");
    with_header(TEXT, bytes)
}

/// A `reason` that does not fit a control frame is cut.
pub(crate) fn close_frame(code: CloseCode, reason: &str) -> Frame {
    close_with(Some(code.number()), reason)
}

/// The answer to a peer's close frame: its own number, or none if it gave none.
pub(crate) fn close_with(number: Option<u16>, reason: &str) -> Frame {
    let mut bytes = vec![0; HEADER_BYTES_MAX];
    if let Some(number) = number {
        bytes.extend_from_slice(&number.to_be_bytes());
        let longest = reason.len().min(CONTROL_BYTES_MAX - 2);
        let fits = (0..=longest).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
        bytes.extend_from_slice(&reason.as_bytes()[..fits]);
    }
    with_header(CLOSE, bytes)
}

/// The answer to a ping, with its payload.
pub(crate) fn pong_frame(payload: &[u8]) -> Frame {
    let mut bytes = vec![0; HEADER_BYTES_MAX];
    bytes.extend_from_slice(&payload[..payload.len().min(CONTROL_BYTES_MAX)]);
    with_header(PONG, bytes)
}

/// Writes the header right before the payload, which starts at `HEADER_BYTES_MAX`: no copy.
fn with_header(opcode: u8, mut bytes: Vec<u8>) -> Frame {
    let length = bytes.len() - HEADER_BYTES_MAX;
    let mut header = [FINAL | opcode, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let size = if length < 126 {
        header[1] = u8::try_from(length).expect("below 126");
        2
    } else if let Ok(short) = u16::try_from(length) {
        header[1] = 126;
        header[2..4].copy_from_slice(&short.to_be_bytes());
        4
    } else {
        header[1] = 127;
        header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
        10
    };
    let start = HEADER_BYTES_MAX - size;
    bytes[start..HEADER_BYTES_MAX].copy_from_slice(&header[..size]);
    let mut frame = Bytes::from(bytes);
    frame.advance(start);
    frame
}

#[cfg(test)]
mod tests {
    use fastwebsockets::{OpCode, Role, WebSocket};
    use salotto_protocol::{ErrorCode, Refusal};

    use super::*;

    /// What a peer's WebSocket reads from our bytes.
    async fn read(frame: &Frame) -> (OpCode, Vec<u8>) {
        let wire = tokio::io::join(&frame[..], tokio::io::sink());
        let mut socket = WebSocket::after_handshake(wire, Role::Client);
        socket.set_auto_close(false);
        socket.set_auto_pong(false);
        let read = socket.read_frame().await.unwrap();
        assert!(read.fin);
        (read.opcode, read.payload.to_vec())
    }

    #[tokio::test]
    async fn a_peer_reads_what_was_encoded_at_every_header_size() {
        for length in [0, 20, 90, 125, 126, 127, 60_000, 65_535, 65_536, 200_000] {
            let sent = ServerFrame::Refused(Refusal::new(ErrorCode::Busy, "x".repeat(length)));

            let (opcode, payload) = read(&encode(&sent)).await;

            assert!(opcode == OpCode::Text);
            assert_eq!(serde_json::from_slice::<ServerFrame>(&payload).unwrap(), sent);
        }
    }

    #[tokio::test]
    async fn a_close_frame_carries_number_and_reason() {
        let (opcode, payload) = read(&close_frame(CloseCode::SlowConsumer, "too slow")).await;

        assert!(opcode == OpCode::Close);
        assert_eq!(payload, [&4008u16.to_be_bytes()[..], b"too slow"].concat());
    }

    #[tokio::test]
    async fn a_long_reason_is_cut_between_characters() {
        let (_, payload) = read(&close_frame(CloseCode::Normal, &"ü".repeat(100))).await;

        assert_eq!(payload.len(), 2 + 122);
        assert!(std::str::from_utf8(&payload[2..]).is_ok());
    }

    #[tokio::test]
    async fn a_pong_returns_the_payload() {
        let (opcode, payload) = read(&pong_frame(b"are you there?")).await;

        assert!(opcode == OpCode::Pong);
        assert_eq!(payload, b"are you there?");
    }
}
