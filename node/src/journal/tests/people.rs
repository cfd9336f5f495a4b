//! Users, teams and the account: decided on what is true, told, and kept.

use salotto_protocol::people::{Permission, Seat, UNLIMITED};
use salotto_protocol::people_api::{AccountPatch, UserPatch};

use super::*;
use crate::journal::{Asked, Complaint, NewAccount, Request};

fn people(by: Option<AgentId>, asked: Asked) -> Change {
    Change::People(Request { by, asked })
}

/// As on the command line; without a capacity of their own.
async fn hired(desk: &Desk, name: &str) -> AgentId {
    let email = format!("{name}@example.com");
    let row = AgentRow::new(AgentId::fresh(), &email, name);
    let row = AgentRow { inherits_capacity: true, ..row };
    let id = row.id;
    let password_hash = "$argon2id$".to_owned();
    let new = NewAccount { row, password_hash, first_is_super_admin: true };
    let changed = desk.journal.change(people(None, Asked::AddUser(new))).await.unwrap();
    assert_eq!(changed, Changed::Done);
    id
}

fn patch(user: AgentId, patch: UserPatch) -> Asked {
    Asked::User { user, patch }
}

#[tokio::test]
async fn the_first_account_is_a_super_admin_and_the_second_is_none() {
    let desk = desk().await;
    let (first, second) = (hired(&desk, "anna").await, hired(&desk, "ben").await);
    let first = desk.agent_row(first).await;
    assert!(first.may(Permission::SuperAdmin) && first.may(Permission::Users));
    let second = desk.agent_row(second).await;
    assert!(Permission::ALL.into_iter().all(|it| !second.may(it)));
    assert_eq!((second.seat, second.capacity), (Seat::Service, UNLIMITED));
}

/// PERM-2
#[tokio::test]
async fn whoever_has_no_seat_may_not_edit_rules_whatever_else_they_may() {
    let desk = desk().await;
    let anna = hired(&desk, "anna").await;
    let no_seat = UserPatch { seat: Some(Seat::None), ..UserPatch::default() };
    desk.journal.change(people(Some(anna), patch(anna, no_seat))).await.unwrap();
    let row = desk.agent_row(anna).await;
    assert!(row.may(Permission::SuperAdmin) && !row.may(Permission::Routing));
}

/// CAP-2
#[tokio::test]
async fn the_accounts_capacity_reaches_whoever_follows_it_and_raises_their_version() {
    let desk = desk().await;
    let (anna, own) = (hired(&desk, "anna").await, desk.agent("ben@example.com", 3).await);
    let before = (desk.agent_row(anna).await, desk.agent_row(own).await);
    let settings = desk.store.settings().await.unwrap();
    let account = AccountPatch {
        capacity_limit_on: Some(true),
        capacity_limit: Some(7),
        ..Default::default()
    };
    let change = people(Some(anna), Asked::Account(account));

    assert_eq!(desk.journal.change(change.clone()).await.unwrap(), Changed::Done);
    assert_eq!(desk.journal.change(change).await.unwrap(), Changed::Unchanged);

    let version = before.0.version + 1;
    let expected = AgentRow { capacity: 7, version, ..before.0 };
    assert_eq!((desk.agent_row(anna).await, desk.agent_row(own).await), (expected, before.1));
    let after = desk.store.settings().await.unwrap();
    let account = account.applied(settings.account);
    assert_eq!((after.account, after.version), (account, settings.version + 1));
}

/// AS-8
#[tokio::test]
async fn a_deactivated_agent_has_no_session_and_takes_none() {
    let desk = desk().await;
    let (anna, ben) = (hired(&desk, "anna").await, hired(&desk, "ben").await);
    let sign_in = |number| {
        let (cookie_hash, expires_at_ms) = ([number; 32], i64::MAX);
        desk.journal.change(Change::SignIn { cookie_hash, agent: ben, expires_at_ms })
    };
    assert_eq!(sign_in(1).await.unwrap(), Changed::Done);
    assert_eq!(desk.store.session([1; 32], 0).await.unwrap(), Some(ben));
    let version = desk.agent_row(ben).await.version;

    let off = UserPatch { deactivated: Some(true), ..UserPatch::default() };
    desk.journal.change(people(Some(anna), patch(ben, off))).await.unwrap();

    assert_eq!(desk.store.session([1; 32], 0).await.unwrap(), None);
    assert_eq!(sign_in(2).await.unwrap(), Changed::Unchanged);
    assert_eq!(desk.agent_row(ben).await.version, version + 1);
    let on = UserPatch { deactivated: Some(false), ..UserPatch::default() };
    desk.journal.change(people(Some(anna), patch(ben, on))).await.unwrap();
    assert_eq!(desk.store.session([1; 32], 0).await.unwrap(), None, "signs in anew");
}

#[tokio::test]
async fn two_super_admins_who_take_it_from_each_other_leave_one() {
    let desk = desk().await;
    let (anna, ben) = (hired(&desk, "anna").await, hired(&desk, "ben").await);
    let granted = |it: &[Permission]| {
        let permissions = Some(salotto_protocol::people::Permissions::of(it));
        UserPatch { permissions, ..UserPatch::default() }
    };
    let both = granted(&[Permission::SuperAdmin]);
    desk.journal.change(people(Some(anna), patch(ben, both))).await.unwrap();

    let takes = |by, from| desk.journal.change(people(Some(by), patch(from, granted(&[]))));
    let (one, other) = tokio::join!(takes(anna, ben), takes(ben, anna));

    let refused = |it: Changed| matches!(it, Changed::Refused(Complaint::Forbidden(_)));
    assert_eq!(
        [one.unwrap(), other.unwrap()].into_iter().filter(|it| refused(it.clone())).count(),
        1
    );
    let rows = desk.store.agents().await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.may(Permission::SuperAdmin)).count(), 1);
}
