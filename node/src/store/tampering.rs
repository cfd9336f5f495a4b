//! For tests: what no node would ever write.

use salotto_protocol::NodeId;
use sqlx::Executor as _;

use super::Store;
use super::dialect::Connection;

impl Store {
    /// A node that never needs to say that it lives.
    pub(crate) async fn immortal(&self, node: NodeId) {
        let id = node.0.simple();
        self.tamper(&format!("INSERT INTO nodes VALUES (x'{id}', 9999999999999)")).await;
    }

    /// Runs SQL on the write connection, constraints or not.
    pub(crate) async fn tamper(&self, sql: &str) {
        let mut connection = self.write_connection().lock().await;
        run(&mut connection, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            .await;
        run(&mut connection, sql).await;
        run(&mut connection, "PRAGMA foreign_keys = ON; PRAGMA ignore_check_constraints = OFF")
            .await;
    }
}

async fn run(connection: &mut Connection, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    connection.execute(sqlx::raw_sql(sql)).await.expect("what the test asked for");
}
