//! Answers on a real store and journal: each goes out once, and only if the browser has not got it.

use salotto_protocol::{AgentId, Party};

use super::*;
use crate::store::StoredMail;
use crate::test_support::{Desk, eventually};

async fn promised(desk: &Desk) -> (ConversationId, AgentId) {
    let id = desk.waits(desk.chatflow).await;
    desk.promises(id, clock::now_ms() + 60_000).await;
    (id, desk.agent("anna", 5).await)
}

async fn look(desk: &Desk, after: Duration) {
    mail_due(&desk.store, &desk.journal, after).await.expect("the store is well");
}

async fn mails(desk: &Desk) -> Vec<StoredMail> {
    desk.store.mails().await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_15_an_answer_goes_out_once_whoever_looks_and_however_often() {
    let desk = Desk::new().await;
    let (id, agent) = promised(&desk).await;
    desk.answers(id, agent).await;
    look(&desk, Duration::from_secs(60)).await;
    assert!(mails(&desk).await.is_empty(), "the agent may write more");
    desk.answers(id, agent).await;

    for _ in 0..3 {
        tokio::join!(look(&desk, Duration::ZERO), look(&desk, Duration::ZERO));
    }

    let mails = mails(&desk).await;
    assert_eq!(mails.len(), 1, "both in one");
    assert_eq!(
        (mails[0].recipient.as_str(), mails[0].subject.as_str()),
        ("grace@mail.example", "Re: hello",)
    );
    assert_eq!(mails[0].body.matches("\nhello!\n").count(), 2, "{}", mails[0].body);
    assert!(mails[0].body.contains("\n> hello\n"), "{}", mails[0].body);
    assert_eq!(desk.store.answers_of(id, 9).await.expect("read"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_15_what_the_visitors_browser_has_received_is_not_mailed() {
    let desk = Desk::new().await;
    let (id, agent) = promised(&desk).await;
    desk.answers(id, agent).await;
    let seen = desk.head(id).await.seq;
    desk.journal.mark(id, Party::Visitor, seen, Seq(0));
    let is_marked =
        || async { desk.store.marks(id).await.expect("read").visitor_delivered == seen };
    eventually("the mark is stored", is_marked).await;
    look(&desk, Duration::ZERO).await;
    assert!(mails(&desk).await.is_empty());
    assert_eq!(desk.store.answers_of(id, 9).await.expect("read"), [], "and forgotten");

    desk.answers(id, agent).await;
    look(&desk, Duration::ZERO).await;

    let mails = mails(&desk).await;
    assert_eq!(mails.len(), 1, "the visitor has gone meanwhile");
    assert_eq!(mails[0].body.matches("\nhello!\n").count(), 1, "the second alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_15_nobody_who_was_promised_nothing_gets_a_letter() {
    let desk = Desk::new().await;
    let id = desk.waits(desk.chatflow).await;
    let agent = desk.agent("anna", 5).await;
    desk.answers(id, agent).await;
    desk.says(id, "a message of the system").await;
    look(&desk, Duration::ZERO).await;
    assert!(mails(&desk).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn by_15_a_node_that_comes_too_late_writes_nothing_and_takes_nothing_away() {
    let desk = Desk::new().await;
    let (id, agent) = promised(&desk).await;
    desk.answers(id, agent).await;
    let seqs = desk.store.answers_of(id, 9).await.expect("read");
    let mail = letter_about(&desk.store, id, &seqs).await.expect("read");
    look(&desk, Duration::ZERO).await;
    desk.answers(id, agent).await;
    let fresh = desk.store.answers_of(id, 9).await.expect("read");

    let both = seqs.into_iter().chain(fresh.clone()).collect();
    let late = PromiseChange::Mailed { conversation: id, seqs: both, mail };
    let late = Change::Promise(Box::new(late));
    let outcome = desk.journal.change(late).await.expect("the store is well");

    assert!(matches!(outcome, Changed::Refused(_)), "{outcome:?}");
    assert_eq!(mails(&desk).await.len(), 1);
    assert_eq!(desk.store.answers_of(id, 9).await.expect("read"), fresh, "it is still owed");
}
