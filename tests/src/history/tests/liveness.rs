//! Left behind, or away for too long: liveness, broken once each.

use super::*;

fn without_seven(world: &mut World) {
    world.history.events.retain(|event| {
        let is_seven = matches!(&event.what, What::Took { entry, .. } if entry.seq == Seq(7));
        !is_seven || event.client != VISITOR
    });
}

#[test]
fn l1_somebody_who_follows_and_does_not_get_the_entry_in_time() {
    let mut world = World::new();
    without_seven(&mut world);
    let conversation = world.conversation;
    let left_behind = Violation::LeftBehind { client: VISITOR, conversation, seq: Seq(7) };
    world.assert_seen_with(&strict(), &left_behind);

    // Too late is as bad.
    world.took(97_001 + SECOND_US, VISITOR, 7, 6);
    world.history.events.sort_by_key(|event| event.at_us);
    world.assert_seen_with(&strict(), &left_behind);
}

#[test]
fn l1_waits_begin_when_the_fault_is_over() {
    let mut world = World::new();
    without_seven(&mut world);
    world.took(5 * SECOND_US, VISITOR, 7, 6);
    world.history.events.sort_by_key(|event| event.at_us);
    let healed_at = |us| Terms { faults: Faults(vec![(90_000, us)]), ..strict() };

    assert_eq!(judge(&world.history, &world.truth, &healed_at(4 * SECOND_US)), []);
    assert_eq!(judge(&world.history, &world.truth, &healed_at(4 * SECOND_US - 1)).len(), 1);
}

#[test]
fn l1_who_lost_the_socket_before_the_time_was_over_is_not_left_behind() {
    let mut world = World::new();
    without_seven(&mut world);
    world.note(SECOND_US / 2, VISITOR, What::Lost);
    world.history.events.sort_by_key(|event| event.at_us);

    assert_eq!(
        judge(&world.history, &world.truth, &Terms { back_within_us: None, ..strict() }),
        []
    );
}

#[test]
fn l3_somebody_who_lost_a_socket_and_did_not_come_back_in_time() {
    let lost_at = 4 * SECOND_US;
    let with = |back_at: u64, faults: Vec<(u64, u64)>| {
        let mut world = World::new();
        world.note(lost_at, VISITOR, What::Lost);
        world.welcome(back_at, VISITOR, Who::Visitor(world.visitor));
        world.history.events.sort_by_key(|event| event.at_us);
        judge(&world.history, &world.truth, &Terms { faults: Faults(faults), ..strict() })
    };
    let in_time = lost_at + 2 * SECOND_US;

    assert_eq!(with(in_time, Vec::new()), []);
    let us = 2 * SECOND_US + 1;
    assert_eq!(with(in_time + 1, Vec::new()), [Violation::StayedAway { client: VISITOR, us }]);
    assert_eq!(with(in_time + 1, vec![(lost_at, lost_at + 1)]), []);
}

#[test]
fn l3_somebody_who_never_came_back() {
    let mut world = World::new();
    world.history.events.retain(|event| event.what != What::Left);
    world.note(4 * SECOND_US, VISITOR, What::Lost);
    world.note(9 * SECOND_US, AGENT, What::Left);

    let us = 5 * SECOND_US;
    world.assert_seen_with(&strict(), &Violation::StayedAway { client: VISITOR, us });
}

#[test]
fn one_fault_after_another_is_one_time_of_trouble() {
    let faults = Faults(vec![(50, 60), (10, 20), (22, 30)]);
    assert_eq!(faults.calm_from(0, 5), 0);
    assert_eq!(faults.calm_from(8, 5), 30);
    assert_eq!(faults.calm_from(15, 0), 20);
    assert_eq!(faults.calm_from(31, 5), 31);
    assert_eq!(faults.calm_from(31, 19), 60);
}
