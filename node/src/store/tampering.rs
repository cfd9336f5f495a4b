//! For tests: what no node would ever write.

use salotto_protocol::NodeId;
use sqlx::Executor as _;

use super::Store;
use super::connection::Connection;

impl Store {
    /// A node that never needs to say that it lives.
    pub(crate) async fn immortal(&self, node: NodeId) {
        let id = match self.is_embedded() {
            true => format!("x'{}'", node.0.simple()),
            false => format!("'{}'", node.0),
        };
        self.tamper(&format!("INSERT INTO nodes VALUES ({id}, 9999999999999)")).await;
    }

    /// Runs SQL on the write connection, constraints or not.
    pub(crate) async fn tamper(&self, sql: &str) {
        let (before, after) = match self.is_embedded() {
            true => (
                "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
                "PRAGMA foreign_keys = ON; PRAGMA ignore_check_constraints = OFF",
            ),
            false => (DROP_CONSTRAINTS, "SELECT 1"),
        };
        let mut write = self.write_connection().lock().await;
        for sql in [before, sql, after] {
            run(write.connection().await.expect("a connection"), sql).await;
        }
    }
}

/// PostgreSQL has no way to look away from a check: it is gone for good.
const DROP_CONSTRAINTS: &str = "
    DO $$ DECLARE it RECORD; BEGIN
        FOR it IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
            WHERE contype IN ('c', 'f') AND connamespace = current_schema()::regnamespace
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', it.of, it.conname); END LOOP;
    END $$";

async fn run(connection: Connection<'_>, sql: &str) {
    let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
    match connection {
        Connection::Sqlite(connection) => connection.execute(sql).await.map(|_| ()),
        Connection::Postgres(connection) => connection.execute(sql).await.map(|_| ()),
    }
    .expect("what the test asked for");
}
