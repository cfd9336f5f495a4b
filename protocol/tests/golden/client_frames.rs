//! What a client says, against `golden/client/`.

use salotto_protocol::{AgentStatus, ClientFrame, Cursor, Hello, Page, Seq, Start};

use crate::{assert_no_others, holds, ids};

#[test]
fn every_client_frame_is_as_written_down() {
    let samples = samples();
    for (name, frame) in &samples {
        holds(&format!("client/{name}"), frame);
        assert!(name.starts_with(frame.kind()), "{name} is named by its type");
    }
    let names: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
    assert_no_others("client", &names);
}

#[test]
fn every_kind_of_client_frame_has_a_sample() {
    for frame in samples().into_iter().map(|(_, frame)| frame) {
        // A new kind of frame does not compile here until it was thought of; add its sample too.
        match frame {
            ClientFrame::Hello(_) | ClientFrame::Pong | ClientFrame::Start(_) => {}
            ClientFrame::Send { .. } | ClientFrame::Comment { .. } => {}
            ClientFrame::Assign { .. } | ClientFrame::AssignTeam { .. } => {}
            ClientFrame::Close { .. } => {}
            ClientFrame::Move { .. } => {}
            ClientFrame::Promise { .. } => {}
            ClientFrame::Reopen { .. } | ClientFrame::Attach(_) => {}
            ClientFrame::Detach { .. } | ClientFrame::Mark { .. } => {}
            ClientFrame::Typing { .. } | ClientFrame::Page(_) => {}
            ClientFrame::Board { .. } | ClientFrame::Status { .. } => {}
        }
    }
}

/// F31: whatever time a client believes it is, nobody hears of it.
#[test]
fn no_frame_of_a_client_carries_a_time() {
    for (name, frame) in samples() {
        let text = serde_json::to_string(&frame).expect("our own types encode");
        let keys = text.split('"').skip(1).step_by(2);
        let times: Vec<_> =
            keys.filter(|key| key.ends_with("_ms") || key.ends_with("_at")).collect();
        assert!(times.is_empty(), "{name} says {times:?}");
    }
}

#[test]
fn unknown_fields_are_ignored_and_unknown_types_refused() {
    let newer = r#"{"type":"pong","since":"protocol 2"}"#;
    assert_eq!(serde_json::from_str::<ClientFrame>(newer).expect("decodes"), ClientFrame::Pong);
    for bad in [r#"{"type":"dance"}"#, "{}", "[]", "null", r#"{"type":7}"#, "pong", ""] {
        assert!(serde_json::from_str::<ClientFrame>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_cursor_may_leave_out_what_it_does_not_know() {
    let text = format!(r#"{{"type":"attach","conversation":"{}"}}"#, ids::conversation());
    let frame: ClientFrame = serde_json::from_str(&text).expect("decodes");
    let from_the_start = Cursor { conversation: ids::conversation(), epoch: None, seq: Seq(0) };
    assert_eq!(frame, ClientFrame::Attach(from_the_start));
}

#[test]
fn a_seq_below_zero_or_beyond_its_range_is_refused() {
    for seq in ["-1", "4294967296", "1.5", "\"1\"", "null"] {
        let conversation = ids::conversation();
        let text = format!(
            r#"{{"type":"mark","conversation":"{conversation}","delivered":{seq},"read":0}}"#
        );
        assert!(serde_json::from_str::<ClientFrame>(&text).is_err(), "{seq}");
    }
}

fn samples() -> Vec<(&'static str, ClientFrame)> {
    let mut samples = of_both_roles();
    samples.extend(of_agents());
    samples
}

fn of_both_roles() -> Vec<(&'static str, ClientFrame)> {
    let conversation = ids::conversation();
    vec![
        ("hello", ClientFrame::Hello(hello())),
        ("hello_first", ClientFrame::Hello(first_hello())),
        ("pong", ClientFrame::Pong),
        ("start", ClientFrame::Start(start())),
        (
            "send",
            ClientFrame::Send {
                conversation,
                client_id: ids::client(),
                text: "È aperto oggi? 🙂\n\"Sì\" \\ <b>".to_owned(),
            },
        ),
        ("attach", ClientFrame::Attach(cursor())),
        ("attach_first", ClientFrame::Attach(Cursor { conversation, epoch: None, seq: Seq(0) })),
        ("detach", ClientFrame::Detach { conversation }),
        ("mark", ClientFrame::Mark { conversation, delivered: Seq(7), read: Seq(5) }),
        ("typing", ClientFrame::Typing { conversation, on: true }),
        ("promise", promise()),
        ("page", ClientFrame::Page(page())),
    ]
}

fn of_agents() -> Vec<(&'static str, ClientFrame)> {
    let conversation = ids::conversation();
    let client_id = ids::client();
    let (to, note) = (Some(ids::colleague()), Some("She wants the blue one.".to_owned()));
    let (team, with_a_note) = (ids::team(), note.clone());
    vec![
        (
            "comment",
            ClientFrame::Comment { conversation, client_id, text: "Knows us already.".to_owned() },
        ),
        ("assign", ClientFrame::Assign { conversation, client_id, to, note: None }),
        ("assign_with_a_note", ClientFrame::Assign { conversation, client_id, to, note }),
        ("assign_to_nobody", ClientFrame::Assign { conversation, client_id, to: None, note: None }),
        ("assign_team", ClientFrame::AssignTeam { conversation, client_id, team, note: None }),
        (
            "assign_team_with_a_note",
            ClientFrame::AssignTeam { conversation, client_id, team, note: with_a_note },
        ),
        ("move", ClientFrame::Move { conversation, client_id, inbox: ids::other_inbox() }),
        ("close", ClientFrame::Close { conversation, client_id }),
        ("reopen", ClientFrame::Reopen { conversation, client_id }),
        ("board", ClientFrame::Board { inbox: ids::inbox() }),
        ("status", ClientFrame::Status { status: AgentStatus::Away }),
    ]
}

fn promise() -> ClientFrame {
    let (conversation, client_id) = (ids::conversation(), ids::client());
    ClientFrame::Promise { conversation, client_id, email: "grace@mail.example".to_owned() }
}

fn hello() -> Hello {
    Hello {
        protocol: 1,
        token: "v1.a-visitor-token".to_owned(),
        cursors: vec![cursor()],
        page: Some(page()),
    }
}

fn first_hello() -> Hello {
    let token = "v1.a-visitor-token".to_owned();
    Hello { protocol: 1, token, cursors: Vec::new(), page: None }
}

fn cursor() -> Cursor {
    Cursor { conversation: ids::conversation(), epoch: Some(ids::epoch()), seq: Seq(7) }
}

fn start() -> Start {
    Start {
        client_id: ids::client(),
        chatflow: ids::chatflow(),
        message_client_id: ids::message_client(),
        text: "Hello".to_owned(),
    }
}

fn page() -> Page {
    Page {
        url: "https://shop.example/products.html?colour=green".to_owned(),
        title: "Products".to_owned(),
        referrer: Some("https://search.example/".to_owned()),
    }
}
