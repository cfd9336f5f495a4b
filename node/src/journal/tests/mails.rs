//! Mails stand in the store with their cause, or neither does.

use super::*;

fn mail(reason: &str) -> NewMail {
    NewMail {
        reason: reason.to_owned(),
        to: "anna@example.com".to_owned(),
        subject: "A visitor waits".to_owned(),
        text: "Grüße\n".to_owned(),
        conversation: None,
    }
}

/// A message that is to be told by a mail for this reason.
fn told_by_mail(visitor: &Visitor, head: &Head, client_id: ClientId, reason: &str) -> NewWrite {
    let reason = reason.to_owned();
    let mails: Mails = Box::new(move |told: &Told<'_>| {
        vec![NewMail { conversation: Some(told.head.id), ..mail(&reason) }]
    });
    NewWrite { mails: Some(mails), ..visitor.says(head.id, client_id, "hello?") }
}

#[tokio::test]
async fn a_mail_is_written_with_its_cause_and_once_for_each_reason() {
    let desk = desk().await;
    let (visitor, head) = (Visitor::new(), desk.conversation().await);
    let client_id = ClientId::fresh();

    for client_id in [client_id, client_id, ClientId::fresh()] {
        committed(desk.write(told_by_mail(&visitor, &head, client_id, "away:1")).await);
    }
    committed(desk.write(told_by_mail(&visitor, &head, ClientId::fresh(), "away:2")).await);

    let mails = desk.store.mails().await;
    let reasons: Vec<_> = mails.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(reasons, ["away:1", "away:2"]);
    assert_eq!(mails[0].recipient, "anna@example.com");
    assert_eq!((mails[0].subject.as_str(), mails[0].body.as_str()), ("A visitor waits", "Grüße\n"));
    assert_eq!(mails[0].conversation, Some(head.id.0));
}

#[tokio::test]
async fn what_is_refused_is_told_nobody_and_neither_is_what_was_written_before() {
    let desk = desk().await;
    let (visitor, head) = (Visitor::new(), desk.conversation().await);
    let client_id = ClientId::fresh();
    committed(desk.write(visitor.says(head.id, client_id, "hello?")).await);

    let refused = NewWrite {
        term: Some(Term(7)),
        ..told_by_mail(&visitor, &head, ClientId::fresh(), "refused")
    };
    assert!(matches!(desk.write(refused).await, Outcome::Rejected(_)));
    committed(desk.write(told_by_mail(&visitor, &head, client_id, "repeated")).await);

    assert!(desk.store.mails().await.is_empty());
}

#[tokio::test]
async fn whoever_cannot_put_a_mail_into_words_fails_alone() {
    let desk = desk().await;
    let (visitor, head) = (Visitor::new(), desk.conversation().await);
    let mails: Mails = Box::new(|_| panic!("no words"));
    let write = visitor.says(head.id, ClientId::fresh(), "hello?");

    let written = desk.write(NewWrite { mails: Some(mails), ..write }).await;

    assert_eq!(committed(written).seq, head.seq.next());
    assert!(desk.store.mails().await.is_empty());
}

#[tokio::test]
async fn whoever_sends_mails_hears_of_one_that_was_written_and_claims_it() {
    let desk = desk().await;
    let (visitor, head) = (Visitor::new(), desk.conversation().await);
    let write = told_by_mail(&visitor, &head, ClientId::fresh(), "away");
    committed(desk.write(write).await);

    tokio::time::timeout(PATIENCE, desk.store.mails_written()).await.expect("told");
    let claimed = desk.journal.claim_mails(8, 60_000).await.unwrap();

    assert_eq!(claimed.len(), 1);
    assert_eq!((claimed[0].to.as_str(), claimed[0].attempt), ("anna@example.com", 1));
    assert!(desk.journal.claim_mails(8, 60_000).await.unwrap().is_empty());
}
