//! Settings, accounts and presence.

use salotto_protocol::NodeId;
use salotto_protocol::availability::{AvailabilityMode, AvailabilitySettings};
use salotto_protocol::chatflow::ChatflowSettings;
use salotto_protocol::hours::WorkingHours;
use salotto_protocol::people::{Permission, Permissions};
use salotto_protocol::people_api::UserPatch;

use super::*;
use crate::journal::{Asked, Commit, CommitStream, Complaint, Request};

async fn told(stream: &mut CommitStream) -> Vec<AgentRow> {
    match tokio::time::timeout(PATIENCE, stream.next()).await.expect("in time") {
        Some(Commit::Agents(rows)) => rows.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_status_is_changed_told_and_raises_the_version_once() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let before = desk.agent_row(agent).await;
    let mut stream = desk.journal.commits();
    let away = Change::Status { agent, status: AgentStatus::Away };

    let first = desk.journal.change(away.clone()).await.unwrap();
    let second = desk.journal.change(away).await.unwrap();

    assert_eq!((first, second), (Changed::Done, Changed::Unchanged));
    let after = desk.agent_row(agent).await;
    assert_eq!(told(&mut stream).await, std::slice::from_ref(&after));
    let expected = AgentRow { status: AgentStatus::Away, version: before.version + 1, ..before };
    assert_eq!(after, expected);
}

#[tokio::test]
async fn a_capacity_is_changed_told_and_raises_the_version_once() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let before = desk.agent_row(agent).await;
    let mut stream = desk.journal.commits();
    let more = Change::Capacity { agent, capacity: 5 };

    let first = desk.journal.change(more.clone()).await.unwrap();
    let second = desk.journal.change(more).await.unwrap();

    assert_eq!((first, second), (Changed::Done, Changed::Unchanged));
    let expected = AgentRow { capacity: 5, version: before.version + 1, ..before };
    assert_eq!(told(&mut stream).await, [expected]);
}

#[tokio::test]
async fn an_agent_is_present_while_one_node_has_a_socket_of_theirs() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let (one, two) = (NodeId::fresh(), NodeId::fresh());
    let at = |node, present| Change::Presence { agent, node, present };
    desk.store.immortal(one).await;
    desk.store.immortal(two).await;
    let mut versions = vec![desk.agent_row(agent).await.version];

    let steps = [(one, true, true), (two, true, true), (one, false, true), (two, false, false)];
    for (node, comes, is_present) in steps {
        assert_eq!(desk.journal.change(at(node, comes)).await.unwrap(), Changed::Done);
        assert_eq!(desk.journal.change(at(node, comes)).await.unwrap(), Changed::Unchanged);
        let row = desk.agent_row(agent).await;
        assert_eq!(row.present, is_present);
        versions.push(row.version);
    }

    assert!(versions.is_sorted_by(|before, after| before < after), "{versions:?}");
}

#[tokio::test]
async fn clearing_presence_forgets_everybody_and_tells_of_them() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let absent = desk.agent("ben@example.com", 3).await;
    let came = Change::Presence { agent, node: NodeId::fresh(), present: true };
    desk.journal.change(came).await.unwrap();
    let mut stream = desk.journal.commits();

    let first = desk.journal.change(Change::ClearPresence).await.unwrap();
    let second = desk.journal.change(Change::ClearPresence).await.unwrap();

    assert_eq!((first, second), (Changed::Done, Changed::Done));
    let rows = told(&mut stream).await;
    assert_eq!(rows.iter().map(|row| (row.id, row.present)).collect::<Vec<_>>(), [(agent, false)]);
    assert!(!desk.agent_row(absent).await.present);
}

#[tokio::test]
async fn an_address_in_other_letters_is_the_same_account() {
    let desk = desk().await;
    let agent = desk.agent("Änna@Example.com", 3).await;

    let twin = desk.journal.change(Change::AddAgent(new_agent("änna@example.COM", 3))).await;
    let found = desk.store.credentials("ÄNNA@example.com").await.unwrap().unwrap();

    assert_eq!(twin.unwrap(), Changed::Unchanged);
    assert_eq!(found.agent, agent);
    assert!(desk.store.credentials("ben@example.com").await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_lives_from_sign_in_until_it_expires_or_signs_out() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let (one, two) = ([1; 32], [2; 32]);
    let now_ms = crate::clock::now_ms();
    let sign_in = |cookie_hash, expires_at_ms| Change::SignIn { cookie_hash, agent, expires_at_ms };
    desk.journal.change(sign_in(one, now_ms + 60_000)).await.unwrap();
    desk.journal.change(sign_in(two, now_ms + 90_000)).await.unwrap();

    assert_eq!(desk.store.session(one, now_ms).await.unwrap(), Some(agent));
    assert_eq!(desk.store.session(one, now_ms + 60_000).await.unwrap(), None, "expired");
    assert_eq!(desk.store.session([3; 32], now_ms).await.unwrap(), None, "unknown");
    let out = Change::SignOut { cookie_hash: two };
    assert_eq!(desk.journal.change(out.clone()).await.unwrap(), Changed::Done);
    assert_eq!(desk.journal.change(out).await.unwrap(), Changed::Unchanged);
    assert_eq!(desk.store.session(two, now_ms).await.unwrap(), None, "signed out");
}

#[tokio::test]
async fn settings_are_put_read_back_and_their_version_grows_only_with_a_change() {
    let desk = desk().await;
    let (site, inbox, id) = (SiteId::fresh(), InboxId::fresh(), ChatflowId::fresh());
    let settings: ChatflowSettings = serde_json::from_str(r#"{"name": "Shop"}"#).unwrap();
    let origins = vec!["https://shop.example".to_owned()];
    let changes = [
        Change::PutSite { id: site, name: "Shop".to_owned(), origins: origins.clone() },
        Change::PutInbox { id: inbox, name: "Support".to_owned() },
        Change::PutChatflow { id, site, inbox, enabled: true, priority: 1, settings },
    ];
    let mut stream = desk.journal.commits();

    for change in changes {
        assert_eq!(desk.journal.change(change.clone()).await.unwrap(), Changed::Done);
        assert_eq!(desk.journal.change(change).await.unwrap(), Changed::Unchanged);
        assert!(matches!(stream.next().await, Some(Commit::Settings)));
    }

    let settings = desk.store.settings().await.unwrap();
    assert_eq!(settings.version, 3);
    assert_eq!(desk.store.settings_version().await.unwrap(), 3);
    assert_eq!(settings.sites[0].origins, origins);
    assert_eq!(settings.inboxes[0].name, "Support");
    assert_eq!(settings.chatflows[0].settings.name, "Shop");
    assert_eq!((settings.chatflows[0].site, settings.chatflows[0].inbox), (site, inbox));
}

#[tokio::test]
async fn a_part_of_a_chatflows_settings_is_put_and_what_else_is_stored_stays() {
    let desk = desk().await;
    let (site, inbox, id) = (SiteId::fresh(), InboxId::fresh(), ChatflowId::fresh());
    let settings: ChatflowSettings =
        serde_json::from_str(r#"{"name": "Shop", "heading": "Ask"}"#).unwrap();
    let put_site = Change::PutSite { id: site, name: "Shop".to_owned(), origins: Vec::new() };
    desk.journal.change(put_site).await.unwrap();
    let put_inbox = Change::PutInbox { id: inbox, name: "Support".to_owned() };
    desk.journal.change(put_inbox).await.unwrap();
    let put = Change::PutChatflow { id, site, inbox, enabled: true, priority: 1, settings };
    desk.journal.change(put).await.unwrap();
    let always = AvailabilitySettings { mode: AvailabilityMode::Always, ..Default::default() };
    let by = desk.agent("anna@example.com", 3).await;
    let change = |chatflow| {
        let availability = Box::new(always.clone());
        Change::PutAvailability { by, chatflow, availability }
    };
    let refused = desk.journal.change(change(id)).await.unwrap();
    assert!(matches!(refused, Changed::Refused(Complaint::Forbidden(_))), "{refused:?}");
    grant(&desk, by, Permission::Chatflows).await;

    assert_eq!(desk.journal.change(change(id)).await.unwrap(), Changed::Done);
    assert_eq!(desk.journal.change(change(id)).await.unwrap(), Changed::Unchanged);
    let nowhere = change(ChatflowId::fresh());
    assert_eq!(desk.journal.change(nowhere).await.unwrap(), Changed::Unchanged);

    let settings = desk.store.settings().await.unwrap();
    assert_eq!(settings.version, 4);
    let stored = &settings.chatflows[0].settings;
    assert_eq!((stored.heading.as_str(), &*stored.availability), ("Ask", &always));
}

#[tokio::test]
async fn hours_are_put_by_their_owner_and_followed_once() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 3).await;
    let ben = desk.agent("ben@example.com", 3).await;
    let hours = WorkingHours { time_zone: "Asia/Tokyo".to_owned(), ..WorkingHours::default() };
    let put = |by, user| Change::PutHours { by, user, hours: Box::new(hours.clone()) };

    assert_eq!(desk.journal.change(put(anna, anna)).await.unwrap(), Changed::Done);
    assert_eq!(desk.journal.change(put(anna, anna)).await.unwrap(), Changed::Unchanged);
    let refused = desk.journal.change(put(ben, anna)).await.unwrap();
    assert!(matches!(refused, Changed::Refused(Complaint::Forbidden(_))), "{refused:?}");
    grant(&desk, ben, Permission::SuperAdmin).await;
    let nobody = desk.journal.change(put(ben, AgentId::fresh())).await.unwrap();
    assert_eq!(nobody, Changed::Refused(Complaint::NotFound));

    let rows = desk.store.all_working_hours().await.unwrap();
    assert_eq!((rows.len(), rows[0].agent, &rows[0].hours), (1, anna, &hours));
    assert_eq!(desk.store.working_hours(anna).await.unwrap(), Some(hours.clone()));
    assert_eq!(desk.store.working_hours(ben).await.unwrap(), None);
    let (status, followed_ms) = (AgentStatus::Away, rows[0].followed_ms);
    let turn = Change::Turn { agent: anna, status, followed_ms, at_ms: followed_ms + 60_000 };
    let version = desk.agent_row(anna).await.version;
    assert_eq!(desk.journal.change(turn.clone()).await.unwrap(), Changed::Done);
    assert_eq!(desk.journal.change(turn).await.unwrap(), Changed::Unchanged, "followed further");
    let row = desk.agent_row(anna).await;
    assert_eq!((row.status, row.version), (AgentStatus::Away, version + 1));
}

async fn grant(desk: &Desk, agent: AgentId, permission: Permission) {
    let permissions = Some(Permissions::of(&[permission]));
    let asked = Asked::User { user: agent, patch: UserPatch { permissions, ..Default::default() } };
    let request = Change::People(Request { by: None, asked });
    assert_eq!(desk.journal.change(request).await.unwrap(), Changed::Done);
}

#[tokio::test]
async fn a_chatflow_of_no_site_is_refused_and_the_journal_lives_on() {
    let desk = desk().await;
    let settings: ChatflowSettings = serde_json::from_str(r#"{"name": "Shop"}"#).unwrap();
    let (id, site, inbox) = (ChatflowId::fresh(), SiteId::fresh(), InboxId::fresh());

    let change = Change::PutChatflow { id, site, inbox, enabled: true, priority: 1, settings };
    let refused = desk.journal.change(change).await;

    assert!(refused.is_err());
    desk.agent("anna@example.com", 3).await;
    assert_eq!(desk.store.settings_version().await.unwrap(), 0);
}
