//! A conversation over HTTP, as its visitor, a stranger and an agent see it.

use axum::body::Body;
use axum::http::Method;
use salotto_protocol::api::{ConversationAnswer, EntryPage};
use salotto_protocol::limits::{PAGE_TEXT_BYTES_MAX, TEXT_BYTES_MAX};
use salotto_protocol::people::InboxAccess;
use salotto_protocol::{AgentId, Author, ClientId, ConversationId, Page, SiteId, VisitorId};
use tokio::sync::oneshot;

use crate::conversation::{Command, Request, StartRequest};
use crate::gateway::test_support::{Answer, Harness, asked, with_cookie};
use crate::journal::{Ack, Asked, Change, Changed, NewAccount, Outcome};
use crate::session::Identity;
use crate::store::AgentRow;

/// A conversation with a greeting (1), two messages (2, 4) and a comment between them (3).
struct Talk {
    harness: Harness,
    visitor: VisitorId,
    id: ConversationId,
}

impl Talk {
    async fn new() -> Talk {
        let harness = Harness::new().await;
        let agent = harness.add_agent().await;
        let visitor = VisitorId::fresh();
        let ack = committed(|done| {
            let request = StartRequest {
                visitor,
                assigning: Vec::new(),
                chatflow: harness.app.chatflows.get(harness.chatflow).expect("published"),
                start_client_id: ClientId::fresh(),
                message_client_id: ClientId::fresh(),
                text: "first".to_owned(),
                page: Page::default(),
            };
            harness.conversations.begin(request, done).expect("room");
        })
        .await;
        let talk = Talk { harness, visitor, id: ack.conversation };
        let by = Author::Agent { id: agent, name: "Ada".to_owned() };
        talk.write(by, Command::Comment { text: "between us".to_owned() }).await;
        let by = Author::Visitor { id: visitor };
        let text = "second".to_owned();
        talk.write(by, Command::VisitorMessage { visitor, text, assigning: Vec::new() }).await;
        talk
    }

    async fn write(&self, by: Author, command: Command) {
        let conversations = &self.harness.conversations;
        committed(|done| {
            let (conversation, client_id) = (self.id, ClientId::fresh());
            let request = Request { conversation, author: by, client_id, command };
            conversations.write(request, done).expect("room");
        })
        .await;
    }

    fn token(&self, visitor: VisitorId, site: SiteId) -> String {
        self.harness.app.tokens.for_visitor(Identity { visitor, site })
    }

    async fn as_visitor(&self, rest: &str) -> Answer {
        self.with_token(&self.token(self.visitor, self.harness.site), rest).await
    }

    async fn with_token(&self, token: &str, rest: &str) -> Answer {
        let request = asked(Method::GET, &format!("/api/v1/conversations/{}{rest}", self.id))
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty());
        self.harness.send(request.expect("a request")).await
    }

    async fn as_agent(&self, rest: &str) -> Answer {
        let (cookie, _) = self.harness.signed_in().await;
        let path = format!("/api/v1/conversations/{}{rest}", self.id);
        let request = with_cookie(Method::GET, &path, &cookie).body(Body::empty());
        self.harness.send(request.expect("a request")).await
    }
}

async fn committed(write: impl FnOnce(crate::journal::Done)) -> Ack {
    let (tell, told) = oneshot::channel();
    write(Box::new(move |outcome| drop(tell.send(outcome))));
    match told.await.expect("decided") {
        Outcome::Committed(ack) => ack,
        other => panic!("{other:?}"),
    }
}

/// `after<seq` of each entry.
fn steps(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let page: EntryPage = serde_json::from_str(&answer.text).expect("a page");
    page.entries.iter().map(|it| format!("{}<{}", it.after, it.entry.seq)).collect()
}

fn page(answer: &Answer) -> EntryPage {
    serde_json::from_str(&answer.text).expect("a page")
}

#[tokio::test]
async fn each_side_sees_its_own_view_without_a_hole() {
    let talk = Talk::new().await;
    let visitor = talk.as_visitor("/entries").await;
    assert_eq!(steps(&visitor), ["0<1", "1<2", "2<4"]);
    assert!(!visitor.text.contains("between us"));
    let agent = talk.as_agent("/entries").await;
    assert_eq!(steps(&agent), ["0<1", "1<2", "2<3", "3<4"]);
    assert_eq!(page(&agent).epoch, talk.harness.app.store.epoch());
}

#[tokio::test]
async fn pages_lead_from_the_first_to_the_last_entry() {
    let talk = Talk::new().await;
    let first = talk.as_visitor("/entries?after=0&limit=2").await;
    assert_eq!(steps(&first), ["0<1", "1<2"]);
    assert_eq!((page(&first).more, page(&first).head.0), (true, 4));
    let second = talk.as_visitor("/entries?after=2&limit=2").await;
    assert_eq!(steps(&second), ["2<4"]);
    assert!(!page(&second).more);
    let beyond = talk.as_visitor("/entries?after=99").await;
    assert_eq!(steps(&beyond), Vec::<String>::new());
}

#[tokio::test]
async fn a_comment_at_the_end_is_no_more_page_for_the_visitor() {
    let talk = Talk::new().await;
    let by = Author::Agent { id: AgentId::fresh(), name: "Ben".to_owned() };
    talk.write(by, Command::Comment { text: "again between us".to_owned() }).await;
    let page = page(&talk.as_visitor("/entries").await);
    assert_eq!((page.more, page.head.0), (false, 4));
}

#[tokio::test]
async fn a_conversation_of_somebody_else_is_not_there() {
    let talk = Talk::new().await;
    let site = talk.harness.site;
    let stranger = talk.token(VisitorId::fresh(), site);
    let elsewhere = talk.token(talk.visitor, SiteId::fresh());
    for token in [stranger, elsewhere] {
        for rest in ["", "/entries"] {
            let answer = talk.with_token(&token, rest).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()));
        }
    }
    let forged = talk.with_token("v1.AAAA.AAAA", "/entries").await;
    assert_eq!(forged.problem(), (401, "unauthenticated".to_owned()));
    let nobody = talk.harness.get(&format!("/api/v1/conversations/{}", talk.id)).await;
    assert_eq!(nobody.problem(), (401, "unauthenticated".to_owned()));
}

#[tokio::test]
async fn the_facts_tell_the_agent_more_than_the_visitor() {
    let talk = Talk::new().await;
    let facts = |answer: Answer| -> ConversationAnswer {
        serde_json::from_str(&answer.text).expect("facts")
    };
    let visitor = facts(talk.as_visitor("").await).conversation;
    assert_eq!((visitor.id, visitor.head.0, visitor.visitor), (talk.id, 4, None));
    let agent = facts(talk.as_agent("").await).conversation;
    assert_eq!(agent.visitor, Some(talk.visitor));
    assert!(agent.started_on.is_some() && visitor.started_on.is_none());
}

#[tokio::test]
async fn numbers_out_of_range_are_named() {
    let talk = Talk::new().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("after=-1", "after"),
        ("after=x", "after"),
        ("after=4294967296", "after"),
    ] {
        let answer = talk.as_visitor(&format!("/entries?{query}")).await;
        assert_eq!(answer.problem(), (400, "bad_field".to_owned()), "{query}");
        assert_eq!(answer.json()["field"], field);
    }
}

#[tokio::test]
async fn a_page_of_long_texts_is_shorter_and_the_next_one_goes_on() {
    let talk = Talk::new().await;
    let (by, visitor) = (Author::Visitor { id: talk.visitor }, talk.visitor);
    let texts = PAGE_TEXT_BYTES_MAX / TEXT_BYTES_MAX + 3;
    for _ in 0..texts {
        let (text, assigning) = ("x".repeat(TEXT_BYTES_MAX), Vec::new());
        talk.write(by.clone(), Command::VisitorMessage { visitor, text, assigning }).await;
    }
    let first = page(&talk.as_visitor("/entries").await);
    let bytes: usize =
        first.entries.iter().filter_map(|it| it.entry.body.text()).map(str::len).sum();
    assert!(first.more && bytes <= PAGE_TEXT_BYTES_MAX, "{bytes}");
    assert!(bytes > PAGE_TEXT_BYTES_MAX - TEXT_BYTES_MAX, "{bytes}: no shorter than it must be");
    let last = first.entries.last().expect("one at least").entry.seq;
    let rest = page(&talk.as_visitor(&format!("/entries?after={last}")).await);
    assert!(!rest.more);
    assert_eq!(first.entries.len() + rest.entries.len(), 3 + texts);
}

/// PERM-5
#[tokio::test]
async fn an_agent_reads_no_conversation_of_an_inbox_that_they_may_not_see() {
    let talk = Talk::new().await;
    assert_eq!(talk.as_agent("/entries").await.status, 200);
    let people = |asked| Change::People(crate::journal::Request { by: None, asked });
    let row = AgentRow::new(AgentId::fresh(), "ben@shop.example", "Ben");
    let row = AgentRow { inherits_capacity: true, ..row };
    let (ben, password_hash) = (row.id, "!".to_owned());
    let new = NewAccount { row, password_hash, first_is_super_admin: false };
    let inbox = talk.harness.app.store.settings().await.expect("read").inboxes[0].id;
    let access = InboxAccess::Chosen { agents: vec![ben], teams: Vec::new() };

    for asked in [Asked::AddUser(new), Asked::Access { inbox, access }] {
        let changed = talk.harness.app.journal.change(people(asked)).await.expect("changed");
        assert_eq!(changed, Changed::Done);
    }
    talk.harness.app.chatflows.refresh().await;

    for rest in ["", "/entries"] {
        assert_eq!(talk.as_agent(rest).await.problem(), (403, "forbidden".to_owned()));
        assert_eq!(talk.as_visitor(rest).await.status, 200);
    }
}
