//! Contacts and their owners over the API (AS-3).

use salotto_protocol::{
    Author, ClientId, ConversationId, ConversationNumber, ConversationState, EntryBody, Page,
    VisitorId,
};
use tokio::sync::oneshot;

use super::*;
use crate::journal::{Decision, NewConversation, NewEntry, Outcome, Slot, Target, Write};
use crate::store::Head;

impl Harness {
    /// A visitor who has written to the shop.
    pub(super) async fn writes(&self, visitor: VisitorId) -> Head {
        let client_id = ClientId::fresh();
        let new = NewConversation {
            id: ConversationId::fresh(),
            number: ConversationNumber(i64::from(getrandom::u32().expect("random"))),
            site: self.site,
            inbox: self.inbox().await,
            chatflow: self.chatflow,
            visitor,
            start_client_id: client_id,
            started_on: Page::default(),
        };
        let (answer, outcome) = oneshot::channel();
        let write = Write {
            target: Target::Start(Box::new(new)),
            client_id: Some(client_id),
            agents: Vec::new(),
            term: None,
            unattended: false,
            mails: None,
            turn: None,
            decide: Box::new(move |_| {
                let body = EntryBody::Message { text: "hello".to_owned() };
                let by = Author::Visitor { id: visitor };
                let entries = vec![NewEntry { by, client_id: Some(client_id), body }];
                let state = ConversationState::Closed;
                Ok(Decision { entries, state, assignee: None, slot: Slot::Free })
            }),
            done: Box::new(move |outcome| answer.send(outcome).expect("awaited")),
        };
        self.app.journal.submit(write).expect("room");
        let Outcome::Committed(ack) = outcome.await.expect("answered") else { panic!("refused") };
        self.app.store.head(ack.conversation).await.expect("read").expect("there")
    }
}

/// AS-3
#[tokio::test]
async fn as_3_a_contact_has_an_owner_and_conversations_that_begin_later_know_it() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let ben = harness.hire("Ben", &[]).await;
    let (visitor, other) = (VisitorId::fresh(), VisitorId::fresh());
    let first = harness.writes(visitor).await;
    assert_eq!(first.facts, Default::default(), "nobody knows them");
    let path = format!("visitors/{visitor}/contact");
    assert_eq!(admin.asks(Method::GET, &path, Value::Null).await.status, 404);

    let put = json!({"email": " Eve@Home.example", "name": "Eve", "owner": ben});
    let made = admin.done(Method::PUT, &path, put).await;

    assert_eq!((&made["email"], &made["owner"]), (&json!("eve@home.example"), &json!(ben)));
    assert_eq!(admin.gets(&path).await, made);
    let second = harness.writes(visitor).await.facts;
    assert_eq!((second.returning, second.owner), (true, Some(ben)));
    assert_eq!(second.contact.map(|it| json!(it)), Some(made["id"].clone()));
    harness.writes(other).await;
    let same = json!({"email": "EVE@home.example"});
    let same = admin.done(Method::PUT, &format!("visitors/{other}/contact"), same).await;
    assert_eq!((&same["id"], &same["owner"]), (&made["id"], &Value::Null), "one person");
    assert_eq!(harness.writes(visitor).await.facts.owner, None, "as it is now");
    let trail = harness.app.store.people_changes().await;
    let kinds = trail.iter().filter(|(_, kind, ..)| kind == "contact").count();
    assert_eq!(kinds, 2);
    assert!(!trail.iter().any(|line| line.3.contains("eve@home")), "no address in it");
}

#[tokio::test]
async fn as_3_bad_contacts_are_refused_with_the_path_of_the_field() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (gone, seatless) = (harness.hire("Ben", &[]).await, harness.hire("Cora", &[]).await);
    admin.done(Method::PATCH, &format!("users/{gone}"), json!({"deactivated": true})).await;
    admin.done(Method::PATCH, &format!("users/{seatless}"), json!({"seat": "none"})).await;
    let visitor = VisitorId::fresh();
    harness.writes(visitor).await;
    let path = format!("visitors/{visitor}/contact");
    for (body, field) in [
        (json!({}), "email"),
        (json!({"email": "eve"}), "email"),
        (json!({"email": "eve@home.example", "name": ""}), "name"),
        (json!({"email": "eve@home.example", "owner": AgentId::fresh()}), "owner"),
        (json!({"email": "eve@home.example", "owner": gone}), "owner"),
        (json!({"email": "eve@home.example", "owner": seatless}), "owner"),
    ] {
        assert_eq!(admin.blamed(Method::PUT, &path, body.clone()).await, field, "{body}");
    }
    let nobody = format!("visitors/{}/contact", VisitorId::fresh());
    for method in [Method::GET, Method::PUT] {
        let body = json!({"email": "eve@home.example"});
        assert_eq!(admin.asks(method, &nobody, body).await.status, 404);
    }
}

/// PERM-5
#[tokio::test]
async fn perm_5_members_of_the_visitors_inbox_change_the_contact_and_they_and_admins_see_it() {
    let harness = Harness::new().await;
    let admin = harness.admin().await;
    let (member, other) = (harness.caller("Ada", &[]).await, harness.caller("Ben", &[]).await);
    let visitor = VisitorId::fresh();
    harness.writes(visitor).await;
    let access = json!({"to": "chosen", "agents": [member.id], "teams": []});
    admin.done(Method::PUT, &format!("inboxes/{}/access", harness.inbox().await), access).await;
    let (path, body) =
        (format!("visitors/{visitor}/contact"), json!({"email": "eve@home.example"}));

    for caller in [&admin, &other] {
        let answer = caller.asks(Method::PUT, &path, body.clone()).await;
        assert!(forbidden(&answer), "{}", answer.text);
    }
    member.done(Method::PUT, &path, body).await;

    assert_eq!(admin.gets(&path).await, member.gets(&path).await);
    let answer = other.asks(Method::GET, &path, Value::Null).await;
    assert!(forbidden(&answer), "{}", answer.text);
}
