//! The policies, each by itself: whom they choose, and that a record says why.

use std::collections::HashMap;

use salotto_protocol::people::Seat;

use super::*;

fn id(number: u128) -> AgentId {
    AgentId(uuid::Uuid::from_u128(number))
}

fn seen(number: u128, active: u32) -> Seen {
    let status = AgentStatus::Available;
    Seen { agent: id(number), status, present: true, active, capacity: 3, barred: None, had: None }
}

fn asks(policy: Policy, round: Round, seed: u32) -> Question {
    Question { policy, rule: None, ignores_availability: false, round, seed }
}

fn balanced(team: impl Iterator<Item = Seen>, seed: u32) -> Option<DecisionRecord> {
    choose(&asks(Policy::LoadBalanced, Round::default(), seed), team)
}

fn chosen(team: &[Seen], seed: u32) -> Option<AgentId> {
    balanced(team.iter().copied(), seed).map(|record| record.chosen)
}

#[test]
fn the_one_with_the_fewest_chats_is_chosen_whatever_the_seed() {
    for seed in 0..100 {
        assert_eq!(chosen(&[seen(1, 2), seen(2, 1), seen(3, 2)], seed), Some(id(2)));
    }
}

#[test]
fn between_equals_the_seed_decides_and_is_fair() {
    let team: Vec<Seen> = (1..=4).map(|number| seen(number, 1)).collect();
    let mut count: HashMap<AgentId, u32> = HashMap::new();
    for seed in 0..4_000 {
        *count.entry(chosen(&team, seed).expect("all are eligible")).or_default() += 1;
    }
    assert_eq!(count.len(), 4);
    assert!(count.values().all(|times| (850..1_150).contains(times)), "{count:?}");
}

#[test]
fn everybody_gets_a_verdict() {
    let away = Seen { status: AgentStatus::Away, ..seen(2, 0) };
    let absent = Seen { present: false, ..seen(3, 0) };
    let team = [seen(1, 3), away, absent, seen(4, 1), seen(5, 2)];
    let record = balanced(team.into_iter(), 7).expect("somebody is eligible");
    let verdicts: HashMap<AgentId, Verdict> =
        record.candidates.iter().map(|it| (it.agent, it.verdict)).collect();
    assert_eq!(verdicts[&id(1)], Verdict::AtCapacity);
    assert_eq!(verdicts[&id(2)], Verdict::Away);
    assert_eq!(verdicts[&id(3)], Verdict::Absent);
    assert_eq!(verdicts[&id(4)], Verdict::Chosen);
    assert_eq!(verdicts[&id(5)], Verdict::Passed);
    assert_eq!((record.chosen, record.seed), (id(4), 7));
}

#[test]
fn nobody_eligible_is_nobody_chosen() {
    let away = Seen { status: AgentStatus::Away, ..seen(1, 0) };
    assert_eq!(chosen(&[away, seen(2, 3), seen(3, 4)], 1), None);
    assert_eq!(chosen(&[], 1), None);
}

#[test]
fn a_record_replays_to_its_choice() {
    for seed in 0..500 {
        let team = (0..12).map(|number| {
            let mut seen = seen(u128::from(number), (seed ^ number) % 4);
            seen.present = (seed + number) % 3 > 0;
            seen
        });
        if let Some(record) = balanced(team, seed) {
            assert_eq!(replay(&record), Some(record.chosen));
        }
    }
}

#[test]
fn the_order_of_the_team_makes_no_difference() {
    let team: Vec<Seen> = (1..=9).map(|number| seen(number, 1)).collect();
    let turned: Vec<Seen> = team.iter().rev().copied().collect();
    for seed in 0..50 {
        assert_eq!(chosen(&team, seed), chosen(&turned, seed));
    }
}

#[test]
fn a_record_of_a_large_team_is_cut_and_still_replays() {
    for seed in 0..50 {
        let mut team: Vec<Seen> = (0..300).map(|number| seen(number, 1)).collect();
        team.extend((300..600).map(|number| Seen { present: false, ..seen(number, 0) }));
        let record = balanced(team.into_iter(), seed).expect("somebody is eligible");
        assert_eq!(record.candidates.len(), CANDIDATES_MAX);
        assert!(record.candidates.iter().all(|it| it.verdict.is_eligible()));
        assert_eq!(replay(&record), Some(record.chosen));
    }
}

#[test]
fn a_record_of_another_policy_version_cannot_be_replayed() {
    let mut record = balanced([seen(1, 0)].into_iter(), 1).expect("eligible");
    record.policy_version += 1;
    assert_eq!(replay(&record), None);
}
const POLICIES: [Policy; 3] = [Policy::LoadBalanced, Policy::RoundRobin, Policy::Random];

/// Whoever the policy says, one after the other; each remembers the turn.
fn in_turn(team: &mut [Seen], round: &mut Round, seed: u32) -> Option<AgentId> {
    let record = choose(&asks(Policy::RoundRobin, *round, seed), team.iter().copied())?;
    assert_eq!(replay(&record), Some(record.chosen));
    *round = turn(&record).expect("round robin");
    let seen = team.iter_mut().find(|seen| seen.agent == record.chosen).expect("of the team");
    seen.had = Some(*round);
    Some(record.chosen)
}

#[test]
fn as_24_each_gets_one_before_anybody_gets_a_second_and_always_in_the_same_order() {
    let mut team: Vec<Seen> = (1..=5).map(|number| seen(number, 0)).collect();
    let mut round = Round::default();
    let mut first: Vec<AgentId> = Vec::new();
    for cycle in 1..=4 {
        let turns: Vec<AgentId> =
            (0..5).filter_map(|n| in_turn(&mut team, &mut round, cycle * 10 + n)).collect();
        let each: std::collections::HashSet<AgentId> = turns.iter().copied().collect();
        assert_eq!((each.len(), round.cycle, round.turn), (5, cycle, cycle * 5));
        if cycle == 1 {
            first = turns;
        } else {
            assert_eq!(turns, first);
        }
    }
}

#[test]
fn as_24_who_becomes_eligible_in_the_middle_of_a_cycle_joins_it_and_gets_one_in_it() {
    let mut team: Vec<Seen> = (1..=4).map(|number| seen(number, 0)).collect();
    team[3].present = false;
    let mut round = Round::default();
    for seed in 0..2 {
        in_turn(&mut team, &mut round, seed);
    }
    team[3].present = true;

    let rest: Vec<AgentId> =
        (2..4).filter_map(|seed| in_turn(&mut team, &mut round, seed)).collect();

    assert_eq!(round, Round { cycle: 1, turn: 4 });
    assert!(rest.contains(&id(4)), "one of the two who had none: {rest:?}");
    in_turn(&mut team, &mut round, 4);
    assert_eq!(round.cycle, 2, "nobody gets two in the first");
}

/// AS-25
#[test]
fn as_24_whoever_had_a_turn_is_told_so_and_whoever_is_full_is_skipped() {
    let had = Some(Round { cycle: 2, turn: 7 });
    let before = Some(Round { cycle: 1, turn: 3 });
    let team = [
        Seen { had, ..seen(1, 0) },
        Seen { had: before, ..seen(2, 3) },
        Seen { had: before, ..seen(3, 2) },
    ];
    let round = Round { cycle: 2, turn: 7 };
    let record = choose(&asks(Policy::RoundRobin, round, 1), team.into_iter()).expect("one can");
    let verdicts: Vec<(AgentId, Verdict)> =
        record.candidates.iter().map(|it| (it.agent, it.verdict)).collect();
    let expected = [(3, Verdict::Chosen), (1, Verdict::HadTurn), (2, Verdict::AtCapacity)];
    assert_eq!(verdicts, expected.map(|(number, verdict)| (id(number), verdict)));
    assert_eq!(record.tie_break, Some(TieBreak::OnlyTurnLeft));
    assert_eq!(turn(&record), Some(Round { cycle: 2, turn: 8 }));
}

#[test]
fn as_23_random_follows_the_seed_whatever_anybody_has_to_do_and_is_fair() {
    let team: Vec<Seen> =
        (1..=4).map(|number| seen(number, u32::try_from(number % 3).expect("small"))).collect();
    let mut count: HashMap<AgentId, u32> = HashMap::new();
    for seed in 0..4_000 {
        let question = asks(Policy::Random, Round::default(), seed);
        let record = choose(&question, team.iter().copied()).expect("all are eligible");
        *count.entry(record.chosen).or_default() += 1;
    }
    assert_eq!(count.len(), 4);
    assert!(count.values().all(|times| (850..1_150).contains(times)), "{count:?}");
}

#[test]
fn as_6_who_is_away_is_chosen_if_the_rule_ignores_availability() {
    let away = Seen { status: AgentStatus::Away, ..seen(1, 0) };
    let question = asks(Policy::LoadBalanced, Round::default(), 1);
    assert!(choose(&question, [away].into_iter()).is_none());
    let question = Question { ignores_availability: true, ..question };
    assert_eq!(choose(&question, [away].into_iter()).map(|it| it.chosen), Some(id(1)));
    let absent = Seen { present: false, ..away };
    assert!(choose(&question, [absent].into_iter()).is_none());
}

#[test]
fn a_record_names_what_decided() {
    let tie = |team: &[Seen], seed| balanced(team.iter().copied(), seed)?.tie_break;
    assert_eq!(tie(&[seen(1, 0), seen(2, 3)], 1), Some(TieBreak::OnlyOne));
    assert_eq!(tie(&[seen(1, 0), seen(2, 1)], 1), Some(TieBreak::FewestChats));
    assert_eq!(tie(&[seen(1, 1), seen(2, 1)], 1), Some(TieBreak::Seed));
    let had = |turn| Some(Round { cycle: 1, turn });
    let team = [Seen { had: had(1), ..seen(1, 0) }, Seen { had: had(2), ..seen(2, 0) }];
    let question = asks(Policy::RoundRobin, Round { cycle: 1, turn: 2 }, 1);
    let record = choose(&question, team.into_iter()).expect("a new cycle");
    assert_eq!((record.chosen, record.tie_break), (id(1), Some(TieBreak::LongestSinceTurn)));
}

/// A team out of a number: some away, absent or full, some with turns.
fn any_team(random: &mut u64) -> Vec<Seen> {
    let mut below = |limit: u32| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u32::try_from(*random >> 33).expect("31 bits") % limit
    };
    let size = u128::from(1 + below(80));
    (0..size)
        .map(|number| {
            let had = (below(3) > 0).then(|| Round { cycle: 1 + below(3), turn: 1 + below(90) });
            let status = if below(4) == 0 { AgentStatus::Away } else { AgentStatus::Available };
            let (present, active) = (below(5) > 0, below(4));
            Seen { status, present, had, ..seen(number, active) }
        })
        .collect()
}

/// BY-3, over records as they are stored: the same inputs give the same choice, in any order.
#[test]
fn by_3_the_same_inputs_give_the_same_choice_in_whatever_order() {
    let mut random = 5;
    for n in 0..3_000_u32 {
        let mut team = any_team(&mut random);
        let policy = POLICIES[n as usize % POLICIES.len()];
        let question = asks(policy, Round { cycle: 3, turn: 90 }, n.wrapping_mul(77_003));
        let record = choose(&question, team.iter().copied());
        team.reverse();
        let middle = team.len() / 2;
        team.rotate_left(middle);
        assert_eq!(choose(&question, team.into_iter()), record);

        let Some(record) = record else { continue };
        let stored = serde_json::to_string(&record).expect("a record is plain data");
        let mut read: DecisionRecord = serde_json::from_str(&stored).expect("as it was written");
        assert_eq!(read, record);
        read.candidates.reverse();
        assert_eq!(replay(&read), Some(record.chosen), "{record:?}");
    }
}

#[test]
fn a_record_of_an_earlier_release_replays() {
    let mut record = balanced([seen(1, 1), seen(2, 0)].into_iter(), 7).expect("eligible");
    (record.rule, record.round, record.tie_break) = (None, None, None);
    let mut json = serde_json::to_value(&record).expect("plain");
    let fields = json.as_object_mut().expect("an object");
    assert!(!fields.contains_key("rule") && !fields.contains_key("round"));
    let read: DecisionRecord = serde_json::from_value(json).expect("readable");
    assert_eq!(replay(&read), Some(id(2)));
}

#[test]
fn as_8_who_has_no_seat_or_is_deactivated_is_skipped_and_told_why() {
    let row = super::super::test_support::agent(1, 3);
    let rows = [
        (AgentRow { seat: Seat::None, ..row.clone() }, Verdict::NoSeat),
        (AgentRow { deactivated_at_ms: Some(1), present: false, ..row }, Verdict::Deactivated),
    ];
    for (row, verdict) in rows {
        let seen = Seen::new(&row, 0);
        assert_eq!((seen.verdict(true), seen.is_eligible(true)), (verdict, false));
    }
    let barred = Seen { barred: Some(Verdict::NoAccess), ..seen(1, 0) };
    assert_eq!(barred.verdict(true), Verdict::NoAccess);
    assert_eq!(chosen(&[barred, seen(2, 2)], 1), Some(id(2)));
}
