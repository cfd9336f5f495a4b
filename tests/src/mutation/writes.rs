//! What is stored and what is answered: a talk, repeats, slots, a restored backup.

use std::fs;
use std::path::Path;

use salotto_protocol::{ClientFrame, ClientId, ConversationState, Cursor, ServerFrame};

use super::chat::{Chat, Places};
use super::routing::until_state;
use super::trial::{Findings, Trial, heard, verified};
use crate::desk::{AS_VISITOR, Desk, SignedIn, acked, epoch_of, say};
use crate::socket::Socket;

const VISITORS_AND_MESSAGES: (usize, usize) = (4, 5);

/// On one node.
pub(super) async fn a_talk(trial: Trial) -> Findings {
    let node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let places = Places { visitors: node.public, agent: node.public };
    Chat::begin(&node, places, &desk, VISITORS_AND_MESSAGES).await.end(&node).await
}

/// A message is sent again, much later and by another tab.
pub(super) async fn a_repeat(trial: Trial) -> Findings {
    let node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "one").await;
    let client_id = ClientId::fresh();
    let frame = ClientFrame::Send { conversation, client_id, text: "two".to_owned() };
    visitor.send(&frame).await;
    let (_, first) = acked(&mut visitor, client_id).await;
    say(&mut visitor, conversation, "three").await;
    let mut tab = Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await.0;
    let mut findings = Vec::new();
    for socket in [&mut visitor, &mut tab] {
        socket.send(&frame).await;
        let answer = heard(socket, |frame| match frame {
            ServerFrame::Ack { client_id: of, seq, .. } if *of == client_id => Some(Ok(*seq)),
            ServerFrame::Refused(no) if no.client_id == Some(client_id) => Some(Err(no.code)),
            _ => None,
        });
        let answer = answer.await;
        if answer != Some(Ok(first)) {
            findings.push(format!("a repeat of {first} was answered with {answer:?}"));
        }
    }
    findings.extend(verified(&node).await);
    findings
}

/// An agent has two conversations and closes one: one slot is free.
pub(super) async fn a_close(trial: Trial) -> Findings {
    let node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let reader = SignedIn::as_demo_agent(&node).await;
    let mut agent = desk.agent_socket(&node, 0).await;
    let mut visitors = Vec::new();
    for text in ["one", "two"] {
        let (mut visitor, _) = desk.visitor_socket(&node).await;
        let conversation = desk.begin(&mut visitor, text).await;
        until_state(&reader, &node, conversation, ConversationState::Assigned).await;
        visitors.push((visitor, conversation));
    }
    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation: visitors[0].1, client_id }).await;
    acked(&mut agent, client_id).await;
    verified(&node).await
}

/// A backup is restored, and the log grows beyond what a client has of the lost one.
pub(super) async fn a_restore(trial: Trial) -> Findings {
    let mut node = trial.node(&[]).await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, token) = desk.visitor_socket(&node).await;
    let conversation = desk.begin(&mut visitor, "before the backup").await;
    let backup = node.folder().join("backup.db");
    let made = node.run(&["backup", backup.to_str().expect("UTF-8")]).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lost = say(&mut visitor, conversation, "after the backup").await;
    let epoch = epoch_of(&node, &token.token, conversation).await;
    node.kill().await;
    replace_database(&node.database(), &backup);
    let restored = node.run(&["restored"]).await;
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    node.start_again().await;
    let mut agent = desk.agent_socket(&node, 0).await;
    for text in ["something else", "and more"] {
        say(&mut agent, conversation, text).await;
    }

    let cursor = Cursor { conversation, epoch: Some(epoch), seq: lost };
    let cursors = vec![cursor];
    let mut back = Socket::welcomed(node.public, AS_VISITOR, &token.token, cursors).await.0;
    let told = heard(&mut back, |frame| match frame {
        ServerFrame::Reset { .. } => Some(None),
        ServerFrame::Entries { entries, .. } => Some(entries.first().map(|it| it.entry.seq)),
        _ => None,
    });
    match told.await {
        Some(None) => Vec::new(),
        told => vec![format!("I6: {told:?} instead of a reset, after {lost} was lost")],
    }
}

/// As an operator does it: the file, and nothing left of the old one's write-ahead log.
fn replace_database(database: &Path, backup: &Path) {
    for suffix in ["-wal", "-shm"] {
        let beside = database.with_file_name(format!("salotto.db{suffix}"));
        if beside.exists() {
            fs::remove_file(beside).expect("removable");
        }
    }
    fs::copy(backup, database).expect("copied");
}
