//! A conversation moves to another inbox (AS-44): one open for each visitor there, or beside it.

use super::*;

fn moves(id: ConversationId, to: InboxId, client_id: ClientId) -> NewWrite {
    let decide: Decide = Box::new(move |locked| {
        let body = EntryBody::InboxChange { from: locked.head.inbox, to };
        Ok(stay(locked, vec![NewEntry { by: anna(), client_id: Some(client_id), body }]))
    });
    on(id, Some(client_id), decide)
}

async fn started(desk: &Desk, visitor: &Visitor) -> Ack {
    committed(desk.write(visitor.start(ClientId::fresh(), "hello")).await)
}

#[tokio::test]
async fn a_moved_conversation_is_in_the_other_inbox_alone_and_its_visitor_may_begin_anew() {
    let desk = desk().await;
    let (visitor, other) = (Visitor::new(), InboxId::fresh());
    let first = started(&desk, &visitor).await.conversation;
    let client_id = ClientId::fresh();

    let ack = committed(desk.write(moves(first, other, client_id)).await);
    let again = committed(desk.write(moves(first, other, client_id)).await);
    let second = started(&desk, &visitor).await.conversation;

    assert_eq!(again, Ack { repeated: true, ..ack });
    assert_eq!(
        (desk.head(first).await.inbox, desk.head(second).await.inbox),
        (other, visitor.inbox)
    );
    assert_ne!(first, second);
    let board = |inbox| desk.store.board(inbox, 10, 10);
    let ids = |heads: Vec<Head>| heads.iter().map(|head| head.id).collect::<Vec<_>>();
    assert_eq!(ids(board(other).await.unwrap()), [first]);
    assert_eq!(ids(board(visitor.inbox).await.unwrap()), [second]);
}

#[tokio::test]
async fn moved_to_where_its_visitor_has_one_open_it_stands_beside_that() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let elsewhere = Visitor { id: visitor.id, inbox: InboxId::fresh() };
    let (first, second) = (started(&desk, &visitor).await, started(&desk, &elsewhere).await);

    committed(desk.write(moves(first.conversation, elsewhere.inbox, ClientId::fresh())).await);
    let joined = started(&desk, &elsewhere).await.conversation;

    let open = desk.store.board(elsewhere.inbox, 10, 10).await.unwrap();
    assert_eq!(open.len(), 2);
    assert!([first.conversation, second.conversation].contains(&joined), "no third one");
}

#[tokio::test]
async fn a_start_in_the_batch_of_the_move_does_not_find_what_has_gone() {
    let desk = desk().await;
    let (visitor, other) = (Visitor::new(), InboxId::fresh());
    let first = started(&desk, &visitor).await.conversation;

    let moved = desk.submit(moves(first, other, ClientId::fresh()));
    let second = desk.submit(visitor.start(ClientId::fresh(), "anew"));
    committed(wait(moved).await);
    let second = committed(wait(second).await).conversation;

    assert_ne!(first, second);
    assert_eq!(desk.head(second).await.inbox, visitor.inbox);
}
