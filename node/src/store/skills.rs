//! Skills that an admin made, in categories (SK-2). Languages are built in and stand nowhere here.

use salotto_protocol::SkillId;
use uuid::Uuid;

use super::StoreError;
use super::batch::Batch;
use super::connection::Connection;
use super::query::query;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SkillRow {
    pub(crate) id: SkillId,
    pub(crate) category: String,
    pub(crate) name: String,
}

const ALL: &str = "SELECT id, category, name FROM skills ORDER BY name_key, id";

const PUT: &str = "
    INSERT INTO skills (id, category, name, name_key) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO UPDATE SET category = excluded.category, name = excluded.name,
        name_key = excluded.name_key";

const DELETE: &str = "DELETE FROM skills WHERE id = $1";

pub(super) async fn all(read: Connection<'_>) -> Result<Vec<SkillRow>, StoreError> {
    let rows: Vec<(Uuid, String, String)> = query(ALL).all(read).await?;
    let row = |(id, category, name)| SkillRow { id: SkillId(id), category, name };
    Ok(rows.into_iter().map(row).collect())
}

impl SkillRow {
    /// Two spellings are one skill; categories have names of their own.
    pub(crate) fn key(&self) -> String {
        format!("{}\n{}", self.category.to_lowercase(), self.name.to_lowercase())
    }
}

impl Batch<'_> {
    pub(crate) async fn put_skill(&mut self, skill: &SkillRow) -> Result<(), StoreError> {
        let put = query(PUT)
            .bind(skill.id.0)
            .bind(skill.category.as_str())
            .bind(skill.name.as_str())
            .bind(skill.key());
        self.run(put).await?;
        Ok(())
    }

    pub(crate) async fn delete_skill(&mut self, skill: SkillId) -> Result<(), StoreError> {
        self.run(query(DELETE).bind(skill.0)).await?;
        Ok(())
    }
}
