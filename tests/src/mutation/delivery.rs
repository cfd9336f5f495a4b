//! What sockets hear: their own, all of it, in order, and a word when the node goes.

use std::collections::BTreeMap;

use salotto_protocol::{
    ClientFrame, ClientId, CloseCode, ConversationId, Entry, ErrorCode, Seq, ServerFrame, View,
};
use tokio::time::timeout;

use super::trial::{Findings, LIMIT, Trial, heard, until_said};
use crate::desk::{Desk, acked, from_the_start, say};
use crate::node::Node;
use crate::socket::{Heard, Socket};

const QUICK_DRAIN: [(&str, &str); 2] =
    [("DRAIN__ENDPOINT_DELAY_MS", "100"), ("DRAIN__WINDOW_MS", "300")];
/// Several times a visitor's budget and what the kernel holds.
const LONG_MESSAGES_MAX: usize = 3_000;

/// An agent comments, and a stranger asks for the conversation.
pub(super) async fn a_comment(trial: Trial) -> Findings {
    let node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let client_id = ClientId::fresh();
    let text = "not for visitors".to_owned();
    agent.send(&ClientFrame::Comment { conversation, client_id, text }).await;
    acked(&mut agent, client_id).await;
    let last = say(&mut agent, conversation, "for visitors").await;
    let mut findings = Vec::new();
    let all = heard(&mut visitor, |frame| {
        let ServerFrame::Entries { entries, .. } = frame else { return None };
        let hidden = entries.iter().filter(|it| !it.entry.body.visible_to(View::Visitor));
        findings.extend(hidden.map(|it| format!("I15: a visitor was told {:?}", it.entry.body)));
        entries.iter().any(|it| it.entry.seq == last).then_some(())
    });
    let is_told = all.await.is_some();
    if !is_told {
        findings.push("the visitor did not hear the agent".to_owned());
    }
    findings.extend(a_stranger(&node, &desk, conversation).await);
    findings
}

async fn a_stranger(node: &Node, desk: &Desk, conversation: ConversationId) -> Findings {
    let (mut stranger, _) = desk.visitor_socket(node).await;
    stranger.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    let answer = heard(&mut stranger, |frame| match frame {
        ServerFrame::Refused(no) => Some(no.code == ErrorCode::NotFound),
        ServerFrame::Conversation { .. } | ServerFrame::Entries { .. } => Some(false),
        _ => None,
    });
    match answer.await {
        Some(true) => Vec::new(),
        _ => vec!["I15: a stranger may follow a conversation".to_owned()],
    }
}

/// A message comes while an agent's history is being read (with `slow_reads`), and none after it.
pub(super) async fn an_attach(trial: Trial) -> Findings {
    let node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "before").await;
    until_said(&node, "slow_reads goes on 1").await;
    let mut agent = desk.agent_socket(&node, 0).await;
    agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    until_said(&node, "slow_reads lingers 2").await;
    let during = say(&mut visitor, conversation, "during").await;
    let is_it = |frame: &ServerFrame| match frame {
        ServerFrame::Entries { entries, .. } => {
            entries.iter().any(|it| it.entry.seq == during).then_some(())
        }
        _ => None,
    };
    match heard(&mut agent, is_it).await {
        Some(()) => Vec::new(),
        None => vec![format!("L1: {during} was committed during an attach and never heard")],
    }
}

/// A visitor does not read until the queue is lost, and then does.
pub(super) async fn a_slow_reader(trial: Trial) -> Findings {
    let node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let long = "x".repeat(8_000);
    let mut last = Seq(0);
    for number in 0..LONG_MESSAGES_MAX {
        last = say(&mut agent, conversation, &long).await;
        if number % 50 == 0 && node.metric("salotto_slow_consumers").await > 0.0 {
            break;
        }
    }
    let is_all = |frame: &ServerFrame| match frame {
        ServerFrame::Entries { entries, .. } => {
            entries.iter().any(|it| it.entry.seq >= last).then_some(())
        }
        ServerFrame::Limited { head, .. } => (*head >= last).then_some(()),
        _ => None,
    };
    match heard(&mut visitor, is_all).await {
        Some(()) => Vec::new(),
        None => vec![format!("L1: a reader who was slow never heard of {last}")],
    }
}

/// A node is told to stop.
pub(super) async fn a_drain(trial: Trial) -> Findings {
    let mut node = trial.node(&QUICK_DRAIN).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    desk.begin(&mut visitor, "hello").await;
    node.send_term();
    let is_told = |frame: &ServerFrame| match frame {
        ServerFrame::Reconnect { .. } => Some(()),
        _ => None,
    };
    let mut findings = Vec::new();
    if heard(&mut visitor, is_told).await.is_none() {
        findings.push("nobody was told to come back".to_owned());
    }
    let close = timeout(LIMIT, visitor.next()).await.unwrap_or(Heard::Ended);
    if close != Heard::Closed(CloseCode::Restart.number()) {
        findings.push(format!("{close:?} instead of a close frame"));
    }
    if !node.exited().await.success() {
        findings.push("the drain failed".to_owned());
    }
    findings
}

/// A visitor on one node, an agent on the other, and how often each entry was heard.
struct Across {
    _nodes: [Node; 2],
    visitor: Socket,
    agent: Socket,
    conversation: ConversationId,
    times: BTreeMap<Seq, usize>,
    late: Findings,
}

impl Across {
    async fn begin(trial: &Trial) -> Across {
        let nodes = trial.linked().await;
        let desk = Desk::open(&nodes[1], 1).await;
        let (mut visitor, _) = desk.visitor_socket(&nodes[1]).await;
        let conversation = desk.begin(&mut visitor, "hello").await;
        let agent = desk.agent_socket(&nodes[0], 0).await;
        let (times, late) = (BTreeMap::new(), Vec::new());
        Across { _nodes: nodes, visitor, agent, conversation, times, late }
    }

    async fn answer(&mut self, number: usize) -> Seq {
        let seq = say(&mut self.agent, self.conversation, &format!("answer {number}")).await;
        self.times.insert(seq, 0);
        seq
    }

    async fn hear_up_to(&mut self, last: Seq) {
        if self.hear(|entry| entry.seq == last).await.is_none() {
            self.late.push(format!("L1: {last} was not heard in time"));
        }
    }

    /// Counts what comes, until this entry has come.
    async fn hear(&mut self, is_last: impl Fn(&Entry) -> bool) -> Option<()> {
        let times = &mut self.times;
        let count = |frame: &ServerFrame| {
            let ServerFrame::Entries { entries, .. } = frame else { return None };
            for viewed in entries {
                if let Some(times) = times.get_mut(&viewed.entry.seq) {
                    *times += 1;
                }
            }
            entries.iter().any(|it| is_last(&it.entry)).then_some(())
        };
        heard(&mut self.visitor, count).await
    }

    /// Until the visitor hears a word of their own: nothing of before is still on its way.
    async fn thank(&mut self) {
        let (conversation, client_id) = (self.conversation, ClientId::fresh());
        let text = "thank you".to_owned();
        self.visitor.send(&ClientFrame::Send { conversation, client_id, text }).await;
        self.hear(|entry| entry.client_id == Some(client_id)).await.expect("an own word is heard");
    }

    async fn findings(mut self) -> Findings {
        self.thank().await;
        let mut findings = self.late;
        let wrong = self.times.iter().filter(|(_, times)| **times != 1);
        let told = |(seq, times)| format!("I4: {seq} was told {times} times on a socket");
        findings.extend(wrong.map(told));
        findings
    }
}

/// Answers in a row: of some (`lose_hints:2`) or of all (`lose_hints`) no hint tells.
pub(super) async fn answers_in_a_row(trial: Trial) -> Findings {
    let mut across = Across::begin(&trial).await;
    let mut last = Seq(0);
    for number in 0..10 {
        last = across.answer(number).await;
    }
    across.hear_up_to(last).await;
    across.findings().await
}

/// Each hint comes twice (`double_hints`). One answer after the other: only what follows on is
/// given out as it came.
pub(super) async fn answers_one_by_one(trial: Trial) -> Findings {
    let mut across = Across::begin(&trial).await;
    for number in 0..5 {
        let last = across.answer(number).await;
        across.hear_up_to(last).await;
    }
    across.findings().await
}
