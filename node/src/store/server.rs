//! A PostgreSQL server: how nodes connect to it, and what their sessions there may do.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection as _, PgConnection, PgPool};

use super::connection::READER_TIMEOUT;
use super::schema::{Steps, bring_server_up_to_date};
use super::{StoreError, Trouble};

/// Readers at once, each a process on the server.
const READERS_MAX: u32 = 8;
/// A server that is there answers sooner.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Each statement text is one; lists of any length have the same text.
const STATEMENTS_MAX: usize = 256;

/// The writer's session. A frozen node holds its locks for two seconds, nobody waits for one
/// longer than half a second, and acknowledged means on disk, whatever the server's default is.
/// Every statement of the writer looks rows up by an index: its plans must not depend on when
/// the tables were last analyzed.
const WRITER: [(&str, &str); 8] = [
    ("lock_timeout", "500"),
    ("idle_in_transaction_session_timeout", "2000"),
    ("synchronous_commit", "on"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
];
const READER: [(&str, &str); 3] = [
    ("default_transaction_read_only", "on"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
];

#[derive(Clone)]
pub(super) struct Server(Box<PgConnectOptions>);

impl Server {
    /// What is wrong with a URL is told without repeating it: it may hold a password.
    pub(super) fn of(url: &str) -> Result<Server, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            StoreError::BadUrl(
                "this is no URL of a PostgreSQL database: write postgres://user@host/database"
                    .to_owned(),
            )
        })?;
        match options.get_ssl_mode() {
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => {
                return Err(StoreError::BadUrl(
                    "this build speaks no TLS to PostgreSQL: leave sslmode out, and keep the way \
                     to the server private"
                        .to_owned(),
                ));
            }
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => {}
        }
        let options = options.application_name("salotto").statement_cache_capacity(STATEMENTS_MAX);
        Ok(Server(Box::new(options.disable_statement_logging())))
    }

    /// Where it is, without who asks.
    pub(super) fn shown(&self) -> String {
        let (host, port) = (self.0.get_host(), self.0.get_port());
        let database = self.0.get_database().unwrap_or_else(|| self.0.get_username());
        match self.0.get_socket() {
            Some(folder) => format!("{database} in {}", folder.display()),
            None => format!("{database} at {host}:{port}"),
        }
    }

    pub(super) fn readers(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(READER_TIMEOUT)
            .test_before_acquire(false)
            .idle_timeout(None)
            .connect_lazy_with(PgConnectOptions::clone(&self.0).options(READER))
    }

    /// The connection that writes.
    pub(super) async fn connect_writer(&self) -> Result<PgConnection, StoreError> {
        self.connect(&PgConnectOptions::clone(&self.0).options(WRITER)).await
    }

    /// Waits for other nodes that do the same, for as long as they take.
    pub(super) async fn bring_up_to_date(&self, steps: Steps) -> Result<(), StoreError> {
        let mut connection = self.connect(&self.0).await.map_err(|error| self.unusable(error))?;
        bring_server_up_to_date(&mut connection, steps).await?;
        Ok(connection.close().await?)
    }

    async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
        match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(connected) => Ok(connected?),
            Err(_) => Err(silence()),
        }
    }

    /// At the start nobody waits: what is wrong is told.
    fn unusable(&self, error: StoreError) -> StoreError {
        match (error.trouble(), error) {
            (Trouble::Lost, StoreError::Database(error)) => StoreError::CannotOpen(format!(
                "the PostgreSQL database {} cannot be reached: {error}",
                self.shown()
            )),
            (_, error) => error,
        }
    }
}

/// No answer came.
pub(super) fn silence() -> StoreError {
    StoreError::Database(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
}
