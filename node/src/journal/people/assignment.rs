//! What an assignment rule may say (AS-1, AS-2, AS-9, AS-21, SK-9, PERM-2). Pure.

use std::collections::HashSet;

use salotto_protocol::assignment::{
    CONDITION_TEXT_BYTES_MAX, CONDITIONS_MAX, ChatflowAssignment, Condition, OVERFLOW_MS_MAX,
    OVERFLOW_MS_MIN, Overflow, RULE_MEMBERS_MAX, RULE_SKILLS_MAX, RULES_MAX, RoutingRule,
};
use salotto_protocol::people::{LANGUAGES, MEMBERS_MAX};
use salotto_protocol::{AgentId, ChatflowId, SkillId, TeamId};

use super::Complaint;
use super::rules::{Checked, check_list, check_name, field, user};
use crate::store::People;

pub(super) fn check(people: &People, id: ChatflowId, asked: &ChatflowAssignment) -> Checked {
    if !people.settings.chatflows.iter().any(|row| row.id == id) {
        return Err(Complaint::NotFound);
    }
    check_named(people, "", &asked.agents, &asked.teams, MEMBERS_MAX)?;
    check_rules(people, &asked.rules)?;
    asked.overflow.as_ref().map_or(Ok(()), |overflow| check_overflow(people, overflow))
}

/// Users who can be given something, teams with somebody in them. `before`: the path, with a dot.
fn check_named(
    people: &People,
    before: &str,
    agents: &[AgentId],
    teams: &[TeamId],
    max: usize,
) -> Checked {
    let path = |name: &str| format!("{before}{name}");
    if agents.len() + teams.len() > max {
        return Err(field(&path("agents"), &format!("and teams: more than {max}")));
    }
    check_list(&path("agents"), agents, &mut HashSet::new(), |id| user(people, *id).is_some())?;
    for (place, id) in agents.iter().enumerate() {
        let row = user(people, *id).expect("it was looked up just now");
        let complaint = match (row.is_deactivated(), row.seat.is_paid()) {
            (true, _) => "is deactivated",
            (false, false) => "has no seat",
            (false, true) => continue,
        };
        return Err(field(&format!("{}[{place}]", path("agents")), complaint));
    }
    let team = |id: &TeamId| people.settings.team(*id);
    check_list(&path("teams"), teams, &mut HashSet::new(), |id| team(id).is_some())?;
    let is_empty = |id: &TeamId| team(id).is_some_and(|it| it.main_members.is_empty());
    match teams.iter().position(is_empty) {
        Some(place) => Err(field(&format!("{}[{place}]", path("teams")), "has no main members")),
        None => Ok(()),
    }
}

fn check_rules(people: &People, rules: &[RoutingRule]) -> Checked {
    if rules.len() > RULES_MAX {
        return Err(field("rules", &format!("are more than {RULES_MAX}")));
    }
    let mut names = HashSet::new();
    for (place, rule) in rules.iter().enumerate() {
        let before = format!("rules[{place}].");
        check_name(&format!("{before}name"), &rule.name)?;
        if !names.insert(rule.name.to_lowercase()) {
            return Err(field(&format!("{before}name"), "is the name of another rule"));
        }
        check_conditions(&before, &rule.conditions)?;
        check_skills(people, &before, rule)?;
        check_named(people, &before, &rule.agents, &rule.teams, RULE_MEMBERS_MAX)?;
    }
    Ok(())
}

fn check_conditions(before: &str, conditions: &[Condition]) -> Checked {
    if conditions.len() > CONDITIONS_MAX {
        let complaint = format!("are more than {CONDITIONS_MAX}");
        return Err(field(&format!("{before}conditions"), &complaint));
    }
    for (place, condition) in conditions.iter().enumerate() {
        let path = |name: &str| format!("{before}conditions[{place}].{name}");
        match condition {
            Condition::PageUrl { text, .. } if text.trim().is_empty() => {
                return Err(field(&path("text"), "is empty"));
            }
            Condition::PageUrl { text, .. } if text.len() > CONDITION_TEXT_BYTES_MAX => {
                let complaint = format!("is longer than {CONDITION_TEXT_BYTES_MAX} bytes");
                return Err(field(&path("text"), &complaint));
            }
            Condition::Unknown => return Err(field(&path("kind"), "is not known")),
            Condition::PageUrl { .. }
            | Condition::ReturningVisitor { .. }
            | Condition::KnownContact { .. }
            | Condition::ContactOwner { .. } => {}
        }
    }
    Ok(())
}

fn check_skills(people: &People, before: &str, rule: &RoutingRule) -> Checked {
    let path = |name: &str| format!("{before}{name}");
    if rule.names_nobody() {
        let complaint = "and languages, agents and teams are empty: the rule names nobody";
        return Err(field(&path("skills"), complaint));
    }
    if rule.skills.len() + rule.languages.len() > RULE_SKILLS_MAX {
        let complaint = format!("and languages: more than {RULE_SKILLS_MAX}");
        return Err(field(&path("skills"), &complaint));
    }
    let is_skill = |id: &SkillId| people.settings.skills.iter().any(|it| it.id == *id);
    check_list(&path("skills"), &rule.skills, &mut HashSet::new(), is_skill)?;
    let is_language = |it: &String| LANGUAGES.contains(&it.as_str());
    check_list(&path("languages"), &rule.languages, &mut HashSet::new(), is_language)
}

fn check_overflow(people: &People, overflow: &Overflow) -> Checked {
    let Overflow { after_ms, agents, teams } = overflow;
    if !(OVERFLOW_MS_MIN..=OVERFLOW_MS_MAX).contains(after_ms) {
        let complaint = format!("must be a number from {OVERFLOW_MS_MIN} to {OVERFLOW_MS_MAX}");
        return Err(field("overflow.after_ms", &complaint));
    }
    if agents.is_empty() && teams.is_empty() {
        return Err(field("overflow.agents", "and teams are empty: nobody would be added"));
    }
    check_named(people, "overflow.", agents, teams, MEMBERS_MAX)
}
