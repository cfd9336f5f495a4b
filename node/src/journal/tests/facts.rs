//! What routing rules go by is kept with a conversation when it begins, and begins again (SK-8).

use salotto_protocol::people_api::NewContact;

use super::*;

async fn known_as(desk: &Desk, visitor: &Visitor, email: &str, owner: Option<AgentId>) {
    let contact = NewContact { email: email.to_owned(), name: None, owner };
    let by = desk.agent(&format!("{}@example.com", AgentId::fresh()), 1).await;
    let change = Change::PutContact { by, visitor: visitor.id, contact };
    assert_eq!(desk.journal.change(change).await.unwrap(), Changed::Done);
}

/// SK-8
#[tokio::test]
async fn sk_8_what_is_known_of_a_visitor_is_kept_as_it_was_when_it_began() {
    let desk = desk().await;
    let (visitor, owner) = (Visitor::new(), desk.agent("owner@example.com", 1).await);
    let start = || visitor.start(ClientId::fresh(), "hello");
    let first = committed(desk.write(start()).await).conversation;
    assert_eq!(desk.head(first).await.facts, Default::default());

    known_as(&desk, &visitor, "eve@home.example", Some(owner)).await;
    committed(desk.write(visitor.says(first, ClientId::fresh(), "still there?")).await);

    assert_eq!(desk.head(first).await.facts, Default::default(), "it had begun");
    let close = on(first, None, moves_to(ConversationState::Closed, None));
    committed(desk.write(close).await);
    let second = committed(desk.write(start()).await).conversation;
    let facts = desk.head(second).await.facts;
    assert!(facts.returning && facts.contact.is_some());
    assert_eq!(facts.owner, Some(owner));
    let waiting = desk.store.head(second).await.unwrap().expect("there");
    assert_eq!(waiting.facts, facts);
}

/// SK-8
#[tokio::test]
async fn sk_8_a_conversation_that_is_opened_again_knows_what_is_known_by_then() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let start = visitor.start(ClientId::fresh(), "hello");
    let id = committed(desk.write(start).await).conversation;
    committed(desk.write(on(id, None, moves_to(ConversationState::Closed, None))).await);
    known_as(&desk, &visitor, "eve@home.example", None).await;

    committed(desk.write(visitor.says(id, ClientId::fresh(), "once more")).await);

    let facts = desk.head(id).await.facts;
    assert!(facts.returning && facts.contact.is_some() && facts.owner.is_none());
}
