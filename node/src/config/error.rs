//! A setting that cannot be: one line that names it and says where it came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Variable(String),
    Environment,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{origin}: {complaint}")]
    NotToml { origin: Origin, complaint: String },
    #[error("{origin}: unknown setting {name}{}", suggestion(.did_you_mean.as_deref()))]
    Unknown { origin: Origin, name: String, did_you_mean: Option<String> },
    #[error("{origin}: {key} {complaint}")]
    Bad { origin: Origin, key: &'static str, complaint: String },
}

fn suggestion(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => write!(out, "default"),
            Origin::File { path, line } => write!(out, "{}:{line}", path.display()),
            Origin::Variable(name) => write!(out, "{name}"),
            Origin::Environment => write!(out, "environment"),
        }
    }
}
