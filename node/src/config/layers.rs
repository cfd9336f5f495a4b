//! File over defaults, variables over the file; each value with where it came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin};
use super::settings::{SETTINGS, Setting, VARIABLE_PREFIX, by_key};
use super::value::Value;
use crate::sabotage;

/// Read when no other file is named and it is there.
const DEFAULT_FILE: &str = "salotto.toml";
/// The prefix is ours, the reader is not the node: the tests' path to the binary, and the token
/// for `salotto-loadtest`.
const NO_SETTINGS: &[&str] = &["SALOTTO_BIN", "SALOTTO_LOADTEST_TOKEN"];

/// What the settings are read from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// Named on the command line: it must be there.
    pub(crate) file: Option<PathBuf>,
    /// All variables of the environment.
    pub(crate) variables: Vec<(OsString, OsString)>,
}

/// The value in force of every setting that has one.
pub(super) type Layers = BTreeMap<&'static str, (Value, Origin)>;

pub(super) fn read(sources: &Sources) -> Result<Layers, ConfigError> {
    let mut layers = defaults();
    if let Some((path, text)) = file_text(sources.file.as_deref())? {
        read_file(&path, &text, &mut layers)?;
    }
    read_variables(&sources.variables, &mut layers)?;
    Ok(layers)
}

fn defaults() -> Layers {
    let with_default = SETTINGS.iter().filter_map(|it| it.default.map(|text| (it, text)));
    with_default
        .map(|(setting, text)| {
            let value = setting.kind.parse(text).expect("a default is valid");
            (setting.key, (value, Origin::Default))
        })
        .collect()
}

fn file_text(named: Option<&Path>) -> Result<Option<(PathBuf, String)>, ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    }
}

fn read_file(path: &Path, text: &str, layers: &mut Layers) -> Result<(), ConfigError> {
    let origin = |at: usize| Origin::File { path: path.to_owned(), line: line_of(text, at) };
    let table = DeTable::parse(text).map_err(|error| ConfigError::NotToml {
        origin: origin(error.span().map_or(0, |span| span.start)),
        complaint: error.message().replace('\n', " "),
    })?;
    for (key, value) in settings_in_order(table.get_ref()) {
        let origin = origin(value.span().start);
        let setting = by_key(&key).ok_or_else(|| unknown_key(&key, origin.clone()))?;
        let value = setting
            .kind
            .read(value.get_ref())
            .map_err(|complaint| bad(setting, origin.clone(), complaint))?;
        layers.insert(setting.key, (value, origin));
    }
    Ok(())
}

/// `section.key` and its value, from the top of the file down.
fn settings_in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(String, &'t Spanned<DeValue<'i>>)> {
    let mut found = Vec::new();
    for (section, value) in table {
        match value.get_ref().as_table() {
            Some(keys) => {
                let section = section.get_ref();
                let keyed =
                    keys.iter().map(|(key, it)| (format!("{section}.{}", key.get_ref()), it));
                found.extend(keyed);
            }
            None => found.push((section.get_ref().to_string(), value)),
        }
    }
    found.sort_by_key(|(_, value)| value.span().start);
    found
}

fn read_variables(
    variables: &[(OsString, OsString)],
    layers: &mut Layers,
) -> Result<(), ConfigError> {
    let mut ours: Vec<(String, &OsString)> = variables
        .iter()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
        .filter(|(name, _)| !NO_SETTINGS.contains(&name.as_str()))
        .filter(|(name, _)| !sabotage::is_variable(name))
        .collect();
    ours.sort();
    for (name, value) in ours {
        let setting = SETTINGS.iter().find(|setting| setting.variable() == name);
        let origin = Origin::Variable(name);
        let Some(setting) = setting else { return Err(unknown_variable(&origin)) };
        let value = value
            .to_str()
            .ok_or_else(|| "must be UTF-8".to_owned())
            .and_then(|text| setting.kind.parse(text))
            .map_err(|complaint| bad(setting, origin.clone(), complaint))?;
        layers.insert(setting.key, (value, origin));
    }
    Ok(())
}

pub(super) fn bad(setting: &Setting, origin: Origin, complaint: String) -> ConfigError {
    ConfigError::Bad { origin, key: setting.key, complaint }
}

fn unknown_key(key: &str, origin: Origin) -> ConfigError {
    let did_you_mean = nearest(key, SETTINGS.iter().map(|it| it.key.to_owned()));
    ConfigError::Unknown { origin, name: key.to_owned(), did_you_mean }
}

fn unknown_variable(origin: &Origin) -> ConfigError {
    let name = origin.to_string();
    let did_you_mean = nearest(&name, SETTINGS.iter().map(Setting::variable));
    ConfigError::Unknown { origin: Origin::Environment, name, did_you_mean }
}

/// The closest name, if it is close enough to be what was meant.
fn nearest(name: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let distance = |other: &str| strsim::damerau_levenshtein(name, other);
    names
        .map(|known| (distance(&known), known))
        .min()
        .filter(|(distance, known)| distance * 3 <= known.len())
        .map(|(_, known)| known)
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}
