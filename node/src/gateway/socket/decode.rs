//! The text of a message to a `ClientFrame` that keeps every limit, or to a refusal. Pure.

use salotto_protocol::limits::{CURSORS_MAX, TEXT_BYTES_MAX, TITLE_BYTES_MAX, URL_BYTES_MAX};
use salotto_protocol::promise::EmailAddress;
use salotto_protocol::{
    ClientFrame, ClientId, ConversationId, ErrorCode, Hello, Page, Party, Refusal,
};
use serde::Deserialize;
use serde_json::error::Category;

/// Every `type` that this protocol has.
const KINDS: [&str; 18] = [
    "hello",
    "pong",
    "start",
    "send",
    "comment",
    "assign",
    "assign_team",
    "move",
    "close",
    "reopen",
    "attach",
    "detach",
    "mark",
    "typing",
    "page",
    "board",
    "status",
    "promise",
];

/// A frame that its sender may send, within all limits. `hello` passes: when it may come is
/// known to the caller.
pub(super) fn decode(text: &str, sender: Party) -> Result<ClientFrame, Refusal> {
    let frame: ClientFrame =
        serde_json::from_str(text).map_err(|error| undecodable(text, &error))?;
    let checked = if may_send(&frame, sender) {
        check(&frame)
    } else {
        Err(Refusal::new(ErrorCode::UnknownFrame, format!("not yours to send: {}", frame.kind())))
    };
    match checked {
        Ok(()) => Ok(frame),
        Err(refusal) => Err(about(refusal, &frame)),
    }
}

/// Names what a refused frame was about, so that its sender knows which one.
pub(super) fn about(refusal: Refusal, frame: &ClientFrame) -> Refusal {
    let (client_id, conversation) = subject(frame);
    Refusal { client_id, conversation, ..refusal }
}

/// The client id that an answer names, and the conversation.
pub(super) fn subject(frame: &ClientFrame) -> (Option<ClientId>, Option<ConversationId>) {
    match frame {
        ClientFrame::Send { conversation, client_id, .. }
        | ClientFrame::Comment { conversation, client_id, .. }
        | ClientFrame::Assign { conversation, client_id, .. }
        | ClientFrame::AssignTeam { conversation, client_id, .. }
        | ClientFrame::Move { conversation, client_id, .. }
        | ClientFrame::Promise { conversation, client_id, .. }
        | ClientFrame::Close { conversation, client_id }
        | ClientFrame::Reopen { conversation, client_id } => {
            (Some(*client_id), Some(*conversation))
        }
        ClientFrame::Start(start) => (Some(start.message_client_id), None),
        ClientFrame::Attach(cursor) => (None, Some(cursor.conversation)),
        ClientFrame::Detach { conversation }
        | ClientFrame::Mark { conversation, .. }
        | ClientFrame::Typing { conversation, .. } => (None, Some(*conversation)),
        ClientFrame::Hello(_)
        | ClientFrame::Pong
        | ClientFrame::Page(_)
        | ClientFrame::Board { .. }
        | ClientFrame::Status { .. } => (None, None),
    }
}

fn may_send(frame: &ClientFrame, sender: Party) -> bool {
    match frame {
        ClientFrame::Hello(_)
        | ClientFrame::Pong
        | ClientFrame::Send { .. }
        | ClientFrame::Attach(_)
        | ClientFrame::Detach { .. }
        | ClientFrame::Mark { .. }
        | ClientFrame::Typing { .. } => true,
        ClientFrame::Start(_) | ClientFrame::Promise { .. } | ClientFrame::Page(_) => {
            sender == Party::Visitor
        }
        ClientFrame::Comment { .. }
        | ClientFrame::Assign { .. }
        | ClientFrame::AssignTeam { .. }
        | ClientFrame::Move { .. }
        | ClientFrame::Close { .. }
        | ClientFrame::Reopen { .. }
        | ClientFrame::Board { .. }
        | ClientFrame::Status { .. } => sender == Party::Team,
    }
}

fn check(frame: &ClientFrame) -> Result<(), Refusal> {
    match frame {
        ClientFrame::Hello(hello) => check_hello(hello),
        ClientFrame::Start(start) => check_text(&start.text),
        ClientFrame::Send { text, .. } | ClientFrame::Comment { text, .. } => check_text(text),
        ClientFrame::Page(page) => check_page(page),
        ClientFrame::Promise { email, .. } => check_address(email),
        ClientFrame::Assign { note: Some(note), .. }
        | ClientFrame::AssignTeam { note: Some(note), .. } => check_words(note, "note"),
        ClientFrame::Pong
        | ClientFrame::Assign { note: None, .. }
        | ClientFrame::AssignTeam { note: None, .. }
        | ClientFrame::Move { .. }
        | ClientFrame::Close { .. }
        | ClientFrame::Reopen { .. }
        | ClientFrame::Attach(_)
        | ClientFrame::Detach { .. }
        | ClientFrame::Mark { .. }
        | ClientFrame::Typing { .. }
        | ClientFrame::Board { .. }
        | ClientFrame::Status { .. } => Ok(()),
    }
}

fn check_hello(hello: &Hello) -> Result<(), Refusal> {
    no_nul(&hello.token)?;
    if hello.cursors.len() > CURSORS_MAX {
        return Err(bad_field("cursors", format!("at most {CURSORS_MAX} cursors")));
    }
    match &hello.page {
        Some(page) => check_page(page),
        None => Ok(()),
    }
}

fn check_text(text: &str) -> Result<(), Refusal> {
    check_words(text, "text")
}

fn check_words(text: &str, field: &'static str) -> Result<(), Refusal> {
    no_nul(text)?;
    if text.trim().is_empty() {
        return Err(bad_field(field, "there is no word in it".to_owned()));
    }
    no_longer(text, TEXT_BYTES_MAX, field)
}

fn check_address(email: &str) -> Result<(), Refusal> {
    no_nul(email)?;
    match EmailAddress::parse(email) {
        Some(_) => Ok(()),
        None => Err(bad_field("email", "not an e-mail address that can be written to".to_owned())),
    }
}

fn check_page(page: &Page) -> Result<(), Refusal> {
    let referrer = page.referrer.as_deref().unwrap_or_default();
    for text in [&page.url, &page.title, referrer] {
        no_nul(text)?;
    }
    no_longer(&page.url, URL_BYTES_MAX, "url")?;
    no_longer(&page.title, TITLE_BYTES_MAX, "title")?;
    no_longer(referrer, URL_BYTES_MAX, "referrer")
}

/// PostgreSQL takes no NUL, so nobody may send one.
fn no_nul(text: &str) -> Result<(), Refusal> {
    match text.contains('\0') {
        true => Err(Refusal::new(ErrorCode::BadJson, "a text contains NUL")),
        false => Ok(()),
    }
}

fn no_longer(text: &str, bytes_max: usize, field: &'static str) -> Result<(), Refusal> {
    match text.len() > bytes_max {
        true => Err(bad_field(field, format!("at most {bytes_max} bytes in UTF-8"))),
        false => Ok(()),
    }
}

fn bad_field(field: &str, message: String) -> Refusal {
    Refusal { field: Some(field.to_owned()), ..Refusal::new(ErrorCode::BadField, message) }
}

/// Only here is a message read a second time, to say what is wrong with it.
fn undecodable(text: &str, error: &serde_json::Error) -> Refusal {
    match error.classify() {
        Category::Io | Category::Syntax | Category::Eof => {
            return Refusal::new(ErrorCode::BadJson, "not JSON");
        }
        Category::Data => {}
    }
    #[derive(Deserialize)]
    struct Tag {
        r#type: String,
    }
    let Ok(tag) = serde_json::from_str::<Tag>(text) else {
        // Data can be found wrong before the syntax behind it is read.
        return match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => bad_field("type", "an object with a type".to_owned()),
            Err(_) => Refusal::new(ErrorCode::BadJson, "not JSON"),
        };
    };
    if !KINDS.contains(&tag.r#type.as_str()) {
        return Refusal::new(ErrorCode::UnknownFrame, "no such frame");
    }
    let message = error.to_string();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(field) => bad_field(field, "a field is missing".to_owned()),
        None => Refusal::new(ErrorCode::BadField, "a field has the wrong type"),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
