//! `docs/protocol.md` is complete: it names every frame, field, code and limit of the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use salotto_protocol::{CloseCode, ComeBack, ErrorCode, limits};
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/protocol.md");

#[test]
fn every_type_and_every_field_of_the_golden_files_is_documented() {
    let mut keys = BTreeSet::new();
    let mut types = BTreeSet::new();
    for folder in ["client", "server", "entries", "rest"] {
        for value in golden(folder) {
            collect(&value, &mut keys, &mut types);
        }
    }
    assert!(keys.len() > 50 && types.len() > 25, "{} and {}", keys.len(), types.len());
    // Receipts are files that the load tester keeps: not of the wire.
    for internal in ["receipt", "socket"] {
        keys.remove(internal);
    }
    let missing: Vec<&String> = keys.union(&types).filter(|word| !is_documented(word)).collect();
    assert!(missing.is_empty(), "docs/protocol.md does not mention {missing:?}");
}

#[test]
fn every_error_code_has_its_row_and_its_kind() {
    for name in variants("ErrorCode") {
        let code: ErrorCode =
            serde_json::from_value(Value::String(name.clone())).expect("a variant's own name");
        let kind = if code.is_temporary() { "temporary" } else { "definite" };
        let row = row_of(&format!("| `{name}` |")).expect("a row in the table of error codes");
        assert!(row.contains(&format!("| {kind} |")), "{name} is {kind}: {row}");
    }
}

#[test]
fn every_close_code_has_its_row_and_says_what_to_do() {
    for code in CloseCode::ALL {
        let then = match code.come_back() {
            ComeBack::Resume => "resume",
            ComeBack::Reauthenticate => "new token",
            ComeBack::Never => "never",
        };
        let row = row_of(&format!("| {} |", code.number())).expect("a row in the table of codes");
        assert!(row.ends_with(&format!("| {then} |")), "{code:?}: {row}");
    }
}

#[test]
fn every_limit_has_its_row_and_its_value() {
    let values = values_of_limits();
    let named: BTreeSet<&str> = values.iter().map(|(name, _)| *name).collect();
    let declared = include_str!("../src/limits.rs").lines().filter_map(|line| {
        let name = line.strip_prefix("pub const ")?;
        name.split(':').next()
    });
    assert_eq!(named, declared.collect(), "a limit is not in this test");
    for (name, value) in values {
        let row = row_of(&format!("| `{name}` |")).expect("a row in the table of limits");
        assert!(row.contains(&format!("| {value} |")), "{name} is {value}: {row}");
    }
}

fn values_of_limits() -> Vec<(&'static str, u64)> {
    let size = |bytes: usize| u64::try_from(bytes).expect("64 bits");
    vec![
        ("PROTOCOL", limits::PROTOCOL.into()),
        ("FRAME_BYTES_MAX", size(limits::FRAME_BYTES_MAX)),
        ("MESSAGE_BYTES_MAX", size(limits::MESSAGE_BYTES_MAX)),
        ("FRAGMENTS_MAX", size(limits::FRAGMENTS_MAX)),
        ("HELLO_BYTES_MAX", size(limits::HELLO_BYTES_MAX)),
        ("HELLO_TIMEOUT_MS", limits::HELLO_TIMEOUT_MS),
        ("CURSORS_MAX", size(limits::CURSORS_MAX)),
        ("ATTACHED_MAX", size(limits::ATTACHED_MAX)),
        ("VISITOR_SOCKETS_MAX", size(limits::VISITOR_SOCKETS_MAX)),
        ("BOARDS_MAX", size(limits::BOARDS_MAX)),
        ("TEXT_BYTES_MAX", size(limits::TEXT_BYTES_MAX)),
        ("URL_BYTES_MAX", size(limits::URL_BYTES_MAX)),
        ("TITLE_BYTES_MAX", size(limits::TITLE_BYTES_MAX)),
        ("NOTICE_BYTES_MAX", size(limits::NOTICE_BYTES_MAX)),
        ("HOURS_ROWS_MAX", size(limits::HOURS_ROWS_MAX)),
        ("HOLIDAYS_MAX", size(limits::HOLIDAYS_MAX)),
        ("ABSENCES_MAX", size(limits::ABSENCES_MAX)),
        ("EMAIL_BYTES_MAX", size(limits::EMAIL_BYTES_MAX)),
        ("PATIENCE_MS_MAX", limits::PATIENCE_MS_MAX),
        ("ANSWER_WITHIN_MS_MIN", limits::ANSWER_WITHIN_MS_MIN),
        ("ANSWER_WITHIN_MS_MAX", limits::ANSWER_WITHIN_MS_MAX),
        ("PREVIEW_CHARS_MAX", size(limits::PREVIEW_CHARS_MAX)),
        ("CATCH_UP_ENTRIES_MAX", size(limits::CATCH_UP_ENTRIES_MAX)),
        ("PAGE_ENTRIES_MAX", size(limits::PAGE_ENTRIES_MAX)),
        ("PAGE_TEXT_BYTES_MAX", size(limits::PAGE_TEXT_BYTES_MAX)),
        ("WRITE_ENTRIES_MAX", size(limits::WRITE_ENTRIES_MAX)),
        ("WELCOME_CONVERSATIONS_MAX", size(limits::WELCOME_CONVERSATIONS_MAX)),
        ("VISITOR_MESSAGES_BURST", limits::VISITOR_MESSAGES_BURST.into()),
        ("VISITOR_MESSAGES_PER_SECOND", limits::VISITOR_MESSAGES_PER_SECOND.into()),
        ("VISITOR_FRAMES_BURST", limits::VISITOR_FRAMES_BURST.into()),
        ("VISITOR_FRAMES_PER_SECOND", limits::VISITOR_FRAMES_PER_SECOND.into()),
        ("VISITOR_ATTACHES_BURST", limits::VISITOR_ATTACHES_BURST.into()),
        ("VISITOR_ATTACHES_PER_SECOND", limits::VISITOR_ATTACHES_PER_SECOND.into()),
        ("AGENT_FRAMES_BURST", limits::AGENT_FRAMES_BURST.into()),
        ("AGENT_FRAMES_PER_SECOND", limits::AGENT_FRAMES_PER_SECOND.into()),
        ("FLOOD_FRAMES_MAX", limits::FLOOD_FRAMES_MAX.into()),
        ("TYPING_LAPSES_MS", limits::TYPING_LAPSES_MS),
    ]
}

fn golden(folder: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder);
    let files = fs::read_dir(folder).expect("a golden folder");
    files
        .map(|file| {
            let text = fs::read_to_string(file.expect("a file").path()).expect("a golden file");
            serde_json::from_str(&text).expect("JSON")
        })
        .collect()
}

fn collect(value: &Value, keys: &mut BTreeSet<String>, types: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                keys.insert(key.clone());
                if let ("type" | "kind", Some(name)) = (key.as_str(), inner.as_str()) {
                    types.insert(name.to_owned());
                }
                collect(inner, keys, types);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys, types)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_documented(word: &str) -> bool {
    [format!("`{word}`"), format!("\"{word}\""), format!("`{word} {{")]
        .iter()
        .any(|form| PAGE.contains(form))
}

fn row_of(start_or_cell: &str) -> Option<&'static str> {
    PAGE.lines().find(|line| line.starts_with(start_or_cell))
}

/// The variants of an enum of `codes.rs`, as they stand in JSON.
fn variants(name: &str) -> Vec<String> {
    let source = include_str!("../src/codes.rs");
    let body = source.split(&format!("pub enum {name} {{")).nth(1).expect("the enum");
    let body = body.split("\n}").next().expect("its end");
    let lines = body.lines().map(str::trim);
    let names = lines.filter(|line| !line.starts_with("//") && !line.is_empty());
    names.map(|line| snake_case(line.trim_end_matches(','))).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
