//! The one thread that keeps the schedule: it sleeps, spins for the last 100 µs, and fires. It
//! never waits for an answer, and writes down how late it was.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::books::{Books, Reply};
use crate::latency::Measure;
use crate::plan::{Arrival, Plan};

/// A sleeping thread wakes this late at worst, as a rule.
const SPIN_US: u64 = 100;
/// How often a thread with nothing due looks whether it is to end.
const IDLE: Duration = Duration::from_millis(20);

/// What is due now.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// A visitor's message.
    Message { slot: u32, due_us: u64 },
    /// An agent's answer.
    Answer(Reply),
}

/// Ends with `stop`; until then it fires replies even after the last arrival.
pub struct Pacer {
    thread: JoinHandle<()>,
    stop: Arc<Stop>,
}

#[derive(Default)]
struct Stop {
    /// No more visitors' messages.
    arrivals: AtomicBool,
    all: AtomicBool,
}

/// Where agents put the answers that will be due.
pub fn replies() -> (Sender<Reply>, Receiver<Reply>) {
    channel()
}

impl Pacer {
    /// The schedule starts at `start_us`.
    pub fn start(
        books: Arc<Books>,
        plan: Plan,
        start_us: u64,
        replies: Receiver<Reply>,
        fire: impl FnMut(Due) + Send + 'static,
    ) -> std::io::Result<Pacer> {
        let stop = Arc::new(Stop::default());
        let mut work = Work {
            books,
            plan,
            start_us,
            next: None,
            replies,
            thinking: BinaryHeap::new(),
            stop: Arc::clone(&stop),
            fire,
        };
        let thread =
            std::thread::Builder::new().name("pacer".to_owned()).spawn(move || work.run())?;
        Ok(Pacer { thread, stop })
    }

    /// No visitor's message is fired from now on.
    pub fn stop_arrivals(&self) {
        self.stop.arrivals.store(true, Ordering::Relaxed);
    }

    pub fn stop(self) {
        self.stop.all.store(true, Ordering::Relaxed);
        self.thread.join().expect("the pacer does not panic");
    }
}

struct Work<F> {
    books: Arc<Books>,
    plan: Plan,
    start_us: u64,
    next: Option<Arrival>,
    replies: Receiver<Reply>,
    thinking: BinaryHeap<Reverse<Reply>>,
    stop: Arc<Stop>,
    fire: F,
}

impl<F: FnMut(Due)> Work<F> {
    fn run(&mut self) {
        self.next = self.plan.next();
        while !self.stop.all.load(Ordering::Relaxed) {
            self.thinking.extend(self.replies.try_iter().map(Reverse));
            if self.stop.arrivals.load(Ordering::Relaxed) {
                self.next = None;
            }
            let now_us = self.books.clock.now_us();
            match self.next_due_us() {
                Some(due_us) if due_us <= now_us => self.fire_one(due_us, now_us),
                Some(due_us) if due_us - now_us <= SPIN_US => std::hint::spin_loop(),
                Some(due_us) => self.sleep(Duration::from_micros(due_us - now_us - SPIN_US)),
                None => self.sleep(IDLE),
            }
        }
    }

    fn next_due_us(&self) -> Option<u64> {
        let arrival = self.next.map(|it| it.due_us + self.start_us);
        let reply = self.thinking.peek().map(|it| it.0.due_us);
        arrival.into_iter().chain(reply).min()
    }

    fn fire_one(&mut self, due_us: u64, now_us: u64) {
        self.books.latency.record(Measure::ScheduleLag, due_us, due_us, now_us);
        match self.next {
            Some(arrival) if arrival.due_us + self.start_us == due_us => {
                self.books.tally.planned.one();
                self.next = self.plan.next();
                (self.fire)(Due::Message { slot: arrival.slot, due_us });
            }
            Some(_) | None => {
                if let Some(Reverse(reply)) = self.thinking.pop() {
                    (self.fire)(Due::Answer(reply));
                }
            }
        }
    }

    /// Until then, or until an agent begins to think.
    fn sleep(&mut self, at_most: Duration) {
        match self.replies.recv_timeout(at_most.min(IDLE)) {
            Ok(reply) => self.thinking.push(Reverse(reply)),
            Err(RecvTimeoutError::Timeout) => {}
            // No agent is left to answer; arrivals go on.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(at_most.min(IDLE)),
        }
    }
}
