//! A lost line or a killed node loses nothing, doubles nothing and reorders nothing.

use std::time::Duration;

use salotto_protocol::{
    ClientFrame, ConversationId, Cursor, Epoch, ErrorCode, ResetReason, Seq, ServerFrame,
};
use salotto_tests::checker::Ledger;
use salotto_tests::desk::{AS_VISITOR, Desk, epoch_of, from_the_start, say};
use salotto_tests::history::{Terms, Truth, judge};
use salotto_tests::node::Node;
use salotto_tests::participant::{Participant, Recorder, Story};
use salotto_tests::patience;
use salotto_tests::socket::{Heard, Socket};
use tokio::sync::watch;
use tokio::task::JoinSet;

const VISITORS: usize = 20;
const MESSAGES: usize = 15;
const KILLS: usize = 3;

/// REG-4, REG-2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_killed_in_mid_chat_lose_double_and_reorder_nothing() {
    let mut node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let recorder = Recorder::default();
    let (stop, stopped) = watch::channel(false);
    let agent = Participant::agent(node.public, &desk.agents[0].1, desk.inbox, &recorder);
    let agent = tokio::spawn(agent.run(stopped.clone()));
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let token = desk.visitor(&node).await.token;
        let texts = (0..MESSAGES).map(|it| format!("visitor {number}, message {it}")).collect();
        let visitor = Participant::visitor(node.public, &token, desk.chatflow, texts, &recorder);
        visitors.spawn(visitor.run(stopped.clone()));
    }

    for _ in 0..KILLS {
        let seen = recorder.count();
        patience::until("traffic before the next kill", || async {
            (recorder.count() > seen + VISITORS * 2).then_some(())
        })
        .await;
        node.kill().await;
        node.start_again().await;
    }
    let told = tokio::time::timeout(Duration::from_secs(60), visitors.join_all()).await;
    let told = told.expect("every message is sent and answered, whatever was killed");
    stop.send(true).expect("the agent still runs");
    let agent = agent.await.expect("the agent did not panic");

    assert_eq!(told.iter().map(|story| story.resets).sum::<usize>() + agent.resets, 0);
    assert_eq!(agent.answers, VISITORS * MESSAGES, "every message reached the agent once");
    let history = recorder.history();
    let truth = Truth::read(&node, &history).await;
    assert_eq!(truth.ledger.logs.len(), VISITORS);
    let violations = judge(&history, &truth, &Terms::default());
    assert!(violations.is_empty(), "{violations:#?}");
    assert_logs_reached_the_head(&told, &truth.ledger);
}

/// REG-2
#[tokio::test]
async fn a_socket_comes_back_with_its_cursor_and_gets_exactly_what_it_missed() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let first = say(&mut agent, conversation, "one").await;
    let epoch = epoch_of(&node, &token.token, conversation).await;
    drop(visitor);
    let second = say(&mut agent, conversation, "two").await;
    let third = say(&mut agent, conversation, "three").await;

    let cursor = Cursor { conversation, epoch: Some(epoch), seq: first };
    let (mut back, _) = Socket::welcomed(node.public, AS_VISITOR, &token.token, vec![cursor]).await;

    let mut missed = Vec::new();
    while missed.last() != Some(&third) {
        let entries = back.until("what was missed", |frame| match frame {
            ServerFrame::Entries { entries, .. } => Some(entries),
            ServerFrame::Reset { .. } => panic!("an honest cursor is not reset"),
            _ => None,
        });
        missed.extend(entries.await.into_iter().map(|entry| entry.entry.seq));
    }
    assert_eq!(missed, [second, third]);
}

#[tokio::test]
async fn a_cursor_of_another_epoch_or_from_the_future_is_reset() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "hello").await;
    let seq = say(&mut visitor, conversation, "again").await;
    let epoch = epoch_of(&node, &token.token, conversation).await;
    let cases = [
        (Some(Epoch::fresh()), seq, ResetReason::Epoch),
        (None, seq, ResetReason::Epoch),
        (Some(epoch), Seq(u32::MAX), ResetReason::Ahead),
    ];
    for (claimed, seq, expected) in cases {
        let cursor = Cursor { conversation, epoch: claimed, seq };
        let (mut back, _) =
            Socket::welcomed(node.public, AS_VISITOR, &token.token, vec![cursor]).await;
        let reason = back.until("a reset", |frame| match frame {
            ServerFrame::Reset { conversation: of, reason, .. } if of == conversation => {
                Some(reason)
            }
            ServerFrame::Entries { .. } => panic!("entries before the reset"),
            _ => None,
        });
        assert_eq!(reason.await, expected);
        back.entry("everything from the first", conversation, |it| it.entry.seq == Seq(1)).await;
    }
}

/// REG-19
#[tokio::test]
async fn a_conversation_of_somebody_else_is_not_there() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut owner, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut owner, "private").await;

    let (mut stranger, token) = desk.visitor_socket(&node).await;
    for conversation in [conversation, ConversationId::fresh()] {
        let attach = ClientFrame::Attach(from_the_start(conversation));
        let client_id = salotto_protocol::ClientId::fresh();
        let send = ClientFrame::Send { conversation, client_id, text: "mine now".to_owned() };
        let client_id = salotto_protocol::ClientId::fresh();
        let email = "eve@mail.example".to_owned();
        let promise = ClientFrame::Promise { conversation, client_id, email };
        for frame in [attach, send, promise] {
            stranger.send(&frame).await;
            let refusal = stranger.assert_refused(ErrorCode::NotFound).await;
            assert_eq!(refusal.conversation, Some(conversation));
        }
        for path in ["", "/entries"] {
            let path = format!("/api/v1/conversations/{conversation}{path}");
            let ask = salotto_tests::rest::Ask::get(node.public, &path).bearer(&token.token);
            ask.send().await.assert_refused(404, ErrorCode::NotFound);
        }
    }
    say(&mut owner, conversation, "still mine").await;
    let nothing = tokio::time::timeout(Duration::from_millis(300), stranger.next()).await;
    assert!(
        !matches!(&nothing, Ok(Heard::Frame(ServerFrame::Entries { .. }))),
        "a stranger heard {nothing:?}"
    );
}

/// REG-19
#[tokio::test]
async fn a_stranger_neither_types_nor_reads_in_a_conversation_of_somebody_else() {
    let node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut owner, _) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut owner, "private").await;
    let mut agent = desk.agent_socket(&node, 0).await;
    agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    agent.entry("the first message", conversation, |it| it.entry.seq >= Seq(1)).await;

    let (mut stranger, _) = desk.visitor_socket(&node).await;
    let (delivered, read) = (Seq(1), Seq(1));
    stranger.send(&ClientFrame::Mark { conversation, delivered, read }).await;
    stranger.send(&ClientFrame::Typing { conversation, on: true }).await;
    // What came before it has been looked at when this is refused.
    stranger.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    stranger.assert_refused(ErrorCode::NotFound).await;

    say(&mut owner, conversation, "still mine").await;
    let heard = agent.until("the owner's words", |frame| match frame {
        ServerFrame::Typing { .. } => Some("typing"),
        ServerFrame::Marks { .. } => Some("marks"),
        ServerFrame::Entries { entries, .. } => {
            let is_theirs = |it: &str| it == "still mine";
            entries.iter().any(|it| it.entry.body.text().is_some_and(is_theirs)).then_some("words")
        }
        _ => None,
    });
    assert_eq!(heard.await, "words");
}

/// L1: nobody is left behind.
fn assert_logs_reached_the_head(stories: &[Story], ledger: &Ledger) {
    for (conversation, (_, last)) in stories.iter().flat_map(|story| &story.logs) {
        let log = &ledger.logs[conversation];
        let said = log.iter().filter(|entry| entry.client_id.is_some());
        let head = said.map(|entry| entry.seq).max();
        assert!(head <= Some(*last), "{conversation}: took {last} of {head:?}");
    }
}
