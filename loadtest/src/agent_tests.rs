//! What an agent does when, without a socket.

use salotto_protocol::{
    Author, BoardRow, ConversationNumber, Entry, EntryBody, NodeId, VisitorId, Welcome,
};

use super::*;
use crate::books::Books;
use crate::test_support::books;

struct Scene {
    books: Books,
    agent: Agent,
    visitor: VisitorId,
    conversation: ConversationId,
    epoch: Epoch,
}

impl Scene {
    fn new() -> Scene {
        let visitor = VisitorId::fresh();
        let mut books = books(None);
        books.slots.insert(visitor, 0);
        let agent = Agent::new(4, AgentId::fresh(), "token".to_owned(), InboxId::fresh());
        let (conversation, epoch) = (ConversationId::fresh(), Epoch::fresh());
        let mut scene = Scene { books, agent, visitor, conversation, epoch };
        scene.hear(ServerFrame::Welcome(Welcome {
            protocol: 1,
            node: NodeId::fresh(),
            epoch,
            heartbeat_ms: 25_000,
            reconnect_window_ms: 1_000,
            visitor: None,
            conversations: Vec::new(),
            agent: None,
            inboxes: Vec::new(),
        }));
        scene
    }

    fn hear(&mut self, frame: ServerFrame) -> (Vec<ClientFrame>, Vec<Reply>) {
        let mut turn = self.books.turn();
        self.agent.on_frame(frame, &mut turn);
        (turn.frames, turn.replies)
    }

    fn board(&mut self, assignee: Option<AgentId>) -> Vec<ClientFrame> {
        let row = BoardRow {
            conversation: self.conversation,
            number: ConversationNumber(1),
            visitor: self.visitor,
            seq: Seq(1),
            state: ConversationState::Assigned,
            assignee,
            preview: String::new(),
            preview_by: None,
            started_at_ms: 0,
            last_at_ms: 0,
            waiting_since_ms: None,
            missed_at_ms: None,
            chatflow: None,
            page: String::new(),
            due_at_ms: None,
            team: None,
        };
        let inbox = self.agent.inbox;
        let update = BoardUpdate { inbox, whole: true, rows: vec![row], gone: Vec::new() };
        self.hear(ServerFrame::Board(update)).0
    }

    /// The visitor's first message arrives.
    fn question(&mut self) -> Vec<Reply> {
        let n = self.books.ledger.page(0).begin(Who::Visitor, ClientId::fresh(), 5, 5);
        self.entry(1, None, self.books.text(0, Who::Visitor, n, 5)).1
    }

    fn entry(
        &mut self,
        seq: u32,
        client_id: Option<ClientId>,
        text: String,
    ) -> (Vec<ClientFrame>, Vec<Reply>) {
        let body = EntryBody::Message { text };
        let entry = Entry { seq: Seq(seq), at_ms: 0, by: Author::System, client_id, body };
        let entries = vec![ViewedEntry { after: Seq(seq - 1), entry }];
        let (conversation, epoch) = (self.conversation, self.epoch);
        self.hear(ServerFrame::Entries { conversation, epoch, entries })
    }

    fn due(&mut self, reply: Reply) -> Vec<ClientFrame> {
        let mut turn = self.books.turn();
        self.agent.due(reply.conversation, reply.due_us, &mut turn);
        turn.frames
    }

    fn wind_down(&mut self) -> Vec<ClientFrame> {
        let mut turn = self.books.turn();
        self.agent.wind_down(&mut turn);
        turn.frames
    }
}

#[test]
fn an_agent_follows_what_the_board_gives_them_once() {
    let mut scene = Scene::new();
    let (me, conversation) = (scene.agent.id, scene.conversation);

    assert_eq!(scene.board(Some(AgentId::fresh())), []);
    let attach = scene.board(Some(me));
    assert_eq!(scene.board(Some(me)), []);

    let cursor = Cursor { conversation, epoch: None, seq: Seq(0) };
    assert_eq!(attach, [ClientFrame::Attach(cursor)]);
}

#[test]
fn what_is_of_no_visitor_of_this_run_is_a_leftover() {
    let mut scene = Scene::new();
    scene.books.slots.clear();

    assert_eq!(scene.board(Some(scene.agent.id)), []);
    assert_eq!(scene.agent.leftovers, 1);

    scene.books.manner.close_leftovers = true;
    let frames = scene.board(Some(scene.agent.id));
    assert!(matches!(frames[..], [ClientFrame::Close { .. }]), "{frames:?}");
}

#[test]
fn a_question_is_answered_once_when_the_answer_is_due() {
    let mut scene = Scene::new();
    scene.board(Some(scene.agent.id));

    let replies = scene.question();
    let frames = scene.due(replies[0]);

    assert_eq!(replies.len(), 1);
    assert!(matches!(frames[..], [ClientFrame::Send { .. }]), "{frames:?}");
    let text = scene.books.text(0, Who::Visitor, 0, 5);
    let again = scene.entry(1, None, text);
    assert_eq!(again.1, [], "it is known already");
}

#[test]
fn a_colleague_who_takes_over_does_not_answer_again() {
    let mut scene = Scene::new();
    scene.board(Some(scene.agent.id));
    scene.question();
    let token = "another".to_owned();
    scene.agent = Agent::new(5, AgentId::fresh(), token, scene.agent.inbox);
    scene.agent.greeted = true;
    scene.board(Some(scene.agent.id));

    let replies = scene.entry(1, None, scene.books.text(0, Who::Visitor, 0, 5)).1;

    assert_eq!(replies, []);
}

#[test]
fn who_loses_a_conversation_says_what_is_due_and_leaves() {
    let mut scene = Scene::new();
    scene.board(Some(scene.agent.id));
    let replies = scene.question();

    assert_eq!(scene.board(Some(AgentId::fresh())), [], "an answer is still due");
    let frames = scene.due(replies[0]);
    let [ClientFrame::Send { client_id, .. }] = frames[..] else { panic!("{frames:?}") };
    let (conversation, seq) = (scene.conversation, Seq(2));
    let (frames, _) = scene.hear(ServerFrame::Ack { client_id, conversation, seq, at_ms: 0 });

    assert_eq!(frames, [ClientFrame::Detach { conversation }]);
    assert_eq!(scene.agent.take_logs().len(), 1, "what was read stays for the audit");
}

#[test]
fn winding_down_says_what_was_due_and_closes() {
    let mut scene = Scene::new();
    scene.board(Some(scene.agent.id));
    let replies = scene.question();
    let frames = scene.due(replies[0]);
    let [ClientFrame::Send { client_id, .. }] = frames[..] else { panic!("{frames:?}") };

    assert_eq!(scene.wind_down(), [], "an answer is under way");
    assert!(!scene.agent.is_done());
    let (conversation, seq) = (scene.conversation, Seq(2));
    let (frames, _) = scene.hear(ServerFrame::Ack { client_id, conversation, seq, at_ms: 0 });
    let [ClientFrame::Close { client_id, .. }] = frames[..] else { panic!("{frames:?}") };
    scene.hear(ServerFrame::Ack { client_id, conversation, seq: Seq(3), at_ms: 0 });

    assert!(scene.agent.is_done());
    assert_eq!(scene.books.tally.closed.get(), 1);
}

#[test]
fn winding_down_does_not_wait_for_an_answer_that_will_not_come_due() {
    let mut scene = Scene::new();
    scene.board(Some(scene.agent.id));
    scene.question();

    let frames = scene.wind_down();

    assert!(matches!(frames[..], [ClientFrame::Close { .. }]), "{frames:?}");
}
