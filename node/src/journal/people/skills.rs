//! What may be changed of skills, and who may have which. Pure.

use std::collections::HashSet;

use salotto_protocol::SkillId;
use salotto_protocol::people::{HELD_SKILLS_MAX, HeldSkills, LANGUAGES, SKILLS_MAX};
use salotto_protocol::people_api::{CategoryPatch, SkillPatch};

use super::Complaint;
use super::rules::{Checked, check_list, check_name, field};
use crate::store::{People, SkillRow};

/// By a super admin (PERM-11).
#[derive(Clone, Debug)]
pub(crate) enum SkillsAsked {
    /// Several of one category (SK-4).
    Add(Vec<SkillRow>),
    Skill {
        skill: SkillId,
        patch: SkillPatch,
    },
    Category(CategoryPatch),
    Delete(SkillId),
}

pub(super) fn check(people: &People, asked: &SkillsAsked) -> Checked {
    let known = &people.settings.skills;
    match asked {
        SkillsAsked::Add(new) if new.is_empty() => return Err(field("names", "is empty")),
        SkillsAsked::Add(new) if known.len() + new.len() > SKILLS_MAX => {
            return Err(field("names", &format!("would make more than {SKILLS_MAX} skills")));
        }
        SkillsAsked::Add(_) => {}
        SkillsAsked::Skill { skill, .. } => {
            find(known, *skill).ok_or(Complaint::NotFound)?;
        }
        SkillsAsked::Category(patch) if !known.iter().any(|it| it.category == patch.category) => {
            return Err(field("category", "is not known"));
        }
        SkillsAsked::Category(_) => {}
        SkillsAsked::Delete(skill) => return check_is_free(people, *skill),
    }
    check_names(known, asked)
}

/// The skills as the change leaves them; only those that it is about.
pub(super) fn changed(known: &[SkillRow], asked: &SkillsAsked) -> Vec<SkillRow> {
    match asked {
        SkillsAsked::Add(new) => new.clone(),
        SkillsAsked::Skill { skill, patch } => {
            let row = find(known, *skill).map(|row| SkillRow {
                id: row.id,
                category: patch.category.clone().unwrap_or_else(|| row.category.clone()),
                name: patch.name.clone().unwrap_or_else(|| row.name.clone()),
            });
            row.into_iter().collect()
        }
        SkillsAsked::Category(patch) => {
            let of_it = known.iter().filter(|it| it.category == patch.category);
            of_it.map(|it| SkillRow { category: patch.name.clone(), ..it.clone() }).collect()
        }
        SkillsAsked::Delete(_) => Vec::new(),
    }
}

fn find(known: &[SkillRow], id: SkillId) -> Option<&SkillRow> {
    known.iter().find(|it| it.id == id)
}

/// No two of one name in a category.
fn check_names(known: &[SkillRow], asked: &SkillsAsked) -> Checked {
    let changed = changed(known, asked);
    let ids: HashSet<SkillId> = changed.iter().map(|it| it.id).collect();
    let others = known.iter().filter(|it| !ids.contains(&it.id));
    let mut keys: HashSet<String> = others.map(SkillRow::key).collect();
    let category = match asked {
        SkillsAsked::Category(_) => "name",
        SkillsAsked::Add(_) | SkillsAsked::Skill { .. } | SkillsAsked::Delete(_) => "category",
    };
    for (place, skill) in changed.iter().enumerate() {
        let name = match asked {
            SkillsAsked::Add(_) => format!("names[{place}]"),
            SkillsAsked::Skill { .. } | SkillsAsked::Category(_) | SkillsAsked::Delete(_) => {
                "name".to_owned()
            }
        };
        check_name(category, &skill.category)?;
        check_name(&name, &skill.name)?;
        if !keys.insert(skill.key()) {
            return Err(field(&name, "is there already, in this category"));
        }
    }
    Ok(())
}

/// SK-6
fn check_is_free(people: &People, id: SkillId) -> Checked {
    find(&people.settings.skills, id).ok_or(Complaint::NotFound)?;
    let has = |held: &HeldSkills| held.skills.contains(&id);
    let users = people.agents.iter().filter(|row| has(&row.skills)).count();
    let teams = people.settings.teams.iter().filter(|team| has(&team.skills)).count();
    if users + teams == 0 {
        return Ok(());
    }
    Err(field("skill", &format!("is held by {users} users and {teams} teams")))
}

/// What a user or a team has. `before`: the path of the object, with its dot.
pub(super) fn check_held(people: &People, before: &str, held: &HeldSkills) -> Checked {
    let path = |name: &str| format!("{before}{name}");
    if held.count() > HELD_SKILLS_MAX {
        return Err(field(&path("skills"), &format!("are more than {HELD_SKILLS_MAX} in all")));
    }
    let is_language = |it: &String| LANGUAGES.contains(&it.as_str());
    let mut seen = HashSet::new();
    check_list(&path("main_languages"), &held.main_languages, &mut seen, is_language)?;
    check_list(&path("secondary_languages"), &held.secondary_languages, &mut seen, is_language)?;
    let is_skill = |id: &SkillId| find(&people.settings.skills, *id).is_some();
    check_list(&path("skills"), &held.skills, &mut HashSet::new(), is_skill)
}
