//! PostgreSQL goes away while nodes write: nothing acknowledged is lost or written twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::process::{Signal, kill_process};
use salotto_tests::cut::CutAfter;
use salotto_tests::postgres::Postgres;

use super::*;
use crate::journal::Commit;
use crate::store::verify;

/// As it stands on the wire: a transaction that begins speaks of what is committed, too.
const COMMIT: &str = "COMMIT\0";

async fn desk_on(server: &Postgres) -> Desk {
    Desk::on(Database::at(&server.database().await)).await
}

fn visitor_of(head: &Head) -> Visitor {
    Visitor { id: head.visitor, inbox: head.inbox }
}

/// All were acknowledged; each is there once, under the seq that it was told.
async fn assert_kept(desk: &Desk, id: ConversationId, acks: &[(ClientId, Ack)]) {
    let stored: HashSet<_> =
        desk.entries(id).await.iter().map(|entry| (entry.client_id, entry.seq)).collect();
    for (client_id, ack) in acks {
        assert!(stored.contains(&(Some(*client_id), ack.seq)), "{client_id} at {}", ack.seq.0);
    }
    assert_eq!(desk.entries(id).await.len(), acks.len() + 1);
    let report = verify(&desk.store).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_of_writes_loses_and_doubles_nothing() {
    let mut server = Postgres::start().await;
    let desk = desk_on(&server).await;
    let head = desk.conversation().await;

    let mut acks = Vec::new();
    for _ in 0..3 {
        let sent: Vec<_> = (0..400)
            .map(|n| {
                let client_id = ClientId::fresh();
                let write = visitor_of(&head).says(head.id, client_id, &n.to_string());
                (client_id, desk.submit(write))
            })
            .collect();
        server.kill();
        server.start_again().await;
        for (client_id, outcome) in sent {
            acks.push((client_id, committed(wait(outcome).await)));
        }
    }

    assert_kept(&desk, head.id, &acks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_the_queue_fills_and_is_busy_and_then_goes_on() {
    let mut server = Postgres::start().await;
    let desk = desk_on(&server).await;
    let head = desk.conversation().await;
    server.kill();

    let mut sent = Vec::new();
    while let (client_id, Ok(outcome)) = {
        let client_id = ClientId::fresh();
        let write = visitor_of(&head).says(head.id, client_id, "hello");
        let (write, outcome) = write.into_write();
        (client_id, desk.journal.submit(write).map(|()| outcome))
    } {
        sent.push((client_id, outcome));
        assert!(sent.len() < 10_000, "it is never busy");
    }
    server.start_again().await;

    let mut acks = Vec::new();
    for (client_id, outcome) in sent {
        acks.push((client_id, committed(wait(outcome).await)));
    }
    assert_kept(&desk, head.id, &acks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_ended_at_any_moment_lose_and_double_nothing() {
    let server = Arc::new(Postgres::start().await);
    let desk = desk_on(&server).await;
    let head = desk.conversation().await;
    let (done, times) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let ending = {
        let (server, done, times) = (Arc::clone(&server), Arc::clone(&done), Arc::clone(&times));
        tokio::spawn(async move {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'salotto'";
            while !done.load(Ordering::SeqCst) {
                server.run(end).await;
                let times = times.fetch_add(1, Ordering::SeqCst);
                // Long enough for a connection to be made and to come somewhere.
                tokio::time::sleep(Duration::from_millis(10 + 7 * (times % 8))).await;
            }
        })
    };

    let mut acks = Vec::new();
    let mut round = 0;
    while round < 40 || times.load(Ordering::SeqCst) < 20 {
        round += 1;
        let mut sent = Vec::new();
        for n in 0..10 {
            let client_id = ClientId::fresh();
            let text = format!("{round}-{n}");
            sent.push((client_id, desk.submit(visitor_of(&head).says(head.id, client_id, &text))));
        }
        let start = desk.submit(Visitor::new().start(ClientId::fresh(), "hello"));
        for (client_id, outcome) in sent {
            acks.push((client_id, committed(wait(outcome).await)));
        }
        assert_eq!(committed(wait(start).await).seq, Seq(1));
    }
    done.store(true, Ordering::SeqCst);

    ending.await.unwrap();
    assert_kept(&desk, head.id, &acks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_answered_with_its_first_result() {
    let server = Postgres::start().await;
    let database = server.database().await;
    let wire = CutAfter::between(server.port()).await;
    let desk = Desk::on(Database::at(&wire.url(&database))).await;
    let mut stream = desk.journal.commits();
    let visitor = Visitor::new();

    wire.cut_after(COMMIT);
    let start = ClientId::fresh();
    let first = committed(desk.write(visitor.start(start, "hello")).await);
    assert!(wire.has_cut(), "the answer to the commit was lost");
    assert_eq!((first.seq, first.repeated), (Seq(1), true));
    let told = tokio::time::timeout(PATIENCE, stream.next()).await;
    let Ok(Some(Commit::Skipped(told))) = told else { panic!("not told: {told:?}") };
    assert!(told.contains(&first.conversation));

    wire.cut_after(COMMIT);
    let client_id = ClientId::fresh();
    let second = visitor.says(first.conversation, client_id, "anybody?");
    let second = committed(desk.write(second).await);
    assert!(wire.has_cut());

    assert_eq!((second.seq, second.repeated), (Seq(2), true));
    assert_eq!(texts(&desk, first.conversation).await, ["hello", "anybody?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_commit_is_unanswered_is_made_once_and_told() {
    let server = Postgres::start().await;
    let database = server.database().await;
    let wire = CutAfter::between(server.port()).await;
    let desk = Desk::on(Database::at(&wire.url(&database))).await;
    let mut stream = desk.journal.commits();

    wire.cut_after(COMMIT);
    let agent = desk.agent("anna@example.com", 3).await;

    assert!(wire.has_cut());
    let told = tokio::time::timeout(PATIENCE, stream.next()).await;
    let Ok(Some(Commit::Agents(rows))) = told else { panic!("not told: {told:?}") };
    assert_eq!(rows[0].id, agent);
    assert_eq!(desk.store.agents().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_is_hung_up_on_and_called_again() {
    let server = Postgres::start().await;
    let desk = desk_on(&server).await;
    let head = desk.conversation().await;
    let silent = server.backends().await;
    for backend in &silent {
        kill_process(*backend, Signal::STOP).unwrap();
    }

    let client_id = ClientId::fresh();
    let sent = desk.write(visitor_of(&head).says(head.id, client_id, "hello?")).await;

    assert_eq!(committed(sent).seq, Seq(2));
    for backend in silent {
        kill_process(backend, Signal::CONT).unwrap();
    }
    assert_eq!(texts(&desk, head.id).await, ["hello", "hello?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_wait_for_a_server_that_is_started_again() {
    let mut server = Postgres::start().await;
    let desk = desk_on(&server).await;
    let agent = desk.agent("anna@example.com", 3).await;
    let version = desk.store.settings().await.unwrap().version;
    server.kill();

    let (agents, settings, ()) =
        tokio::join!(desk.store.agents(), desk.store.settings(), server.start_again());

    assert_eq!(agents.unwrap()[0].id, agent);
    assert_eq!(settings.unwrap().version, version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_timeline_ends_the_node_and_the_next_one_has_a_new_epoch() {
    let server = Postgres::start().await;
    let mut desk = desk_on(&server).await;
    let head = desk.conversation().await;
    let before = desk.store.epoch();

    // As if a standby had taken over: the line ends, and the server says another timeline.
    desk.store.tamper("UPDATE meta SET timeline = timeline + 1").await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'salotto'";
    server.run(end).await;
    let outcome = desk.write(visitor_of(&head).says(head.id, ClientId::fresh(), "lost?")).await;

    assert_eq!(outcome, Outcome::Failed);
    tokio::time::timeout(PATIENCE, desk.failure.wait_for(|it| *it)).await.unwrap().unwrap();
    let again = Store::open(desk.database.url()).await.unwrap();
    assert_ne!(again.epoch(), before);
}
