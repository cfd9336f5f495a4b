//! What crosses the link, against `golden/link/*.bin`; and what hostile bytes get.

use std::fs;

use salotto_protocol::envelope::{
    CommittedHint, ENVELOPE_BYTES_MAX, Envelope, EnvelopeError, MarksHint, PageHint, QueueHint,
    QueueLine, TypingHint, stamped, stamped_by,
};
use salotto_protocol::{Party, Seq};

use crate::{assert_no_others, entries, ids, is_updating, path, write};

const HEADER_BYTES: usize = 6;

#[test]
fn every_envelope_is_as_written_down() {
    let samples = samples();
    for (name, envelope) in &samples {
        let file = path(&format!("link/{name}.bin"));
        if is_updating() {
            write(&file, &envelope.encode());
        }
        let bytes = fs::read(&file).expect("a golden envelope");
        assert_eq!(envelope.encode(), bytes, "golden/link/{name}.bin");
        assert_eq!(&Envelope::decode(&bytes).expect("decodes"), envelope, "{name}");
    }
    let mut names: Vec<&str> = samples.iter().map(|(name, _)| *name).collect();
    names.extend(["probe", "stamped"]);
    assert_no_others("link", &names);
}

#[test]
fn a_stamp_is_as_written_down() {
    let settings = sample("settings").encode();
    for (name, envelope) in [("probe", &[][..]), ("stamped", &settings)] {
        let file = path(&format!("link/{name}.bin"));
        let bytes = stamped(ids::node(), envelope);
        if is_updating() {
            write(&file, &bytes);
        }
        assert_eq!(fs::read(&file).expect("a golden stamp"), bytes, "golden/link/{name}.bin");
        assert_eq!(stamped_by(&bytes), Some((ids::node(), envelope)), "{name}");
    }
}

#[test]
fn what_is_shorter_than_a_stamp_has_no_sender() {
    for length in 0..16 {
        assert_eq!(stamped_by(&vec![7; length]), None, "{length} bytes");
    }
}

#[test]
fn nine_bytes_do_not_ask_for_all_the_memory_there_is() {
    for kind in 1..=4 {
        let mut bytes = vec![b'S', b'L', b'T', b'O', 1, kind];
        bytes.extend([0xff; 9]);
        let refused = Envelope::decode(&bytes);
        assert!(matches!(refused, Err(EnvelopeError::Damaged(_))), "kind {kind}: {refused:?}");
    }
}

#[test]
fn a_body_that_claims_more_than_it_has_is_refused() {
    let mut bytes = sample("committed").encode();
    let claim = bytes.windows(8).rposition(|it| it == 2_u64.to_le_bytes()).expect("a length");
    for length in [3_u64, 1 << 20, 1 << 40, u64::MAX] {
        bytes[claim..claim + 8].copy_from_slice(&length.to_le_bytes());
        let refused = Envelope::decode(&bytes);
        assert!(matches!(refused, Err(EnvelopeError::Damaged(_))), "{length}: {refused:?}");
    }
}

#[test]
fn a_cut_envelope_is_refused_wherever_it_was_cut() {
    for (name, envelope) in samples() {
        let bytes = envelope.encode();
        for length in 0..bytes.len() {
            assert!(Envelope::decode(&bytes[..length]).is_err(), "{name} cut at {length}");
        }
    }
}

#[test]
fn another_magic_version_or_kind_is_refused_by_name() {
    let bytes = sample("settings").encode();
    let with = |at: usize, byte: u8| {
        let mut changed = bytes.clone();
        changed[at] = byte;
        Envelope::decode(&changed)
    };
    for at in 0..4 {
        assert!(matches!(with(at, b'?'), Err(EnvelopeError::NotAnEnvelope)), "byte {at}");
    }
    for version in [0, 2, 255] {
        assert!(
            matches!(with(4, version), Err(EnvelopeError::UnknownVersion(it)) if it == version)
        );
    }
    for kind in [0, 7, 255] {
        assert!(matches!(with(5, kind), Err(EnvelopeError::UnknownKind(it)) if it == kind));
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    for (name, envelope) in samples() {
        let mut bytes = envelope.encode();
        bytes.push(0);
        let refused = Envelope::decode(&bytes);
        assert!(matches!(refused, Err(EnvelopeError::TrailingBytes)), "{name}: {refused:?}");
    }
}

#[test]
fn an_envelope_beyond_its_limit_is_refused_before_it_is_read() {
    let bytes = vec![0; ENVELOPE_BYTES_MAX + 1];
    assert!(matches!(Envelope::decode(&bytes), Err(EnvelopeError::TooLarge)));
}

#[test]
fn no_changed_byte_makes_a_node_panic() {
    for (_, envelope) in samples() {
        let bytes = envelope.encode();
        for at in HEADER_BYTES..bytes.len() {
            for byte in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = byte;
                // Most are damaged, some read as another hint; either is an answer.
                drop(Envelope::decode(&changed));
            }
        }
    }
}

fn sample(name: &str) -> Envelope {
    let mut samples = samples().into_iter();
    samples.find(|(it, _)| *it == name).expect("a sample of that name").1
}

fn samples() -> Vec<(&'static str, Envelope)> {
    let conversation = ids::conversation();
    let agent = Some((ids::agent(), "Ada".to_owned()));
    let marks = MarksHint { conversation, party: Party::Team, delivered: Seq(7), read: Seq(5) };
    let page_json = br#"{"url":"https://shop.example/","title":"Shop"}"#.to_vec();
    vec![
        ("committed", Envelope::Committed(committed(b"[]".to_vec()))),
        ("committed_entries", Envelope::Committed(committed(entries_json()))),
        ("typing_visitor", Envelope::Typing(TypingHint { conversation, agent: None, on: true })),
        ("typing_agent", Envelope::Typing(TypingHint { conversation, agent, on: false })),
        ("marks", Envelope::Marks(marks)),
        ("page", Envelope::Page(PageHint { conversation, visitor: ids::visitor(), page_json })),
        ("settings", Envelope::Settings),
        ("queue", Envelope::Queue(queue())),
    ]
}

fn queue() -> QueueHint {
    let (first, interval_ms) = (vec![ids::conversation()], Some(80_000));
    let shown = QueueLine { chatflow: ids::chatflow(), first, waiting: 300, interval_ms };
    let empty = QueueLine { first: Vec::new(), waiting: 0, interval_ms: None, ..shown.clone() };
    QueueHint { epoch: ids::epoch(), term: 7, number: 12, lines: vec![shown, empty] }
}

fn committed(entries_json: Vec<u8>) -> CommittedHint {
    CommittedHint {
        epoch: ids::epoch(),
        conversation: ids::conversation(),
        head: Seq(7),
        entries_json,
    }
}

fn entries_json() -> Vec<u8> {
    let entries: Vec<_> = entries::samples().into_iter().map(|(_, it)| it.entry).collect();
    serde_json::to_vec(&entries).expect("entries encode")
}
