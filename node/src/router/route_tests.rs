//! Rules, owners and overflow: who is asked, in which order, and what the record says of it.

use std::collections::HashSet;

use salotto_protocol::people::{HeldSkills, InboxAccess, InboxKind};
use salotto_protocol::{
    AgentId, AgentStatus, ChatflowId, ConversationId, DecisionRecord, InboxId, SiteId, Step,
    StepOutcome, Target, TeamId, Verdict,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::policy::replay;
use super::state::{Ending, Queue, WAITING_MAX};
use super::test_support::{agent, head};
use crate::store::{AgentRow, ChatflowRow, Head, InboxRow, Settings, TeamRow};

const CHATFLOW: u128 = 1;
const INBOX: InboxId = InboxId(Uuid::from_u128(60));
const SALES: TeamId = TeamId(Uuid::from_u128(50));
const SECOND_MS: i64 = 1_000;

fn id(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

fn speaks(number: u128, language: &str) -> AgentRow {
    let held = HeldSkills { main_languages: vec![language.to_owned()], ..Default::default() };
    AgentRow { skills: held.into(), ..agent(number, 3) }
}

/// Sales has agent 8 as its main member, 9 as an extra one.
fn settings(assignment: &Value) -> Settings {
    let chatflow = json!({ "name": "Shop", "assign": true, "assignment": assignment });
    let chatflow = ChatflowRow {
        id: ChatflowId(Uuid::from_u128(CHATFLOW)),
        site: SiteId(Uuid::nil()),
        inbox: INBOX,
        enabled: true,
        priority: 1,
        settings: serde_json::from_value(chatflow).expect("settings"),
    };
    let sales = TeamRow {
        id: SALES,
        name: "Sales".to_owned(),
        main_members: vec![id(8)],
        extra_members: vec![id(9)],
        skills: HeldSkills::default(),
    };
    Settings { version: 1, chatflows: vec![chatflow], teams: vec![sales], ..Settings::default() }
}

fn queue(assignment: &Value, agents: Vec<AgentRow>, waiting: &[Head]) -> Queue {
    let mut queue = Queue::default();
    queue.set_rules(&settings(assignment));
    queue.read_begins();
    queue.read(agents, waiting, WAITING_MAX);
    queue
}

/// It waits since so many milliseconds, on that page.
fn waits(number: u128, url: &str) -> Head {
    let mut head = head(number, CHATFLOW, i64::try_from(number).expect("small"));
    head.inbox = INBOX;
    head.started_on.url = format!("https://shop.example{url}");
    head
}

fn of_owner(number: u128, owner: AgentId) -> Head {
    let mut head = waits(number, "/");
    head.facts.owner = Some(owner);
    head
}

fn url(text: &str) -> Value {
    json!({ "kind": "page_url", "operator": "contains", "text": text })
}

/// Spanish pages to whoever speaks it, prices to Sales.
fn two_rules() -> Value {
    json!([
        { "name": "Spanish", "conditions": [url("/es/")], "languages": ["es"] },
        { "name": "Prices", "conditions": [url("/es/"), url("/prices")], "teams": [SALES] },
    ])
}

fn away(row: AgentRow) -> AgentRow {
    AgentRow { status: AgentStatus::Away, ..row }
}

fn decided(queue: &mut Queue, now_ms: i64) -> Option<DecisionRecord> {
    let plan = queue.next(7, now_ms)?;
    assert_eq!(replay(&plan.record), Some(plan.record.chosen));
    Some(plan.record)
}

fn outcomes(record: &DecisionRecord) -> Vec<StepOutcome> {
    record.steps.iter().map(|step| step.outcome).collect()
}

fn rule_step(place: u32, name: &str, outcome: StepOutcome) -> Step {
    Step { target: Target::Rule { place, name: name.to_owned() }, outcome }
}

/// AS-21, SK-9
#[test]
fn sk_9_the_first_rule_that_holds_says_who_and_the_record_names_it() {
    let rules = json!({ "agents": [id(1)], "rules": two_rules() });
    let team = vec![agent(1, 3), speaks(2, "es"), agent(8, 3)];
    let mut queue = queue(&rules, team, &[waits(1, "/es/prices"), waits(2, "/prices")]);

    let spanish = decided(&mut queue, 9).expect("agent 2 speaks it");
    assert_eq!(spanish.chosen, id(2));
    assert_eq!(spanish.steps, [rule_step(0, "Spanish", StepOutcome::Chosen)]);
    assert_eq!(spanish.candidates.len(), 1, "of the rule alone");

    let other = decided(&mut queue, 9).expect("agent 1");
    let not = |condition| StepOutcome::NotMatched { condition };
    assert_eq!((other.chosen, other.facts), (id(1), Some(Default::default())));
    let default = Step { target: Target::Default, outcome: StepOutcome::Chosen };
    let steps = [rule_step(0, "Spanish", not(0)), rule_step(1, "Prices", not(0)), default];
    assert_eq!(other.steps, steps, "it says which condition did not hold");
}

/// SK-9, PERM-4
#[test]
fn sk_9_a_rule_of_which_nobody_can_answer_passes_on_to_the_next_and_then_to_the_default() {
    let rules = || json!({ "agents": [id(1)], "rules": two_rules() });
    let (ours, extra) = (waits(1, "/es/prices"), agent(9, 3));
    let nobody = StepOutcome::NobodyEligible;

    let team = vec![agent(1, 3), away(speaks(2, "es")), agent(8, 3), extra.clone()];
    let record =
        decided(&mut queue(&rules(), team, std::slice::from_ref(&ours)), 9).expect("of Sales");
    assert_eq!(record.chosen, id(8), "its main member");
    assert_eq!(outcomes(&record), [nobody, StepOutcome::Chosen]);

    let busy = AgentRow { active: 3, ..agent(8, 3) };
    let team = vec![agent(1, 3), away(speaks(2, "es")), busy, extra];
    let record = decided(&mut queue(&rules(), team, &[ours]), 9).expect("by default");
    assert_eq!(
        (record.chosen, outcomes(&record)),
        (id(1), vec![nobody, nobody, StepOutcome::Chosen])
    );
}

/// AS-8
#[test]
fn as_8_a_rule_gives_nothing_to_somebody_without_a_seat_or_access() {
    let rules = json!({ "agents": [id(1)], "rules": two_rules() });
    let seatless = AgentRow { seat: salotto_protocol::people::Seat::None, ..speaks(2, "es") };
    let team = vec![agent(1, 3), seatless, speaks(3, "es")];
    let mut queue = queue(&rules, team, &[waits(1, "/es/")]);
    let access = InboxAccess::Chosen { agents: vec![id(1), id(2)], teams: Vec::new() };
    let inbox = InboxRow { id: INBOX, name: "Shop".to_owned(), access, kind: InboxKind::Inbox };
    queue.set_rules(&Settings { inboxes: vec![inbox], ..settings(&rules) });
    assert_eq!(decided(&mut queue, 9).expect("by default").chosen, id(1));
}

/// REG-8: who can be answered is not held up by somebody older whom nobody can answer.
#[test]
fn reg_8_a_lane_that_nobody_answers_holds_up_no_other_of_its_chatflow() {
    let rules = json!({ "agents": [id(8)], "rules": two_rules() });
    let busy = AgentRow { active: 3, ..agent(8, 3) };
    let mut queue = queue(&rules, vec![busy, speaks(2, "es")], &[waits(1, "/"), waits(2, "/es/")]);
    let record = decided(&mut queue, 9).expect("the younger one");
    assert_eq!(record.chosen, id(2));
    assert!(decided(&mut queue, 9).is_none(), "nobody for the other");
    queue.notice_agents(&[agent(8, 3)]);
    assert_eq!(decided(&mut queue, 9).expect("now").chosen, id(8));
}

/// SK-9: who waits is looked at again when rules, skills or teams are others.
#[test]
fn sk_9_other_rules_and_other_skills_hold_for_those_who_wait_already() {
    let rules = |text: &str| {
        let rule = json!({ "name": "x", "conditions": [url(text)], "languages": ["es"] });
        json!({ "agents": [id(1)], "rules": [rule] })
    };
    let busy = AgentRow { active: 3, ..agent(1, 3) };
    let mut queue = queue(&rules("/no"), vec![busy, agent(2, 3)], &[waits(1, "/es/")]);
    assert!(decided(&mut queue, 9).is_none());
    queue.set_rules(&settings(&rules("/es/")));
    assert!(decided(&mut queue, 9).is_none(), "nobody speaks it");
    queue.notice_agents(&[AgentRow { version: 2, ..speaks(2, "es") }]);
    let plan = queue.next(1, 9).expect("agent 2 has learned it");
    assert_eq!(plan.record.chosen, id(2));
    queue.set_rules(&settings(&rules("/no")));
    queue.ended(plan.conversation, Ending::AgentChanged);
    assert!(decided(&mut queue, 9).is_none(), "back in the lane of the newest rules");
}

#[test]
fn overflow_lets_others_have_whoever_waits_for_long_and_not_before() {
    let overflow = json!({ "after_ms": 60 * SECOND_MS, "teams": [SALES] });
    let rules = json!({ "agents": [id(1)], "overflow": overflow });
    let busy = AgentRow { active: 3, ..agent(1, 3) };
    let (first, second) = (waits(1, "/"), waits(30_000, "/"));
    let mut queue = queue(&rules, vec![busy, agent(8, 3)], &[first, second]);
    assert!(decided(&mut queue, 60 * SECOND_MS).is_none(), "a millisecond early");
    assert_eq!(queue.overflows_at_ms(60 * SECOND_MS), Some(60 * SECOND_MS + 1));

    let record = decided(&mut queue, 60 * SECOND_MS + 1).expect("of Sales");

    assert_eq!((record.chosen, record.waited_ms), (id(8), Some(60 * SECOND_MS)));
    assert_eq!(outcomes(&record), [StepOutcome::NobodyEligible, StepOutcome::Chosen]);
    let target = Target::Overflow { after_ms: 60_000 };
    assert_eq!(record.steps.last().map(|step| &step.target), Some(&target));
    assert!(decided(&mut queue, 60 * SECOND_MS + 1).is_none(), "the second one's time comes later");
    assert_eq!(queue.overflows_at_ms(60 * SECOND_MS + 1), Some(90 * SECOND_MS));
    assert_eq!(queue.overflows_at_ms(90 * SECOND_MS), None, "no more than once");
    queue.notice_agents(&[agent(1, 3)]);
    let record = decided(&mut queue, 90 * SECOND_MS).expect("those who are named come first");
    assert_eq!(record.chosen, id(1));
}

/// AS-3, AS-4
#[test]
fn as_3_the_owner_of_the_contact_comes_first_and_as_4_the_fallback_when_there_is_none() {
    let rules = json!({ "assign_to": "contact_owner", "agents": [id(1)] });
    let team = vec![agent(1, 3), AgentRow { active: 2, ..agent(5, 3) }];
    let mut queue = queue(&rules, team, &[of_owner(1, id(5)), waits(2, "/")]);

    let record = decided(&mut queue, 9).expect("the owner");
    assert_eq!(record.chosen, id(5), "though the other has less to do");
    let owner = Target::ContactOwner { agent: id(5) };
    assert_eq!(record.steps, [Step { target: owner, outcome: StepOutcome::Chosen }]);
    assert_eq!(record.facts.and_then(|facts| facts.owner), Some(id(5)));

    let record = decided(&mut queue, 9).expect("the fallback");
    assert_eq!((record.chosen, outcomes(&record)), (id(1), vec![StepOutcome::Chosen]));
}

/// AS-4
#[test]
fn as_4_when_the_owner_cannot_answer_the_fallback_does_and_without_one_it_waits() {
    let team = || vec![agent(1, 3), away(agent(5, 3))];
    let waiting = [of_owner(1, id(5)), waits(2, "/")];
    let named = json!({ "assign_to": "contact_owner", "agents": [id(1)] });
    let record = decided(&mut queue(&named, team(), &waiting), 9).expect("the fallback");
    let skipped = StepOutcome::OwnerSkipped { verdict: Verdict::Away };
    assert_eq!((record.chosen, outcomes(&record)), (id(1), vec![skipped, StepOutcome::Chosen]));

    let mut queue = queue(&json!({ "assign_to": "contact_owner" }), team(), &waiting);
    assert!(decided(&mut queue, 9).is_none(), "nobody is named");
    queue.notice_agents(&[AgentRow { version: 2, ..agent(5, 3) }]);
    let record = decided(&mut queue, 9).expect("the owner is back");
    assert_eq!(record.chosen, id(5));
    assert!(decided(&mut queue, 9).is_none(), "and the other has no owner");
}

/// Of a chatflow with many rules: a record stays small, and says what matters.
#[test]
fn a_record_of_two_hundred_rules_is_cut_and_names_the_one_that_held() {
    let not = |n: usize| {
        let name = format!("No {n}");
        json!({ "name": name, "conditions": [url("/no")], "agents": [id(1)] })
    };
    let mut rules: Vec<Value> = (0..199).map(not).collect();
    rules.push(json!({ "name": "Last", "conditions": [url("/es/")], "agents": [id(1)] }));
    let mut queue = queue(&json!({ "rules": rules }), vec![agent(1, 3)], &[waits(1, "/es/")]);
    let record = decided(&mut queue, 9).expect("agent 1");
    assert_eq!(record.steps.last(), Some(&rule_step(199, "Last", StepOutcome::Chosen)));
    assert_eq!(record.steps.len(), 21);
}

/// Numbers out of a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u32::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn agent(&mut self) -> AgentId {
        id(u128::from(1 + self.below(9)))
    }

    fn agents(&mut self) -> Vec<AgentId> {
        let all: HashSet<AgentId> = (0..self.below(4)).map(|_| self.agent()).collect();
        all.into_iter().collect()
    }

    fn row(&mut self, number: u128) -> AgentRow {
        let status = if self.below(3) == 0 { AgentStatus::Away } else { AgentStatus::Available };
        let (present, active) = (self.below(4) > 0, self.below(4));
        let row = if self.below(2) == 0 { agent(number, 3) } else { speaks(number, "es") };
        AgentRow { status, present, active, ..row }
    }

    fn assignment(&mut self) -> Value {
        let rule = |random: &mut Random, n: u32| {
            let conditions = match random.below(4) {
                0 => json!([]),
                1 => json!([{ "kind": "returning_visitor", "is": random.below(2) == 0 }]),
                2 => json!([{ "kind": "contact_owner", "is": random.below(2) == 0 }]),
                _ => json!([url("/es/")]),
            };
            let languages = if random.below(2) == 0 { json!(["es"]) } else { json!([]) };
            let (name, agents) = (format!("Rule {n}"), random.agents());
            let mut rule = json!({ "name": name, "conditions": conditions, "agents": agents });
            rule["languages"] = languages;
            rule
        };
        let rules: Vec<Value> = (0..self.below(5)).map(|n| rule(self, n)).collect();
        let assign_to = ["named", "contact_owner"][self.below(2) as usize];
        let distribution = ["load_balanced", "random", "round_robin"][self.below(3) as usize];
        let overflow = json!({ "after_ms": 5 * SECOND_MS, "agents": self.agents() });
        json!({
            "assign_to": assign_to, "distribution": distribution, "agents": self.agents(),
            "ignore_availability": self.below(4) == 0, "rules": rules,
            "overflow": if self.below(2) == 0 { overflow } else { Value::Null },
        })
    }

    fn head(&mut self, number: u128) -> Head {
        let mut head = waits(number, ["/", "/es/"][self.below(2) as usize]);
        head.facts.returning = self.below(2) == 0;
        head.facts.owner = (self.below(2) == 0).then(|| self.agent());
        head
    }
}

/// All decisions that can be made of this, until nobody can answer anybody.
fn all_decisions(mut queue: Queue, now_ms: i64) -> Vec<(ConversationId, DecisionRecord)> {
    let next = || queue.next(3, now_ms).map(|plan| (plan.conversation, plan.record));
    std::iter::from_fn(next).collect()
}

/// BY-3: over random teams, rules, owners and overflow. The same inputs give the same choice, on
/// another node that heard of them in another order; and what is stored says enough to repeat it.
#[test]
fn by_3_the_same_inputs_give_the_same_choice_with_rules_owners_and_overflow() {
    let mut random = Random(11);
    let (mut decisions, mut kinds) = (0, HashSet::new());
    for _ in 0..1_500 {
        let assignment = random.assignment();
        let mut team: Vec<AgentRow> = (1..=9).map(|number| random.row(number)).collect();
        let mut waiting: Vec<Head> = (1..=6).map(|number| random.head(number)).collect();
        let now_ms = i64::from(random.below(10)) * SECOND_MS;
        let here = queue(&assignment, team.clone(), &waiting);
        team.reverse();
        waiting.reverse();
        let mut there = Queue::default();
        there.read_begins();
        there.read(team.clone(), &waiting, WAITING_MAX);
        there.set_rules(&settings(&assignment));

        let records = all_decisions(here, now_ms);

        assert_eq!(all_decisions(there, now_ms), records);
        for (_, record) in records {
            let stored = serde_json::to_string(&record).expect("plain data");
            let read: DecisionRecord = serde_json::from_str(&stored).expect("as it was written");
            assert_eq!(read, record);
            assert_eq!(replay(&read), Some(record.chosen));
            let row = team.iter().find(|row| row.id == record.chosen).expect("of the team");
            assert!(row.present && row.active < row.capacity, "eligible: {record:?}");
            let chosen = record.steps.iter().filter(|it| it.outcome == StepOutcome::Chosen);
            assert!(record.steps.is_empty() || chosen.count() == 1);
            let last = record.steps.last();
            assert!(last.is_none_or(|step| step.outcome == StepOutcome::Chosen));
            kinds.extend(last.map(|step| std::mem::discriminant(&step.target)));
            decisions += 1;
        }
    }
    assert!(decisions > 2_000 && kinds.len() == 4, "{decisions} decisions, {} kinds", kinds.len());
}
