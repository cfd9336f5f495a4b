//! For tests: what no node would ever write.

use sqlx::Executor as _;

use super::Store;
use super::dialect::Connection;

impl Store {
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
