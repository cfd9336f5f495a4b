//! Messages into a log: numbered, timed, once each.

use salotto_protocol::{Party, limits::PREVIEW_CHARS_MAX};

use super::*;

#[tokio::test]
async fn a_message_is_numbered_acknowledged_and_read_back() {
    let desk = desk().await;
    let visitor = Visitor::new();
    let first = committed(desk.write(visitor.start(ClientId::fresh(), "hello")).await);

    let client_id = ClientId::fresh();
    let write = visitor.says(first.conversation, client_id, "anybody?");
    let second = committed(desk.write(write).await);

    assert_eq!((first.seq, second.seq), (Seq(1), Seq(2)));
    assert!(!second.repeated);
    let entries = desk.entries(first.conversation).await;
    assert_eq!(entries[1].client_id, Some(client_id));
    assert_eq!(entries[1].by, Author::Visitor { id: visitor.id });
    assert_eq!(entries[1].body, EntryBody::Message { text: "anybody?".to_owned() });
    assert_eq!(entries[1].at_ms, second.at_ms);
    let head = desk.head(first.conversation).await;
    assert_eq!((head.seq, head.visitor_seq, head.last_at_ms), (Seq(2), Seq(2), second.at_ms));
    assert_eq!(head.started_at_ms, first.at_ms);
}

#[tokio::test]
async fn a_message_sent_again_gets_the_first_acknowledgement_and_is_stored_once() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let client_id = ClientId::fresh();
    let first = committed(desk.write(visitor.says(conversation.id, client_id, "once")).await);

    let desk = desk.reopened().await;
    let again = committed(desk.write(visitor.says(conversation.id, client_id, "once")).await);

    assert_eq!(again, Ack { repeated: true, ..first });
    assert_eq!(desk.entries(conversation.id).await.len(), 2);
}

#[tokio::test]
async fn the_same_message_twice_in_one_batch_is_stored_once() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let client_id = ClientId::fresh();

    let outcomes: Vec<_> =
        (0..5).map(|_| desk.submit(visitor.says(conversation.id, client_id, "once"))).collect();

    for outcome in outcomes {
        assert_eq!(committed(wait(outcome).await).seq, Seq(2));
    }
    assert_eq!(desk.entries(conversation.id).await.len(), 2);
}

#[tokio::test]
async fn a_message_sent_again_is_stored_once_and_spoils_nothing_for_those_beside_it() {
    let desk = desk().await;
    let (ours, other) = (desk.conversation().await, desk.conversation().await);
    let visitor = Visitor { id: ours.visitor, inbox: ours.inbox };
    let stranger = Visitor { id: other.visitor, inbox: other.inbox };
    let client_id = ClientId::fresh();
    let first = committed(desk.write(visitor.says(ours.id, client_id, "once")).await);

    let next = desk.submit(stranger.says(other.id, ClientId::fresh(), "beside"));
    let again = desk.submit(visitor.says(ours.id, client_id, "once"));
    let later = desk.submit(visitor.says(ours.id, ClientId::fresh(), "twice"));
    // The same client id elsewhere is another one.
    let elsewhere = desk.submit(stranger.says(other.id, client_id, "mine"));

    assert_eq!(committed(wait(again).await), Ack { repeated: true, ..first });
    assert_eq!(committed(wait(next).await).seq, Seq(2));
    assert_eq!(committed(wait(later).await).seq, Seq(3));
    assert_eq!(committed(wait(elsewhere).await).seq, Seq(3));
    assert_eq!(texts(&desk, ours.id).await, ["hello", "once", "twice"]);
    assert_eq!(texts(&desk, other.id).await, ["hello", "beside", "mine"]);
}

#[tokio::test]
async fn a_client_id_used_again_with_another_text_kind_or_author_is_rejected() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let client_id = ClientId::fresh();
    committed(desk.write(visitor.says(conversation.id, client_id, "one")).await);

    let others: [Decide; 3] = [
        says(Author::Visitor { id: visitor.id }, client_id, "two"),
        says(anna(), client_id, "one"),
        comments(client_id, "one"),
    ];
    for other in others {
        let outcome = desk.write(on(conversation.id, Some(client_id), other)).await;
        assert_eq!(rejected(outcome), ErrorCode::ClientIdReused);
    }
    assert_eq!(desk.entries(conversation.id).await.len(), 2);
}

#[tokio::test]
async fn a_message_sent_again_after_the_close_gets_the_first_acknowledgement() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let client_id = ClientId::fresh();
    let reply = || on(conversation.id, Some(client_id), says(anna(), client_id, "hello"));
    let first = committed(desk.write(reply()).await);
    let close = moves_to(ConversationState::Closed, None);
    committed(desk.write(on(conversation.id, None, close)).await);

    let again = committed(desk.write(reply()).await);
    let other = on(conversation.id, Some(client_id), says(anna(), client_id, "other"));
    let other = desk.write(other).await;

    assert_eq!(again, Ack { repeated: true, ..first });
    assert_eq!(rejected(other), ErrorCode::ClientIdReused);
    let fresh = ClientId::fresh();
    let late = desk.write(on(conversation.id, Some(fresh), says(anna(), fresh, "late"))).await;
    assert_eq!(rejected(late), ErrorCode::Closed);
}

#[tokio::test]
async fn whoever_may_not_see_a_conversation_learns_nothing_from_its_client_ids() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let client_id = desk.entries(conversation.id).await[0].client_id;
    let foreign: Decide =
        Box::new(|_| Err(Rejection::new(ErrorCode::NotFound, "There is no such conversation.")));

    let outcome = desk.write(on(conversation.id, client_id, foreign)).await;

    assert_eq!(rejected(outcome), ErrorCode::NotFound);
}

#[tokio::test]
async fn an_unknown_conversation_is_not_found() {
    let desk = desk().await;
    let visitor = Visitor::new();

    let write = visitor.says(ConversationId::fresh(), ClientId::fresh(), "hello");

    assert_eq!(rejected(desk.write(write).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_decision_without_entries_is_acknowledged_at_the_head_and_changes_nothing() {
    let desk = desk().await;
    let before = desk.conversation().await;
    let nothing: Decide = Box::new(|_| {
        let (entries, state) = (Vec::new(), ConversationState::Closed);
        Ok(Decision { entries, state, assignee: None, slot: Slot::Keep })
    });

    let ack = committed(desk.write(on(before.id, Some(ClientId::fresh()), nothing)).await);

    assert_eq!((ack.seq, ack.at_ms, ack.repeated), (before.seq, before.last_at_ms, false));
    assert_eq!(desk.head(before.id).await, before);
}

#[tokio::test]
async fn an_entry_is_never_older_than_the_one_before_it() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let tomorrow = conversation.last_at_ms + 86_400_000;
    desk.store.tamper(&format!("UPDATE conversations SET last_at_ms = {tomorrow}")).await;

    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };
    let write = visitor.says(conversation.id, ClientId::fresh(), "the clock went back");
    let ack = committed(desk.write(write).await);

    assert_eq!(ack.at_ms, tomorrow);
}

#[tokio::test]
async fn a_visitor_sees_no_comment_and_the_preview_shows_none() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let client_id = ClientId::fresh();

    let comment = on(conversation.id, Some(client_id), comments(client_id, "difficult"));
    committed(desk.write(comment).await);

    let head = desk.head(conversation.id).await;
    assert_eq!((head.seq, head.visitor_seq), (Seq(2), Seq(1)));
    assert_eq!((head.preview.as_str(), head.preview_by), ("hello", Some(Party::Visitor)));
    let seen = desk.store.entries_after(head.id, View::Visitor, Seq(0), 10).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(desk.entries(head.id).await.len(), 2);
}

#[tokio::test]
async fn a_preview_is_cut_between_letters() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let client_id = ClientId::fresh();

    let text = "ü".repeat(PREVIEW_CHARS_MAX + 1);
    let reply = on(conversation.id, Some(client_id), says(anna(), client_id, &text));
    committed(desk.write(reply).await);

    let head = desk.head(conversation.id).await;
    assert_eq!(head.preview, "ü".repeat(PREVIEW_CHARS_MAX));
    assert_eq!(head.preview_by, Some(Party::Team));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_at_once_leave_no_hole_and_no_twin() {
    let desk = desk().await;
    let conversation = desk.conversation().await;
    let visitor = Visitor { id: conversation.visitor, inbox: conversation.inbox };

    let outcomes: Vec<_> = (0..1_000)
        .map(|n| desk.submit(visitor.says(conversation.id, ClientId::fresh(), &n.to_string())))
        .collect();
    for outcome in outcomes {
        committed(wait(outcome).await);
    }

    let entries = desk.entries(conversation.id).await;
    let seqs: Vec<u32> = entries.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (1..=1_001).collect::<Vec<u32>>());
    let texts: Vec<_> = entries[1..].iter().filter_map(|entry| entry.body.text()).collect();
    let sent: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    assert_eq!(texts, sent, "in the order in which they were submitted");
}
