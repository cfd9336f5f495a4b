//! Who sends which mail, and what became of it.

use super::*;
use crate::store::{ClaimedMail, MailEnd, NewMail};

const LEASE_MS: u32 = 60_000;

fn mail(reason: &str) -> NewMail {
    NewMail {
        reason: reason.to_owned(),
        to: "anna@example.com".to_owned(),
        subject: format!("About {reason}"),
        text: "hello".to_owned(),
        conversation: Some(ConversationId::fresh()),
    }
}

async fn put_mails(desk: &Desk, mails: &[NewMail]) {
    let mut writer = desk.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    batch.insert_mails(mails).await.unwrap();
    batch.commit().await.unwrap();
}

async fn claim_mails(desk: &Desk, count_max: u32, lease_ms: u32) -> Vec<ClaimedMail> {
    let mut writer = desk.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    let claimed = batch.claim_mails(count_max, lease_ms).await.unwrap();
    batch.commit().await.unwrap();
    claimed
}

async fn end_mail(desk: &Desk, mail: &ClaimedMail, end: MailEnd) -> bool {
    let mut writer = desk.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    let ended = batch.end_mail(mail.id, mail.attempt, &end).await.unwrap();
    batch.commit().await.unwrap();
    ended
}

fn put_off(pause_ms: u32) -> MailEnd {
    MailEnd::PutOff { pause_ms, error: "the server is away".to_owned() }
}

#[tokio::test]
async fn the_same_reason_twice_is_one_mail_within_a_batch_and_after_it() {
    let desk = desk().await;
    put_mails(&desk, &[mail("a"), mail("b"), mail("a")]).await;
    put_mails(&desk, &[mail("b"), mail("c")]).await;
    let mails = desk.store.mails().await;
    let mut reasons: Vec<_> = mails.iter().map(|it| it.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["a", "b", "c"]);
    assert_eq!(desk.store.mails_waiting().await.unwrap(), 3);
}

#[tokio::test]
async fn a_mail_is_claimed_by_one_and_by_the_next_once_the_claim_has_lapsed() {
    let desk = desk().await;
    assert_eq!(desk.store.next_mail_in_ms().await.unwrap(), None);
    put_mails(&desk, &[mail("a"), mail("b"), mail("c")]).await;
    assert!(desk.store.next_mail_in_ms().await.unwrap().is_some_and(|ms| ms <= 0));

    let first = claim_mails(&desk, 2, LEASE_MS).await;
    let second = claim_mails(&desk, 2, 0).await;
    assert_eq!((first.len(), second.len()), (2, 1));
    assert!(!first.iter().any(|mail| mail.id == second[0].id));
    let again = claim_mails(&desk, 2, LEASE_MS).await;
    assert_eq!((again.len(), again[0].id, again[0].attempt), (1, second[0].id, 2));
    let next = desk.store.next_mail_in_ms().await.unwrap().expect("three wait");
    assert!((1..=i64::from(LEASE_MS)).contains(&next), "{next}");

    // Whose claim has lapsed no longer says when it is tried again; sent is sent all the same.
    assert!(!end_mail(&desk, &second[0], put_off(0)).await);
    assert!(end_mail(&desk, &second[0], MailEnd::Sent).await);
    assert!(!end_mail(&desk, &again[0], put_off(0)).await);
    assert_eq!(desk.store.mails_waiting().await.unwrap(), 2);
}

#[tokio::test]
async fn what_became_of_a_mail_is_kept() {
    let desk = desk().await;
    put_mails(&desk, &[mail("a")]).await;
    let claimed = claim_mails(&desk, 1, LEASE_MS).await;
    assert!(end_mail(&desk, &claimed[0], put_off(0)).await);
    assert_eq!(desk.store.mails().await[0].last_error.as_deref(), Some("the server is away"));
    let claimed = claim_mails(&desk, 1, LEASE_MS).await;
    let given_up = MailEnd::GivenUp { error: "550 no such user".to_owned() };
    assert!(end_mail(&desk, &claimed[0], given_up).await);

    let mails = desk.store.mails().await;
    assert_eq!((mails[0].attempts, mails[0].next_at_ms), (2, None));
    assert!(mails[0].failed_at_ms.is_some() && mails[0].sent_at_ms.is_none());
    assert_eq!(mails[0].last_error.as_deref(), Some("550 no such user"));
    assert!(claim_mails(&desk, 1, LEASE_MS).await.is_empty());
}

#[tokio::test]
async fn only_what_is_old_and_need_not_be_sent_is_forgotten() {
    let desk = desk().await;
    put_mails(&desk, &[mail("a"), mail("b")]).await;
    let claimed = claim_mails(&desk, 1, LEASE_MS).await;
    assert!(end_mail(&desk, &claimed[0], MailEnd::Sent).await);

    for (older_than_ms, left) in [(60_000, 2), (-60_000, 1)] {
        let mut writer = desk.store.writer().await;
        let mut batch = writer.begin().await.unwrap();
        batch.forget_mails(older_than_ms).await.unwrap();
        batch.commit().await.unwrap();
        drop(writer);
        assert_eq!(desk.store.mails().await.len(), left);
    }
    assert_eq!(desk.store.mails_waiting().await.unwrap(), 1);
}
