//! Visitors on one node and those who listen to them on the other: messages on schedule, and when
//! each of them came, by one clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use salotto_protocol::{ClientFrame, ClientId, ConversationId, ServerFrame, Start};
use salotto_tests::desk::{AS_AGENT, AS_VISITOR, Desk, from_the_start};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::line::{Line, find};

/// An agent's socket follows 64 at most.
const PER_AGENT: usize = 60;
/// Sockets that are being opened at once.
const WINDOW: usize = 128;
const TEXT_BYTES: usize = 200;
/// Stands before the number of a message.
const MARK: &[u8] = br##""text":"#"##;
/// For what is still under way when the schedule ends.
const GRACE: Duration = Duration::from_secs(5);

/// Where everybody is.
#[derive(Clone, Copy)]
pub(crate) struct Seats {
    pub(crate) visitors: SocketAddr,
    pub(crate) agents: SocketAddr,
    /// Further tabs of each visitor, in turn on either node; they listen as agents do.
    pub(crate) tabs: usize,
}

/// All sockets, open and attached.
pub(crate) struct Pairs {
    visitors: Vec<Speaker>,
    listeners: Vec<Line>,
    /// For each message.
    wanted: u32,
}

struct Speaker {
    line: Line,
    conversation: ConversationId,
}

#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    /// A second, all visitors together.
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
}

/// What came of a schedule.
pub(crate) struct Came {
    pub(crate) messages: usize,
    /// From due to the last of those who wanted it, in milliseconds; by the time they were due.
    pub(crate) late_ms: Vec<f64>,
    lost: u64,
    doubled: u64,
    reordered: u64,
}

impl Came {
    pub(crate) fn assert_all(&self) {
        let wrong = (self.lost, self.doubled, self.reordered);
        assert_eq!(wrong, (0, 0, 0), "lost, doubled, reordered");
    }
}

struct Seen {
    began: Instant,
    messages: Vec<Message>,
    reordered: AtomicU64,
    visitors: usize,
}

#[derive(Default)]
struct Message {
    came: AtomicU32,
    last_us: AtomicU64,
}

impl Pairs {
    /// One visitor for each token, in the middle of a conversation with an agent.
    pub(crate) async fn open(desk: &Desk, seats: Seats, tokens: &[String]) -> Pairs {
        let gate = Arc::new(Semaphore::new(WINDOW));
        let mut starting = JoinSet::new();
        for (n, token) in tokens.iter().enumerate() {
            let (gate, token, chatflow) = (gate.clone(), token.clone(), desk.chatflow);
            starting.spawn(async move {
                let _permit = gate.acquire_owned().await.expect("open");
                let mut line = Line::open(seats.visitors, n, AS_VISITOR).await.expect("a socket");
                line.hello(&token, Vec::new()).await;
                line.until(r#""type":"welcome""#).await.expect("a welcome");
                let start = Start {
                    client_id: ClientId::fresh(),
                    chatflow,
                    message_client_id: ClientId::fresh(),
                    text: "Hello?".to_owned(),
                };
                line.say(&ClientFrame::Start(start)).await;
                let ack = line.until(r#""type":"ack""#).await.expect("an ack");
                (token, Speaker { line, conversation: conversation_of(&ack) })
            });
        }
        let begun = starting.join_all().await;
        let mut pairs = Pairs {
            visitors: Vec::new(),
            listeners: Vec::new(),
            wanted: u32::try_from(1 + seats.tabs).expect("a few"),
        };
        let mut next = tokens.len();
        for (token, speaker) in begun {
            for tab in 0..seats.tabs {
                let address = if tab % 2 == 0 { seats.agents } else { seats.visitors };
                let mut line = Line::open(address, next, AS_VISITOR).await.expect("a socket");
                line.hello(&token, vec![from_the_start(speaker.conversation)]).await;
                line.until(r#""type":"conversation""#).await.expect("attached");
                pairs.listeners.push(line);
                next += 1;
            }
            pairs.visitors.push(speaker);
        }
        for (which, share) in pairs.visitors.chunks(PER_AGENT).enumerate() {
            let mut line = Line::open(seats.agents, next + which, AS_AGENT).await.expect("one");
            line.hello(&desk.agents[which].1, Vec::new()).await;
            line.until(r#""type":"welcome""#).await.expect("a welcome");
            for speaker in share {
                line.say(&ClientFrame::Attach(from_the_start(speaker.conversation))).await;
                line.until(r#""type":"conversation""#).await.expect("attached");
            }
            pairs.listeners.push(line);
        }
        pairs
    }

    pub(crate) fn agents(visitors: usize) -> u32 {
        u32::try_from(visitors.div_ceil(PER_AGENT)).expect("a few")
    }

    /// Everything that is due is said at its time, whatever happens meanwhile. `meanwhile` begins
    /// with the schedule.
    pub(crate) async fn run(self, schedule: Schedule, meanwhile: impl Future<Output = ()>) -> Came {
        let total = usize::try_from(schedule.rate * schedule.seconds).expect("it fits in memory");
        let seen = Arc::new(Seen {
            began: Instant::now() + Duration::from_secs(1),
            messages: std::iter::repeat_with(Message::default).take(total).collect(),
            reordered: AtomicU64::new(0),
            visitors: self.visitors.len(),
        });
        let mut speaking = JoinSet::new();
        let mut listening = JoinSet::new();
        for (n, speaker) in self.visitors.into_iter().enumerate() {
            speaking.spawn(speak(speaker, n, schedule, seen.clone()));
        }
        for line in self.listeners {
            listening.spawn(listen(line, seen.clone()));
        }
        let ((), speakers) = tokio::join!(meanwhile, speaking.join_all());
        sleep_until(Instant::now() + GRACE).await;
        listening.shutdown().await;
        drop(speakers);
        seen.summary(schedule, self.wanted)
    }
}

impl Schedule {
    fn due_us(self, message: usize) -> u64 {
        message as u64 * 1_000_000 / self.rate
    }
}

/// Says what is due to be said by the `n`-th visitor, and reads the answers.
async fn speak(mut speaker: Speaker, n: usize, schedule: Schedule, seen: Arc<Seen>) -> Speaker {
    for message in (n..seen.messages.len()).step_by(seen.visitors) {
        let due = seen.began + Duration::from_micros(schedule.due_us(message));
        loop {
            tokio::select! {
                biased;
                () = sleep_until(due) => break,
                text = speaker.line.next() => {
                    let text = text.expect("the visitors' node stays");
                    assert!(find(&text, br#""type":"refused""#).is_none(), "{}", shown(&text));
                }
            }
        }
        let text = format!("{:x<TEXT_BYTES$}", format!("#{message} "));
        let (conversation, client_id) = (speaker.conversation, ClientId::fresh());
        speaker.line.say(&ClientFrame::Send { conversation, client_id, text }).await;
    }
    speaker
}

async fn listen(mut line: Line, seen: Arc<Seen>) {
    let mut last = vec![0; seen.visitors];
    while let Some(text) = line.next().await {
        let now_us = Instant::now().saturating_duration_since(seen.began).as_micros();
        let now_us = u64::try_from(now_us).expect("not for ever");
        let mut rest = text.as_slice();
        while let Some(at) = find(rest, MARK) {
            rest = &rest[at + MARK.len()..];
            let digits = rest.iter().take_while(|it| it.is_ascii_digit());
            let number = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
            let message = &seen.messages[number];
            message.came.fetch_add(1, Ordering::Relaxed);
            message.last_us.fetch_max(now_us, Ordering::Relaxed);
            let before = &mut last[number % seen.visitors];
            if *before > number {
                seen.reordered.fetch_add(1, Ordering::Relaxed);
            }
            *before = number;
        }
    }
}

impl Seen {
    fn summary(&self, schedule: Schedule, wanted: u32) -> Came {
        let (mut late_ms, mut lost, mut doubled) = (Vec::new(), 0, 0);
        for (number, message) in self.messages.iter().enumerate() {
            let came = message.came.load(Ordering::Relaxed);
            lost += u64::from(wanted.saturating_sub(came));
            doubled += u64::from(came.saturating_sub(wanted));
            let due_us = schedule.due_us(number);
            let late_us = message.last_us.load(Ordering::Relaxed).saturating_sub(due_us);
            late_ms.push(Duration::from_micros(late_us).as_secs_f64() * 1e3);
        }
        let reordered = self.reordered.load(Ordering::Relaxed);
        Came { messages: self.messages.len(), late_ms, lost, doubled, reordered }
    }
}

pub(crate) fn conversation_of(ack: &[u8]) -> ConversationId {
    match serde_json::from_slice(ack) {
        Ok(ServerFrame::Ack { conversation, .. }) => conversation,
        other => panic!("{other:?}: {}", shown(ack)),
    }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
