//! The rows, as they are written down.

use std::collections::HashSet;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub sections: Vec<Section>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub title: String,
    /// Every row that the commission names has to be shown by a test; the others are shown, or say
    /// why not.
    pub finished: bool,
    pub rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    pub tag: Tag,
    /// What it asks, in a few words.
    pub what: String,
    /// What is missing, or why it is not to be built.
    #[serde(default)]
    pub missing: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    /// Named by the article that Salotto was commissioned from.
    Seed,
    /// Documented of the same product elsewhere.
    Doc,
    /// Our own decision.
    Own,
}

impl Spec {
    /// # Errors
    ///
    /// In words: what is wrong with the file, or which row stands there twice.
    pub fn parse(text: &str) -> Result<Spec, String> {
        let spec: Spec = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut seen = HashSet::new();
        if let Some(row) = spec.rows().find(|row| !seen.insert(row.id.as_str())) {
            return Err(format!("{} stands there twice", row.id));
        }
        Ok(spec)
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|section| &section.rows)
    }
}
