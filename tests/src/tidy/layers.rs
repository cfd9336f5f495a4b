//! Who may import whom in `node/src`, and the one home of every outside crate.

use super::{Complaint, Source};

/// What every part may import.
const LEAVES: &[&str] = &[
    "protocol",
    "ask",
    "clock",
    "hours",
    "identity",
    "limiter",
    "link_url",
    "mail_url",
    "metrics",
    "rate",
    "sabotage",
    "simulation",
    "strikes",
    "supervisor",
];

/// The layers, from the outside in. A part may import what stands in its row, and the leaves.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "gateway",
        &[
            "session",
            "agent",
            "chatflow",
            "router",
            "presence",
            "conversation",
            "board",
            "journal",
            "store",
            "fanout",
        ],
    ),
    ("session", &["chatflow", "conversation", "fanout"]),
    ("agent", &["router", "presence", "conversation", "board", "fanout"]),
    ("chatflow", &["presence", "store", "fanout"]),
    ("router", &["presence", "mail", "journal", "store"]),
    ("presence", &["journal", "link", "store"]),
    ("answers", &["mail", "journal", "store"]),
    ("mail", &["journal", "store"]),
    ("board", &["journal", "store", "fanout"]),
    ("conversation", &["mail", "journal", "link", "store", "fanout"]),
    ("journal", &["store", "link"]),
    ("store", &[]),
    ("link", &[]),
    ("fanout", &[]),
    // What the command line can ask for.
    (
        "commands",
        &["config", "gateway", "journal", "mail", "node", "schedules", "store", "telemetry"],
    ),
    // Which machines the simulation knows: tests alone, and what the mutation check runs.
    ("schedules", &["conversation", "fanout", "gateway", "presence", "router"]),
    // Fills a new store for `make run`, and says how to sign in.
    ("demo", &["config", "gateway", "journal", "store"]),
    // Counts for the gauges.
    ("figures", &["store"]),
    ("config", &[]),
    ("telemetry", &[]),
];

/// The only files that know every part.
const ROOTS: &[&str] = &["main", "sabotaged", "benchmarks", "node", "lib"];

/// An outside name and the only places in the workspace that may say it.
const HOMES: &[(&str, &[&str])] = &[
    ("axum", &["node/src/gateway/"]),
    ("hyper", &["node/src/gateway/", "loadtest/", "tests/"]),
    ("hyper_util", &["node/src/gateway/", "loadtest/", "tests/"]),
    ("fastwebsockets", &["node/src/gateway/", "loadtest/", "tests/"]),
    ("rust_embed", &["node/src/gateway/"]),
    ("sqlx", &["node/src/store/", "tests/"]),
    ("redis", &["node/src/link/", "tests/"]),
    ("bincode", &["protocol/src/envelope.rs"]),
    ("jiff", &["node/src/hours/"]),
    ("lettre", &["node/src/mail/", "node/src/mail_url.rs"]),
    ("metrics_exporter_prometheus", &["node/src/metrics/"]),
    ("clap", &["node/src/config/", "node/src/lib.rs", "loadtest/", "tests/"]),
    (
        "std::env",
        &[
            "node/src/config/",
            "node/src/lib.rs",
            "node/build.rs",
            "loadtest/",
            "tests/",
            "protocol/tests/",
        ],
    ),
    ("SystemTime::now", &["node/src/clock.rs", "loadtest/", "tests/"]),
    ("ractor", ACTOR_HOMES),
];

const ACTOR_HOMES: &[&str] = &[
    "node/src/session/",
    "node/src/agent/",
    "node/src/chatflow/",
    "node/src/conversation/",
    "node/src/board/",
    "node/src/router/",
    "node/src/presence/",
    "node/src/journal/",
    "node/src/link/",
    "node/src/mail/",
    "node/src/ask.rs",
    "node/src/supervisor.rs",
];

/// The macros of the metrics crate: a metric is a function in `metrics.rs`.
const METRIC_MACROS: &[&str] =
    &["counter!", "gauge!", "histogram!", "describe_counter!", "describe_gauge!"];

/// `protocol/` has no I/O, no clock and no async.
const NOT_IN_PROTOCOL: &[&str] =
    &["tokio", "std::fs", "std::net", "std::io", "std::thread", "SystemTime", "async fn"];

/// Parts of `node/src` that stand in no layer: a new folder is a decision about the table above.
pub fn unknown_parts(source: &Source) -> Vec<Complaint> {
    let Some(part) = part_of(&source.path) else { return Vec::new() };
    let known = ROOTS.contains(&part)
        || LEAVES.contains(&part)
        || source.is_test()
        || LAYERS.iter().any(|(layer, _)| *layer == part);
    if known {
        return Vec::new();
    }
    vec![format!("{}: `{part}` stands in no layer", source.path)]
}

/// Imports against the flow of data.
pub fn forbidden_imports(source: &Source) -> Vec<Complaint> {
    let Some(part) = part_of(&source.path) else { return Vec::new() };
    if ROOTS.contains(&part) || source.is_test() {
        return Vec::new();
    }
    let row = LAYERS.iter().find(|(layer, _)| *layer == part).map_or(&[][..], |(_, row)| *row);
    imported_parts(source)
        .into_iter()
        .filter(|name| {
            name != part && !row.contains(&name.as_str()) && !LEAVES.contains(&name.as_str())
        })
        .map(|name| format!("{}: `{part}` may not import `{name}`", source.path))
        .collect()
}

/// Outside crates away from home.
pub fn foreign_crates(source: &Source) -> Vec<Complaint> {
    let is_nodes_test = source.path.starts_with("node/") && source.is_test();
    if source.extension() != "rs" || is_nodes_test || source.path.starts_with("tests/src/tidy/") {
        return Vec::new();
    }
    let code = source.code();
    let mut complaints = Vec::new();
    let mut complain = |name: &str| {
        complaints.push(format!("{}: `{name}` is not at home here", source.path));
    };
    for (name, homes) in HOMES {
        if names(&code, name) && !homes.iter().any(|home| source.path.starts_with(home)) {
            complain(name);
        }
    }
    if source.path.starts_with("node/src/") && !source.path.starts_with("node/src/metrics/") {
        METRIC_MACROS.iter().filter(|it| names(&code, it)).for_each(|it| complain(it));
    }
    if source.path.starts_with("protocol/src/") {
        NOT_IN_PROTOCOL.iter().filter(|it| names(&code, it)).for_each(|it| complain(it));
    }
    complaints
}

/// The folder or file directly below `node/src`, without `.rs`.
fn part_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix("node/src/")?.split('/').next()?;
    Some(first.trim_end_matches(".rs"))
}

/// The parts of `node/src` that a file names, by `crate::` or by enough `super::`.
fn imported_parts(source: &Source) -> Vec<String> {
    let code = source.code();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let is_whole_word = !code[..at].ends_with(is_word);
        if is_whole_word {
            found.extend(first_names(&code[at + "crate::".len()..]));
        }
    }
    let up = "super::".repeat(depth(&source.path));
    for (at, _) in code.match_indices(&up) {
        if !code[..at].ends_with("super::") {
            found.extend(first_names(&code[at + up.len()..]));
        }
    }
    // A path such as `crate::Thing` names something of the root itself, not a part.
    found.retain(|name| name != "super" && name.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

/// How many `super::` lead from a file's module to the crate's root.
fn depth(path: &str) -> usize {
    let below = path.trim_start_matches("node/src/");
    let parts = below.split('/').count();
    if below.ends_with("/mod.rs") { parts - 1 } else { parts }
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c::{d, e}}`.
fn first_names(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| is_word(*c)).collect::<String>();
    if !path.starts_with('{') {
        return vec![word(path)];
    }
    let mut names = Vec::new();
    let mut nesting = 0;
    let mut expects_name = false;
    for (at, letter) in path.char_indices() {
        match letter {
            '{' => {
                nesting += 1;
                expects_name = nesting == 1;
            }
            '}' => {
                nesting -= 1;
                if nesting == 0 {
                    break;
                }
            }
            ',' => expects_name = nesting == 1,
            letter if letter.is_whitespace() => {}
            _ if expects_name => {
                names.push(word(&path[at..]));
                expects_name = false;
            }
            _ => {}
        }
    }
    names
}

/// Whether `code` uses `name` as a path or a macro: whole words, followed by `::` or nothing.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = &code[..at];
        let after = &code[at + name.len()..];
        let is_own_module = before.ends_with("crate::") || before.ends_with("super::");
        let is_path = name.contains([':', '!', ' ']) || name.starts_with(char::is_uppercase);
        !before.ends_with(is_word)
            && !is_own_module
            && !after.starts_with(is_word)
            && (is_path || after.starts_with("::") || before.ends_with("use "))
    })
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(path: &str, text: &str) -> Vec<Complaint> {
        forbidden_imports(&Source::new(path, text))
    }

    fn crates(path: &str, text: &str) -> Vec<Complaint> {
        foreign_crates(&Source::new(path, text))
    }

    #[test]
    fn an_import_against_the_flow_is_seen() {
        let seen = imports("node/src/store/pool.rs", "use crate::journal::Journal;\n");
        assert_eq!(seen, ["node/src/store/pool.rs: `store` may not import `journal`"]);
    }

    #[test]
    fn an_import_hidden_in_a_group_is_seen() {
        let text =
            "use crate::{\n    clock::Clock,\n    store::{Store, heads},\n    gateway,\n};\n";
        let seen = imports("node/src/journal/actor.rs", text);
        assert_eq!(seen, ["node/src/journal/actor.rs: `journal` may not import `gateway`"]);
    }

    #[test]
    fn an_import_by_way_of_super_is_seen() {
        assert_eq!(imports("node/src/board/mod.rs", "use super::gateway;\n").len(), 1);
        assert_eq!(imports("node/src/board/state.rs", "use super::super::gateway;\n").len(), 1);
        assert_eq!(imports("node/src/board/state.rs", "use super::gateway;\n").len(), 0);
    }

    #[test]
    fn a_path_within_code_is_seen() {
        let text = "fn f() {\n    crate::config::read();\n}\n";
        assert_eq!(imports("node/src/link/local.rs", text).len(), 1);
    }

    #[test]
    fn the_flow_itself_the_leaves_and_the_root_are_allowed() {
        let down = "use crate::{ask, clock, conversation, fanout::Outbox, metrics};\n";
        assert!(imports("node/src/session/actor.rs", down).is_empty());
        let everything = "use crate::{config, gateway, store};\n";
        assert!(imports("node/src/node.rs", everything).is_empty());
    }

    #[test]
    fn tests_may_import_what_they_need() {
        let text = "use crate::store;\n\n#[cfg(test)]\nmod tests {\n    use crate::gateway;\n}\n";
        assert!(imports("node/src/journal/mod.rs", text).is_empty());
        assert!(imports("node/src/store/tests.rs", "use crate::gateway;\n").is_empty());
    }

    #[test]
    fn a_folder_without_a_layer_is_seen() {
        assert_eq!(unknown_parts(&Source::new("node/src/misc/mod.rs", "")).len(), 1);
        assert_eq!(unknown_parts(&Source::new("node/src/things.rs", "")).len(), 1);
        assert!(unknown_parts(&Source::new("node/src/board/mod.rs", "")).is_empty());
    }

    #[test]
    fn an_outside_crate_away_from_home_is_seen() {
        assert_eq!(crates("node/src/journal/actor.rs", "use sqlx::Row;\n").len(), 1);
        assert_eq!(crates("node/src/gateway/auth.rs", "let a = sqlx::query(A);\n").len(), 1);
        assert_eq!(crates("node/src/link/mod.rs", "use bincode;\n").len(), 1);
        assert_eq!(crates("node/src/board/actor.rs", "metrics::gauge!(\"a\");\n").len(), 1);
        assert_eq!(crates("node/src/store/pool.rs", "SystemTime::now()").len(), 1);
        assert_eq!(crates("node/src/store/pool.rs", "std::env::var(A)").len(), 1);
        assert_eq!(crates("protocol/src/api.rs", "use std::fs;\n").len(), 1);
    }

    #[test]
    fn an_outside_crate_at_home_is_fine() {
        assert!(crates("node/src/store/pool.rs", "use sqlx::Row;\n").is_empty());
        assert!(crates("node/src/board/actor.rs", "use crate::metrics::boards;\n").is_empty());
        assert!(crates("node/src/board/actor.rs", "use ractor::Actor;\n").is_empty());
        assert!(crates("node/src/clock.rs", "// Not sqlx::query.\n").is_empty());
    }
}
