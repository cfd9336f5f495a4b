//! The main job: a visitor and an agent talk, and each sees what they may see.

use salotto_protocol::{
    AssignmentCause, Author, ClientFrame, ClientId, ConversationId, ConversationState, EntryBody,
    ErrorCode, Page, Party, Seq, ServerFrame,
};
use salotto_tests::desk::{AS_VISITOR, Desk, SignedIn, acked, from_the_start, say, visitor_log};
use salotto_tests::node::Node;
use salotto_tests::rest::Ask;
use salotto_tests::socket::Socket;

/// A conversation between one visitor and one agent, who follows it.
struct Talk {
    node: Node,
    desk: Desk,
    visitor: Socket,
    token: String,
    agent: Socket,
    conversation: ConversationId,
}

impl Talk {
    async fn begin() -> Talk {
        let node = Node::start().await;
        let desk = Desk::open(&node, 2).await;
        let mut agent = desk.agent_socket(&node, 0).await;
        let (mut visitor, token) = desk.visitor_socket(&node).await;
        let conversation = desk.begin(&mut visitor, "Is it in stock?").await;
        agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
        agent.entry("the question", conversation, has_text("Is it in stock?")).await;
        Talk { node, desk, visitor, token: token.token, agent, conversation }
    }
}

#[tokio::test]
async fn a_question_is_answered() {
    let mut talk = Talk::begin().await;

    let seq = say(&mut talk.agent, talk.conversation, "It is.").await;

    let entry = talk.visitor.entry("the answer", talk.conversation, has_text("It is.")).await;
    assert_eq!(entry.entry.seq, seq);
    let Author::Agent { id, .. } = entry.entry.by else { panic!("{entry:?}") };
    assert_eq!(id, talk.desk.agents[0].0);
}

#[tokio::test]
async fn the_sender_receives_the_own_entry_with_its_client_id() {
    let mut talk = Talk::begin().await;
    let client_id = ClientId::fresh();
    let text = "È aperto? 🙂 \"sì\" \\ <b>\u{2028}".to_owned();

    let frame =
        ClientFrame::Send { conversation: talk.conversation, client_id, text: text.clone() };
    talk.visitor.send(&frame).await;

    let own = talk.visitor.entry("the own entry", talk.conversation, has_text(&text)).await;
    assert_eq!(own.entry.client_id, Some(client_id));
    talk.agent.entry("the same at the agent", talk.conversation, has_text(&text)).await;
}

/// IN-14
#[tokio::test]
async fn marks_tell_each_side_how_far_the_other_is() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    let seq = say(&mut talk.agent, conversation, "It is.").await;

    let mark = ClientFrame::Mark { conversation, delivered: seq, read: Seq(0) };
    talk.visitor.send(&mark).await;
    talk.agent.until("delivered", marks_of(conversation, Party::Visitor, seq, Seq(0))).await;
    talk.visitor.send(&ClientFrame::Mark { conversation, delivered: seq, read: seq }).await;
    talk.agent.until("read", marks_of(conversation, Party::Visitor, seq, seq)).await;

    // Never lowered: the summary of a new attachment still has them.
    talk.visitor.send(&ClientFrame::Mark { conversation, delivered: Seq(1), read: Seq(1) }).await;
    talk.agent.send(&ClientFrame::Mark { conversation, delivered: seq, read: seq }).await;
    talk.visitor.until("the team's", marks_of(conversation, Party::Team, seq, seq)).await;
    talk.agent.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    let summary = talk
        .agent
        .until("a summary", |frame| match frame {
            ServerFrame::Conversation { conversation: summary } => Some(summary),
            _ => None,
        })
        .await;
    let of_visitor = summary.marks.iter().find(|pair| pair.party == Party::Visitor);
    let of_visitor = of_visitor.expect("the visitor's marks");
    assert_eq!((of_visitor.delivered, of_visitor.read), (seq, seq));
}

/// IN-13, IN-14
#[tokio::test]
async fn typing_and_pages_reach_the_other_side() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;

    talk.agent.send(&ClientFrame::Typing { conversation, on: true }).await;
    let by = talk.visitor.until("the agent's typing", typing_of(conversation)).await;
    assert!(matches!(by, Author::Agent { .. }), "{by:?}");
    talk.visitor.send(&ClientFrame::Typing { conversation, on: true }).await;
    let by = talk.agent.until("the visitor's typing", typing_of(conversation)).await;
    assert!(matches!(by, Author::Visitor { .. }), "{by:?}");

    let url = "https://shop.example/contact.html".to_owned();
    let page = Page { url, title: "Contact".to_owned(), referrer: None };
    talk.visitor.send(&ClientFrame::Page(page.clone())).await;
    talk.agent
        .until("the page", |frame| match frame {
            ServerFrame::Page { conversation: of, page: seen } => {
                (of == conversation && seen == page).then_some(())
            }
            _ => None,
        })
        .await;
}

/// IN-10
#[tokio::test]
async fn a_comment_never_reaches_the_visitor() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    let client_id = ClientId::fresh();
    let text = "Asked last week as well.".to_owned();

    talk.agent.send(&ClientFrame::Comment { conversation, client_id, text }).await;
    let (_, comment) = acked(&mut talk.agent, client_id).await;
    let seq = say(&mut talk.agent, conversation, "It is.").await;

    let answer = talk
        .visitor
        .until("the answer", |frame| match frame {
            ServerFrame::Entries { entries, .. } => {
                assert!(entries.iter().all(|entry| entry.entry.seq != comment), "{entries:?}");
                entries.into_iter().find(|entry| entry.entry.seq == seq)
            }
            _ => None,
        })
        .await;
    assert!(answer.after < comment, "the visitor's view leaves the comment out: {answer:?}");
    let log = visitor_log(&talk.node, &talk.token, conversation).await;
    assert!(log.iter().all(|entry| entry.seq != comment), "{log:?}");
    let agents = SignedIn::as_demo_agent(&talk.node).await;
    let log = agents.log(&talk.node, conversation).await;
    assert!(log.iter().any(|entry| entry.seq == comment), "{log:?}");
}

/// IN-6, AS-48
#[tokio::test]
async fn a_closed_conversation_refuses_the_agent_and_reopens_for_the_visitor() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    let client_id = ClientId::fresh();

    talk.agent.send(&ClientFrame::Close { conversation, client_id }).await;
    talk.visitor.entry("the end", conversation, became(ConversationState::Closed)).await;
    let late = ClientId::fresh();
    let text = "One more thing".to_owned();
    talk.agent.send(&ClientFrame::Send { conversation, client_id: late, text }).await;
    let refusal = talk.agent.assert_refused(ErrorCode::Closed).await;
    assert_eq!((refusal.client_id, refusal.conversation), (Some(late), Some(conversation)));

    say(&mut talk.visitor, conversation, "Still there?").await;
    talk.agent.entry("the new question", conversation, has_text("Still there?")).await;
    let agents = SignedIn::as_demo_agent(&talk.node).await;
    let answer = agents.conversation(&talk.node, conversation).await;
    assert_ne!(answer.conversation.state, ConversationState::Closed);
}

/// IN-5
#[tokio::test]
async fn an_agent_reopens_what_was_closed() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    for frame in [
        ClientFrame::Close { conversation, client_id: ClientId::fresh() },
        ClientFrame::Reopen { conversation, client_id: ClientId::fresh() },
    ] {
        talk.agent.send(&frame).await;
    }
    talk.visitor.entry("closed", conversation, became(ConversationState::Closed)).await;
    talk.visitor.entry("open again", conversation, became(ConversationState::Assigned)).await;
    say(&mut talk.agent, conversation, "Sorry, a slip.").await;
}

/// AS-41, AS-45
#[tokio::test]
async fn an_agent_hands_a_conversation_to_a_colleague_and_to_nobody() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    let colleague = talk.desk.agents[1].0;
    for to in [Some(colleague), None] {
        let client_id = ClientId::fresh();
        talk.agent.send(&ClientFrame::Assign { conversation, client_id, to, note: None }).await;
        let entry = talk
            .agent
            .entry("the assignment", conversation, |entry| entry.entry.client_id == Some(client_id))
            .await;
        let EntryBody::Assignment { to: given, cause, .. } = entry.entry.body else {
            panic!("{entry:?}")
        };
        assert_eq!(given.map(|agent| agent.id), to);
        assert_eq!(cause, AssignmentCause::Manual);
    }
}

#[tokio::test]
async fn history_is_there_on_return() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    say(&mut talk.agent, conversation, "It is.").await;
    drop(talk.visitor);

    let (mut back, welcome) =
        Socket::welcomed(talk.node.public, AS_VISITOR, &talk.token, Vec::new()).await;

    let listed: Vec<ConversationId> = welcome.conversations.iter().map(|it| it.id).collect();
    assert_eq!(listed, [conversation]);
    back.send(&ClientFrame::Attach(from_the_start(conversation))).await;
    let mut texts = Vec::new();
    while texts.last().map(String::as_str) != Some("It is.") {
        let more = back.until("history", |frame| match frame {
            ServerFrame::Entries { entries, .. } => Some(entries),
            _ => None,
        });
        let messages = more.await.into_iter().filter_map(|entry| match entry.entry.body {
            EntryBody::Message { text } => Some(text),
            _ => None,
        });
        texts.extend(messages);
    }
    assert_eq!(texts, ["Is it in stock?", "It is."]);
}

#[tokio::test]
async fn more_than_two_hundred_entries_behind_is_limited_and_paged() {
    let mut talk = Talk::begin().await;
    let conversation = talk.conversation;
    for number in 0..210 {
        say(&mut talk.agent, conversation, &format!("line {number}")).await;
    }

    let cursors = vec![from_the_start(conversation)];
    let (mut back, _) = Socket::welcomed(talk.node.public, AS_VISITOR, &talk.token, cursors).await;

    let (epoch, head) = back
        .until("limited", |frame| match frame {
            ServerFrame::Limited { conversation: of, head, epoch } if of == conversation => {
                Some((epoch, head))
            }
            _ => None,
        })
        .await;
    let log = visitor_log(&talk.node, &talk.token, conversation).await;
    assert_eq!(log.last().expect("entries").seq, head);
    let epoch = Some(epoch);
    let cursor = salotto_protocol::Cursor { conversation, epoch, seq: head };
    back.send(&ClientFrame::Attach(cursor)).await;
    let seq = say(&mut talk.agent, conversation, "the newest").await;
    let newest = back.entry("what is new", conversation, |entry| entry.entry.seq == seq).await;
    assert!(newest.after <= head, "{newest:?}");
}

#[tokio::test]
async fn the_pages_and_their_scripts_are_served() {
    let node = Node::start().await;
    let pages = [
        ("/", "text/html"),
        ("/products.html", "text/html"),
        ("/contact.html", "text/html"),
        ("/loader.js", "javascript"),
        ("/widget/", "text/html"),
        ("/console/", "text/html"),
    ];
    for (path, kind) in pages {
        let answer = node.get(path).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        assert!(answer.header("content-type").contains(kind), "{path}");
        assert!(!answer.body.is_empty(), "{path}");
    }
    for path in ["/widget/", "/console/"] {
        let answer = node.get(path).await;
        assert!(answer.header("content-security-policy").contains("default-src"), "{path}");
    }
    let missing = Ask::get(node.public, "/api/v1/nothing").send().await;
    missing.assert_refused(404, ErrorCode::NotFound);
}

fn has_text(text: &str) -> impl Fn(&salotto_protocol::ViewedEntry) -> bool + use<'_> {
    move |entry| entry.entry.body == EntryBody::Message { text: text.to_owned() }
}

fn became(state: ConversationState) -> impl Fn(&salotto_protocol::ViewedEntry) -> bool {
    move |entry| matches!(entry.entry.body, EntryBody::Status { to, .. } if to == state)
}

fn marks_of(
    conversation: ConversationId,
    party: Party,
    delivered: Seq,
    read: Seq,
) -> impl FnMut(ServerFrame) -> Option<()> {
    let wanted = ServerFrame::Marks { conversation, party, delivered, read };
    move |frame| (frame == wanted).then_some(())
}

fn typing_of(conversation: ConversationId) -> impl FnMut(ServerFrame) -> Option<Author> {
    move |frame| match frame {
        ServerFrame::Typing { conversation: of, by, on: true } if of == conversation => Some(by),
        _ => None,
    }
}
