//! Two owners, too many chats, strange choices: assignments, broken once each.

use super::*;

/// Where the honest log assigns.
fn assignment(world: &World) -> (ConversationId, Seq) {
    (world.conversation, Seq(3))
}

#[test]
fn i9_an_automatic_assignment_above_the_capacity() {
    let mut world = World::new();
    let agent = world.agent;
    // The same agent gets a second conversation while the first is open.
    second_conversation(&mut world, 5_000);
    world.assert_seen(&Violation::OverCapacity { agent, at_ms: 5_000 });

    // With room for two, or after the first was closed, it is allowed.
    world.truth.capacities.insert(agent, 2);
    assert_eq!(world.judged(), []);
    let mut world = World::new();
    second_conversation(&mut world, 7_000);
    assert_eq!(world.judged(), []);
}

#[test]
fn i9_stamps_of_two_nodes_are_given_the_benefit_of_the_doubt_for_so_long_and_no_longer() {
    for (at_ms, is_allowed) in [(6_400, true), (6_399, false)] {
        let mut world = World::new();
        second_conversation(&mut world, at_ms);
        assert_eq!(world.judged().is_empty(), is_allowed, "{at_ms}");
    }
}

/// Assigned at that time by policy, and not closed.
fn second_conversation(world: &mut World, at_ms: i64) {
    let (conversation, visitor) = (ConversationId::fresh(), VisitorId::fresh());
    let mut log = honest_log(visitor, world.agent, [(); 3].map(|()| ClientId::fresh()));
    log.truncate(4);
    log.iter_mut().for_each(|entry| entry.at_ms = at_ms);
    world.truth.ledger.logs.insert(conversation, log);
    let state = ConversationState::Assigned;
    let standing = Standing { visitor: Some(visitor), state, assignee: Some(world.agent) };
    world.truth.standings.insert(conversation, standing);
}

#[test]
fn i10_an_assignment_from_somebody_who_does_not_have_it() {
    let mut world = World::new();
    let (conversation, seq) = assignment(&world);
    let stranger = AgentRef { id: AgentId::fresh(), name: "Bob".to_owned() };
    let EntryBody::Assignment { from, .. } = &mut world.log()[2].body else {
        unreachable!("the third is the assignment")
    };
    *from = Some(stranger);
    world.assert_seen(&Violation::TwoOwners { conversation, seq });
}

#[test]
fn i10_a_closed_conversation_that_is_assigned() {
    let mut world = World::new();
    let conversation = world.conversation;
    let from = Some(AgentRef { id: world.agent, name: "Ada".to_owned() });
    let cause = AssignmentCause::Manual;
    let body = EntryBody::Assignment { from, to: None, cause, out_of_order: 0, team: None };
    let last = world.log().last().expect("seven").clone();
    world.log().push(Entry { seq: Seq(8), client_id: None, body, ..last });
    world.standing().assignee = None;
    world.assert_seen(&Violation::TwoOwners { conversation, seq: Seq(8) });
}

#[test]
fn i11_a_decision_of_a_term_that_was_over() {
    for (at_ms, is_allowed) in [(4_600, true), (4_601, false)] {
        let mut world = World::new();
        set_term(&mut world.log()[3], 2);
        second_conversation(&mut world, at_ms);
        assert_eq!(finds_old_terms(&world), !is_allowed, "{at_ms}");
    }
}

#[test]
fn i11_in_one_log_no_stamp_is_an_excuse() {
    let mut world = World::new();
    let conversation = world.conversation;
    let mut decision = world.log()[3].clone();
    set_term(&mut world.log()[3], 2);
    decision.seq = Seq(8);
    world.log().push(decision);
    world.assert_seen(&Violation::OldTerm { conversation, seq: Seq(8), term: 1 });
}

#[test]
fn a_record_of_before_says_no_term_and_is_not_judged() {
    let mut world = World::new();
    let EntryBody::Decision { decision } = &mut world.log()[3].body else {
        unreachable!("the fourth is the decision")
    };
    decision.term = None;
    second_conversation(&mut world, 5_000);
    assert!(!finds_old_terms(&world));
}

fn finds_old_terms(world: &World) -> bool {
    world.judged().iter().any(|it| matches!(it, Violation::OldTerm { .. }))
}

fn set_term(entry: &mut Entry, term: u64) {
    let EntryBody::Decision { decision } = &mut entry.body else {
        unreachable!("the fourth is the decision")
    };
    decision.term = Some(term);
}

#[test]
fn i12_a_row_that_tells_another_story_than_its_log() {
    let cases: [fn(&mut Standing); 4] = [
        |row| row.state = ConversationState::Assigned,
        |row| row.state = ConversationState::Waiting,
        |row| row.assignee = None,
        |row| row.assignee = Some(AgentId::fresh()),
    ];
    for change in cases {
        let mut world = World::new();
        change(world.standing());
        let conversation = world.conversation;
        assert_eq!(world.judged(), [Violation::Inconsistent { conversation }]);
    }
}

#[test]
fn i12_a_status_that_does_not_follow_from_the_one_before() {
    let mut world = World::new();
    let conversation = world.conversation;
    let EntryBody::Status { from, .. } = &mut world.log()[6].body else {
        unreachable!("the seventh is the status")
    };
    *from = ConversationState::Closed;
    world.assert_seen(&Violation::Inconsistent { conversation });
}

#[test]
fn i13_a_choice_that_the_policy_does_not_give() {
    let cases: [fn(&mut DecisionRecord); 6] = [
        |it| it.chosen = AgentId::fresh(),
        |it| it.candidates[0].active = 1,
        |it| it.candidates[0].verdict = Verdict::Passed,
        |it| it.candidates[1].verdict = Verdict::Chosen,
        |it| it.candidates[2].active = 0,
        // Somebody else had fewer chats.
        |it| (it.candidates[0].active, it.candidates[0].capacity) = (1, 5),
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let mut world = World::new();
        let EntryBody::Decision { decision } = &mut world.log()[3].body else {
            unreachable!("the fourth is the decision")
        };
        change(decision);
        let conversation = world.conversation;
        let seen = world.judged();
        let seq = Seq(4);
        let violation = Violation::NotByTheRules { conversation, seq };
        assert!(seen.contains(&violation), "case {number}: {seen:?}");
    }
}

#[test]
fn i13_an_automatic_assignment_without_its_decision() {
    let mut world = World::new();
    let (conversation, seq) = assignment(&world);
    world.log()[3].body = EntryBody::Comment { text: "why?".to_owned() };
    world.assert_seen(&Violation::NotByTheRules { conversation, seq });
}

#[test]
fn i16_a_greeting_that_takes_effect_twice() {
    let mut world = World::new();
    let conversation = world.conversation;
    world.log()[5].body = EntryBody::Welcome { text: "Hi!".to_owned() };
    world.assert_seen(&Violation::TwoWelcomes { conversation, seq: Seq(6) });
}

#[test]
fn l2_a_conversation_that_waited_while_somebody_was_free() {
    let world = World::new();
    let conversation = world.conversation;
    let terms = Terms { assigned_within_ms: Some(999), ..Terms::default() };
    world.assert_seen_with(&terms, &Violation::Waited { conversation, ms: 1_000 });
}
