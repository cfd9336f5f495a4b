//! A store on a PostgreSQL server: how it is opened, and what its sessions may do.

use salotto_protocol::NodeId;

use super::*;
use crate::store::attachments::OF;
use crate::store::connection::Connection;
use crate::store::entries::KNOWN;
use crate::store::head::{ADVANCE, EXISTING, LOCK, LOCK_FREE, MOVE, OPEN, select};
use crate::store::heads::{REACHED, THESE, UNANSWERED};
use crate::store::marks::RAISE;
use crate::store::query::query;
use crate::store::starts::FIND;
use crate::store::verify::BY_SEQ;
use crate::store::{backup, dialect, restored};
use crate::test_support::eventually;

async fn desk() -> Desk {
    Desk::on(Database::postgres().await).await
}

impl Desk {
    async fn ask<T: crate::store::row::Stored>(&self, sql: String) -> T {
        let mut writer = self.store.writer().await;
        query(sql).one(writer.connection().await.unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_on_a_fresh_database_share_one_store() {
    let database = Database::postgres().await;

    let open = || Store::open(database.url());
    let (one, two, three, four) = tokio::join!(open(), open(), open(), open());

    let epochs = [one, two, three, four].map(|store| store.unwrap().epoch());
    assert_eq!(epochs, [epochs[0]; 4]);
}

#[tokio::test]
async fn a_step_of_a_newer_release_is_ignored_if_it_only_adds_and_else_refused() {
    let desk = desk().await;
    let newer = |description: &str, version: i64| {
        format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum,
            execution_time) VALUES ({version}, '{description}', true, '', 0)"
        )
    };

    desk.store.tamper(&newer("expand surveys", 9_001)).await;
    let expanded = Store::open(desk.database.url()).await;
    desk.store.tamper(&newer("contract surveys", 9_002)).await;
    let contracted = Store::open(desk.database.url()).await;
    let migrated = Store::migrate(desk.database.url()).await;

    assert_eq!(expanded.unwrap().epoch(), desk.store.epoch());
    for refused in [contracted.map(|_| ()), migrated] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("newer release") && error.contains("contract surveys"), "{error}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_named_without_its_password() {
    let database = Database::postgres().await;
    let (host, name) = database.url().rsplit_once('/').unwrap();
    let host = host.replace("postgres@", "postgres:hunter2@");
    for (url, words) in [
        (format!("{host}/nowhere"), "does not exist"),
        (format!("postgres://postgres:hunter2@127.0.0.1:1/{name}"), "cannot be reached"),
        ("postgres://postgres:hunter2@[nowhere/chat".to_owned(), "no URL"),
        ("postgres://postgres:hunter2@db/chat?sslmode=require".to_owned(), "no TLS"),
    ] {
        let error = Store::open(&url).await.unwrap_err();

        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    let store = Store::open(&format!("{host}/{name}")).await.unwrap();
    assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
}

#[tokio::test]
async fn acknowledged_means_on_disk_whatever_the_servers_default_is() {
    let database = Database::postgres().await;
    let desk = Desk::on(database).await;
    let name = desk.database.url().rsplit_once('/').unwrap().1;
    desk.store.tamper(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;

    let again = Desk { store: Store::open(desk.database.url()).await.unwrap(), ..desk };

    for (setting, expected) in [
        ("synchronous_commit", "on"),
        ("lock_timeout", "500ms"),
        ("idle_in_transaction_session_timeout", "2s"),
    ] {
        let (found,): (String,) = again.ask(format!("SHOW {setting}")).await;
        assert_eq!(found, expected, "{setting}");
    }
}

#[tokio::test]
async fn a_backup_is_refused_with_what_to_do_instead() {
    let desk = desk().await;
    let folder = tempfile::tempdir().unwrap();

    let refused = backup(&desk.store, &folder.path().join("copy.db")).await.unwrap_err();

    assert!(refused.to_string().contains("pg_dump"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_restored_database_has_a_new_epoch_and_nobody_in_it() {
    let desk = desk().await;
    let (head, entries) = conversation();
    desk.put(&head, &entries).await;
    let agent = desk.put_agent(0).await;
    {
        let mut writer = desk.store.writer().await;
        let mut batch = writer.begin().await.unwrap();
        assert!(batch.set_presence(agent, NodeId::fresh(), true).await.unwrap());
        assert!(batch.insert_session([7; 32], agent, i64::MAX, 0).await.unwrap());
        batch.commit().await.unwrap();
    }

    restored(desk.database.url()).await.unwrap();

    let store = Store::open(desk.database.url()).await.unwrap();
    assert_ne!(store.epoch(), desk.store.epoch());
    assert_eq!(store.secret(), desk.store.secret(), "visitors keep their tokens");
    assert_eq!(store.head(head.id).await.unwrap(), Some(head));
    assert!(!store.agents().await.unwrap()[0].present);
    assert_eq!(store.session([7; 32], 0).await.unwrap(), None);
}

#[tokio::test]
async fn the_statements_of_a_batch_find_their_rows_by_an_index() {
    let desk = desk().await;
    for (n, (sql, types)) in [
        (select(LOCK), "uuid[]"),
        (select(LOCK_FREE), "uuid[]"),
        (EXISTING.to_owned(), "uuid[]"),
        (OPEN.to_owned(), "uuid[], uuid[]"),
        (ADVANCE.to_owned(), "uuid[], bigint[], bigint[], bigint[], text[], text[], bigint[]"),
        (
            MOVE.to_owned(),
            "uuid[], text[], uuid[], uuid[], bigint[], bigint[], bigint[], bigint[], bigint[], \
             uuid[], bigint[], text[], bigint[], bigint[], text[], uuid[]",
        ),
        (select(THESE), "uuid[]"),
        (select(UNANSWERED), "uuid[]"),
        (REACHED.to_owned(), "uuid[]"),
        (OF.to_owned(), "uuid[]"),
        (KNOWN.to_owned(), "uuid[], uuid[]"),
        (BY_SEQ.to_owned(), "uuid[], bigint[]"),
        (FIND.to_owned(), "uuid[], uuid[]"),
        (RAISE.to_owned(), "uuid[], text[], bigint[], bigint[]"),
    ]
    .into_iter()
    .enumerate()
    {
        let columns = types.split(',').count();
        let sql = dialect::fill(dialect::Engine::Postgres, &sql)
            .replace("{rows}", &dialect::unnest(0, columns));
        let nulls = vec!["NULL"; columns].join(",");
        desk.store.tamper(&format!("PREPARE p{n} ({types}) AS {sql}")).await;
        let mut writer = desk.store.writer().await;
        let Connection::Postgres(connection) = writer.connection().await.unwrap() else {
            panic!("a server")
        };
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN EXECUTE p{n} ({nulls})"));
        let plan = sqlx::raw_sql(explain).fetch_all(connection).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| sqlx::Row::get(row, 0)).collect();
        let plan = plan.join("\n");

        assert!(plan.contains("Index"), "{sql}\n{plan}");
        assert!(!plan.contains("Seq Scan on"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn a_message_writes_no_index_of_its_conversations() {
    const MESSAGES: u32 = 60;
    let desk = desk().await;
    let (mut head, entries) = conversation();
    desk.put(&head, &entries).await;

    for _ in 0..MESSAGES {
        head.seq = head.seq.next();
        head.last_at_ms += 1;
        let mut writer = desk.store.writer().await;
        let mut batch = writer.begin().await.unwrap();
        batch.append(&[&head], &[]).await.unwrap();
        batch.commit().await.unwrap();
    }

    let counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
        WHERE relname = 'conversations'";
    eventually("every update stays on its page", || async {
        let (all, on_page): (i64, i64) = desk.ask(counts.to_owned()).await;
        all >= i64::from(MESSAGES) && on_page * 10 >= all * 9
    })
    .await;
}
