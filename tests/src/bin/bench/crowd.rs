//! Very many lean client sockets in a process of their own: they connect, greet, and count what
//! comes. Driven by lines on stdin, answers by lines on stdout.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use salotto_protocol::{ClientFrame, Hello, Page, limits};
use salotto_tests::desk::AS_VISITOR;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::line::{masked, upgraded};

/// Handshakes at once.
const WINDOW: usize = 256;

/// What the sockets saw, all together.
#[derive(Default)]
struct Seen {
    frames: AtomicU64,
    last_at_us: AtomicU64,
    greeted: AtomicUsize,
    lost: AtomicUsize,
}

/// `crowd ADDRESS COUNT WAIT_FOR_FRAME TOKEN_FILE`: the tokens are taken in turn, for ever.
/// Prints `greeted N SECONDS`; then for `frames` the count of frames so far and the moment of
/// the last one, for `page` it sends a `page` frame on every socket.
pub(crate) async fn run(arguments: &[&str]) {
    let [address, count, greeting, tokens] = arguments else { panic!("crowd: four arguments") };
    let address: SocketAddr = address.parse().expect("an address");
    let count: usize = count.parse().expect("a number");
    let tokens = std::fs::read_to_string(tokens).expect("a file of tokens");
    let tokens: Vec<String> = tokens.lines().map(str::to_owned).collect();
    let seen = Arc::new(Seen::default());
    let (order, _) = tokio::sync::broadcast::channel::<Vec<u8>>(4);
    let gate = Arc::new(Semaphore::new(WINDOW));
    let began = Instant::now();
    let mut openings = tokio::task::JoinSet::new();
    for n in 0..count {
        let permit = gate.clone().acquire_owned().await.expect("open");
        let hello = (!greeting.is_empty()).then(|| hello(&tokens[n % tokens.len()]));
        let (seen, order) = (seen.clone(), order.subscribe());
        openings.spawn(async move {
            let Some(stream) = open(address, n, hello).await else {
                seen.lost.fetch_add(1, Ordering::Relaxed);
                return;
            };
            drop(permit);
            seen.greeted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(listen(stream, seen, order, began));
        });
    }
    while openings.join_next().await.is_some() {}
    let greeted = seen.greeted.load(Ordering::Relaxed);
    println!("greeted {greeted} {:.6}", began.elapsed().as_secs_f64());
    obey(&seen, &order).await;
}

async fn obey(seen: &Seen, order: &tokio::sync::broadcast::Sender<Vec<u8>>) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match line.as_str() {
            "frames" => {
                let frames = seen.frames.load(Ordering::Relaxed);
                let last = seen.last_at_us.load(Ordering::Relaxed);
                println!("{frames} {last} {}", seen.lost.load(Ordering::Relaxed));
            }
            "page" => {
                let page = Page { url: "http://shop.example/a".to_owned(), ..Page::default() };
                let frame = serde_json::to_vec(&ClientFrame::Page(page)).expect("plain data");
                let _ = order.send(masked(&frame));
                println!("sent");
            }
            other => panic!("crowd: {other}?"),
        }
    }
}

/// Connects, upgrades and greets; waits for the first frame when there is a greeting.
async fn open(address: SocketAddr, n: usize, hello: Option<Vec<u8>>) -> Option<TcpStream> {
    let (mut stream, rest) = upgraded(address, n, AS_VISITOR).await?;
    if let Some(hello) = hello {
        stream.write_all(&hello).await.ok()?;
        if rest.is_empty() {
            stream.readable().await.ok()?;
        }
    }
    Some(stream)
}

/// Counts frames for ever; sends what is ordered.
async fn listen(
    stream: TcpStream,
    seen: Arc<Seen>,
    mut order: tokio::sync::broadcast::Receiver<Vec<u8>>,
    began: Instant,
) {
    let mut counter = FrameCounter::default();
    loop {
        tokio::select! {
            ready = stream.readable() => {
                if ready.is_err() || !drain(&stream, &mut counter, &seen, began) {
                    seen.lost.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            }
            bytes = order.recv() => {
                let Ok(bytes) = bytes else { return };
                let _ = stream.writable().await;
                let _ = stream.try_write(&bytes);
            }
        }
    }
}

/// Reads what is there, on the stack. False: the line is closed.
fn drain(stream: &TcpStream, counter: &mut FrameCounter, seen: &Seen, began: Instant) -> bool {
    let mut piece = [0_u8; 4_096];
    loop {
        match stream.try_read(&mut piece) {
            Ok(0) => return false,
            Ok(read) => {
                let frames = counter.count(&piece[..read]);
                if frames > 0 {
                    seen.frames.fetch_add(frames, Ordering::Relaxed);
                    let now = u64::try_from(began.elapsed().as_micros()).expect("not for ever");
                    seen.last_at_us.fetch_max(now, Ordering::Relaxed);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return true,
            Err(_) => return false,
        }
    }
}

/// Counts frames in a stream of a server's bytes, whatever the cuts.
#[derive(Default)]
struct FrameCounter {
    header: Vec<u8>,
    payload_left: usize,
}

impl FrameCounter {
    fn count(&mut self, mut bytes: &[u8]) -> u64 {
        let mut frames = 0;
        while !bytes.is_empty() {
            if self.payload_left > 0 {
                let taken = self.payload_left.min(bytes.len());
                self.payload_left -= taken;
                bytes = &bytes[taken..];
                frames += u64::from(self.payload_left == 0);
                continue;
            }
            self.header.push(bytes[0]);
            bytes = &bytes[1..];
            if let Some(length) = payload_length(&self.header) {
                self.header.clear();
                self.payload_left = length;
                frames += u64::from(length == 0);
            }
        }
        frames
    }
}

/// `None`: the header is not complete.
fn payload_length(header: &[u8]) -> Option<usize> {
    match (header.get(1)? & 0x7f, header) {
        (126, [_, _, high, low]) => Some(usize::from(u16::from_be_bytes([*high, *low]))),
        (127, [_, _, rest @ ..]) if rest.len() == 8 => {
            let bytes: [u8; 8] = rest.try_into().expect("eight bytes");
            Some(usize::try_from(u64::from_be_bytes(bytes)).expect("small"))
        }
        (126 | 127, _) => None,
        (short, _) => Some(usize::from(short)),
    }
}

fn hello(token: &str) -> Vec<u8> {
    let hello = Hello {
        protocol: limits::PROTOCOL,
        token: token.to_owned(),
        cursors: Vec::new(),
        page: None,
    };
    masked(&serde_json::to_vec(&ClientFrame::Hello(hello)).expect("plain data"))
}

/// A crowd in a process of its own, from outside.
pub(crate) struct Crowd {
    pub(crate) helper: super::process::Helper,
    pub(crate) greeted: usize,
    pub(crate) seconds: f64,
    _tokens: tempfile::NamedTempFile,
}

impl Crowd {
    /// Without tokens it only upgrades and does not greet.
    pub(crate) async fn gather(address: SocketAddr, count: usize, tokens: &[String]) -> Crowd {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), tokens.join("\n")).expect("written");
        let greeting = if tokens.is_empty() { "" } else { "hello" };
        let path = file.path().display().to_string();
        let (address, count) = (address.to_string(), count.to_string());
        let arguments = ["crowd", &address, &count, greeting, &path];
        let mut helper = super::process::Helper::start(&arguments);
        let line = helper.answer().await;
        let words: Vec<&str> = line.split(' ').collect();
        let greeted = words[1].parse().expect("a number");
        let seconds = words[2].parse().expect("a number");
        Crowd { helper, greeted, seconds, _tokens: file }
    }

    pub(crate) async fn frames(&mut self) -> u64 {
        let line = self.helper.ask("frames").await;
        line.split(' ').next().and_then(|it| it.parse().ok()).expect("a number")
    }

    /// Waits until so many frames have come. Panics after a minute.
    pub(crate) async fn until_frames(&mut self, wanted: u64) {
        for _ in 0..60_000 {
            if self.frames().await >= wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{} of {wanted} frames came", self.frames().await);
    }
}
