//! One WebSocket, lean: no buffer is held while nothing comes, and no task waits to write.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use fastwebsockets::{Frame, OpCode, Payload, Role, WebSocket, WebSocketError};
use http_body_util::Empty;
use hyper::header::{CONNECTION, HOST, HeaderValue, RETRY_AFTER, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use salotto_protocol::ClientFrame;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Handle;

use crate::target::Target;

/// A node sends a whole board and 200 long entries in one message at most.
const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What the kernel did not take. A node that reads this little is dead or drowning.
const BACKLOG_BYTES_MAX: usize = 1024 * 1024;
const SCRATCH_BYTES: usize = 16 * 1024;

thread_local! {
    static SCRATCH: RefCell<[u8; SCRATCH_BYTES]> = const { RefCell::new([0; SCRATCH_BYTES]) };
}

/// The side that writes. `send` never waits: what the kernel does not take goes out later.
pub struct Line {
    half: OwnedWriteHalf,
    backlog: Mutex<Vec<u8>>,
    runtime: Handle,
}

/// The side that reads.
pub struct Reader {
    half: OwnedReadHalf,
    line: Arc<Line>,
    /// Came along with the answer to the upgrade.
    early: Bytes,
    /// The fragments of a message that is not whole yet.
    partial: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no connection")]
    Io(#[from] io::Error),
    #[error("no HTTP answer")]
    Http(#[from] hyper::Error),
    #[error("the upgrade was refused with {status}")]
    Refused { status: StatusCode, retry_after_ms: Option<u64> },
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// By a close frame, with its code if it had one.
    Closed(Option<u16>),
    /// Without a word.
    Lost,
    /// What came was not WebSocket.
    Garbled,
}

/// Connects, upgrades, and takes the TCP stream back from hyper.
pub async fn connect(
    target: &Target,
    path: &'static str,
    source: Option<IpAddr>,
    loadtest_token: &HeaderValue,
) -> Result<(Reader, Arc<Line>), ConnectError> {
    let stream = dial(target.address, source).await?;
    let request = Request::get(path)
        .header(HOST, target.authority.as_str())
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "Upgrade")
        .header("Sec-WebSocket-Key", fastwebsockets::handshake::generate_key())
        .header("Sec-WebSocket-Version", "13")
        .header("X-Salotto-LoadTest", loadtest_token)
        .body(Empty::<Bytes>::new())
        .expect("the path and the headers are sound");
    let mut http = hyper::client::conn::http1::Builder::new();
    let (mut sender, http) = http.max_buf_size(8 * 1024).handshake(TokioIo::new(stream)).await?;
    let http = tokio::spawn(http.with_upgrades());
    let answer = sender.send_request(request).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        http.abort();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok());
        let retry_after_ms = retry_after.and_then(|it| Some(it.parse::<u64>().ok()? * 1_000));
        return Err(ConnectError::Refused { status: answer.status(), retry_after_ms });
    }
    let (stream, early) = take_back(hyper::upgrade::on(answer).await?);
    Ok(split(stream, early))
}

fn split(stream: TcpStream, early: Bytes) -> (Reader, Arc<Line>) {
    let (read, write) = stream.into_split();
    let runtime = Handle::current();
    let line = Arc::new(Line { half: write, backlog: Mutex::default(), runtime });
    (Reader { half: read, line: Arc::clone(&line), early, partial: Vec::new() }, line)
}

pub async fn dial(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

/// An empty read buffer would pin the 8 KiB that hyper read into: only its bytes are kept.
fn take_back(upgraded: Upgraded) -> (TcpStream, Bytes) {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().expect("it went in as a TCP stream");
    (parts.io.into_inner(), Bytes::copy_from_slice(&parts.read_buf))
}

impl Line {
    pub fn send(self: &Arc<Self>, frame: &ClientFrame) {
        let json = serde_json::to_vec(frame).expect("a frame is plain data");
        self.put(Frame::text(Payload::Owned(json)));
    }

    pub fn close(self: &Arc<Self>, code: u16) {
        self.put(Frame::close(code, b""));
    }

    /// Ends the line without a word; its reader sees `End::Lost`.
    pub fn kill(&self) {
        // It fails only when the line has already ended.
        let _ended = SockRef::from(self.half.as_ref()).shutdown(Shutdown::Both).is_err();
    }

    fn put(self: &Arc<Self>, mut frame: Frame<'_>) {
        frame.mask();
        let mut buffer = Vec::new();
        let bytes = frame.write(&mut buffer);
        let mut backlog = self.backlog.lock().expect("nobody panics while writing");
        let written = if backlog.is_empty() { self.try_write(bytes) } else { 0 };
        if written == bytes.len() {
            return;
        }
        let is_first = backlog.is_empty();
        backlog.extend_from_slice(&bytes[written..]);
        if backlog.len() > BACKLOG_BYTES_MAX {
            self.kill();
        } else if is_first {
            self.runtime.spawn(Arc::clone(self).flush());
        }
    }

    /// Writes the backlog out, then ends.
    async fn flush(self: Arc<Self>) {
        while self.half.writable().await.is_ok() {
            let mut backlog = self.backlog.lock().expect("nobody panics while writing");
            let written = self.try_write(&backlog);
            backlog.drain(..written);
            if backlog.is_empty() {
                *backlog = Vec::new();
                return;
            }
        }
    }

    /// How much went out. A broken line swallows everything: its reader notices the end.
    fn try_write(&self, bytes: &[u8]) -> usize {
        match self.half.try_write(bytes) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => bytes.len(),
        }
    }
}

impl Reader {
    /// Waits for bytes and hands over every message that they complete. Not to be cancelled:
    /// fastwebsockets would lose what it has read of a frame.
    pub async fn read(&mut self, mut on_message: impl FnMut(&[u8])) -> Result<(), End> {
        let first = if self.early.is_empty() {
            first_bytes(&mut self.half).await.map_err(|_| End::Lost)?
        } else {
            std::mem::take(&mut self.early).to_vec()
        };
        if first.is_empty() {
            return Err(End::Lost);
        }
        let fed = AtomicUsize::new(first.len());
        let feed = Feed { first: &first, half: &mut self.half, fed: &fed };
        let mut frames = WebSocket::after_handshake(feed, Role::Client);
        frames.set_auto_close(false);
        frames.set_auto_pong(false);
        frames.set_max_message_size(MESSAGE_BYTES_MAX);
        let mut used = 0;
        // Between two messages nothing is held: the 8 KiB of `frames` go when it is fed up.
        while used < fed.load(Ordering::Relaxed) {
            let frame = frames.read_frame().await.map_err(|it| end_of(&it))?;
            used += frame_bytes(frame.payload.len());
            match frame.opcode {
                OpCode::Text if frame.fin => on_message(&frame.payload),
                OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                    self.partial.extend_from_slice(&frame.payload);
                    if self.partial.len() > MESSAGE_BYTES_MAX {
                        return Err(End::Garbled);
                    }
                    if frame.fin {
                        on_message(&std::mem::take(&mut self.partial));
                    }
                }
                OpCode::Ping => self.line.put(Frame::pong(frame.payload)),
                OpCode::Pong => {}
                OpCode::Close => {
                    let code = frame.payload.first_chunk().map(|it| u16::from_be_bytes(*it));
                    return Err(End::Closed(code));
                }
            }
        }
        Ok(())
    }
}

/// Reads into memory of the thread, so that a waiting socket owns none.
async fn first_bytes(half: &mut OwnedReadHalf) -> io::Result<Vec<u8>> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *half).poll_read(cx, &mut buffer))?;
            Poll::Ready(Ok(buffer.filled().to_vec()))
        })
    })
    .await
}

/// On the wire, from a node: not masked, the shortest length that fits.
fn frame_bytes(payload: usize) -> usize {
    match payload {
        0..126 => 2 + payload,
        126..65_536 => 4 + payload,
        _ => 10 + payload,
    }
}

fn end_of(error: &WebSocketError) -> End {
    match error {
        WebSocketError::IoError(_) | WebSocketError::UnexpectedEOF => End::Lost,
        _ => End::Garbled,
    }
}

/// What was read already, then the socket; counts the bytes.
struct Feed<'a> {
    first: &'a [u8],
    half: &'a mut OwnedReadHalf,
    fed: &'a AtomicUsize,
}

impl AsyncRead for Feed<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut *self.half).poll_read(cx, buffer))?;
        self.fed.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

/// `read_frame` asks for a stream that can write too; with `auto_*` off it never does.
impl AsyncWrite for Feed<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
