//! L2 by when somebody was free: broken once, and every excuse.

use super::*;

const BEGAN_MS: i64 = 1_000_000;

/// One visitor waits from 1 s to `to_s`; one agent with one slot is there from 0 s on.
fn waits(to_s: i64) -> World {
    let mut world = World::new();
    let agent = world.agent;
    world.history.events.retain(|event| event.client != AGENT);
    world.history.events.insert(
        0,
        Event {
            at_us: 0,
            client: AGENT,
            what: What::Welcomed {
                node: NodeId::fresh(),
                epoch: world.truth.ledger.epoch,
                who: Who::Agent(agent),
            },
        },
    );
    world.note(60 * SECOND_US, AGENT, What::Left);
    for entry in world.log() {
        let is_before = entry.seq < Seq(3);
        entry.at_ms = BEGAN_MS + if is_before { 1_000 } else { to_s * 1_000 };
    }
    world
}

fn judged(world: &World, faults: Vec<(u64, u64)>) -> Vec<Violation> {
    let terms = Terms {
        faults: Faults(faults),
        free_within_ms: Some(5_000),
        began_ms: BEGAN_MS,
        ..Terms::default()
    };
    let seen = judge(&world.history, &world.truth, &terms);
    seen.into_iter().filter(|it| matches!(it, Violation::Waited { .. })).collect()
}

#[test]
fn l2_who_waits_for_more_than_five_seconds_while_somebody_is_free() {
    let world = waits(7);
    let conversation = world.conversation;
    assert_eq!(judged(&world, Vec::new()), [Violation::Waited { conversation, ms: 6_000 }]);
    assert_eq!(judged(&waits(6), Vec::new()), []);
}

#[test]
fn l2_who_waits_for_ever_while_somebody_is_free() {
    let mut world = waits(7);
    world.log().truncate(2);
    let conversation = world.conversation;

    // From second 1 to the end of the history, second 60.
    assert_eq!(judged(&world, Vec::new()), [Violation::Waited { conversation, ms: 59_000 }]);
}

#[test]
fn l2_a_fault_begins_the_time_anew() {
    assert_eq!(judged(&waits(9), vec![(2 * SECOND_US, 4 * SECOND_US)]), []);
    assert_eq!(judged(&waits(10), vec![(2 * SECOND_US, 4 * SECOND_US)]).len(), 1);
}

#[test]
fn l2_nobody_is_free_who_is_not_there_or_has_no_slot() {
    let mut absent = waits(20);
    absent.history.events.retain(|event| event.client != AGENT);
    assert_eq!(judged(&absent, Vec::new()), []);

    let mut full = waits(20);
    full.truth.capacities.insert(full.agent, 0);
    assert_eq!(judged(&full, Vec::new()), []);
}
