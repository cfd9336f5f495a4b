//! The steps of the schema, and what a node does with one that is older or newer than it knows.
//!
//! After the first step, a file's name says what it does to nodes of the release before:
//! `NNNN_expand_…` leaves them working, `NNNN_contract_…` does not.

use std::collections::HashSet;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlStr, SqliteConnection};

use super::StoreError;
use crate::sabotage::{self, Switch};

/// The files of a folder, in order.
macro_rules! steps {
    ($engine:literal: $($version:literal $name:literal),+ $(,)?) => {
        &[$(Step {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $engine, "/", $name, ".sql")),
        }),+]
    };
}

const SQLITE: &[Step] = steps!("sqlite":
    1 "0001_first_light",
    2 "0002_expand_cluster",
    3 "0003_expand_missed",
    4 "0004_expand_hours",
    5 "0005_expand_people",
    6 "0006_expand_turns",
    7 "0007_expand_mails",
    8 "0008_expand_contacts",
    9 "0009_expand_promises",
    10 "0010_expand_capacity",
    11 "0011_expand_tickets",
    12 "0012_expand_team",
);
const POSTGRES: &[Step] = steps!("postgres":
    1 "0001_first_light",
    2 "0002_expand_cluster",
    3 "0003_expand_missed",
    4 "0004_expand_hours",
    5 "0005_expand_people",
    6 "0006_expand_turns",
    7 "0007_expand_mails",
    8 "0008_expand_contacts",
    9 "0009_expand_promises",
    10 "0010_expand_capacity",
    11 "0011_expand_tickets",
    12 "0012_expand_team",
);

/// A file of `migrations/`.
struct Step {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// How a step is called that older nodes bear, in what the database remembers of it.
const EXPAND: &str = "expand";
const CONTRACT: &str = "contract";

const TABLE: &str = "SELECT COUNT(*) FROM pg_tables
    WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'";
const APPLIED: &str = "SELECT version, description FROM _sqlx_migrations ORDER BY version";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Steps {
    /// What nodes of the release before can bear: any node may do so when it starts.
    Expand,
    /// `salotto migrate`, once every node runs this release.
    All,
}

/// An embedded store has one node, and so every step is taken at once.
pub(super) async fn bring_up_to_date(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    Ok(migrator(SQLITE, Steps::All).run(connection).await?)
}

/// Several nodes may start at once: each waits for the lock, and the first one does the work.
pub(super) async fn bring_server_up_to_date(
    connection: &mut PgConnection,
    steps: Steps,
) -> Result<(), StoreError> {
    check_newer(&applied(connection).await?)?;
    let cut_short = sabotage::on(Switch::CrashInMigration);
    let known = &POSTGRES[..POSTGRES.len() - usize::from(cut_short)];
    migrator(known, steps).set_ignore_missing(true).run(connection).await?;
    sabotage::crash(Switch::CrashInMigration);
    Ok(())
}

fn migrator(all: &[Step], steps: Steps) -> Migrator {
    let due = all.iter().filter(|it| is_due(&it.description(), steps));
    Migrator::with_migrations(due.map(Step::migration).collect())
}

impl Step {
    /// As the database remembers it.
    fn description(&self) -> String {
        self.name.trim_start_matches(|it: char| it.is_ascii_digit() || it == '_').replace('_', " ")
    }

    fn migration(&self) -> Migration {
        let (kind, sql) = (MigrationType::Simple, SqlStr::from_static(self.sql));
        Migration::new(self.version, self.description().into(), kind, sql, false)
    }
}

fn is_due(description: &str, steps: Steps) -> bool {
    match steps {
        Steps::All => true,
        Steps::Expand => !description.starts_with(CONTRACT),
    }
}

/// Version and description of every step taken; none of a fresh database.
async fn applied(connection: &mut PgConnection) -> Result<Vec<(i64, String)>, StoreError> {
    let (tables,): (i64,) = sqlx::query_as(TABLE).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(APPLIED).fetch_all(connection).await?)
}

/// Steps of a newer release: those that only add are ignored.
fn check_newer(applied: &[(i64, String)]) -> Result<(), StoreError> {
    let known: HashSet<i64> = POSTGRES.iter().map(|it| it.version).collect();
    let newer = applied.iter().find(|(version, description)| {
        !known.contains(version) && !description.starts_with(EXPAND)
    });
    match newer {
        None => Ok(()),
        Some((version, description)) => Err(StoreError::CannotOpen(format!(
            "the database belongs to a newer release: this one does not know its step {version}, \
             {description:?}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_after_the_first_says_what_it_does_to_older_nodes() {
        for step in SQLITE.iter().chain(POSTGRES).filter(|it| it.version > 1) {
            let description = step.description();
            let says = description.starts_with(EXPAND) || description.starts_with(CONTRACT);
            assert!(says, "step {}, {description:?}", step.version);
        }
    }

    #[test]
    fn both_engines_take_the_same_steps() {
        let names = |steps: &[Step]| steps.iter().map(|it| it.name).collect::<Vec<_>>();

        assert_eq!(names(SQLITE), names(POSTGRES));
    }

    #[test]
    fn every_file_is_a_step_and_its_number_the_version() {
        for (engine, steps) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
            let mut files: Vec<_> = files.map(|it| it.into_string().unwrap()).collect();
            files.sort();
            let named: Vec<_> = steps.iter().map(|it| format!("{}.sql", it.name)).collect();

            assert_eq!(files, named);
            for step in steps {
                assert!(step.name.starts_with(&format!("{:04}_", step.version)), "{}", step.name);
            }
        }
    }

    #[test]
    fn newer_steps_that_only_add_are_ignored_and_others_are_refused() {
        let first = (1, "first light".to_owned());
        let expand = (9_001, "expand surveys".to_owned());
        let contract = (9_002, "contract surveys".to_owned());

        assert!(check_newer(&[first.clone(), expand.clone()]).is_ok());
        let error = check_newer(&[first, expand, contract]).unwrap_err().to_string();

        assert!(error.contains("9002") && error.contains("newer release"), "{error}");
    }

    /// A store of the release before: its accounts go on working, and one can make the others.
    #[tokio::test]
    async fn accounts_of_before_have_a_service_seat_and_the_oldest_may_do_everything() {
        use salotto_protocol::people::{Permission, Seat};
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("salotto.db").display());
        super::super::file::ensure_file(&folder.path().join("salotto.db")).unwrap();
        let connected = super::super::file::connect(&folder.path().join("salotto.db")).await;
        let mut old = connected.unwrap();
        migrator(&SQLITE[..3], Steps::All).run(&mut old).await.unwrap();
        for number in [2_u8, 1] {
            let insert = "INSERT INTO agents (id, email, email_key, name, password_hash, status,
                capacity, active, version) VALUES ($1, $2, $2, 'Ada', '!', 'available', 3, 0, 1)";
            let insert = sqlx::query(insert).bind(vec![number; 16]);
            insert.bind(format!("{number}@x")).execute(&mut old).await.unwrap();
        }
        drop(old);

        let agents = crate::store::Store::open(&url).await.unwrap().agents().await.unwrap();

        let may: Vec<_> = agents.iter().map(|it| it.may(Permission::SuperAdmin)).collect();
        assert_eq!(may, [true, false]);
        let own = |it: &crate::store::AgentRow| (it.seat, it.capacity, it.inherits_capacity);
        assert!(agents.iter().all(|it| own(it) == (Seat::Service, 3, false)));
    }
}
