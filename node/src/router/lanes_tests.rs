//! Fairness between chatflows: nobody who was promised an answer keeps others waiting, or is kept.

use super::*;
use crate::router::test_support;
use crate::simulation::Random;

const SHOP: ChatflowId = ChatflowId(Uuid::from_u128(1));
const HELP: ChatflowId = ChatflowId(Uuid::from_u128(2));

fn id(number: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(number))
}

fn live(chatflow: ChatflowId, number: u128, since_ms: i64) -> Waiting {
    let head = test_support::head(number, chatflow.0.as_u128(), since_ms);
    Waiting { conversation: id(number), ..Waiting::of(&head) }
}

fn owed(chatflow: ChatflowId, number: u128, since_ms: i64, due_at_ms: i64) -> Waiting {
    Waiting { due_at_ms: Some(due_at_ms), ..live(chatflow, number, since_ms) }
}

fn age(number: u128) -> i64 {
    i64::try_from(number).expect("small")
}

/// Where nobody has rules: one lane for each chatflow.
fn lane(chatflow: ChatflowId) -> Lane {
    Lane { chatflow, moved_to: None, team: None, owner: None, matching: Box::default() }
}

fn lanes(waiting: impl IntoIterator<Item = Waiting>) -> Lanes {
    let mut lanes = Lanes::default();
    waiting.into_iter().for_each(|it| {
        let lane = lane(it.chatflow);
        lanes.put(it, lane);
    });
    lanes
}

/// All of them, in the order in which they are taken.
fn order(lanes: &mut Lanes, is_answerable: impl Fn(ChatflowId) -> bool) -> Vec<Waiting> {
    let next = || {
        let answer = |lane: &Lane, _| is_answerable(lane.chatflow).then_some(());
        let (_, place, ()) = lanes.next(answer)?;
        let next = lanes.remove(place.conversation).expect("it waits");
        lanes.takes_turn(next.chatflow);
        Some(next)
    };
    std::iter::from_fn(next).collect()
}

fn numbers(taken: &[Waiting]) -> Vec<u128> {
    taken.iter().map(|it| it.conversation.0.as_u128()).collect()
}

/// CAP-9
#[test]
fn as_long_as_nobody_was_promised_anything_the_oldest_of_all_is_next() {
    let mut lanes = lanes([live(SHOP, 1, 30), live(SHOP, 2, 10), live(HELP, 3, 20)]);
    assert_eq!(numbers(&order(&mut lanes, |_| true)), [2, 3, 1]);
}

#[test]
fn by_15_in_one_chatflow_a_promise_keeps_the_place_that_the_visitor_had() {
    let mut lanes = lanes([live(SHOP, 1, 30), owed(SHOP, 2, 20, 900), live(SHOP, 3, 10)]);
    assert_eq!(numbers(&order(&mut lanes, |_| true)), [3, 2, 1]);
}

#[test]
fn by_15_what_is_overdue_comes_first_the_longest_overdue_before_all() {
    let waiting = [live(SHOP, 1, 10), owed(SHOP, 2, 30, 500), owed(SHOP, 3, 20, 600)];
    let mut lanes = lanes(waiting.into_iter().chain([owed(SHOP, 4, 40, 901)]));
    lanes.look_at_clock(900);
    assert_eq!(lanes.line(SHOP, 9), (vec![id(2), id(3), id(1), id(4)], 4));
    lanes.look_at_clock(901);
    assert_eq!(numbers(&order(&mut lanes, |_| true)), [2, 3, 4, 1]);
    assert_eq!(lanes.len(), 0);
}

#[test]
fn by_15_a_night_of_promises_in_one_chatflow_does_not_starve_the_live_chats_of_another() {
    let night = (1..=50).map(|n| owed(SHOP, n, age(n), 100_000));
    let day = (101..=110).map(|n| live(HELP, n, 5_000 + age(n)));
    let mut lanes = lanes(night.chain(day));
    lanes.look_at_clock(200_000);

    let taken = order(&mut lanes, |_| true);

    let first: Vec<bool> = taken[..20].iter().map(|it| it.chatflow == HELP).collect();
    assert_eq!(first, [[false, true]; 10].concat(), "in turn, overdue or not");
    assert_eq!(taken.len(), 60);
}

#[test]
fn by_15_an_endless_stream_of_live_chats_does_not_starve_the_promises_of_another() {
    // Older than the promise, all of them: by age alone it would wait for the last one.
    let stream = (1..=50).map(|n| live(SHOP, n, age(n)));
    let mut lanes = lanes(stream.chain([owed(HELP, 101, 4_000, 9_000)]));
    let taken = numbers(&order(&mut lanes, |_| true));
    assert!(taken.iter().position(|it| *it == 101) <= Some(1), "{taken:?}");
}

#[test]
fn by_15_a_promise_that_nobody_can_answer_now_is_in_nobodys_way() {
    let mut lanes = lanes([owed(HELP, 9, 1, 50), live(SHOP, 1, 30), live(SHOP, 2, 20)]);
    lanes.look_at_clock(60);
    assert_eq!(numbers(&order(&mut lanes, |it| it == SHOP)), [2, 1]);
    assert_eq!(lanes.get(id(9)).map(|it| it.since_ms), Some(1), "it waits on");
}

/// BY-15: as long as promises are about, no chatflow in which somebody waits is passed over by the
/// same one twice in a row.
#[test]
fn by_15_between_chatflows_nobody_is_passed_over_twice() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let mut lanes = drawn(&mut random);
        let mut passed: HashMap<ChatflowId, Vec<ChatflowId>> = HashMap::new();
        while let Some((lane, place, ())) = lanes.next(|_, _| Some(())) {
            let next = lane.clone();
            let firsts: Vec<_> = lanes.lines.iter().map(|(id, line)| (*id, line.first())).collect();
            if !firsts.iter().any(|(_, first)| first.expect("somebody").is_owed) {
                passed.clear();
            }
            for (chatflow, _) in firsts.iter().filter(|(chatflow, _)| *chatflow != next.chatflow) {
                let by = passed.entry(*chatflow).or_default();
                assert!(!by.contains(&next.chatflow), "seed {seed}: {chatflow} twice in a row");
                by.push(next.chatflow);
            }
            passed.remove(&next.chatflow);
            lanes.remove(place.conversation);
            lanes.takes_turn(next.chatflow);
        }
        assert!(lanes.known.is_empty() && lanes.dues.is_empty());
        assert!(lanes.lanes.is_empty() && lanes.lines.is_empty());
    }
}

fn drawn(random: &mut Random) -> Lanes {
    let mut lanes = Lanes::default();
    for number in 1..=u64::try_from(2 + random.below(60)).expect("a few") {
        let chatflow = ChatflowId(Uuid::from_u128(random.below(4) as u128));
        let since_ms = i64::try_from(random.below(1_000)).expect("small");
        let waiting = match random.one_in(2) {
            true => owed(chatflow, number.into(), since_ms, since_ms + 500),
            false => live(chatflow, number.into(), since_ms),
        };
        lanes.put(waiting, lane(chatflow));
    }
    lanes.look_at_clock(i64::try_from(random.below(2_000)).expect("small"));
    lanes
}
