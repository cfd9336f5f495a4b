//! Who is asked about whoever waits, one after the other: the owner of the contact, the rules that
//! hold, those whom the chatflow names, and those who come in after some time. Pure.

use std::borrow::Cow;

use salotto_protocol::{
    AgentId, ChatflowId, DecisionRecord, Policy, Step, StepOutcome, Target, TeamId, Verdict,
};

use super::bits::Bits;
use super::field::Field;
use super::lanes::{Lane, Place, Waiting};
use super::policy::{self, Question, Seen};
use super::rule::Rule;
use super::state::Queue;
use crate::store::{Case, SlotKind};

/// Of a record, which is an entry like any other: the choice does not depend on what is left out.
const STEPS_MAX: usize = 50;
/// Of those, rules that did not hold.
const NOT_MATCHED_MAX: usize = 20;
const _: () = assert!(NOT_MATCHED_MAX < STEPS_MAX);

/// Whose turn it is to be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    Owner(AgentId),
    Rule(u16),
    Named,
    Overflow,
    /// By hand, and nobody else.
    Team(TeamId),
}

/// The inbox where somebody waits: who may have it there, and how much of it.
struct Stand<'a> {
    field: &'a Field,
    members: &'a Bits,
}

/// The conversation whose turn it is.
pub(super) struct Answerable {
    pub(super) place: Place,
    pub(super) lane: Lane,
    asked: Asked,
}

impl Queue {
    /// If nobody can answer the first of a lane, nobody can answer those behind it.
    pub(super) fn next_answerable(&self, now_ms: i64) -> Option<Answerable> {
        let (lane, place, asked) =
            self.lanes.next(|lane, place| self.asked(lane, place, now_ms))?;
        Some(Answerable { place, lane: lane.clone(), asked })
    }

    /// Whom the policy chooses, and why they were asked.
    pub(super) fn decide(
        &self,
        Answerable { lane, asked, .. }: &Answerable,
        waiting: &Waiting,
        seed: u32,
        now_ms: i64,
    ) -> DecisionRecord {
        let rule = self.rule(lane.chatflow);
        let question = Question {
            policy: rule.distribution,
            rule: rule.version,
            ignores_availability: rule.ignores_availability,
            round: self.rounds.latest(lane.chatflow),
            seed,
        };
        let candidates = self.candidates(rule, lane, *asked);
        let mut record = policy::choose(&question, candidates.into_iter())
            .expect("somebody was eligible a moment ago");
        if let Some(team) = lane.team {
            record.steps = vec![self.step_of(team)];
        } else if rule.has_steps() {
            record.steps = self.steps(rule, lane, *asked, &waiting.case);
            record.facts = Some(waiting.case.facts());
            record.waited_ms = rule.overflow_ms().map(|_| now_ms - waiting.since_ms);
        }
        record
    }

    /// When the clock alone lets somebody else have one who waits.
    pub(super) fn overflows_at_ms(&self, now_ms: i64) -> Option<i64> {
        let due = |(chatflow, rule): (&ChatflowId, &Rule)| {
            let after_ms = rule.overflow_ms()?;
            let since_ms = self.lanes.first_after(*chatflow, now_ms - after_ms)?;
            Some(since_ms + after_ms)
        };
        self.rules.iter().filter_map(due).min()
    }

    pub(super) fn lane(&self, waiting: &Waiting) -> Lane {
        let rule = self.rule(waiting.chatflow);
        let Waiting { chatflow, inbox, team, .. } = *waiting;
        let moved_to = Some(inbox).filter(|_| rule.inbox != Some(inbox));
        if team.is_some() {
            return Lane { chatflow, moved_to, team, owner: None, matching: Box::default() };
        }
        let owner = waiting.case.owner().filter(|_| rule.assignees.owner_first);
        Lane { chatflow, moved_to, team, owner, matching: rule.matching(&waiting.case) }
    }

    /// What it counts as there, for whoever has it.
    pub(super) fn kind_in(&self, lane: &Lane) -> SlotKind {
        match lane.moved_to {
            Some(inbox) => self.groups.inbox(inbox).kind,
            None => self.rule(lane.chatflow).assignees.kind,
        }
    }

    pub(super) fn rule(&self, chatflow: ChatflowId) -> &Rule {
        self.rules.get(&chatflow).unwrap_or(&self.everybody)
    }

    /// As if they were asked now.
    pub(super) fn verdict_of_owner(&self, lane: &Lane, owner: AgentId) -> Verdict {
        let rule = self.rule(lane.chatflow);
        owner_verdict(rule, &self.stand(rule, lane), owner)
    }

    /// The first of whom somebody can answer.
    fn asked(&self, lane: &Lane, place: Place, now_ms: i64) -> Option<Asked> {
        let rule = self.rule(lane.chatflow);
        if self.waits_for_a_read(rule, lane) {
            return None;
        }
        let stand = self.stand(rule, lane);
        let free = stand.field.free(rule.ignores_availability);
        let can = |pool: &Bits| pool.meets_both(stand.members, free);
        if let Some(team) = lane.team {
            let is_answerable = self.groups.team(team).is_some_and(|it| can(&it.main_members));
            return is_answerable.then_some(Asked::Team(team));
        }
        if let Some(owner) = lane.owner
            && owner_verdict(rule, &stand, owner).is_eligible()
        {
            return Some(Asked::Owner(owner));
        }
        let by_rule = lane.matching.iter().find(|at| can(&rule.pools.rules[usize::from(**at)]));
        if let Some(at) = by_rule {
            return Some(Asked::Rule(*at));
        }
        if can(&rule.pools.named) {
            return Some(Asked::Named);
        }
        let is_late = rule.overflow_ms().is_some_and(|ms| place.since_ms + ms <= now_ms);
        (is_late && can(&rule.pools.overflow)).then_some(Asked::Overflow)
    }

    /// Somebody is there who answers this chatflow, with room or without.
    pub(super) fn is_staffed(&self, chatflow: ChatflowId) -> bool {
        let rule = self.rule(chatflow);
        let field = self.field(rule.assignees.kind);
        rule.pools.anybody.meets_both(&rule.pools.members, field.here())
    }

    /// Agents by the limit that holds for what they are given.
    fn field(&self, kind: SlotKind) -> &Field {
        match kind {
            SlotKind::Chat => &self.chats,
            SlotKind::Ticket => &self.tickets,
        }
    }

    /// That of the chatflow, unless it was moved (AS-44).
    fn stand<'a>(&'a self, rule: &'a Rule, lane: &Lane) -> Stand<'a> {
        let members = match lane.moved_to {
            Some(inbox) => &self.groups.inbox(inbox).members,
            None => &rule.pools.members,
        };
        Stand { field: self.field(self.kind_in(lane)), members }
    }

    /// Whose turn it is can be told of certain facts only: whoever is doubted may be eligible.
    fn waits_for_a_read(&self, rule: &Rule, lane: &Lane) -> bool {
        if lane.owner.is_some_and(|owner| self.doubted.contains(&owner)) {
            return true;
        }
        let team = lane.team.and_then(|it| self.groups.team(it));
        let meant = team.map_or(&rule.pools.anybody, |it| &it.main_members);
        let is_meant =
            |agent: &AgentId| self.chats.place(*agent).is_some_and(|place| meant.has(place));
        rule.distribution == Policy::RoundRobin
            && (self.rounds.is_doubted(lane.chatflow) || self.doubted.iter().any(is_meant))
    }

    /// All who were asked, as far as they can be trusted.
    fn candidates(&self, rule: &Rule, lane: &Lane, asked: Asked) -> Vec<Seen> {
        let pool = match asked {
            Asked::Owner(owner) => {
                let mut alone = Bits::default();
                let place = self.chats.place(owner).expect("an owner who can answer is known");
                alone.put(place, true);
                Cow::Owned(alone)
            }
            Asked::Rule(at) => Cow::Borrowed(&rule.pools.rules[usize::from(at)]),
            Asked::Named => Cow::Borrowed(&rule.pools.named),
            Asked::Overflow => Cow::Borrowed(&rule.pools.overflow),
            Asked::Team(team) => {
                let team = self.groups.team(team).expect("a team that can answer is known");
                Cow::Borrowed(&team.main_members)
            }
        };
        let stand = self.stand(rule, lane);
        let takes_turns = rule.distribution == Policy::RoundRobin;
        let seen = |place: usize| {
            let seen = stand.field.seen(place);
            let had = if takes_turns { self.rounds.had(lane.chatflow, seen.agent) } else { None };
            Seen { had, ..stand.barred(seen, place) }
        };
        pool.shared(stand.field.there()).map(seen).collect()
    }

    /// Nobody else was asked.
    fn step_of(&self, team: TeamId) -> Step {
        let name = self.groups.team(team).map_or_else(String::new, |it| it.name.clone());
        Step { target: Target::Team { team, name }, outcome: StepOutcome::Chosen }
    }

    /// In the order in which they were asked; the last one has the candidates.
    fn steps(&self, rule: &Rule, lane: &Lane, asked: Asked, case: &Case) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(agent) = lane.owner {
            let is_theirs = asked == Asked::Owner(agent);
            let verdict = owner_verdict(rule, &self.stand(rule, lane), agent);
            let skipped = StepOutcome::OwnerSkipped { verdict };
            let outcome = if is_theirs { StepOutcome::Chosen } else { skipped };
            steps.push(Step { target: Target::ContactOwner { agent }, outcome });
        }
        let rules = match asked {
            Asked::Owner(_) | Asked::Team(_) => return steps,
            Asked::Rule(at) => usize::from(at) + 1,
            Asked::Named | Asked::Overflow => rule.assignees.rules.len(),
        };
        steps.extend(self.rule_steps(rule, lane, case, rules));
        if steps.len() > STEPS_MAX - 2 {
            steps.drain(STEPS_MAX - 3..steps.len() - 1);
        }
        match (asked, steps.last_mut()) {
            (Asked::Rule(_), Some(last)) => last.outcome = StepOutcome::Chosen,
            (Asked::Named, _) => {
                steps.push(Step { target: Target::Default, outcome: StepOutcome::Chosen });
            }
            (Asked::Overflow, _) => {
                let nobody = StepOutcome::NobodyEligible;
                steps.push(Step { target: Target::Default, outcome: nobody });
                let after_ms = rule.assignees.overflow.as_ref().map_or(0, |it| it.after_ms);
                let target = Target::Overflow { after_ms };
                steps.push(Step { target, outcome: StepOutcome::Chosen });
            }
            (Asked::Owner(_) | Asked::Rule(_) | Asked::Team(_), _) => {}
        }
        steps
    }

    /// The first so many of the rules, as if none of them had anybody.
    fn rule_steps(&self, rule: &Rule, lane: &Lane, case: &Case, count: usize) -> Vec<Step> {
        let mut not_matched = 0;
        let step = |(rule, place): (&crate::store::RuleAssignees, u16)| {
            let outcome = if lane.matching.binary_search(&place).is_ok() {
                StepOutcome::NobodyEligible
            } else {
                not_matched += 1;
                if not_matched > NOT_MATCHED_MAX {
                    return None;
                }
                let condition = rule.conditions.unmet(case).unwrap_or(0);
                StepOutcome::NotMatched { condition: u32::try_from(condition).unwrap_or(0) }
            };
            let target = Target::Rule { place: u32::from(place), name: rule.name.clone() };
            Some(Step { target, outcome })
        };
        rule.assignees.rules[..count].iter().zip(0..).filter_map(step).collect()
    }
}

impl Stand<'_> {
    /// Who is no member of the inbox may not have it (PERM-5).
    fn barred(&self, seen: Seen, place: usize) -> Seen {
        let has_access = self.members.has(place);
        let barred = seen.barred.or((!has_access).then_some(Verdict::NoAccess));
        Seen { barred, ..seen }
    }
}

/// As a candidate; who is not known is not there.
fn owner_verdict(rule: &Rule, stand: &Stand<'_>, owner: AgentId) -> Verdict {
    let known = stand.field.place(owner).zip(stand.field.of(owner));
    let Some((place, seen)) = known else { return Verdict::Absent };
    stand.barred(seen, place).verdict(rule.ignores_availability)
}
