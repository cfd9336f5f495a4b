//! A real PostgreSQL server in a temporary folder, on a free port of loopback.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Where Debian has what is not in the search path: a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// A cluster is made in two seconds, and a killed one recovers in less.
const PATIENCE: Duration = Duration::from_secs(60);

/// A right with an end. One that was given back has 0 there.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    pub holder: Uuid,
    pub expires_at_ms: i64,
    pub now_ms: i64,
}

/// Ends with the test that holds it, or with the process.
pub struct Postgres {
    folder: TempDir,
    port: u16,
    owner: Option<(u32, u32)>,
    settings: Vec<String>,
    server: Option<Child>,
    guard: Child,
    databases: AtomicU32,
}

impl Postgres {
    /// Without fsync: what a killed server has written is there as long as the machine runs.
    pub async fn start() -> Postgres {
        Postgres::with(&["fsync=off", "full_page_writes=off"]).await
    }

    /// With settings of its own, such as `fsync=on`.
    pub async fn with(settings: &[&str]) -> Postgres {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let owner = server_user();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a mode");
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).expect("root may give it away");
        }
        let mut postgres = Postgres {
            guard: guard(folder.path()),
            folder,
            port: free_port(),
            owner,
            settings: settings.iter().map(|it| (*it).to_owned()).collect(),
            server: None,
            databases: AtomicU32::new(0),
        };
        let data = postgres.data().display().to_string();
        let made = postgres
            .command("initdb")
            .args(["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions"])
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        postgres.start_again().await;
        postgres
    }

    /// After `kill`: on the same data and the same port.
    pub async fn start_again(&mut self) {
        self.server = Some(self.spawn());
        let begun = Instant::now();
        while let Err(error) = PgConnection::connect(&self.url("postgres")).await {
            assert!(begun.elapsed() < PATIENCE, "{error}: {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
            let server = self.server.as_mut().expect("it was just started");
            if server.try_wait().expect("it is ours").is_some() {
                self.server = Some(self.spawn());
            }
        }
    }

    fn spawn(&self) -> Child {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log());
        let log = log.expect("a log");
        let (data, socket) = (self.data(), self.folder.path().display().to_string());
        let mut command = self.command("postgres");
        command.arg("-D").arg(data).args(["-k", &socket, "-p", &self.port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "max_connections=300"] {
            command.args(["-c", setting]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        server.expect("postgres starts")
    }

    /// All of it at once, as when the power fails.
    pub fn kill(&mut self) {
        // Stopped, it makes no more children.
        kill_process(self.pid(), Signal::STOP).expect("it is ours");
        let children = self.children();
        let mut server = self.server.take().expect("it runs");
        kill_process(Pid::from_child(&server), Signal::KILL).expect("it is ours");
        for child in children {
            let _ = kill_process(child, Signal::KILL);
        }
        server.wait().expect("it ends");
    }

    pub fn is_running(&self) -> bool {
        self.server.is_some()
    }

    /// All of it stands still, connections open, transactions and their locks as they are.
    pub fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).expect("it is ours");
        for child in self.children() {
            let _ = kill_process(child, Signal::STOP);
        }
    }

    pub fn thaw(&self) {
        for child in self.children() {
            let _ = kill_process(child, Signal::CONT);
        }
        kill_process(self.pid(), Signal::CONT).expect("it is ours");
    }

    /// Ends every connection of nodes, whatever it does.
    pub async fn end_backends(&self) {
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE application_name = 'salotto'";
        self.run(all).await;
    }

    fn children(&self) -> Vec<Pid> {
        let pid = self.pid().as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.expect("Linux lists them");
        children.split_whitespace().filter_map(|it| Pid::from_raw(it.parse().ok()?)).collect()
    }

    /// A fresh database, and its URL.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        self.run(&format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    /// SQL in the database of the administrator.
    pub async fn run(&self, sql: &str) {
        let mut admin = PgConnection::connect(&self.url("postgres")).await.expect("it answers");
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut admin).await.expect("valid SQL");
        admin.close().await.expect("it closes");
    }

    /// Who is the router in the database at this URL, until when, and what time it is there.
    pub async fn lease(&self, url: &str) -> Lease {
        let mut reader = PgConnection::connect(url).await.expect("it answers");
        let sql = "SELECT holder, expires_at_ms,
            (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM leases";
        let lease: (Uuid, i64, i64) =
            sqlx::query_as(sql).fetch_one(&mut reader).await.expect("there is a router");
        reader.close().await.expect("it closes");
        let (holder, expires_at_ms, now_ms) = lease;
        Lease { holder, expires_at_ms, now_ms }
    }

    /// The processes on the server that nodes have.
    pub async fn backends(&self) -> Vec<Pid> {
        let mut admin = PgConnection::connect(&self.url("postgres")).await.expect("it answers");
        let all = "SELECT pid FROM pg_stat_activity WHERE application_name = 'salotto'";
        let pids: Vec<(i32,)> = sqlx::query_as(all).fetch_all(&mut admin).await.expect("rows");
        pids.into_iter().map(|(pid,)| Pid::from_raw(pid).expect("no process is 0")).collect()
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The postmaster's, for SIGSTOP and the like.
    pub fn pid(&self) -> Pid {
        Pid::from_child(self.server.as_ref().expect("it runs"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(binary(name));
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.server.is_some() {
            // It may be frozen.
            self.thaw();
        }
        if let Some(mut server) = self.server.take() {
            let _ = kill_process(Pid::from_child(&server), Signal::QUIT);
            let _ = server.wait();
        }
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

/// Ends the server and removes its folder when this process ends without having done so: a
/// static is never dropped, and a test may be killed.
fn guard(folder: &Path) -> Child {
    let script = r#"
        cat >/dev/null
        pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid" &&
            while kill -0 "$pid"; do sleep 0.1; done
        rm -rf "$1""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(folder).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("sh runs")
}

/// Debian's newest, else what the search path has.
fn binary(name: &str) -> PathBuf {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let there = versions.map(|version| version.path().join("bin").join(name));
    there.filter(|path| path.exists()).max().unwrap_or_else(|| name.into())
}

/// PostgreSQL refuses to run as root: then as the user that Debian made for it, else as nobody.
fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse::<u32>);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound address").port()
}
