//! Who is picked out of the queue, and how many had waited longer (REG-14).

use salotto_protocol::{AgentRef, AssignmentCause, TeamId, TeamRef};

use super::*;

/// One that waits, of this chatflow.
async fn waiting(desk: &Desk, chatflow: ChatflowId) -> ConversationId {
    let visitor = Visitor { inbox: InboxId(chatflow.0), ..Visitor::new() };
    let mut start = visitor.start(ClientId::fresh(), "hello");
    if let Target::Start(new) = &mut start.target {
        new.chatflow = chatflow;
    }
    let id = committed(desk.write(start).await).conversation;
    committed(desk.write(on(id, None, moves_to(ConversationState::Waiting, None))).await);
    id
}

/// Given to Anna by hand.
fn picks(id: ConversationId, to: AgentId) -> NewWrite {
    let decide: Decide = Box::new(move |locked| {
        let anna = Some(AgentRef { id: to, name: "Anna".to_owned() });
        let (cause, out_of_order) = (AssignmentCause::Manual, locked.waited_longer);
        let body = EntryBody::Assignment { from: None, to: anna, cause, out_of_order, team: None };
        let entries = vec![NewEntry { by: anna_herself(to), client_id: None, body }];
        let state = ConversationState::Assigned;
        Ok(Decision { entries, state, assignee: Some(to), slot: Slot::Take(to) })
    });
    NewWrite { target: Target::Picked(id), agents: vec![to], ..on(id, None, decide) }
}

fn anna_herself(id: AgentId) -> Author {
    Author::Agent { id, name: "Anna".to_owned() }
}

/// How many had waited longer, as the log says.
async fn passed_over(desk: &Desk, id: ConversationId) -> u32 {
    let entries = desk.entries(id).await;
    let mut counts = entries.iter().rev().filter_map(|entry| match &entry.body {
        EntryBody::Assignment { out_of_order, .. } => Some(*out_of_order),
        _ => None,
    });
    counts.next().expect("it was assigned")
}

#[tokio::test]
async fn a_pick_out_of_order_is_known_by_how_many_of_its_chatflow_waited_longer() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 1).await;
    let (shop, other) = (ChatflowId::fresh(), ChatflowId::fresh());
    waiting(&desk, other).await;
    let mut queue = Vec::new();
    for _ in 0..4 {
        queue.push(waiting(&desk, shop).await);
    }

    for (which, expected) in [(2, 2), (0, 0), (3, 1), (1, 0)] {
        committed(desk.write(picks(queue[which], anna)).await);
        assert_eq!(passed_over(&desk, queue[which]).await, expected, "of {which}");
    }
}

#[tokio::test]
async fn picks_of_one_batch_count_as_they_follow_each_other() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 1).await;
    let shop = ChatflowId::fresh();
    let mut queue = Vec::new();
    for _ in 0..3 {
        queue.push(waiting(&desk, shop).await);
    }

    let all: Vec<_> = queue.iter().map(|id| desk.submit(picks(*id, anna))).collect();
    for outcome in all {
        committed(wait(outcome).await);
    }

    for id in queue {
        assert_eq!(passed_over(&desk, id).await, 0, "each was the oldest when it was taken");
    }
}

/// AS-41, AS-44: whom others wait for is in nobody's way.
#[tokio::test]
async fn reg_14_in_another_inbox_or_for_a_team_nobody_waits_in_the_same_line() {
    let desk = desk().await;
    let anna = desk.agent("anna@example.com", 1).await;
    let shop = ChatflowId::fresh();
    let mut queue = Vec::new();
    for _ in 0..5 {
        queue.push(waiting(&desk, shop).await);
    }
    let sales = TeamRef { id: TeamId::fresh(), name: "Sales".to_owned() };
    let to = InboxId::fresh();
    let moved = EntryBody::InboxChange { from: InboxId(shop.0), to };
    for (id, body) in
        [(queue[0], moved), (queue[1], given_to(&sales)), (queue[3], given_to(&sales))]
    {
        committed(desk.write(on(id, None, adds(body))).await);
    }

    for (which, expected) in [(4, 1), (2, 0), (3, 1), (1, 0), (0, 0)] {
        committed(desk.write(picks(queue[which], anna)).await);
        assert_eq!(passed_over(&desk, queue[which]).await, expected, "of {which}");
    }
}

/// AS-41: it stays the team's while the router gives and takes it, and by hand that ends.
#[tokio::test]
async fn as_41_the_team_is_kept_with_the_conversation_until_somebody_decides_otherwise() {
    let desk = desk().await;
    let sales = TeamRef { id: TeamId::fresh(), name: "Sales".to_owned() };
    let gives =
        |cause| EntryBody::Assignment { from: None, to: None, cause, out_of_order: 0, team: None };
    let (waiting_state, closed) = (ConversationState::Waiting, ConversationState::Closed);
    let closes = EntryBody::Status { from: waiting_state, to: closed };
    for (body, stays) in [
        (gives(AssignmentCause::Policy), true),
        (gives(AssignmentCause::Manual), false),
        (gives(AssignmentCause::Reply), false),
        (closes, false),
    ] {
        let id = waiting(&desk, ChatflowId::fresh()).await;
        committed(desk.write(on(id, None, adds(given_to(&sales)))).await);
        assert_eq!(desk.head(id).await.team, Some(sales.id));
        committed(desk.write(on(id, None, adds(body.clone()))).await);
        assert_eq!(desk.head(id).await.team, stays.then_some(sales.id), "{body:?}");
    }
}

fn given_to(team: &TeamRef) -> EntryBody {
    let (cause, team) = (AssignmentCause::Manual, Some(team.clone()));
    EntryBody::Assignment { from: None, to: None, cause, out_of_order: 0, team }
}

fn adds(body: EntryBody) -> Decide {
    Box::new(move |locked| {
        let entry = NewEntry { by: anna(), client_id: None, body: body.clone() };
        Ok(stay(locked, vec![entry]))
    })
}
