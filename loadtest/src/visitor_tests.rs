//! What a visitor says when, without a socket.

use salotto_protocol::{
    Author, Entry, EntryBody, ErrorCode, NodeId, ResetReason, ServerFrame, VisitorId, Welcome,
};

use super::*;
use crate::books::Books;
use crate::outbox::ACK_TIMEOUT_US;
use crate::test_support::books;

struct Scene {
    books: Books,
    visitor: Visitor,
    conversation: ConversationId,
    epoch: Epoch,
}

impl Scene {
    fn new(messages_per_conversation: Option<u32>) -> Scene {
        let visitor = Visitor::new(0, "token".to_owned(), ChatflowId::fresh());
        Scene {
            books: books(messages_per_conversation),
            visitor,
            conversation: ConversationId::fresh(),
            epoch: Epoch::fresh(),
        }
    }

    fn greeted() -> Scene {
        let mut scene = Scene::new(None);
        scene.welcome();
        scene
    }

    fn welcome(&mut self) -> Vec<ClientFrame> {
        self.hear(ServerFrame::Welcome(Welcome {
            protocol: 1,
            node: NodeId::fresh(),
            epoch: self.epoch,
            heartbeat_ms: 25_000,
            reconnect_window_ms: 1_000,
            visitor: None,
            conversations: Vec::new(),
            agent: None,
            inboxes: Vec::new(),
        }))
    }

    fn hear(&mut self, frame: ServerFrame) -> Vec<ClientFrame> {
        let mut turn = self.books.turn();
        self.visitor.on_frame(frame, &mut turn);
        turn.frames
    }

    fn due(&mut self) -> Vec<ClientFrame> {
        let mut turn = self.books.turn();
        let now_us = turn.now_us;
        self.visitor.due(now_us, &mut turn);
        turn.frames
    }

    fn ack(&mut self, client_id: ClientId, seq: u32) -> Vec<ClientFrame> {
        let (conversation, seq) = (self.conversation, Seq(seq));
        self.hear(ServerFrame::Ack { client_id, conversation, seq, at_ms: 0 })
    }

    fn entry(
        &mut self,
        seq: u32,
        client_id: Option<ClientId>,
        body: EntryBody,
    ) -> Vec<ClientFrame> {
        let by = Author::Visitor { id: VisitorId::fresh() };
        let entry = Entry { seq: Seq(seq), at_ms: 0, by, client_id, body };
        let entries = vec![ViewedEntry { after: Seq(seq - 1), entry }];
        let (conversation, epoch) = (self.conversation, self.epoch);
        self.hear(ServerFrame::Entries { conversation, epoch, entries })
    }

    fn status(&mut self, seq: u32, to: ConversationState) -> Vec<ClientFrame> {
        let from = ConversationState::Assigned;
        self.entry(seq, None, EntryBody::Status { from, to })
    }
}

/// The client id and the text of the one message among the frames.
fn message(frames: &[ClientFrame]) -> (ClientId, String) {
    let mut messages = frames.iter().filter_map(|it| match it {
        ClientFrame::Start(start) => Some((start.message_client_id, start.text.clone())),
        ClientFrame::Send { client_id, text, .. } => Some((*client_id, text.clone())),
        _ => None,
    });
    let first = messages.next().unwrap_or_else(|| panic!("no message in {frames:?}"));
    assert!(messages.next().is_none(), "one at a time: {frames:?}");
    first
}

#[test]
fn the_first_message_starts_a_conversation_and_the_next_goes_into_it() {
    let mut scene = Scene::greeted();

    let first = scene.due();
    let (id, _) = message(&first);
    assert!(matches!(first[..], [ClientFrame::Start(_)]), "{first:?}");
    scene.ack(id, 2);
    let second = scene.due();

    assert!(
        matches!(second[..], [ClientFrame::Send { conversation, .. }]
            if conversation == scene.conversation),
        "{second:?}"
    );
}

#[test]
fn the_next_message_waits_for_the_answer_to_the_last_one() {
    let mut scene = Scene::greeted();
    let (id, _) = message(&scene.due());

    assert_eq!(scene.due(), []);

    message(&scene.ack(id, 2));
}

#[test]
fn the_own_entry_counts_as_the_ack() {
    let mut scene = Scene::greeted();
    let (id, text) = message(&scene.due());
    scene.due();

    let next = scene.entry(1, Some(id), EntryBody::Message { text });

    message(&next);
    assert_eq!(scene.books.tally.acked.get(), 1);
    scene.ack(id, 1);
    assert_eq!(scene.books.tally.acked.get(), 1, "the ack after it says nothing new");
}

#[test]
fn nothing_is_said_before_the_greeting() {
    let mut scene = Scene::new(None);

    assert_eq!(scene.due(), []);

    message(&scene.welcome());
}

#[test]
fn after_a_lost_socket_the_same_message_goes_out_again_with_the_same_client_id() {
    let mut scene = Scene::greeted();
    let first = message(&scene.due());
    scene.visitor.lost_socket();
    scene.due();

    let again = message(&scene.welcome());

    assert_eq!(first, again);
    assert_eq!(scene.books.tally.resends.get(), 1);
}

#[test]
fn without_an_answer_it_goes_out_again_in_time() {
    let mut scene = Scene::greeted();
    let first = message(&scene.due());
    let mut turn = scene.books.turn();

    scene.visitor.tick(false, &mut turn);
    assert_eq!(turn.frames, []);
    turn.now_us += ACK_TIMEOUT_US + 1;
    scene.visitor.tick(false, &mut turn);

    assert_eq!(message(&turn.frames), first);
}

#[test]
fn a_definite_no_frees_the_way_for_the_next() {
    let mut scene = Scene::greeted();
    let (id, _) = message(&scene.due());
    scene.due();
    let refusal = Refusal { client_id: Some(id), ..Refusal::new(ErrorCode::Forbidden, "not here") };

    let next = scene.hear(ServerFrame::Refused(refusal));

    assert!(matches!(next[..], [ClientFrame::Start(_)]), "{next:?}");
    assert_eq!(scene.books.tally.refused.get(), 1);
}

#[test]
fn a_gap_is_asked_for_once_from_where_the_log_ends() {
    let mut scene = Scene::greeted();
    let (id, _) = message(&scene.due());
    scene.ack(id, 2);
    let welcome = || EntryBody::Welcome { text: "Hello".to_owned() };
    scene.entry(1, None, welcome());

    let asked = scene.entry(4, None, welcome());
    let again = scene.entry(5, None, welcome());

    let (conversation, epoch) = (scene.conversation, Some(scene.epoch));
    assert_eq!(asked, [ClientFrame::Attach(Cursor { conversation, epoch, seq: Seq(1) })]);
    assert_eq!(again, []);
}

#[test]
fn a_hello_resumes_from_where_the_log_ends_and_a_reset_from_the_start() {
    let mut scene = Scene::greeted();
    let (id, text) = message(&scene.due());
    scene.entry(1, Some(id), EntryBody::Message { text });
    assert_eq!(scene.visitor.hello().cursors[0].seq, Seq(1));

    let (conversation, epoch) = (scene.conversation, Epoch::fresh());
    let (head, reason) = (Seq(0), ResetReason::Epoch);
    scene.hear(ServerFrame::Reset { conversation, epoch, head, reason });

    let cursor = scene.visitor.hello().cursors[0];
    assert_eq!((cursor.seq, cursor.epoch), (Seq(0), Some(epoch)));
}

#[test]
fn who_is_too_far_behind_reads_over_http_and_attaches_again() {
    let mut scene = Scene::greeted();
    let (id, _) = message(&scene.due());
    scene.ack(id, 2);
    let (conversation, epoch) = (scene.conversation, scene.epoch);
    let mut turn = scene.books.turn();

    let limited = ServerFrame::Limited { conversation, epoch, head: Seq(500) };
    scene.visitor.on_frame(limited, &mut turn);
    assert_eq!(turn.errands.len(), 1);
    assert_eq!(turn.errands[0].head, Seq(500));
    let body = EntryBody::Welcome { text: "Hello".to_owned() };
    let entry = Entry { seq: Seq(500), at_ms: 0, by: Author::System, client_id: None, body };
    let entries = [ViewedEntry { after: Seq(0), entry }];
    scene.visitor.paged(conversation, epoch, &entries, &mut turn);

    let cursor = Cursor { conversation, epoch: Some(epoch), seq: Seq(500) };
    assert_eq!(turn.frames, [ClientFrame::Attach(cursor)]);
}

#[test]
fn a_full_conversation_is_followed_by_a_new_one_once_it_is_closed() {
    let mut scene = Scene::new(Some(1));
    scene.welcome();
    let (id, text) = message(&scene.due());
    scene.entry(1, Some(id), EntryBody::Message { text });
    assert_eq!(scene.due(), [], "it waits for the close");

    let next = scene.status(2, ConversationState::Closed);

    let conversation = scene.conversation;
    assert_eq!(next[0], ClientFrame::Detach { conversation });
    assert!(matches!(next[1], ClientFrame::Start(_)), "{next:?}");
}

#[test]
fn an_answer_is_marked_as_delivered_once() {
    let mut scene = Scene::greeted();
    let (id, _) = message(&scene.due());
    scene.ack(id, 1);
    let mut page = scene.books.ledger.page(0);
    let who = crate::payload::Who::Agent(0);
    let n = page.begin(who, ClientId::fresh(), 5, 5);
    drop(page);
    let text = scene.books.text(0, who, n, 5);
    scene.entry(1, None, EntryBody::Message { text });
    let mut turn = scene.books.turn();

    scene.visitor.tick(true, &mut turn);
    scene.visitor.tick(true, &mut turn);

    let conversation = scene.conversation;
    assert_eq!(turn.frames, [ClientFrame::Mark { conversation, delivered: Seq(1), read: Seq(0) }]);
    assert_eq!(scene.books.tally.delivered.get(), 1);
}

#[test]
fn an_entry_of_a_foreign_conversation_is_a_stray() {
    let mut scene = Scene::greeted();

    scene.entry(1, None, EntryBody::Welcome { text: "Hello".to_owned() });

    assert_eq!(scene.books.tally.strays.get(), 1);
}
