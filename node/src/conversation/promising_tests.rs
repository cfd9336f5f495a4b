//! What a promise adds, and to whom none is made.

use std::collections::HashMap;

use salotto_protocol::{AgentId, View};

use super::*;
use crate::test_support::waiting_head;

fn asked(head: &Head, email: &str) -> PromiseRequest {
    PromiseRequest {
        conversation: head.id,
        visitor: head.visitor,
        client_id: ClientId::fresh(),
        email: EmailAddress::parse(email).expect("an address"),
    }
}

fn decided(
    head: &Head,
    request: &PromiseRequest,
    offered: Offered,
    due_at_ms: Option<i64>,
) -> Result<Decision, Rejection> {
    let agents = HashMap::new();
    decide(&Locked { head, agents: &agents, waited_longer: 0 }, request, offered, due_at_ms)
}

fn refused(head: &Head, offered: Offered, due_at_ms: Option<i64>) -> Rejection {
    decided(head, &asked(head, "grace@mail.example"), offered, due_at_ms).err().expect("refused")
}

#[test]
fn by_15_a_promise_is_an_entry_for_all_and_the_address_one_for_agents_alone() {
    let head = waiting_head(1);
    let request = asked(&head, "grace@mail.example");

    let decision = decided(&head, &request, Offered::Yes, Some(99)).expect("it was offered");

    let email = request.email.clone();
    let bodies: Vec<&EntryBody> = decision.entries.iter().map(|it| &it.body).collect();
    assert_eq!(bodies, [&EntryBody::Contact { email }, &EntryBody::Promised { due_at_ms: 99 }]);
    let shown: Vec<bool> = bodies.iter().map(|it| it.visible_to(View::Visitor)).collect();
    assert_eq!(shown, [false, true]);
    assert_eq!(decision.entries[1].client_id, Some(request.client_id));
    assert_eq!((decision.state, decision.slot), (ConversationState::Waiting, Slot::Keep));
}

#[test]
fn by_15_only_who_was_offered_one_gets_a_promise() {
    let head = waiting_head(1);
    assert_eq!(refused(&head, Offered::No, Some(99)), NOT_OFFERED);
    assert_eq!(refused(&head, Offered::Yes, None), NOT_OFFERED, "the chatflow makes none");
    assert_eq!(refused(&head, Offered::Unclear, Some(99)), UNCLEAR);
    assert!(UNCLEAR.code.is_temporary() && !NOT_OFFERED.code.is_temporary());

    let other = PromiseRequest { visitor: VisitorId::fresh(), ..asked(&head, "eve@mail.example") };
    let no = decided(&head, &other, Offered::Yes, Some(99)).err();
    assert_eq!(no, Some(not_found()), "that it exists is nobody's business");
}

#[test]
fn by_15_who_is_not_waiting_any_more_needs_no_promise() {
    for state in ConversationState::ALL {
        let assignee = Some(AgentId::fresh());
        let head = Head { state, assignee, due_at_ms: Some(7), ..waiting_head(1) };
        let no = decided(&head, &asked(&head, "a@mail.example"), Offered::Yes, Some(99)).err();
        let expected = match state {
            ConversationState::Waiting => None,
            ConversationState::Closed => Some(closed()),
            ConversationState::Bot
            | ConversationState::Unassigned
            | ConversationState::Assigned => Some(TAKEN),
        };
        assert_eq!(no, expected, "{state:?}");
    }
}

#[test]
fn by_15_another_address_for_the_same_promise_is_taken_and_changes_no_date() {
    let head = Head { due_at_ms: Some(7), ..waiting_head(1) };
    let decision = decided(&head, &asked(&head, "new@mail.example"), Offered::No, Some(99));
    let entries = decision.expect("it was promised").entries;
    assert_eq!(entries[1].body, EntryBody::Promised { due_at_ms: 7 });
}
