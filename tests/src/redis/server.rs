//! One real Redis server: started, killed, frozen, asked.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::patience::{self, LOOK_EVERY, PATIENCE};

/// Ends its process when dropped, frozen or not.
pub struct RedisServer {
    pub port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    password: Option<String>,
    process: Option<Child>,
}

impl RedisServer {
    pub async fn start() -> RedisServer {
        RedisServer::start_with(&[]).await
    }

    /// As `start`, with more settings: names and values, as in `redis.conf`.
    pub async fn start_with(settings: &[(&str, &str)]) -> RedisServer {
        let mut server = RedisServer::prepare(settings);
        server.launch();
        server.until_up().await;
        server
    }

    /// A folder and a free port, and no process yet.
    pub fn prepare(settings: &[(&str, &str)]) -> RedisServer {
        let folder = TempDir::with_prefix("salotto-redis-").expect("a temporary folder");
        let port = free_port();
        let mut all = vec![
            ("port".to_owned(), port.to_string()),
            ("bind".to_owned(), Ipv4Addr::LOCALHOST.to_string()),
            ("dir".to_owned(), folder.path().display().to_string()),
            ("save".to_owned(), String::new()),
            ("appendonly".to_owned(), "no".to_owned()),
        ];
        all.extend(settings.iter().map(|(name, value)| (String::from(*name), (*value).into())));
        let arguments = all.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]);
        let password = settings.iter().find(|(name, _)| *name == "requirepass");
        RedisServer {
            port,
            folder,
            arguments: arguments.collect(),
            password: password.map(|(_, value)| (*value).to_owned()),
            process: None,
        }
    }

    /// A sentinel: it writes into its settings, so they are a file.
    pub(super) async fn start_sentinel(settings: &str) -> RedisServer {
        let mut server = RedisServer::prepare(&[]);
        let file = server.folder.path().join("sentinel.conf");
        let (port, folder) = (server.port, server.folder.path().display());
        let head = format!("port {port}\nbind 127.0.0.1\ndir {folder}\n");
        fs::write(&file, head + settings).expect("settings can be written");
        server.arguments = vec![file.display().to_string(), "--sentinel".to_owned()];
        server.launch();
        server.until_up().await;
        server
    }

    /// Starts the process and does not wait for it.
    pub fn launch(&mut self) {
        let log = self.folder.path().join("log");
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let mut command = Command::new("redis-server");
        command.args(&self.arguments).stdin(Stdio::null()).stdout(log).stderr(Stdio::null());
        let process = command.kill_on_drop(true).spawn();
        self.process = Some(process.expect("redis-server is installed: scripts/need redis-server"));
    }

    pub async fn until_up(&self) {
        let what = format!("redis-server to answer: {}", self.folder.path().display());
        patience::until(&what, || async { self.is_up().await.then_some(()) }).await;
    }

    async fn is_up(&self) -> bool {
        let answer = self.try_ask(&["PING"]).await;
        answer.is_some_and(|it| it == "PONG" || it.starts_with("NOPERM"))
    }

    /// SIGKILL.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().expect("redis-server runs");
        process.kill().await.expect("our own child can be killed");
    }

    /// On the same port. Whoever tries to connect to a port on which nobody listens may be given it
    /// for their own end, and is connected to themselves until they notice: then it is not free.
    pub async fn start_again(&mut self) {
        let end = Instant::now() + PATIENCE;
        self.launch();
        while !self.is_up().await {
            assert!(Instant::now() < end, "waited for {} again", self.folder.path().display());
            if self.has_ended() {
                self.launch();
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn has_ended(&mut self) -> bool {
        let process = self.process.as_mut().expect("it was launched");
        process.try_wait().expect("our own child").is_some()
    }

    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// SIGSTOP: connections stay open and nothing answers.
    pub fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).expect("our own child takes signals");
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        kill_process(self.pid(), Signal::CONT).expect("our own child takes signals");
    }

    /// What `redis-cli` prints, without the last line break; an error of Redis is text as well.
    pub async fn ask(&self, command: &[&str]) -> String {
        let answer = patience::within(&command.join(" "), self.try_ask(command)).await;
        answer.expect("redis-server answers")
    }

    /// `None` when there is no server.
    pub async fn try_ask(&self, command: &[&str]) -> Option<String> {
        let mut cli = Command::new("redis-cli");
        cli.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).args(command);
        if let Some(password) = &self.password {
            cli.env("REDISCLI_AUTH", password);
        }
        let output = cli.stdin(Stdio::null()).kill_on_drop(true).output().await;
        let output = output.expect("redis-cli is installed: scripts/need redis-cli");
        let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        (output.status.success() && !text.starts_with("Could not connect")).then_some(text)
    }

    /// Until the answer to a command holds this.
    pub async fn until_says(&self, command: &[&str], wanted: &str) {
        let what = format!("{} to say {wanted}", command.join(" "));
        patience::until(&what, || async {
            let answer = self.try_ask(command).await;
            answer.filter(|answer| answer.contains(wanted)).map(|_| ())
        })
        .await;
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// For `link.url`.
    pub fn url(&self) -> String {
        match &self.password {
            Some(password) => format!("redis://:{password}@{}", self.address()),
            None => format!("redis://{}", self.address()),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn pid(&self) -> Pid {
        let id = self.process.as_ref().and_then(Child::id).expect("redis-server runs");
        Pid::from_raw(id.cast_signed()).expect("a process id is not 0")
    }
}

/// A port that nobody listened on a moment ago.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound address").port()
}
