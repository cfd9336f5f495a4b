//! What a node refuses in a message's text, and how it says so.

use serde_json::json;

use super::*;

const ID: &str = "0192f0c1-2a3b-7c4d-8e5f-6a7b8c9d0e1f";

/// One well-formed frame of every type.
fn every_frame() -> Vec<serde_json::Value> {
    vec![
        json!({"type": "hello", "protocol": 1, "token": "t"}),
        json!({"type": "pong"}),
        json!({"type": "start", "client_id": ID, "chatflow": ID, "message_client_id": ID,
            "text": "hi"}),
        json!({"type": "send", "conversation": ID, "client_id": ID, "text": "hi"}),
        json!({"type": "comment", "conversation": ID, "client_id": ID, "text": "hi"}),
        json!({"type": "assign", "conversation": ID, "client_id": ID, "to": null}),
        json!({"type": "assign_team", "conversation": ID, "client_id": ID, "team": ID}),
        json!({"type": "close", "conversation": ID, "client_id": ID}),
        json!({"type": "reopen", "conversation": ID, "client_id": ID}),
        json!({"type": "attach", "conversation": ID}),
        json!({"type": "detach", "conversation": ID}),
        json!({"type": "mark", "conversation": ID, "delivered": 1, "read": 1}),
        json!({"type": "typing", "conversation": ID, "on": true}),
        json!({"type": "move", "conversation": ID, "client_id": ID, "inbox": ID}),
        json!({"type": "page", "url": "https://shop.example/"}),
        json!({"type": "board", "inbox": ID}),
        json!({"type": "status", "status": "away"}),
        json!({"type": "promise", "conversation": ID, "client_id": ID, "email": "a@mail.example"}),
    ]
}

fn refused(text: &str) -> Refusal {
    decode(text, Party::Visitor).expect_err("refused")
}

fn refused_code(text: &str) -> (ErrorCode, Option<String>) {
    let refusal = refused(text);
    (refusal.code, refusal.field)
}

#[test]
fn every_type_is_known_and_every_known_type_exists() {
    let mut seen = Vec::new();
    for frame in every_frame() {
        let decoded: ClientFrame = serde_json::from_value(frame).unwrap();
        assert!(KINDS.contains(&decoded.kind()), "{}", decoded.kind());
        seen.push(decoded.kind());
    }
    assert_eq!(seen.len(), KINDS.len());
}

#[test]
fn each_role_may_send_its_own_frames_and_no_others() {
    let allowed = |party| {
        let frames = every_frame().into_iter();
        let decoded = frames.filter_map(|frame| decode(&frame.to_string(), party).ok());
        decoded.map(|frame| frame.kind()).collect::<Vec<_>>()
    };

    assert_eq!(
        allowed(Party::Visitor),
        ["hello", "pong", "start", "send", "attach", "detach", "mark", "typing", "page", "promise"]
    );
    assert_eq!(
        allowed(Party::Team),
        [
            "hello",
            "pong",
            "send",
            "comment",
            "assign",
            "assign_team",
            "close",
            "reopen",
            "attach",
            "detach",
            "mark",
            "typing",
            "move",
            "board",
            "status"
        ]
    );
    assert_eq!(
        refused_code(&json!({"type": "board", "inbox": ID}).to_string()).0,
        ErrorCode::UnknownFrame
    );
}

#[test]
fn what_is_no_json_is_bad_json() {
    for text in
        ["", "{", "hello", "{\"type\":\"pong\"", "{\"type\":\"pong\"} x", "[1,2", "\"\u{1}\""]
    {
        assert_eq!(refused_code(text).0, ErrorCode::BadJson, "{text}");
    }
}

#[test]
fn json_without_a_usable_type_is_a_bad_field() {
    for text in ["{}", "null", "7", "[]", "{\"type\":7}", "{\"type\":null}"] {
        assert_eq!(refused_code(text), (ErrorCode::BadField, Some("type".into())), "{text}");
    }
}

#[test]
fn an_unknown_type_is_an_unknown_frame_and_a_bad_value_is_not() {
    assert_eq!(refused_code("{\"type\":\"dance\"}").0, ErrorCode::UnknownFrame);
    let status = "{\"type\":\"status\",\"status\":\"dancing\"}";
    assert_eq!(refused_code(status).0, ErrorCode::BadField);
}

#[test]
fn a_missing_field_is_named() {
    let text = json!({"type": "send", "conversation": ID, "client_id": ID}).to_string();
    assert_eq!(refused_code(&text), (ErrorCode::BadField, Some("text".into())));
}

#[test]
fn a_text_must_have_something_to_say_and_an_end() {
    for text in ["", "  \n\t ", &"x".repeat(TEXT_BYTES_MAX + 1)] {
        let frame = json!({"type": "send", "conversation": ID, "client_id": ID, "text": text});
        let refusal = refused(&frame.to_string());
        assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::BadField, Some("text")));
        assert_eq!(refusal.client_id, Some(ID.parse().unwrap()));
        assert_eq!(refusal.conversation, Some(ID.parse().unwrap()));
    }
    let longest = "x".repeat(TEXT_BYTES_MAX);
    let frame = json!({"type": "send", "conversation": ID, "client_id": ID, "text": longest});
    assert!(decode(&frame.to_string(), Party::Visitor).is_ok());
}

#[test]
fn a_nul_in_any_text_is_bad_json() {
    let nul = "a\0b";
    let frames = [
        json!({"type": "hello", "protocol": 1, "token": nul}),
        json!({"type": "hello", "protocol": 1, "token": "t", "page": {"url": nul}}),
        json!({"type": "start", "client_id": ID, "chatflow": ID, "message_client_id": ID,
            "text": nul}),
        json!({"type": "send", "conversation": ID, "client_id": ID, "text": nul}),
        json!({"type": "page", "url": nul}),
        json!({"type": "page", "url": "", "title": nul}),
        json!({"type": "page", "url": "", "referrer": nul}),
    ];
    for frame in frames {
        assert_eq!(refused_code(&frame.to_string()).0, ErrorCode::BadJson, "{frame}");
    }
    let harmless = json!({"type": "send", "conversation": ID, "client_id": ID, "text": "\\u0000"});
    assert!(decode(&harmless.to_string(), Party::Visitor).is_ok());
}

#[test]
fn pages_and_cursors_have_limits() {
    let long = |length: usize| "x".repeat(length + 1);
    let cursors = vec![json!({"conversation": ID}); CURSORS_MAX + 1];
    let frames = [
        ("url", json!({"type": "page", "url": long(URL_BYTES_MAX)})),
        ("title", json!({"type": "page", "url": "", "title": long(TITLE_BYTES_MAX)})),
        ("referrer", json!({"type": "page", "url": "", "referrer": long(URL_BYTES_MAX)})),
        ("cursors", json!({"type": "hello", "protocol": 1, "token": "t", "cursors": cursors})),
    ];
    for (field, frame) in frames {
        assert_eq!(refused_code(&frame.to_string()), (ErrorCode::BadField, Some(field.into())));
    }
}
