//! The other end of a socket in tests: bare bytes, so that it can also break the rules.

use salotto_protocol::{ErrorCode, ServerFrame};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A masked frame whose mask is nought.
pub(super) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("short");
    let mut bytes = vec![first];
    if length < 126 {
        bytes.push(0x80 | length as u8);
    } else {
        bytes.push(0x80 | 126);
        bytes.extend_from_slice(&length.to_be_bytes());
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

pub(super) fn say(text: &str) -> Vec<u8> {
    masked(0x81, text.as_bytes())
}

/// The next whole server frame: opcode and payload.
pub(super) async fn hear(peer: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    peer.read_exact(&mut head).await.expect("the node writes whole frames");
    let length = match head[1] {
        126 => usize::from(peer.read_u16().await.expect("the node writes whole frames")),
        127 => usize::try_from(peer.read_u64().await.expect("the node writes whole frames"))
            .expect("the node writes whole frames"),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    peer.read_exact(&mut payload).await.expect("the node writes whole frames");
    (head[0] & 0x0f, payload)
}

pub(super) async fn hear_frame(peer: &mut TcpStream) -> ServerFrame {
    let (opcode, payload) = hear(peer).await;
    assert_eq!(opcode, 1, "text");
    serde_json::from_slice(&payload).expect("the node writes whole frames")
}

/// Skips what comes before the close frame; its number, and that nothing follows it.
pub(super) async fn hear_close(peer: &mut TcpStream) -> u16 {
    loop {
        let (opcode, payload) = hear(peer).await;
        if opcode == 8 {
            assert_eq!(
                peer.read(&mut [0]).await.expect("the node writes whole frames"),
                0,
                "the stream ends"
            );
            return u16::from_be_bytes([payload[0], payload[1]]);
        }
    }
}

pub(super) fn refused_code(frame: ServerFrame) -> ErrorCode {
    match frame {
        ServerFrame::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}
