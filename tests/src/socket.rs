//! One WebSocket to a node, read only when a test reads: so a test can also be a bad reader.

use std::net::SocketAddr;

use salotto_protocol::{
    ClientFrame, ConversationId, Cursor, ErrorCode, Hello, Refusal, ServerFrame, ViewedEntry,
    Welcome,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::patience;
use crate::wire::{self, In, Out};

/// Small, so that a test that stops reading is felt by the node soon.
const RECEIVE_BYTES: u32 = 64 * 1024;

pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Answers `ping` while it reads; a dead line does not.
    pub answers_pings: bool,
}

/// What a node said.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Frame(ServerFrame),
    /// A close frame, with its code.
    Closed(u16),
    /// The line ended without a close frame.
    Ended,
}

impl Socket {
    /// Upgrades, and says nothing yet.
    pub async fn open(address: SocketAddr, path: &str) -> Socket {
        let socket = patience::within("an upgrade", Socket::try_open(address, path)).await;
        socket.expect("the node upgrades")
    }

    /// `None` when nobody listens, or the upgrade is refused.
    pub async fn try_open(address: SocketAddr, path: &str) -> Option<Socket> {
        let dialled = TcpSocket::new_v4().ok()?;
        dialled.set_recv_buffer_size(RECEIVE_BYTES).ok()?;
        let mut stream = dialled.connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut buffer = Vec::new();
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        buffer.drain(..end);
        head.starts_with("HTTP/1.1 101 ").then_some(Socket { stream, buffer, answers_pings: true })
    }

    /// Upgrades, says `hello` and is welcome.
    pub async fn welcomed(
        address: SocketAddr,
        path: &str,
        token: &str,
        cursors: Vec<Cursor>,
    ) -> (Socket, Welcome) {
        let mut socket = Socket::open(address, path).await;
        socket.send(&hello(token, cursors)).await;
        let welcome = socket.welcome().await;
        (socket, welcome)
    }

    pub async fn send(&mut self, frame: &ClientFrame) {
        let text = serde_json::to_string(frame).expect("our own types encode");
        self.send_text(&text).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.write(&Out::text(text.as_bytes()).encode()).await;
    }

    /// Writes bytes as they are. A node that has closed the line already is no error here: what
    /// it said before is what a test asks for.
    pub async fn write(&mut self, bytes: &[u8]) {
        drop(patience::within("the node to take bytes", self.stream.write_all(bytes)).await);
    }

    /// As `write`, and `false` when the line is gone.
    pub async fn try_send(&mut self, frame: &ClientFrame) -> bool {
        let text = serde_json::to_string(frame).expect("our own types encode");
        self.stream.write_all(&Out::text(text.as_bytes()).encode()).await.is_ok()
    }

    /// The next thing the node says, but for pings. Cancel-safe.
    pub async fn next(&mut self) -> Heard {
        loop {
            let heard = self.next_or_ping().await;
            if heard != Heard::Frame(ServerFrame::Ping) {
                return heard;
            }
        }
    }

    /// The next thing the node says, pings too. Cancel-safe.
    pub async fn next_or_ping(&mut self) -> Heard {
        loop {
            if let Some(frame) = In::take(&mut self.buffer) {
                match frame.opcode {
                    wire::TEXT => return self.text(&frame.payload).await,
                    wire::CLOSE => return Heard::Closed(close_code(&frame.payload)),
                    wire::PING | wire::PONG => continue,
                    other => panic!("a node sends text, not opcode {other}"),
                }
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Heard::Ended,
                Ok(_) => {}
            }
        }
    }

    async fn text(&mut self, payload: &[u8]) -> Heard {
        let text = std::str::from_utf8(payload).expect("a node sends UTF-8");
        let frame: ServerFrame =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        if frame == ServerFrame::Ping && self.answers_pings {
            self.send(&ClientFrame::Pong).await;
        }
        Heard::Frame(frame)
    }

    /// The first frame that `wanted` picks; the others are dropped. A close is a failure.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(ServerFrame) -> Option<T>,
    ) -> T {
        let mut dropped = Vec::new();
        let search = async {
            loop {
                match self.next().await {
                    Heard::Frame(frame) => {
                        let shown = format!("{frame:?}");
                        if let Some(value) = wanted(frame) {
                            return value;
                        }
                        dropped.push(shown);
                    }
                    end @ (Heard::Closed(_) | Heard::Ended) => {
                        panic!("{end:?} while waiting for {what}; heard {dropped:#?}")
                    }
                }
            }
        };
        match tokio::time::timeout(patience::PATIENCE, search).await {
            Ok(value) => value,
            Err(_) => panic!("waited for {what}; heard only {dropped:#?}"),
        }
    }

    pub async fn welcome(&mut self) -> Welcome {
        self.until("welcome", |frame| match frame {
            ServerFrame::Welcome(welcome) => Some(welcome),
            _ => None,
        })
        .await
    }

    pub async fn refused(&mut self) -> Refusal {
        self.until("a refusal", |frame| match frame {
            ServerFrame::Refused(refusal) => Some(refusal),
            _ => None,
        })
        .await
    }

    pub async fn assert_refused(&mut self, code: ErrorCode) -> Refusal {
        let refusal = self.refused().await;
        assert_eq!(refusal.code, code, "{refusal:?}");
        refusal
    }

    /// The first entry of a conversation that `wanted` accepts.
    pub async fn entry(
        &mut self,
        what: &str,
        conversation: ConversationId,
        wanted: impl Fn(&ViewedEntry) -> bool,
    ) -> ViewedEntry {
        self.until(what, |frame| match frame {
            ServerFrame::Entries { conversation: of, entries, .. } if of == conversation => {
                entries.into_iter().find(&wanted)
            }
            _ => None,
        })
        .await
    }

    /// The close code, whatever else is said before it.
    pub async fn closed(&mut self) -> u16 {
        let close = async {
            loop {
                match self.next().await {
                    Heard::Frame(_) => {}
                    Heard::Closed(code) => return code,
                    Heard::Ended => panic!("the line ended without a close frame"),
                }
            }
        };
        patience::within("a close frame", close).await
    }
}

pub fn hello(token: &str, cursors: Vec<Cursor>) -> ClientFrame {
    ClientFrame::Hello(Hello { protocol: 1, token: token.to_owned(), cursors, page: None })
}

/// 1005 stands for a close frame without a code, as in browsers.
fn close_code(payload: &[u8]) -> u16 {
    payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))
}
