//! A full queue, a bad write among good ones, a drain.

use std::sync::mpsc;

use super::*;
use crate::journal::{Busy, Commit};

#[tokio::test]
async fn one_bad_write_fails_alone() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let mut stream = desk.journal.commits();

    let says = |n: usize| visitor.says(conversation.id, ClientId::fresh(), &n.to_string());
    let before: Vec<_> = (0..20).map(|n| desk.submit(says(n))).collect();
    let bad = desk.submit(twin_of(&conversation));
    let after: Vec<_> = (20..40).map(|n| desk.submit(says(n))).collect();

    assert_eq!(wait(bad).await, Outcome::Failed);
    for outcome in before.into_iter().chain(after) {
        committed(wait(outcome).await);
    }
    let texts = texts(&desk, conversation.id).await;
    assert_eq!(texts[1..], (0..40).map(|n| n.to_string()).collect::<Vec<_>>());
    for _ in 0..40 {
        let Some(Commit::Entries(write)) = stream.next().await else { panic!("an entry") };
        assert_eq!(write.head.id, conversation.id, "the bad one is not told");
    }
}

/// A start whose conversation has the number of another: no constraint lets it through.
fn twin_of(head: &Head) -> NewWrite {
    let mut write = Visitor::new().start(ClientId::fresh(), "twin");
    if let Target::Start(new) = &mut write.target {
        new.number = head.number;
    }
    write
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_busy_and_what_it_refused_was_not_written() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let (began, has_begun) = mpsc::channel();
    let (go_on, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let blocks: Decide = Box::new(move |locked| {
        began.send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
        Ok(stay(locked, Vec::new()))
    });
    let blocked = desk.submit(on(conversation.id, None, blocks));
    has_begun.recv_timeout(PATIENCE).unwrap();

    let mut accepted = Vec::new();
    let refused = loop {
        let (write, outcome) =
            visitor.says(conversation.id, ClientId::fresh(), "hello").into_write();
        match desk.journal.submit(write) {
            Ok(()) => accepted.push(outcome),
            Err(Busy) => break outcome,
        }
    };
    go_on.send(()).unwrap();
    committed(wait(blocked).await);

    assert_eq!(accepted.len(), 4_096);
    assert!(refused.await.is_err(), "`done` was dropped, not called");
    let mut last = Seq(0);
    for outcome in accepted {
        last = committed(wait(outcome).await).seq;
    }
    assert_eq!(last, Seq(1 + 4_096));
    assert_eq!(desk.head(conversation.id).await.seq, last);
}

#[tokio::test]
async fn a_decision_that_panics_harms_nobody_else() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };

    let panics = desk.submit(on(conversation.id, None, Box::new(|_| panic!("on purpose"))));
    let fine = desk.submit(visitor.says(conversation.id, ClientId::fresh(), "hello"));

    assert_eq!(rejected(wait(panics).await), ErrorCode::Internal);
    assert_eq!(committed(wait(fine).await).seq, Seq(2));
}

#[tokio::test]
async fn nothing_is_told_before_it_can_be_read() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let mut stream = desk.journal.commits();

    for n in 0..100 {
        let sent = desk.submit(visitor.says(conversation.id, ClientId::fresh(), "hello"));
        let Some(Commit::Entries(write)) = stream.next().await else { panic!("an entry") };
        assert_eq!(write.head.seq, Seq(2 + n));
        assert!(desk.head(conversation.id).await.seq >= write.head.seq);
        let ack = committed(wait(sent).await);
        assert!(desk.head(conversation.id).await.seq >= ack.seq);
    }
}

#[tokio::test]
async fn a_drained_journal_has_committed_what_it_took_and_takes_nothing_more() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let sent: Vec<_> = (0..600)
        .map(|_| desk.submit(visitor.says(conversation.id, ClientId::fresh(), "hello")))
        .collect();

    desk.journal.drain().await.expect("drained");

    for mut outcome in sent {
        committed(outcome.try_recv().expect("answered before the drain ended"));
    }
    let (write, _) = visitor.says(conversation.id, ClientId::fresh(), "too late").into_write();
    assert_eq!(desk.journal.submit(write), Err(Busy));
    assert_eq!(desk.head(conversation.id).await.seq, Seq(601));
}
