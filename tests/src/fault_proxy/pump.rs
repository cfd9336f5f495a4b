//! Moves bytes one way through a connection, as its conditions allow.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::conditions::{Cut, Flow, Way};
use super::{Line, Orders};

/// Under way at once; then the sender has to wait.
pub(super) const QUEUE_BYTES_MAX: usize = 256 * 1024;
/// What a piece costs beside its bytes, so that tiny ones are bounded too.
const PIECE_BYTES: usize = 64;
const READ_BYTES: usize = 16 * 1024;
/// A narrow way is written to in pieces of so much time.
const PACE: Duration = Duration::from_millis(50);

/// Until both sides have ended, or one has failed and the other may know it.
pub(super) async fn both(
    client: &mut TcpStream,
    server: &mut TcpStream,
    orders: &watch::Receiver<Orders>,
    line: &Line,
) -> Cut {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let up = Pump::new(from_client, to_server, orders.clone(), Course { line, is_up: true });
    let down = Pump::new(from_server, to_client, orders.clone(), Course { line, is_up: false });
    match tokio::try_join!(up.run(), down.run()) {
        Ok(_) => Cut::Fin,
        Err(_) => Cut::Reset,
    }
}

#[derive(Clone, Copy)]
struct Course<'a> {
    line: &'a Line,
    is_up: bool,
}

struct Pump<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    orders: watch::Receiver<Orders>,
    course: Course<'a>,
    queue: VecDeque<Piece>,
    queued_bytes: usize,
    /// Nothing comes after what is queued.
    has_ended: bool,
    /// Something was lost: the rest is worth nothing.
    has_hole: bool,
    /// When a narrow way takes more.
    free_at: Instant,
    dice: u64,
}

struct Piece {
    due: Instant,
    bytes: Vec<u8>,
    written: usize,
}

enum Next {
    Look,
    Read,
    Write,
}

impl<'a> Pump<'a> {
    fn new(
        from: ReadHalf<'a>,
        to: WriteHalf<'a>,
        orders: watch::Receiver<Orders>,
        course: Course<'a>,
    ) -> Pump<'a> {
        let now = Instant::now();
        Pump {
            from,
            to,
            orders,
            course,
            queue: VecDeque::new(),
            queued_bytes: 0,
            has_ended: false,
            has_hole: false,
            free_at: now,
            dice: course.line.number + 1,
        }
    }

    /// An error is told once both ways pass: through a partition nobody hears of it.
    async fn run(mut self) -> io::Result<()> {
        let moved = self.move_all().await;
        if moved.is_err() {
            let healed = self.orders.wait_for(|orders| orders.conditions.pass()).await;
            drop(healed);
        }
        moved
    }

    async fn move_all(&mut self) -> io::Result<()> {
        loop {
            let way = self.way();
            match way.flow {
                Flow::Pass if self.has_hole => return Err(ErrorKind::InvalidData.into()),
                Flow::Pass if self.has_ended && self.queue.is_empty() => {
                    return self.to.shutdown().await;
                }
                Flow::Pass | Flow::Hold => {}
                Flow::Swallow => self.lose(),
            }
            match self.next(way).await? {
                Next::Look => {}
                Next::Read => self.read(way)?,
                Next::Write => self.write(way)?,
            }
        }
    }

    async fn next(&mut self, way: Way) -> io::Result<Next> {
        let reads =
            !self.has_ended && way.flow != Flow::Hold && self.queued_bytes < QUEUE_BYTES_MAX;
        let first = self.queue.front().filter(|_| way.passes());
        let due = first.map(|piece| piece.due.max(self.free_at));
        let Pump { from, to, orders, .. } = self;
        tokio::select! {
            changed = orders.changed() => {
                changed.map(|()| Next::Look).map_err(|_| ErrorKind::NotConnected.into())
            }
            ready = from.readable(), if reads => ready.map(|()| Next::Read),
            ready = writable_at(due, to), if due.is_some() => ready.map(|()| Next::Write),
        }
    }

    fn way(&mut self) -> Way {
        let conditions = self.orders.borrow_and_update().conditions;
        if self.course.is_up { conditions.up } else { conditions.down }
    }

    fn read(&mut self, way: Way) -> io::Result<()> {
        let mut bytes = vec![0; READ_BYTES];
        let read = match self.from.try_read(&mut bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        self.has_ended = read == 0;
        if read > 0 {
            bytes.truncate(read);
            bytes.shrink_to_fit();
            let due = Instant::now() + way.latency + way.jitter.mul_f64(self.draw());
            self.queued_bytes += PIECE_BYTES + read;
            self.queue.push_back(Piece { due, bytes, written: 0 });
        }
        Ok(())
    }

    fn write(&mut self, way: Way) -> io::Result<()> {
        let Some(piece) = self.queue.front_mut() else { return Ok(()) };
        let rest = &piece.bytes[piece.written..];
        let rest = &rest[..rest.len().min(most(way))];
        let written = match self.to.try_write(rest) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        piece.written += written;
        if piece.written == piece.bytes.len() {
            self.queued_bytes -= PIECE_BYTES + piece.bytes.len();
            self.queue.pop_front();
        }
        if let Some(rate) = way.bytes_per_second {
            let time = Duration::from_secs(written as u64) / rate.max(1);
            self.free_at = self.free_at.max(Instant::now()) + time;
        }
        self.course.line.count(self.course.is_up, written);
        Ok(())
    }

    fn lose(&mut self) {
        self.has_hole |= !self.queue.is_empty();
        self.queue.clear();
        self.queued_bytes = 0;
    }

    /// From 0 up to 1, the same for the same connection in every run (SplitMix64).
    fn draw(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bits = u32::try_from((mixed ^ (mixed >> 31)) >> 32).expect("32 bits");
        f64::from(bits) / f64::from(u32::MAX)
    }
}

/// How much goes in one piece.
fn most(way: Way) -> usize {
    let Some(rate) = way.bytes_per_second else { return usize::MAX };
    let pieces_per_second = 1_000 / PACE.as_millis();
    usize::try_from(u128::from(rate) / pieces_per_second).unwrap_or(usize::MAX).max(1)
}

async fn writable_at(due: Option<Instant>, to: &WriteHalf<'_>) -> io::Result<()> {
    if let Some(due) = due {
        sleep_until(due).await;
    }
    to.writable().await
}
