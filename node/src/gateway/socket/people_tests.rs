//! What happens to an agent's sockets when an admin changes something about them.

use std::time::Duration;

use salotto_protocol::people::InboxAccess;
use salotto_protocol::people_api::UserPatch;
use salotto_protocol::{AgentId, AgentStatus, ErrorCode, InboxId, ServerFrame};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::hello_tests::{Running, hear_welcome, hello, running};
use super::test_peer::{hear_close, hear_frame, refused_code, say};
use crate::journal::{Asked, Change, Changed, NewAccount, Request};
use crate::store::AgentRow;

/// Nothing here takes this long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);

async fn change(node: &Running, by: Option<AgentId>, asked: Asked) {
    let change = Change::People(Request { by, asked });
    let changed = node.harness.app.journal.change(change).await.expect("changed");
    assert_eq!(changed, Changed::Done);
}

/// Who may do everything, without a socket.
async fn admin(node: &Running) -> AgentId {
    account(node, "root@shop.example").await
}

/// The first one may do everything.
async fn account(node: &Running, email: &str) -> AgentId {
    let row = AgentRow::new(AgentId::fresh(), email, "Root");
    let row = AgentRow { inherits_capacity: true, ..row };
    let id = row.id;
    let password_hash = "!".to_owned();
    let new = NewAccount { row, password_hash, first_is_super_admin: true };
    change(node, None, Asked::AddUser(new)).await;
    id
}

/// The first frame that this is true of.
async fn heard(peer: &mut TcpStream, what: impl Fn(&ServerFrame) -> bool) -> ServerFrame {
    let hear = async {
        loop {
            let frame = hear_frame(peer).await;
            if what(&frame) {
                return frame;
            }
        }
    };
    timeout(PATIENCE, hear).await.expect("it comes")
}

/// AS-8
#[tokio::test]
async fn the_sockets_of_a_deactivated_agent_are_closed_and_its_tokens_open_none() {
    let node = running().await;
    let (agent, token) = node.agent_token().await;
    let mut peer = node.open("/ws/agent", &hello(&token)).await;
    assert_eq!(hear_welcome(&mut peer).await.agent, Some(agent));

    let patch = UserPatch { deactivated: Some(true), ..UserPatch::default() };
    let by = admin(&node).await;
    change(&node, Some(by), Asked::User { user: agent, patch }).await;

    assert_eq!(timeout(PATIENCE, hear_close(&mut peer)).await.expect("closed"), 4001);
    let mut again = node.open("/ws/agent", &hello(&token)).await;
    assert_eq!(refused_code(hear_frame(&mut again).await), ErrorCode::Unauthenticated);
}

/// PERM-8
#[tokio::test]
async fn an_agent_hears_who_set_them_away_and_that_it_is_over_when_they_choose_anew() {
    let node = running().await;
    let (agent, token) = node.agent_token().await;
    let by = admin(&node).await;
    let mut peer = node.open("/ws/agent", &hello(&token)).await;
    let says = |status: AgentStatus, by: Option<AgentId>| {
        move |frame: &ServerFrame| match frame {
            ServerFrame::Agents { agents, .. } => {
                agents.iter().any(|it| (it.id, it.status, it.status_by) == (agent, status, by))
            }
            _ => false,
        }
    };

    let status = AgentStatus::Away;
    change(&node, Some(by), Asked::Status { user: agent, status }).await;

    heard(&mut peer, says(AgentStatus::Away, Some(by))).await;
    let status = json!({"type": "status", "status": "available"}).to_string();
    peer.write_all(&say(&status)).await.expect("sent");
    heard(&mut peer, says(AgentStatus::Available, None)).await;
}

#[tokio::test]
async fn colleagues_hear_who_was_deactivated_and_who_came_after_is_not_told_of_them() {
    let node = running().await;
    let (agent, token) = node.agent_token().await;
    admin(&node).await;
    let colleague = account(&node, "ben@shop.example").await;
    let mut peer = node.open("/ws/agent", &hello(&token)).await;
    let has = |frame: &ServerFrame, id| match frame {
        ServerFrame::Agents { agents, .. } => agents.iter().any(|it| it.id == id),
        _ => false,
    };
    heard(&mut peer, |frame| has(frame, colleague)).await;

    let patch = |deactivated| UserPatch { deactivated: Some(deactivated), ..UserPatch::default() };
    change(&node, None, Asked::User { user: colleague, patch: patch(true) }).await;

    let is_told = |frame: &ServerFrame| match frame {
        ServerFrame::Agents { gone, whole: false, .. } => *gone == [colleague],
        _ => false,
    };
    heard(&mut peer, is_told).await;
    let mut later = node.open("/ws/agent", &hello(&token)).await;
    let whole = heard(&mut later, |frame| has(frame, agent)).await;
    assert!(!has(&whole, colleague), "{whole:?}");
    change(&node, None, Asked::User { user: colleague, patch: patch(false) }).await;
    heard(&mut peer, |frame| has(frame, colleague)).await;
}

/// PERM-5
#[tokio::test]
async fn the_board_of_an_inbox_is_for_those_who_may_see_it() {
    let node = running().await;
    let (agent, token) = node.agent_token().await;
    let by = admin(&node).await;
    let inbox = node.harness.app.chatflows.inboxes_of(agent)[0].id;
    let only =
        |agents| Asked::Access { inbox, access: InboxAccess::Chosen { agents, teams: vec![] } };
    change(&node, Some(by), only(vec![by])).await;
    node.harness.app.chatflows.refresh().await;

    let mut peer = node.open("/ws/agent", &hello(&token)).await;
    assert_eq!(hear_welcome(&mut peer).await.inboxes, [] as [InboxId; 0]);
    let board = say(&json!({"type": "board", "inbox": inbox}).to_string());
    peer.write_all(&board).await.expect("sent");
    let refused = heard(&mut peer, |frame| matches!(frame, ServerFrame::Refused(_))).await;
    assert_eq!(refused_code(refused), ErrorCode::Forbidden);

    change(&node, Some(by), only(vec![by, agent])).await;
    node.harness.app.chatflows.refresh().await;
    peer.write_all(&board).await.expect("sent");
    heard(&mut peer, |frame| matches!(frame, ServerFrame::Board(_))).await;
}
