//! One socket's line: reads frames, lets the outbox write, beats, and closes in good order.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use salotto_protocol::{ClientFrame, CloseCode, ErrorCode, Refusal, ServerFrame};
use tokio::time::{Sleep, sleep_until, timeout};

use super::codec::Item;
use super::decode::{about, decode};
use super::heartbeat::{Beat, Heartbeat};
use super::jitter;
use super::reader::{NoItem, Reader};
use crate::fanout::{Outbox, Place, Turn, encode, pong_frame};
use crate::metrics;
use crate::strikes::{Strikes, Verdict};

/// Frames refused for their form within a minute, before the socket is closed.
const REFUSALS_MAX: u16 = 20;
/// Pings and pongs that nobody asked for, within a minute: three a second do no harm.
const CHATTER_MAX: u16 = 200;
/// For a peer to answer our close frame.
const LINGER_MAX: Duration = Duration::from_secs(2);

pub(super) struct Line {
    reader: Reader,
    outbox: Outbox,
    heartbeat: Heartbeat,
    /// Boxed: it is pinned, and the line moves once, from the hello to its own task.
    timer: Pin<Box<Sleep>>,
    refusals: Strikes,
    chatter: Strikes,
}

/// What the line's owner must act on.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    /// Decoded, within its limits, and the sender's to send; never `hello` or `pong`.
    Frame(ClientFrame),
    /// The outbox lost its queue and takes frames again: attach these, from there.
    Refill(Vec<Place>),
    /// The line is closing or gone: `finish` it.
    End,
}

impl Line {
    pub(super) fn new(reader: Reader, outbox: Outbox, period: Duration) -> Line {
        let now = Instant::now();
        let heartbeat = Heartbeat::new(period, jitter::up_to(period), now);
        let timer = Box::pin(sleep_until(heartbeat.deadline().into()));
        let refusals = Strikes::new(REFUSALS_MAX, now);
        let chatter = Strikes::new(CHATTER_MAX, now);
        Line { reader, outbox, heartbeat, timer, refusals, chatter }
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The client has said who it is: longer messages are taken.
    pub(super) fn welcome(&mut self) {
        self.reader.welcome();
    }

    /// The first message, whatever it is. `None`: the line is closing or gone.
    pub(super) async fn first(&mut self) -> Option<String> {
        poll_fn(|context| self.poll_first(context)).await
    }

    /// Lets the outbox write while something else is waited for. No frame is read meanwhile, so
    /// TCP pushes back.
    pub(super) async fn meanwhile<F: Future + Unpin>(&mut self, mut work: F) -> F::Output {
        poll_fn(|context| {
            if let Poll::Ready(output) = Pin::new(&mut work).poll(context) {
                return Poll::Ready(output);
            }
            // A refill or an end is told by the next poll, after the work.
            self.outbox.poll_writing(context);
            Poll::Pending
        })
        .await
    }

    /// Lets the close frame out, waits a little for the peer's, and ends the line.
    pub(super) async fn finish(&mut self) {
        if !self.outbox.is_closing() {
            self.outbox.cut();
        }
        let closed = poll_fn(|context| self.poll_closed(context)).await;
        match closed {
            Turn::Closed => {
                let _ = timeout(LINGER_MAX, self.reader.linger()).await;
            }
            Turn::Gone | Turn::Refill(_) => {}
        }
    }

    /// The next event. Nothing is lost between two polls.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        loop {
            match self.outbox.poll(context) {
                Poll::Ready(Turn::Refill(places)) => return Poll::Ready(Event::Refill(places)),
                Poll::Ready(Turn::Closed | Turn::Gone) => return Poll::Ready(Event::End),
                Poll::Pending => {}
            }
            if self.outbox.is_closing() {
                return Poll::Ready(Event::End);
            }
            match self.reader.poll(context) {
                Poll::Ready(read) => {
                    if let Some(text) = self.sort(read)
                        && let Some(frame) = self.understand(&text)
                    {
                        return Poll::Ready(Event::Frame(frame));
                    }
                }
                Poll::Pending => match self.poll_timer(context) {
                    Poll::Ready(()) => {}
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
        loop {
            match self.outbox.poll(context) {
                Poll::Ready(Turn::Closed | Turn::Gone | Turn::Refill(_)) => {
                    return Poll::Ready(None);
                }
                Poll::Pending => {}
            }
            if self.outbox.is_closing() {
                return Poll::Ready(None);
            }
            match self.reader.poll(context) {
                Poll::Ready(read) => {
                    if let Some(text) = self.sort(read) {
                        return Poll::Ready(Some(text));
                    }
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<Turn> {
        loop {
            if let Poll::Ready(turn) = self.outbox.poll(context) {
                return Poll::Ready(turn);
            }
            let deadline = self.outbox.deadline().unwrap_or_else(Instant::now);
            if self.wait_until(deadline, context).is_pending() {
                return Poll::Pending;
            }
            self.outbox.expire(Instant::now());
        }
    }

    /// Control frames and ends are dealt with here; text is the caller's.
    fn sort(&mut self, read: Result<Item, NoItem>) -> Option<String> {
        let now = Instant::now();
        match read {
            Ok(Item::Text(text)) => {
                self.heartbeat.heard(now);
                metrics::frame_received(self.outbox.party(), text.len());
                return Some(text);
            }
            Ok(Item::Ping(payload)) => {
                self.outbox.push(&pong_frame(&payload), None);
                self.hear_chatter(now);
            }
            Ok(Item::Pong) => self.hear_chatter(now),
            Ok(Item::Close(number)) => self.outbox.echo_close(number),
            Err(NoItem::Gone) => self.outbox.cut(),
            Err(NoItem::Broken(violation)) => {
                self.outbox.close(violation.code, violation.reason);
            }
        }
        None
    }

    fn understand(&mut self, text: &str) -> Option<ClientFrame> {
        let refusal = match decode(text, self.outbox.party()) {
            Ok(ClientFrame::Pong) => {
                let now = Instant::now();
                metrics::pong_took(self.outbox.party(), self.heartbeat.since_ping(now));
                self.hear_chatter(now);
                return None;
            }
            Ok(frame @ ClientFrame::Hello(_)) => {
                about(Refusal::new(ErrorCode::BadHello, "hello comes once"), &frame)
            }
            Ok(frame) => return Some(frame),
            Err(refusal) => refusal,
        };
        self.outbox.push(&encode(&ServerFrame::Refused(refusal)), None);
        match self.refusals.strike(Instant::now()) {
            Verdict::Forgiven => {}
            Verdict::Enough => {
                self.outbox.close(CloseCode::RateLimited, "too many refused frames");
            }
        }
        None
    }

    /// Pings and pongs are life too, unless they only keep half a message alive.
    fn hear_chatter(&mut self, now: Instant) {
        if !self.reader.is_in_pieces() {
            self.heartbeat.heard(now);
        }
        match self.chatter.strike(now) {
            Verdict::Forgiven => {}
            Verdict::Enough => self.outbox.close(CloseCode::RateLimited, "too many pings"),
        }
    }

    /// Ready: a deadline passed and was dealt with.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let beat = self.heartbeat.deadline();
        let deadline = self.outbox.deadline().map_or(beat, |stuck| stuck.min(beat));
        if self.wait_until(deadline, context).is_pending() {
            return Poll::Pending;
        }
        let now = Instant::now();
        self.outbox.expire(now);
        match self.heartbeat.beat(now) {
            Beat::Wait => {}
            // Who has something waiting hears from us anyway.
            Beat::Ping if self.outbox.is_behind() => {}
            Beat::Ping => {
                self.outbox.push(&encode(&ServerFrame::Ping), None);
            }
            Beat::Dead => self.outbox.close(CloseCode::HeartbeatLost, "silent for too long"),
        }
        Poll::Ready(())
    }

    fn wait_until(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.deadline() != deadline.into() {
            self.timer.as_mut().reset(deadline.into());
        }
        self.timer.as_mut().poll(context)
    }
}
