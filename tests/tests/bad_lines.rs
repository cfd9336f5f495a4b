//! Lines that die without a word, and readers that cannot keep up (REG-3, I14).

use std::collections::BTreeSet;
use std::time::Duration;

use salotto_protocol::{
    ClientFrame, ClientId, CloseCode, ConversationId, Cursor, Epoch, Seq, ServerFrame,
};
use salotto_tests::desk::{AS_VISITOR, Desk, acked, from_the_start, say, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::socket::{Heard, Socket};

#[tokio::test]
async fn reg_3_a_line_that_no_longer_answers_is_closed_within_two_heartbeats() {
    let node = Node::start_with(&[("GATEWAY__HEARTBEAT_MS", "1000")]).await;
    let desk = Desk::open(&node, 1).await;
    let (mut dead, _) = desk.visitor_socket(&node).await;
    let (mut living, _) = desk.visitor_socket(&node).await;
    dead.answers_pings = false;

    let began = tokio::time::Instant::now();
    let (code, ()) = tokio::join!(dead.closed(), hear_for(&mut living, Duration::from_secs(4)));

    assert_eq!(code, CloseCode::HeartbeatLost.number());
    assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
}

#[tokio::test]
async fn a_node_is_never_silent_for_longer_than_its_heartbeat() {
    let node = Node::start_with(&[("GATEWAY__HEARTBEAT_MS", "1000")]).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    for _ in 0..3 {
        let heard = tokio::time::timeout(Duration::from_millis(1_500), visitor.next_or_ping());
        let heard = heard.await.expect("a word within a heartbeat");
        assert!(matches!(heard, Heard::Frame(_)), "{heard:?}");
    }
}

#[tokio::test]
async fn a_slow_reader_loses_its_queue_and_not_its_data() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;

    // Far more than a visitor's budget and the kernel's buffers hold, while nobody reads.
    let long = "x".repeat(8_000);
    let mut last = Seq(0);
    for _ in 0..1_000 {
        last = say(&mut agent, conversation, &long).await;
    }

    let token = token.token;
    let mut reader =
        Reader { socket: visitor, token: &token, conversation, epoch: None, last: Seq(0) };
    let seen = patience::within("the slow reader to catch up", reader.read_to(&node, last)).await;
    let log = visitor_log(&node, &token, conversation).await;
    let stored: BTreeSet<Seq> = log.iter().map(|entry| entry.seq).collect();
    assert_eq!(seen, stored, "every entry exactly once");
}

#[tokio::test]
async fn a_slow_reader_does_not_slow_the_others() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut stalled, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut stalled, "hello").await;
    let cursors = vec![from_the_start(conversation)];
    let (mut lively, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, cursors).await;

    let long = "x".repeat(8_000);
    for number in 0..300 {
        let client_id = ClientId::fresh();
        let text = format!("{number} {long}");
        agent.send(&ClientFrame::Send { conversation, client_id, text }).await;
        let ((_, seq), _) = tokio::join!(
            acked(&mut agent, client_id),
            lively.entry("the entry", conversation, |it| it.entry.client_id == Some(client_id))
        );
        assert!(seq > Seq(0));
    }
    drop(stalled);
    node.assert_serves().await;
}

#[tokio::test]
async fn a_reader_who_never_reads_again_is_closed() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut stalled, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut stalled, "hello").await;
    let long = "x".repeat(8_000);
    for _ in 0..1_000 {
        say(&mut agent, conversation, &long).await;
    }
    let connections = node.metric("salotto_connections").await;
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    while node.metric("salotto_connections").await >= connections {
        assert!(tokio::time::Instant::now() < end, "a stalled reader is kept for ever");
        // The agent's own line stays alive meanwhile.
        hear_for(&mut agent, Duration::from_millis(500)).await;
    }
}

/// Takes entries by the receiver's rule, pages when told to.
struct Reader<'a> {
    token: &'a str,
    socket: Socket,
    conversation: ConversationId,
    epoch: Option<Epoch>,
    last: Seq,
}

impl Reader<'_> {
    async fn read_to(&mut self, node: &Node, end: Seq) -> BTreeSet<Seq> {
        let mut seen = BTreeSet::new();
        while self.last < end {
            match self.socket.next().await {
                Heard::Frame(ServerFrame::Entries { epoch, entries, .. }) => {
                    self.epoch = Some(epoch);
                    for entry in entries {
                        if entry.after > self.last {
                            self.attach().await;
                            break;
                        }
                        if entry.entry.seq > self.last {
                            self.last = entry.entry.seq;
                            assert!(seen.insert(self.last), "{} came twice", self.last);
                        }
                    }
                }
                Heard::Frame(ServerFrame::Limited { head, epoch, .. }) => {
                    self.epoch = Some(epoch);
                    self.page(node, head, &mut seen).await;
                    self.attach().await;
                }
                Heard::Frame(ServerFrame::Reset { .. }) => panic!("an honest cursor is not reset"),
                Heard::Frame(_) => {}
                end @ (Heard::Closed(_) | Heard::Ended) => panic!("{end:?} instead of entries"),
            }
        }
        seen
    }

    async fn page(&mut self, node: &Node, head: Seq, seen: &mut BTreeSet<Seq>) {
        for entry in visitor_log(node, self.token, self.conversation).await {
            if entry.seq > self.last && entry.seq <= head {
                self.last = entry.seq;
                assert!(seen.insert(self.last), "{} came twice", self.last);
            }
        }
    }

    async fn attach(&mut self) {
        let epoch = self.epoch.filter(|_| self.last > Seq(0));
        let cursor = Cursor { conversation: self.conversation, epoch, seq: self.last };
        self.socket.send(&ClientFrame::Attach(cursor)).await;
    }
}

/// Reads for so long, so that heartbeats are answered.
async fn hear_for(socket: &mut Socket, how_long: Duration) {
    let listen = async {
        loop {
            let heard = socket.next_or_ping().await;
            assert!(matches!(heard, Heard::Frame(_)), "{heard:?}");
        }
    };
    drop(tokio::time::timeout(how_long, listen).await);
}
