//! A check that finds nothing wrong proves nothing, unless it is seen to find what is.

use super::*;
use crate::store::verify;

/// Two conversations, one of them assigned and holding a slot.
async fn sound_desk() -> Desk {
    let desk = desk().await;
    let agent = desk.put_agent(1).await;
    let (head, entries) = conversation();
    desk.put(&head, &entries).await;
    let (head, entries) = conversation();
    let state = ConversationState::Assigned;
    let head = Head { state, assignee: Some(agent), slot_agent: Some(agent), ..head };
    desk.put(&head, &entries).await;
    desk
}

#[tokio::test]
async fn a_sound_store_is_found_sound() {
    let desk = sound_desk().await;

    let report = verify(&desk.store).await.unwrap();

    assert!(report.is_sound(), "{:?}", report.findings);
    assert_eq!((report.conversations, report.entries, report.agents), (2, 6, 1));
}

#[tokio::test]
async fn an_empty_store_is_sound() {
    let report = verify(&desk().await.store).await.unwrap();

    assert!(report.is_sound(), "{:?}", report.findings);
}

/// Each breaks one thing; `$open` is the unassigned conversation, `$held` the assigned one.
const TAMPERED: [(&str, &str, &str); 24] = [
    ("I3", "seq 3 follows seq 1", "DELETE FROM entries WHERE conversation = $open AND seq = 2"),
    ("I3", "seq 2 follows seq 0", "DELETE FROM entries WHERE conversation = $open AND seq = 1"),
    ("I3", "not its last entry", "DELETE FROM entries WHERE conversation = $open AND seq = 3"),
    ("I3", "seq 4 follows seq 2", "UPDATE entries SET seq = 4 WHERE seq = 3"),
    ("I3", "not its last entry", "UPDATE conversations SET seq = 9 WHERE id = $open"),
    ("I3", "older than the one before", "UPDATE entries SET at_ms = 1 WHERE seq = 2"),
    ("I3", "its time is not", "UPDATE conversations SET last_at_ms = 7"),
    ("I3", "visitor_seq", "UPDATE conversations SET visitor_seq = 2"),
    (
        "I8",
        "client id is not new",
        "
        DROP INDEX entries_client_id; UPDATE entries
        SET client_id = (SELECT id FROM conversations LIMIT 1)",
    ),
    ("I15", "hidden from the wrong side", "UPDATE entries SET hidden = 0 WHERE seq = 2"),
    ("I15", "hidden from the wrong side", "UPDATE entries SET hidden = 1 WHERE seq = 1"),
    ("I1", "could not be read", "UPDATE entries SET body = 'oops' WHERE seq = 1"),
    (
        "I1",
        "no readable message",
        r#"UPDATE entries SET body = '{"type":"message","words":"oops"}' WHERE seq = 1"#,
    ),
    ("I12", "preview", "UPDATE conversations SET preview = 'something else'"),
    ("I12", "assignee does not fit", "UPDATE conversations SET assignee = NULL"),
    (
        "I12",
        "assignee does not fit",
        "
        UPDATE conversations SET assignee = (SELECT id FROM agents)",
    ),
    ("I12", "could not be read", "UPDATE conversations SET state = 'lost' WHERE id = $open"),
    ("I12", "closed and holds a slot", "UPDATE conversations SET state = 'closed'"),
    ("I12", "is missed", "UPDATE conversations SET missed_at_ms = 7 WHERE id = $held"),
    ("I12", "waits without", "UPDATE conversations SET state = 'waiting' WHERE id = $open"),
    ("I9", "active is 2, slots held are 1", "UPDATE agents SET active = 2"),
    ("I9", "active is 1, slots held are 0", "UPDATE conversations SET slot_agent = NULL"),
    ("I8", "leads to no conversation", "UPDATE starts SET conversation = (SELECT id FROM agents)"),
    (
        "I3",
        "a mark beyond the head",
        "
        INSERT INTO marks SELECT id, 'team', 9, 9 FROM conversations WHERE id = $open",
    ),
];

#[tokio::test]
async fn every_kind_of_tampering_is_found() {
    for (invariant, words, sql) in TAMPERED {
        let desk = sound_desk().await;
        let open = "(SELECT id FROM conversations WHERE assignee IS NULL)";
        let held = "(SELECT id FROM conversations WHERE assignee IS NOT NULL)";
        desk.store.tamper(&sql.replace("$open", open).replace("$held", held)).await;

        let report = verify(&desk.store).await.unwrap();

        let found = report
            .findings
            .iter()
            .any(|finding| finding.invariant == invariant && finding.what.contains(words));
        assert!(found, "{sql}: {invariant} {words} not in {:?}", report.findings);
        assert!(!report.is_sound());
    }
}

#[tokio::test]
async fn entries_without_a_conversation_are_found() {
    let desk = sound_desk().await;
    desk.store.tamper("DELETE FROM conversations WHERE assignee IS NULL").await;

    let report = verify(&desk.store).await.unwrap();

    let what: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(what.iter().any(|it| it.starts_with("I3: entries of no conversation")), "{what:?}");
}

#[tokio::test]
async fn two_open_conversations_of_one_visitor_are_found() {
    let desk = sound_desk().await;
    desk.store
        .tamper(
            "DROP INDEX conversations_one_open; UPDATE conversations
            SET visitor = (SELECT visitor FROM conversations ORDER BY id LIMIT 1),
                inbox = (SELECT inbox FROM conversations ORDER BY id LIMIT 1)",
        )
        .await;

    let report = verify(&desk.store).await.unwrap();

    let what: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(what.iter().any(|it| it.contains("two open conversations")), "{what:?}");
}

#[tokio::test]
async fn the_first_hundred_findings_are_kept_and_all_are_counted() {
    let desk = desk().await;
    for _ in 0..60 {
        let (head, entries) = conversation();
        desk.put(&head, &entries).await;
    }
    desk.store.tamper("UPDATE entries SET hidden = 1 - hidden").await;

    let report = verify(&desk.store).await.unwrap();

    assert_eq!((report.findings.len(), report.findings_total), (100, 180));
}

#[tokio::test]
async fn findings_name_no_text() {
    let desk = sound_desk().await;
    desk.store.tamper(r#"UPDATE entries SET body = '{"type": "hunter2"}'"#).await;

    let report = verify(&desk.store).await.unwrap();

    assert!(!report.is_sound());
    assert!(!format!("{:?}", report.findings).contains("hunter2"));
}
