//! Mails that stand in a node's store go out by a real SMTP server, whatever happens on the way.

use std::collections::HashSet;

use salotto_protocol::api::{Agents, SiteSettings, VisitorToken};
use salotto_protocol::{ClientFrame, ClientId, Start};
use salotto_tests::desk::{AS_AGENT, AS_VISITOR, SignedIn, acked, demo_site, new_visitor, say};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::postgres::Postgres;
use salotto_tests::smtp::{PASSWORD, SmtpServer, Taken};
use salotto_tests::socket::Socket;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// As the journal writes them: so many, of one kind.
async fn write_mails(store: &str, to: &str, count: usize) {
    let id = if store.starts_with("sqlite:") { "randomblob(16)" } else { "gen_random_uuid()" };
    let rows: Vec<String> = (0..count)
        .map(|n| {
            format!(
                "({id}, 'test:{to}:{n}', '{to}', 'Grüße {n} an \u{2603}', \
                 'Ein Fußgänger schrieb:\n\n.\n> hello\n', 1700000000000, 0)"
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO mails (id, reason, recipient, subject, body, created_at_ms, next_at_ms)
         VALUES {}",
        rows.join(", ")
    );
    run(store, &sql.replace("1700000000000", &now_ms().to_string())).await;
}

fn now_ms() -> u128 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis()
}

async fn run(store: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if store.starts_with("sqlite:") {
        let mut database = SqliteConnection::connect(store).await.expect("the store");
        sqlx::raw_sql(sql).execute(&mut database).await.expect("valid SQL");
    } else {
        let mut database = PgConnection::connect(store).await.expect("the store");
        sqlx::raw_sql(sql).execute(&mut database).await.expect("valid SQL");
    }
}

/// Attempts, whether it waits, was sent, was given up; and the last error.
type Mail = (i64, bool, bool, bool, Option<String>);

async fn mail_to(store: &str, to: &str) -> Mail {
    let sql = "SELECT attempts, next_at_ms IS NOT NULL, sent_at_ms IS NOT NULL,
        failed_at_ms IS NOT NULL, last_error FROM mails WHERE recipient = $1";
    let mut database = SqliteConnection::connect(store).await.expect("the store");
    sqlx::query_as(sql).bind(to).fetch_one(&mut database).await.expect("one mail")
}

fn store_of(node: &Node) -> String {
    format!("sqlite:{}", node.database().display())
}

async fn node_with(server: &SmtpServer, more: &[(&str, &str)]) -> Node {
    let mut node = prepared(server, more);
    node.launch();
    node.until_ready().await;
    node
}

fn prepared(server: &SmtpServer, more: &[(&str, &str)]) -> Node {
    let settings = server.settings();
    let mut all: Vec<(&str, &str)> =
        settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend(more);
    Node::prepare(&all)
}

fn ids(taken: &[Taken]) -> HashSet<&str> {
    taken.iter().map(|mail| mail.header("Message-ID")).collect()
}

#[tokio::test]
async fn a_mail_goes_out_once_as_plain_utf_8_that_says_where_it_comes_from() {
    let server = SmtpServer::start().await;
    let node = node_with(&server, &[]).await;
    let store = store_of(&node);

    write_mails(&store, "anna@example.com", 1).await;
    let mail = server.until_taken(1).await.remove(0);

    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("chat@shop.example", &["anna@example.com".to_owned()][..])
    );
    assert_eq!(mail.header("From"), "Ein Laden für Lampen <chat@shop.example>");
    assert_eq!(mail.header("To"), "anna@example.com");
    assert_eq!(mail.header("Subject"), "Grüße 0 an \u{2603}");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.header("Content-Type").starts_with("text/plain; charset=\"utf-8\""), "{mail:?}");
    assert!(mail.header("Message-ID").ends_with("@shop.example>"), "{mail:?}");
    assert_eq!(mail.text.replace("\r\n", "\n").trim_end(), "Ein Fußgänger schrieb:\n\n.\n> hello");
    patience::until("the mail to be marked", || async {
        (mail_to(&store, "anna@example.com").await == (1, false, true, false, None)).then_some(())
    })
    .await;
    write_mails(&store, "ben@example.com", 1).await;
    let taken = server.until_taken(2).await;
    assert_eq!((taken.len(), ids(&taken).len()), (2, 2), "the first one was not sent again");
    assert_eq!(node.metric("salotto_mails_total").await, 2.0);
}

#[tokio::test]
async fn mails_wait_for_a_server_that_is_away_and_a_node_that_is_killed_meanwhile() {
    let mut server = SmtpServer::start().await;
    server.stop().await;
    let mut node = node_with(&server, &[]).await;
    let store = store_of(&node);

    write_mails(&store, "anna@example.com", 20).await;
    patience::until("an attempt", || async {
        (node.metric("salotto_mails_total").await > 0.0).then_some(())
    })
    .await;
    node.assert_serves().await;
    node.kill().await;
    server.start_again().await;
    node.start_again().await;

    let taken = patience::until("all mails", || async {
        let taken = server.taken();
        if taken.len() < 20 {
            // As if the killed node's claims had lapsed already.
            run(&store, "UPDATE mails SET next_at_ms = 0 WHERE next_at_ms > 0").await;
        }
        (ids(&taken).len() == 20).then_some(taken)
    })
    .await;
    assert!(taken.iter().all(|mail| mail.to == ["anna@example.com"]));
}

#[tokio::test]
async fn a_server_that_comes_back_gets_what_waited() {
    let mut server = SmtpServer::start().await;
    server.stop().await;
    let node = node_with(&server, &[]).await;
    let store = store_of(&node);

    write_mails(&store, "anna@example.com", 30).await;
    patience::until("several attempts", || async {
        // Eight at once, and then one after the other.
        (node.metric("salotto_mails_total").await > 9.0).then_some(())
    })
    .await;
    let (attempts, waits, .., error) = mail_to(&store, "anna@example.com").await;
    assert!(attempts > 0 && waits);
    assert!(error.is_some_and(|it| it.starts_with("the SMTP server cannot be reached: ")));
    server.start_again().await;

    let taken = server.until_taken(30).await;
    assert_eq!((taken.len(), ids(&taken).len()), (30, 30));
    assert!(node.stdout().contains("mails go out again"), "{}", node.stdout());
}

#[tokio::test]
async fn a_definite_refusal_is_kept_and_a_temporary_one_is_tried_again() {
    let server = SmtpServer::start().await;
    let node = node_with(&server, &[]).await;
    let store = store_of(&node);

    for to in ["nobody@example.com", "later@example.com", "no address", "anna@example.com"] {
        write_mails(&store, to, 1).await;
    }
    assert_eq!(server.until_taken(1).await[0].to, ["anna@example.com"]);
    patience::until("the others to be marked", || async {
        let refused = mail_to(&store, "nobody@example.com").await;
        let nowhere = mail_to(&store, "no address").await;
        let later = mail_to(&store, "later@example.com").await;
        (refused.3 && nowhere.3 && later.4.is_some()).then_some(())
    })
    .await;

    let (attempts, _, _, _, error) = mail_to(&store, "nobody@example.com").await;
    let error = error.expect("the refusal is kept");
    assert!(attempts == 1 && error.contains("550") && error.contains("no such user"), "{error}");
    let (attempts, waits, _, given_up, error) = mail_to(&store, "later@example.com").await;
    assert!(attempts == 1 && waits && !given_up);
    assert!(error.is_some_and(|it| it.contains("450")));
    assert!(node.stdout().contains("a mail was given up"), "{}", node.stdout());
    assert!(!node.stdout().contains("no such user"), "answers may name people: not in the log");
    // As if the pause were over.
    run(&store, "UPDATE mails SET next_at_ms = 0 WHERE recipient = 'later@example.com'").await;
    assert_eq!(server.until_taken(2).await[1].to, ["later@example.com"]);
    let metrics = node.try_metrics().await.expect("it answers");
    let counted = |outcome| metrics.sum_where("salotto_mails_total", outcome);
    assert_eq!((counted("failed"), counted("put_off")), (2.0, 1.0));
}

#[tokio::test]
async fn a_login_goes_by_starttls_alone_and_what_is_wrong_is_said_in_words() {
    let server = SmtpServer::start_strict().await;
    let certificate = server.certificate().display().to_string();
    let mut node = prepared(&server, &[]);

    let stranger = node.run(&["mail", "test", "anna@example.com"]).await;
    node.set_variable("SSL_CERT_FILE", Some(&certificate));
    let sent = node.run(&["mail", "test", "anna@example.com"]).await;
    let refused = node.run(&["mail", "test", "nobody@example.com"]).await;
    node.launch();
    node.until_ready().await;
    write_mails(&store_of(&node), "ben@example.com", 1).await;
    let taken = server.until_taken(2).await;

    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(
        (&taken[0].to[0], &taken[1].to[0]),
        (&"anna@example.com".to_owned(), &"ben@example.com".to_owned())
    );
    assert!(taken.iter().all(|mail| mail.encrypted));
    assert!(taken[0].text.contains("https://chat.shop.example"), "{:?}", taken[0]);
    assert_said(
        &stranger,
        "no mail went out: the connection to the SMTP server cannot be encrypted",
    );
    assert_said(&refused, "no mail went out: the SMTP server refuses the mail");

    let url = server.settings()[0].1.replace(PASSWORD, "another-password");
    let mut other = prepared(&server, &[("MAIL__URL", &url)]);
    other.set_variable("SSL_CERT_FILE", Some(&certificate));
    let locked_out = other.run(&["mail", "test", "anna@example.com"]).await;
    assert_said(&locked_out, "no mail went out: the SMTP server does not accept the login");
    let open = SmtpServer::start().await;
    let url = open.settings()[0].1.replace("smtp+plain", "smtp");
    let other = prepared(&open, &[("MAIL__URL", &url)]);
    let in_the_clear = other.run(&["mail", "test", "anna@example.com"]).await;
    assert_said(&in_the_clear, "it does not offer STARTTLS");
    assert!(open.taken().is_empty());
}

fn assert_said(output: &std::process::Output, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(words), "{said}");
    assert!(!said.contains("password"), "{said}");
}

#[tokio::test]
async fn two_nodes_send_each_mail_once() {
    let server = SmtpServer::start().await;
    let postgres = Postgres::start().await;
    let store = postgres.database().await;
    let nodes = [
        node_with(&server, &[("STORE__URL", &store)]).await,
        node_with(&server, &[("STORE__URL", &store)]).await,
    ];

    write_mails(&store, "anna@example.com", 200).await;
    let taken = server.until_taken(200).await;
    patience::until("all to be marked", || async {
        let sent = [
            nodes[0].metric("salotto_mails_total").await,
            nodes[1].metric("salotto_mails_total").await,
        ];
        (sent.iter().sum::<f64>() >= 200.0).then_some(())
    })
    .await;

    assert_eq!((taken.len(), ids(&taken).len()), (200, 200));
    assert_eq!(server.taken().len(), 200);
}

#[tokio::test]
async fn a_mail_whose_acceptance_nobody_heard_comes_again_under_the_same_id() {
    let server = SmtpServer::start().await;
    let mut node = node_with(&server, &[]).await;
    let store = store_of(&node);

    server.hold();
    write_mails(&store, "anna@example.com", 1).await;
    server.until_taken(1).await;
    node.kill().await;
    server.let_go();
    let (attempts, waits, sent, ..) = mail_to(&store, "anna@example.com").await;
    assert!(attempts == 1 && waits && !sent);
    // As if the killed node's claim had lapsed.
    run(&store, "UPDATE mails SET next_at_ms = 0").await;
    node.start_again().await;

    let taken = server.until_taken(2).await;
    assert_eq!((taken.len(), ids(&taken).len()), (2, 1));
}

/// AS-3: over REST, sockets and SMTP. And where no mail is set, none is written.
#[tokio::test]
async fn as_3_the_owner_of_a_contact_who_is_offline_is_told_by_e_mail() {
    let server = SmtpServer::start().await;
    let (told, untold) = (node_with(&server, &[]).await, Node::start().await);
    let owners = [writes_to_an_owner(&told).await, writes_to_an_owner(&untold).await];

    let mail = server.until_taken(1).await.remove(0);

    assert_eq!(mail.to, [owners[0].0.as_str()]);
    assert_eq!(mail.header("Subject"), "Ugo Bianchi is waiting in the chat");
    assert!(mail.text.contains("> Is the lamp still there?"), "{}", mail.text);
    let link = format!("https://chat.shop.example/console/#/all/{}", owners[0].1);
    assert!(mail.text.contains(&link), "{}", mail.text);
    let count = "SELECT COUNT(*) FROM mails";
    for (node, mails) in [(&told, 1), (&untold, 0)] {
        let mut database = SqliteConnection::connect(&store_of(node)).await.expect("the store");
        let (count,): (i64,) = sqlx::query_as(count).fetch_one(&mut database).await.expect("read");
        assert_eq!(count, mails);
    }
}

/// The owner's address, and the conversation: closed, and opened again by its visitor.
async fn writes_to_an_owner(node: &Node) -> (String, String) {
    let ada = SignedIn::as_demo_agent(node).await;
    let agents: Agents = ada.get(node, "/api/v1/agents").send().await.json();
    let ben = agents.agents.iter().find(|it| it.id != ada.session.agent).expect("a colleague");
    let site = demo_site(node).await;
    let settings: SiteSettings = node.get(&format!("/api/v1/sites/{site}")).await.json();
    let chatflow = settings.chatflow.expect("the demo's").id;
    let path = format!("/api/v1/chatflows/{chatflow}/assignment");
    let rule = json!({ "assign": true, "assign_to": "contact_owner" });
    let set = ada.put(node, &path).json(&rule).send().await;
    assert!(set.status.is_success(), "{}", set.text());

    let token: VisitorToken = new_visitor(node, site, &node.origin()).await.json();
    let mut visitor = Socket::welcomed(node.public, AS_VISITOR, &token.token, Vec::new()).await.0;
    let message_client_id = ClientId::fresh();
    let (client_id, text) = (ClientId::fresh(), "Hello".to_owned());
    visitor.send(&ClientFrame::Start(Start { client_id, chatflow, message_client_id, text })).await;
    let (conversation, _) = acked(&mut visitor, message_client_id).await;
    let contact = json!({ "email": "ugo@example.com", "name": "Ugo Bianchi", "owner": ben.id });
    let path = format!("/api/v1/visitors/{}/contact", token.visitor);
    let set = ada.put(node, &path).json(&contact).send().await;
    assert!(set.status.is_success(), "{}", set.text());

    let mut agent =
        Socket::welcomed(node.public, AS_AGENT, &ada.session.socket_token, Vec::new()).await.0;
    let client_id = ClientId::fresh();
    agent.send(&ClientFrame::Close { conversation, client_id }).await;
    acked(&mut agent, client_id).await;
    say(&mut visitor, conversation, "Is the lamp still there?").await;
    say(&mut visitor, conversation, "Hello?").await;
    ("ben@demo.salotto.example".to_owned(), conversation.to_string())
}
