//! What is read back: heads, logs by view, boards, counts.

use salotto_protocol::limits;

use super::*;

#[tokio::test]
async fn a_head_and_its_log_are_read_as_they_were_written() {
    let desk = desk().await;
    let (head, mut entries) = conversation();
    let assignment = serde_json::json!({
        "type": "assignment", "from": null, "to": {"id": AgentId::fresh(), "name": "Änna"},
        "cause": "policy"
    });
    entries.push(Entry {
        client_id: None,
        ..entry(4, Author::System, serde_json::from_value(assignment).unwrap())
    });
    let head = Head { seq: Seq(4), visitor_seq: Seq(4), ..head };

    desk.put(&head, &entries).await;

    assert_eq!(desk.store.head(head.id).await.unwrap(), Some(head.clone()));
    let read = desk.store.entries_after(head.id, View::Agent, Seq(0), 10).await.unwrap();
    assert_eq!(read, entries);
    assert_eq!(desk.store.head(ConversationId::fresh()).await.unwrap(), None);
}

/// I17
#[tokio::test]
async fn what_a_newer_node_wrote_is_read_word_for_word_by_whom_it_is_for() {
    let desk = desk().await;
    let (head, mut entries) = conversation();
    for (seq, hidden) in [(4, false), (5, true)] {
        let json = serde_json::json!({"type": "survey", "stars": seq});
        let mut body = serde_json::from_value(json).unwrap();
        if let EntryBody::Unknown(unknown) = &mut body {
            unknown.hidden = hidden;
        }
        entries.push(entry(seq, Author::System, body));
    }
    let head = Head { seq: Seq(5), visitor_seq: Seq(4), last_at_ms: 1_005, ..head };

    desk.put(&head, &entries).await;

    let read = async |view| desk.store.entries_after(head.id, view, Seq(3), 10).await.unwrap();
    assert_eq!(read(View::Agent).await, entries[3..]);
    assert_eq!(read(View::Visitor).await, entries[3..4]);
    assert!(crate::store::verify(&desk.store).await.unwrap().is_sound());
}

#[tokio::test]
async fn a_log_is_read_after_a_seq_up_to_a_limit_and_only_what_the_view_shows() {
    let desk = desk().await;
    let (head, entries) = conversation();
    desk.put(&head, &entries).await;

    let seqs = async |view, after, limit| -> Vec<u32> {
        let read = desk.store.entries_after(head.id, view, Seq(after), limit).await.unwrap();
        read.iter().map(|entry| entry.seq.0).collect()
    };

    assert_eq!(seqs(View::Agent, 0, 10).await, [1, 2, 3]);
    assert_eq!(seqs(View::Agent, 1, 1).await, [2]);
    assert_eq!(seqs(View::Visitor, 0, 2).await, [1, 3], "the limit counts what is shown");
    assert_eq!(seqs(View::Visitor, 3, 10).await, Vec::<u32>::new());
}

#[tokio::test]
async fn a_board_shows_the_latest_open_ones_and_the_latest_closed_ones_of_its_inbox() {
    let desk = desk().await;
    let inbox = InboxId::fresh();
    let mut ids = Vec::new();
    for at in 0..6 {
        let (head, entries) = conversation();
        let state =
            if at % 2 == 0 { ConversationState::Unassigned } else { ConversationState::Closed };
        let head = Head { inbox, state, last_at_ms: 2_000 + at, ..head };
        desk.put(&head, &entries).await;
        ids.push(head.id);
    }
    let (elsewhere, entries) = conversation();
    desk.put(&elsewhere, &entries).await;

    let board = desk.store.board(inbox, 2, 2).await.unwrap();

    let shown: Vec<_> = board.iter().map(|head| head.id).collect();
    assert_eq!(shown, [ids[4], ids[2], ids[5], ids[3]]);
}

#[tokio::test]
async fn a_visitors_conversations_come_with_the_latest_activity_first() {
    let desk = desk().await;
    let most = limits::WELCOME_CONVERSATIONS_MAX;
    let (few, many) = (VisitorId::fresh(), VisitorId::fresh());
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for at in 0..=most {
        for (visitor, ids) in [(many, &mut of_many), (few, &mut of_few)] {
            if visitor == few && at >= 3 {
                continue;
            }
            let (head, entries) = conversation();
            let last_at_ms = 2_000 + i64::try_from(at).unwrap();
            desk.put(&Head { visitor, last_at_ms, ..head.clone() }, &entries).await;
            ids.insert(0, head.id);
        }
    }
    of_many.truncate(most);

    let (few, many) = tokio::join!(desk.store.latest_of(few), desk.store.latest_of(many));
    let nobody = desk.store.latest_of(VisitorId::fresh()).await.unwrap();

    let ids = |heads: Vec<Head>| heads.iter().map(|head| head.id).collect::<Vec<_>>();
    assert_eq!((ids(few.unwrap()), ids(many.unwrap())), (of_few, of_many));
    assert!(nobody.is_empty());
}

#[tokio::test]
async fn who_waits_longest_comes_first() {
    let desk = desk().await;
    let mut ids = Vec::new();
    for since in [30, 10, 20] {
        let (head, entries) = conversation();
        let state = ConversationState::Waiting;
        let head = Head { state, waiting_since_ms: Some(since), ..head };
        desk.put(&head, &entries).await;
        ids.push(head.id);
    }

    let waiting = desk.store.waiting(2).await.unwrap();

    assert_eq!(waiting.iter().map(|head| head.id).collect::<Vec<_>>(), [ids[1], ids[2]]);
}

#[tokio::test]
async fn conversations_are_counted_by_state() {
    let desk = desk().await;
    for state in [ConversationState::Closed, ConversationState::Closed, ConversationState::Bot] {
        let (head, entries) = conversation();
        desk.put(&Head { state, ..head }, &entries).await;
    }

    let mut counts = desk.store.counts().await.unwrap();

    counts.sort();
    assert_eq!(counts, [("bot".to_owned(), 1), ("closed".to_owned(), 2)]);
}

#[tokio::test]
async fn a_raised_mark_is_given_back_and_a_lower_one_is_not() {
    let desk = desk().await;
    let (head, entries) = conversation();
    desk.put(&head, &entries).await;
    let mut writer = desk.store.writer().await;
    let mut batch = writer.begin().await.unwrap();
    let (conversation, party) = (head.id, Party::Team);
    let mark = |seq| Mark { conversation, party, delivered: Seq(seq), read: Seq(seq) };

    assert_eq!(batch.raise_marks(&[mark(2)]).await.unwrap(), [mark(2)]);
    assert_eq!(batch.raise_marks(&[mark(1)]).await.unwrap(), []);
    assert_eq!(batch.raise_marks(&[mark(9)]).await.unwrap(), [mark(3)]);
    batch.commit().await.unwrap();

    let marks = desk.store.marks(head.id).await.unwrap();
    assert_eq!(marks, Marks { team_delivered: Seq(3), team_read: Seq(3), ..Marks::default() });
}

/// AV-20
#[tokio::test]
async fn the_beginnings_of_several_logs_are_read_at_once_without_what_visitors_do_not_see() {
    let desk = desk().await;
    let (one, entries) = conversation();
    let (other, _) = conversation();
    let mut long: Vec<Entry> = Vec::new();
    for seq in 1..=40 {
        long.push(entry(seq, Author::Visitor { id: other.visitor }, message("more")));
    }
    let other = Head { seq: Seq(40), visitor_seq: Seq(40), ..other };
    desk.put(&one, &entries).await;
    desk.put(&other, &long).await;

    let read = desk.store.beginnings(&[one.id, other.id, ConversationId::fresh()]).await.unwrap();

    let of = |id| read.iter().filter(|(it, _)| *it == id).map(|(_, entry)| entry.seq.0).collect();
    let (first, second): (Vec<u32>, Vec<u32>) = (of(one.id), of(other.id));
    assert_eq!(first, [1, 3], "the comment is the team's own");
    assert_eq!(second, (1..=30).collect::<Vec<_>>(), "and no more");
    assert_eq!(desk.store.beginnings(&[]).await.unwrap(), []);
}
