//! A lean client's socket: upgraded from a port of its own, frames as bytes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use salotto_protocol::{ClientFrame, Cursor, Hello, limits};
use salotto_tests::wire::{self, In};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Ports of each source address, below those that the kernel gives away.
const FIRST_PORT: usize = 12_000;
const PORTS: usize = 20_000;
const PING: &[u8] = br#"{"type":"ping"}"#;

/// A socket to a node, one way of reading and one of writing.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    /// The `n`-th of this process: upgraded, and nothing said.
    pub(crate) async fn open(address: SocketAddr, n: usize, path: &str) -> Option<Line> {
        let (stream, buffer) = upgraded(address, n, path).await?;
        Some(Line { stream, buffer })
    }

    /// `false` when the line is gone.
    pub(crate) async fn say(&mut self, frame: &ClientFrame) -> bool {
        let frame = serde_json::to_vec(frame).expect("our own types encode");
        self.stream.write_all(&masked(&frame)).await.is_ok()
    }

    pub(crate) async fn hello(&mut self, token: &str, cursors: Vec<Cursor>) -> bool {
        let token = token.to_owned();
        let hello = Hello { protocol: limits::PROTOCOL, token, cursors, page: None };
        self.say(&ClientFrame::Hello(hello)).await
    }

    /// The next text; `None` when the line has ended. Answers pings. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            match In::take(&mut self.buffer) {
                Some(frame) if frame.opcode == wire::TEXT && frame.payload == PING => {
                    self.say(&ClientFrame::Pong).await;
                }
                Some(frame) if frame.opcode == wire::TEXT => return Some(frame.payload),
                Some(frame) if frame.opcode == wire::CLOSE => return None,
                Some(_) => {}
                None => {
                    let read = self.stream.read_buf(&mut self.buffer).await;
                    read.ok().filter(|bytes| *bytes > 0)?;
                }
            }
        }
    }

    /// The first text that holds these words.
    pub(crate) async fn until(&mut self, words: &str) -> Option<Vec<u8>> {
        loop {
            let text = self.next().await?;
            if find(&text, words.as_bytes()).is_some() {
                return Some(text);
            }
        }
    }
}

pub(crate) fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len()).position(|part| part == words)
}

/// The stream, and what came after the answer's head.
pub(crate) async fn upgraded(
    address: SocketAddr,
    n: usize,
    path: &str,
) -> Option<(TcpStream, Vec<u8>)> {
    let mut stream = dial(address, n).await?;
    stream.set_nodelay(true).ok()?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         X-Salotto-LoadTest: {}\r\n\r\n",
        salotto_tests::node::LOADTEST_TOKEN
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = Vec::with_capacity(256);
    loop {
        let read = stream.read_buf(&mut head).await.ok()?;
        if let Some(end) = find(&head, b"\r\n\r\n") {
            let rest = head.split_off(end + 4);
            return head.starts_with(b"HTTP/1.1 101").then_some((stream, rest));
        }
        if read == 0 {
            return None;
        }
    }
}

/// From a port of its own: a kernel that has to find free ones among thousands spends more time
/// on that than on all the rest.
async fn dial(address: SocketAddr, n: usize) -> Option<TcpStream> {
    let own = u8::try_from(2 + n / PORTS).expect("few thousand");
    let port = u16::try_from(FIRST_PORT + n % PORTS).expect("a port");
    let source = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, own)), port);
    let socket = TcpSocket::new_v4().expect("a descriptor");
    socket.set_reuseaddr(true).ok()?;
    socket.bind(source).ok()?;
    socket.connect(address).await.ok()
}

/// A client's text frame; a mask of zeros is a mask.
pub(crate) fn masked(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    if payload.len() < 126 {
        frame.push(0x80 | u8::try_from(payload.len()).expect("short"));
    } else {
        frame.push(0x80 | 126);
        frame.extend_from_slice(&u16::try_from(payload.len()).expect("short").to_be_bytes());
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
