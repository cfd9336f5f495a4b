//! What several nodes may do to one conversation: terms, slots, answers.

use salotto_protocol::NodeId;

use super::*;
use crate::journal::{Candidacy, STALE_TERM};

fn takes(agent: AgentId) -> Decide {
    Box::new(move |_| {
        let body = EntryBody::Comment { text: "taken".to_owned() };
        let entries = vec![NewEntry { by: Author::System, client_id: None, body }];
        let state = ConversationState::Assigned;
        Ok(Decision { entries, state, assignee: Some(agent), slot: Slot::Take(agent) })
    })
}

fn taken_by(agent: AgentId, head: &Head) -> NewWrite {
    NewWrite { agents: vec![agent], ..on(head.id, None, takes(agent)) }
}

fn notes(head: &Head) -> NewWrite {
    let id = ClientId::fresh();
    on(head.id, Some(id), comments(id, "a note"))
}

#[tokio::test]
async fn i11_nothing_of_a_term_is_written_once_a_later_one_has_begun() {
    let desk = desk().await;
    let head = desk.conversation().await;
    let (one, two) = (NodeId::fresh(), NodeId::fresh());
    let first = desk.journal.renew(one, Candidacy::Stands).await.unwrap().term;
    assert_eq!(desk.journal.renew(two, Candidacy::Stands).await.unwrap().term, None);
    committed(desk.write(NewWrite { term: first, ..notes(&head) }).await);

    desk.journal.renew(one, Candidacy::Withdrawn).await.unwrap();
    let second = desk.journal.renew(two, Candidacy::Stands).await.unwrap().term;

    assert!(first < second);
    let refused = desk.write(NewWrite { term: first, ..notes(&head) }).await;
    assert_eq!(refused, Outcome::Rejected(STALE_TERM));
    committed(desk.write(NewWrite { term: second, ..notes(&head) }).await);
    assert_eq!(desk.entries(head.id).await.len(), 3);
}

#[tokio::test]
async fn a_slot_is_freed_once_though_two_nodes_close_at_once() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let store = Store::open(desk.database.url()).await.unwrap();
    let (root, _) = supervisor::root().await.unwrap();
    let elsewhere = Journal::start(store, root).await.unwrap();
    let kept = desk.conversation().await;
    committed(desk.write(taken_by(agent, &kept)).await);
    for _ in 0..20 {
        let head = desk.conversation().await;
        committed(desk.write(taken_by(agent, &head)).await);
        assert_eq!(desk.agent_row(agent).await.active, 2);
        let closes = || on(head.id, None, moves_to(ConversationState::Closed, None));

        let (here, closed_here) = closes().into_write();
        let (there, closed_there) = closes().into_write();
        assert!(desk.journal.submit(here).is_ok() && elsewhere.submit(there).is_ok());
        committed(wait(closed_here).await);
        committed(wait(closed_there).await);

        assert_eq!(desk.agent_row(agent).await.active, 1);
    }
}

#[tokio::test]
async fn a_conversation_is_answered_when_an_agent_has_written_since_it_was_assigned() {
    let desk = desk().await;
    let agent = desk.agent("anna@example.com", 3).await;
    let head = desk.conversation().await;
    committed(desk.write(taken_by(agent, &head)).await);
    committed(desk.write(notes(&head)).await);
    let unanswered = desk.store.unanswered(&[agent]).await.unwrap();
    assert_eq!(unanswered.iter().map(|it| it.id).collect::<Vec<_>>(), [head.id]);

    let id = ClientId::fresh();
    committed(desk.write(on(head.id, Some(id), says(anna(), id, "hello"))).await);

    assert!(desk.head(head.id).await.answered);
    assert!(desk.store.unanswered(&[agent]).await.unwrap().is_empty());
    let other = desk.agent("ben@example.com", 3).await;
    committed(desk.write(taken_by(other, &head)).await);
    assert!(!desk.head(head.id).await.answered, "not since it was assigned anew");
}
