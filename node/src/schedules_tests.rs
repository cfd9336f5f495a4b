//! Every machine through some thousand schedules; `SCHEDULES` and `SEED` choose others. Many more
//! are run from outside, by an optimised program (`tests/tests/schedules.rs`).

use super::{Machine, run};

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

fn assert_holds(machine: Machine, count: u64) {
    let (seed, count) = (setting("SEED").unwrap_or(1), setting("SCHEDULES").unwrap_or(count));
    match run(machine, seed, count) {
        Ok(figures) => {
            println!("{machine}: {figures}");
            assert!(figures.sights >= count / 10, "nothing happens: {figures}");
        }
        Err(failure) => panic!("{machine}, {failure}"),
    }
}

#[test]
fn no_schedule_makes_a_hole_in_what_a_follower_sees() {
    assert_holds(Machine::GapFiller, 2_000);
}

#[test]
fn no_schedule_makes_two_routers_wrong_or_lets_a_visitor_wait_in_vain() {
    assert_holds(Machine::LeaseAndRouter, 1_000);
}

#[test]
fn no_schedule_makes_a_slow_reader_lose_more_than_its_queue() {
    assert_holds(Machine::SlowConsumer, 2_000);
}

#[test]
fn no_schedule_lets_a_draining_node_forget_somebody_or_send_all_away_at_once() {
    assert_holds(Machine::Drain, 2_000);
}

#[test]
fn every_machine_is_found_by_its_name() {
    for machine in Machine::ALL {
        assert_eq!(machine.to_string().parse(), Ok(machine));
    }
    assert!("gap".parse::<Machine>().is_err());
}
