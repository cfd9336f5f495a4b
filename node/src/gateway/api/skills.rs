//! `/api/v1/skills`: categories and their skills, who has them, and the built-in languages (SK-2).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use salotto_protocol::SkillId;
use salotto_protocol::people::LANGUAGES;
use salotto_protocol::people_api::{
    CategoryPatch, NewSkills, Skill, SkillCategory, SkillPatch, Skills,
};

use super::people::{Private, change, id, private};
use crate::gateway::App;
use crate::gateway::auth::Agent;
use crate::gateway::body::JsonBody;
use crate::gateway::error::ApiError;
use crate::journal::{Asked, SkillsAsked};
use crate::store::{AgentRow, Settings, SkillRow};

pub(crate) async fn list(State(app): State<App>, _: Agent) -> Result<Private<Skills>, ApiError> {
    Ok(private(all(&app).await?))
}

pub(crate) async fn create(
    State(app): State<App>,
    agent: Agent,
    JsonBody(new): JsonBody<NewSkills>,
) -> Result<(StatusCode, Private<Skills>), ApiError> {
    let NewSkills { category, names } = new;
    let row = |name| SkillRow { id: SkillId::fresh(), category: category.clone(), name };
    let rows = names.into_iter().map(row).collect();
    change(&app, agent.id, Asked::Skills(SkillsAsked::Add(rows))).await?;
    Ok((StatusCode::CREATED, private(all(&app).await?)))
}

pub(crate) async fn edit(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
    JsonBody(patch): JsonBody<SkillPatch>,
) -> Result<Private<Skills>, ApiError> {
    let skill = id(&text)?;
    change(&app, agent.id, Asked::Skills(SkillsAsked::Skill { skill, patch })).await?;
    Ok(private(all(&app).await?))
}

pub(crate) async fn rename_category(
    State(app): State<App>,
    agent: Agent,
    JsonBody(patch): JsonBody<CategoryPatch>,
) -> Result<Private<Skills>, ApiError> {
    change(&app, agent.id, Asked::Skills(SkillsAsked::Category(patch))).await?;
    Ok(private(all(&app).await?))
}

/// Refused while somebody has it (SK-6), or a rule names it.
pub(crate) async fn delete(
    State(app): State<App>,
    Path(text): Path<String>,
    agent: Agent,
) -> Result<StatusCode, ApiError> {
    change(&app, agent.id, Asked::Skills(SkillsAsked::Delete(id(&text)?))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn all(app: &App) -> Result<Skills, ApiError> {
    let (settings, agents) = (app.store.settings().await?, app.store.agents().await?);
    let languages = LANGUAGES.map(str::to_owned).to_vec();
    Ok(Skills { languages, categories: categories(&settings, &agents) })
}

/// The store has them in the order of category and name.
fn categories(settings: &Settings, agents: &[AgentRow]) -> Vec<SkillCategory> {
    let same = |a: &SkillRow, b: &SkillRow| a.category == b.category;
    let skill = |row: &SkillRow| {
        let users = agents.iter().filter(|it| it.skills.skills.contains(&row.id));
        let teams = settings.teams.iter().filter(|it| it.skills.skills.contains(&row.id));
        Skill {
            id: row.id,
            name: row.name.clone(),
            users: users.map(|it| it.id).collect(),
            teams: teams.map(|it| it.id).collect(),
        }
    };
    let category = |rows: &[SkillRow]| SkillCategory {
        name: rows[0].category.clone(),
        skills: rows.iter().map(skill).collect(),
    };
    settings.skills.chunk_by(same).map(category).collect()
}
