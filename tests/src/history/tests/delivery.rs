//! Lost, doubled, reordered, leaked: what clients were told, broken once each.

use super::*;

#[test]
fn i1_an_acknowledged_message_that_the_store_lost() {
    let mut world = World::new();
    world.log().truncate(5);
    let (conversation, client_id) = (world.conversation, world.sent[1]);
    world.assert_seen(&Violation::Lost { conversation, seq: Seq(6), client_id });
}

#[test]
fn i1_an_acknowledgement_without_an_entry() {
    let mut world = World::new();
    world.acked(98_000, VISITOR, 0, 9);
    let (conversation, client_id) = (world.conversation, world.sent[0]);
    world.assert_seen(&Violation::Lost { conversation, seq: Seq(9), client_id });
}

#[test]
fn i1_a_message_with_another_text_than_was_sent() {
    let mut world = World::new();
    world.log()[5].body = message(8);
    let (conversation, client_id) = (world.conversation, world.sent[1]);
    world.assert_seen(&Violation::Lost { conversation, seq: Seq(6), client_id });
}

#[test]
fn i1_i8_a_message_stored_twice() {
    let mut world = World::new();
    let client_id = world.sent[0];
    world.log()[5].client_id = Some(client_id);
    world.assert_seen(&Violation::Doubled { client_id });
}

#[test]
fn i2_an_entry_that_was_delivered_and_never_committed() {
    let mut world = World::new();
    let conversation = world.conversation;
    world.log().truncate(6);
    world.assert_seen(&Violation::Ghost { conversation, seq: Seq(7) });
}

#[test]
fn i2_an_entry_of_an_epoch_that_the_store_never_had() {
    let mut world = World::new();
    let conversation = world.conversation;
    let strange = Epoch::fresh();
    let last = world.last(|event| matches!(event.what, What::Took { .. }));
    let What::Took { epoch, .. } = &mut last.what else { unreachable!("found as one") };
    *epoch = strange;
    world.assert_seen(&Violation::Ghost { conversation, seq: Seq(7) });
    // Nor was it told that the old one is over.
    world.assert_seen(&Violation::UntoldEpoch { client: AGENT, conversation });
}

#[test]
fn i3_a_hole_in_the_log() {
    let mut world = World::new();
    world.log().remove(3);
    let conversation = world.conversation;
    world.assert_seen(&Violation::NotDense { conversation, seq: Seq(5) });
}

#[test]
fn i4_entries_doubled_reordered_or_with_a_gap() {
    let conversation = |world: &World| world.conversation;
    for (seq, after) in [(7, 6), (2, 1), (7, 7)] {
        let mut world = World::new();
        world.took(98_000, VISITOR, seq, after);
        let conversation = conversation(&world);
        let violation = Violation::NotAPrefix { socket: VISITOR, conversation, seq: Seq(seq) };
        world.assert_seen(&violation);
    }

    let mut world = World::new();
    let is_six = |event: &Event| {
        event.client == VISITOR
            && matches!(&event.what, What::Took { entry, .. } if entry.seq == Seq(6))
    };
    world.history.events.retain(|event| !is_six(event));
    let conversation = world.conversation;
    world.assert_seen(&Violation::NotAPrefix { socket: VISITOR, conversation, seq: Seq(7) });
}

#[test]
fn i4_an_after_that_leaves_out_what_an_agent_may_see() {
    let mut world = World::new();
    let is_four = |event: &Event| {
        event.client == AGENT
            && matches!(&event.what, What::Took { entry, .. } if entry.seq == Seq(4))
    };
    world.history.events.retain(|event| !is_four(event));
    let five = world.last(|event| {
        event.client == AGENT
            && matches!(&event.what, What::Took { entry, .. } if entry.seq == Seq(5))
    });
    let What::Took { after, .. } = &mut five.what else { unreachable!("found as one") };
    *after = Seq(3);
    let conversation = world.conversation;
    world.assert_seen(&Violation::NotAPrefix { socket: AGENT, conversation, seq: Seq(5) });
}

#[test]
fn i5_two_clients_with_different_entries_at_one_place_even_in_an_epoch_that_is_over() {
    let mut world = World::new();
    let conversation = world.conversation;
    let former = Epoch::fresh();
    world.truth.former.push(former);
    for (client, text) in [(8, "this"), (9, "that")] {
        let mut entry = world.log()[1].clone();
        entry.body = EntryBody::Message { text: text.to_owned() };
        let after = Seq(1);
        world.note(99_000, client, What::Took { conversation, epoch: former, after, entry });
    }
    assert_eq!(world.judged(), [Violation::Disagreement { conversation, seq: Seq(2) }]);
}

#[test]
fn i5_an_entry_that_the_store_has_in_other_words() {
    let mut world = World::new();
    world.log()[0].body = EntryBody::Welcome { text: "Hello!".to_owned() };
    let conversation = world.conversation;
    world.assert_seen(&Violation::Disagreement { conversation, seq: Seq(1) });
}

#[test]
fn i6_a_new_epoch_is_told_by_a_reset_and_starts_at_the_first_entry() {
    let honest_restore = |first: u32, after: u32| {
        let mut world = World::new();
        let (conversation, before) = (world.conversation, world.truth.ledger.epoch);
        world.truth.ledger.epoch = Epoch::fresh();
        world.truth.former.push(before);
        let epoch = world.truth.ledger.epoch;
        world.note(98_000, VISITOR, What::Reset { conversation, epoch });
        world.took(98_500, VISITOR, first, after);
        world
    };
    assert_eq!(honest_restore(1, 0).judged(), []);
    let world = honest_restore(3, 2);
    let conversation = world.conversation;
    world.assert_seen(&Violation::NotAPrefix { socket: VISITOR, conversation, seq: Seq(3) });
}

#[test]
fn i6_a_reset_of_a_log_that_was_good() {
    let mut world = World::new();
    let (conversation, epoch) = (world.conversation, world.truth.ledger.epoch);
    world.note(98_000, VISITOR, What::Reset { conversation, epoch });
    world.assert_seen(&Violation::NeedlessReset { client: VISITOR, conversation });
}

#[test]
fn i7_messages_of_one_sender_in_another_order() {
    let mut world = World::new();
    let sent = world.sent;
    let log = world.log();
    log[1].client_id = Some(sent[1]);
    log[5].client_id = Some(sent[0]);
    let conversation = world.conversation;
    world.assert_seen(&Violation::Reordered { client: VISITOR, conversation, seq: Seq(2) });
}

#[test]
fn i7_an_attach_after_an_ack_that_does_not_find_the_message() {
    let mut world = World::new();
    let (conversation, epoch) = (world.conversation, world.truth.ledger.epoch);
    let head = |head, asked_at_us| What::Head { conversation, epoch, head, asked_at_us };
    // Asked before the ack of 6, or of what is not for visitors: nothing wrong.
    world.note(98_000, VISITOR, head(Seq(5), 94_000));
    assert_eq!(world.judged(), []);
    world.note(99_000, VISITOR, head(Seq(5), 96_000));
    world.assert_seen(&Violation::StaleRead { client: VISITOR, conversation, seq: Seq(6) });
}

#[test]
fn i8_two_answers_to_one_client_id() {
    let mut world = World::new();
    world.acked(98_000, VISITOR, 0, 2);
    assert_eq!(world.judged(), []);
    world.acked(99_000, VISITOR, 0, 6);
    let client_id = world.sent[0];
    world.assert_seen(&Violation::TwoAnswers { client_id });
}

#[test]
fn i12_a_conversation_that_clients_know_and_the_store_does_not() {
    let mut world = World::new();
    world.truth.ledger.logs.clear();
    let conversation = world.conversation;
    world.assert_seen(&Violation::Orphan { conversation });
}

#[test]
fn i15_a_visitor_who_hears_of_somebody_elses_conversation_or_of_a_hidden_entry() {
    let mut world = World::new();
    let conversation = world.conversation;
    world.standing().visitor = Some(VisitorId::fresh());
    world.assert_seen(&Violation::Leaked { client: VISITOR, conversation, seq: Seq(1) });

    let mut world = World::new();
    let conversation = world.conversation;
    world.welcome(98_000, 3, Who::Visitor(world.visitor));
    world.took(99_000, 3, 4, 3);
    let leaked = Violation::Leaked { client: 3, conversation, seq: Seq(4) };
    assert_eq!(world.judged(), [leaked]);
}

#[test]
fn i17_an_entry_that_nobody_can_read() {
    let mut world = World::new();
    let conversation = world.conversation;
    let json = serde_json::json!({"type": "message", "words": "hello"});
    let What::Took { entry, .. } = &mut world.last(|it| matches!(it.what, What::Took { .. })).what
    else {
        unreachable!("looked for it")
    };
    entry.body = serde_json::from_value(json).expect("it has a type");
    let (client, seq) = (AGENT, entry.seq);
    world.assert_seen(&Violation::Unreadable { client, conversation, seq });
}
