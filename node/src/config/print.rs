//! `print-config`: the values in force and their origins; and the documented example file.

use super::Config;
use super::settings::{SETTINGS, Setting};
use super::value::{Kind, Value};

/// One line a setting: key, value, origin. Secrets are masked.
pub(crate) fn print(config: &Config) -> String {
    let line = |setting: &Setting| match config.layers.get(setting.key) {
        Some((value, origin)) => {
            format!("{} = {}  # {origin}\n", setting.key, shown(setting, value))
        }
        None => format!("# {} is not set\n", setting.key),
    };
    SETTINGS.iter().map(line).collect()
}

/// A settings file with every setting, explained, at its default and commented out.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# The settings of a Salotto node, at their defaults. Uncomment what you change.\n\
         # Each can also be set by a variable: SALOTTO_GATEWAY__LISTEN sets gateway.listen.\n\
         # Unknown settings are errors. `salotto print-config` shows what is in force.\n\
         # Made by `salotto print-config --example`.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        if setting.section() != section {
            section = setting.section();
            text.push_str(&format!("\n[{section}]\n"));
        }
        for line in setting.about.lines() {
            text.push_str(&format!("# {line}\n"));
        }
        if let Kind::Number { min, max } = setting.kind {
            text.push_str(&format!("# From {min} to {max}.\n"));
        }
        text.push_str(&format!("# {} = {}\n", setting.name(), default(setting)));
    }
    text
}

fn default(setting: &Setting) -> String {
    match setting.default {
        Some(text) => toml_text(&setting.kind.parse(text).expect("a default is valid")),
        None => "\"\"".to_owned(),
    }
}

fn shown(setting: &Setting, value: &Value) -> String {
    match setting.kind {
        Kind::Secret { .. } => "\"********\"".to_owned(),
        Kind::StoreUrl | Kind::LinkUrl | Kind::MailUrl => masked(&toml_text(value)),
        Kind::Address
        | Kind::Number { .. }
        | Kind::Flag
        | Kind::Networks
        | Kind::MailSender
        | Kind::PublicUrl
        | Kind::SecretFile
        | Kind::Word(_) => toml_text(value),
    }
}

/// What stands between the user and the host may be a password, and so may be a parameter.
fn masked(url: &str) -> String {
    let (url, parameters) = url.split_once('?').map_or((url, ""), |(url, _)| (url, "?********\""));
    let shown = match (url.split_once("//"), url.rsplit_once('@')) {
        (Some((scheme, rest)), Some((_, host))) => {
            let user = rest.split([':', '@']).next().unwrap_or_default();
            format!("{scheme}//{user}:********@{host}")
        }
        (Some(_) | None, Some(_) | None) => url.to_owned(),
    };
    format!("{shown}{parameters}")
}

fn toml_text(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(list) => format!("{list:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_never_shown() {
        for (url, shown) in [
            ("redis://me:hun@ter2@a/1", "redis://me:********@a/1"),
            ("redis+cluster://:hunter2@a,b", "redis+cluster://:********@a,b"),
            ("redis://a/1", "redis://a/1"),
            ("local:", "local:"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }
}
