//! One real node: a process with a store of its own, started, killed and started again.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::patience;
use crate::rest::{Answer, Ask};

pub const DEMO_PASSWORD: &str = "a-password-for-tests";
pub const LOADTEST_TOKEN: &str = "a-load-test-token-of-32-characters";

/// A node that is frozen answers never.
const METRICS_WITHIN: Duration = Duration::from_secs(2);

/// Ends its process when dropped, so that a failed test leaves nothing behind.
pub struct Node {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    folder: TempDir,
    settings: Vec<(String, String)>,
    program: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Child>,
}

impl Node {
    /// A node with the demo's site and agents, ready to serve.
    pub async fn start() -> Node {
        Node::start_with(&[]).await
    }

    /// As `start`, with more settings, as environment variables without `SALOTTO_`.
    pub async fn start_with(settings: &[(&str, &str)]) -> Node {
        let mut node = Node::prepare(settings);
        node.launch();
        node.until_ready().await;
        node
    }

    /// A folder, two free ports and the settings, and no process yet.
    pub fn prepare(settings: &[(&str, &str)]) -> Node {
        let folder = TempDir::with_prefix("salotto-").expect("a temporary folder");
        let [public, admin] = free_addresses();
        let mut all = vec![
            ("GATEWAY__LISTEN".to_owned(), public.to_string()),
            ("ADMIN__LISTEN".to_owned(), admin.to_string()),
            ("STORE__URL".to_owned(), store_url(folder.path())),
            ("DEMO__ENABLED".to_owned(), "true".to_owned()),
            ("DEMO__PASSWORD".to_owned(), DEMO_PASSWORD.to_owned()),
            ("LOADTEST__TOKEN".to_owned(), LOADTEST_TOKEN.to_owned()),
        ];
        for (name, value) in settings {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let (program, environment) = (binary(), Vec::new());
        Node { public, admin, folder, settings: all, program, environment, process: None }
    }

    /// Another binary than `binary()` from its next start on, such as one that is made to fail.
    pub fn set_program(&mut self, program: &Path) {
        self.program = program.to_owned();
    }

    /// A variable of its next processes, as it is; `None` takes it away.
    pub fn set_variable(&mut self, name: &str, value: Option<&str>) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Starts the process and does not wait for it.
    pub fn launch(&mut self) {
        let out = |name: &str| {
            let path = self.folder.path().join(name);
            File::options().create(true).append(true).open(path).expect("a log file")
        };
        let mut command = self.command(&["serve"]);
        command.stdout(out("stdout")).stderr(out("stderr")).kill_on_drop(true);
        self.process = Some(command.spawn().expect("the salotto binary starts"));
    }

    pub async fn until_ready(&mut self) {
        let admin = self.admin;
        loop {
            let ready = Ask::get(admin, "/readyz").try_send().await;
            if ready.is_some_and(|answer| answer.status.is_success()) {
                return;
            }
            let process = self.process.as_mut().expect("launched");
            if let Some(status) = process.try_wait().expect("our own child") {
                panic!("the node ended with {status} instead of serving:\n{}", self.stderr());
            }
            tokio::time::sleep(patience::LOOK_EVERY).await;
        }
    }

    /// As `until_ready`; `false` when the process has ended instead, for whatever reason.
    pub async fn is_ready_at_last(&mut self) -> bool {
        let admin = self.admin;
        loop {
            let ready = Ask::get(admin, "/readyz").try_send().await;
            if ready.is_some_and(|answer| answer.status.is_success()) {
                return true;
            }
            let process = self.process.as_mut().expect("launched");
            if process.try_wait().expect("our own child").is_some() {
                self.process = None;
                return false;
            }
            tokio::time::sleep(patience::LOOK_EVERY).await;
        }
    }

    /// Whether there is a process: frozen is not gone.
    pub fn is_running(&mut self) -> bool {
        let Some(process) = &mut self.process else { return false };
        if process.try_wait().expect("our own child").is_some() {
            self.process = None;
        }
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

    /// SIGKILL, as if the machine had lost its power, but for what the kernel still holds.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().expect("the node runs");
        process.kill().await.expect("our own child can be killed");
    }

    /// Asks politely and leaves it at that.
    pub fn send_term(&self) {
        kill_process(self.pid(), Signal::TERM).expect("our own child takes signals");
    }

    /// SIGTERM, and what it ends with.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.send_term();
        self.exited().await
    }

    /// Twice SIGTERM: flushes the store and waits for nobody.
    pub async fn terminate_quickly(&mut self) {
        self.send_term();
        let admin = self.admin;
        patience::until("the drain to begin", || async {
            let answer = Ask::get(admin, "/readyz").try_send().await;
            answer.is_none_or(|answer| !answer.status.is_success()).then_some(())
        })
        .await;
        self.send_term();
        self.exited().await;
    }

    /// What it ends with.
    pub async fn exited(&mut self) -> ExitStatus {
        let process = self.process.as_mut().expect("the node runs");
        let status = patience::within("the node to end", process.wait()).await;
        self.process = None;
        status.expect("our own child can be waited for")
    }

    /// What it ends with, if it ends in time.
    pub async fn exits_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let process = self.process.as_mut().expect("the node runs");
        let status = tokio::time::timeout(patience, process.wait()).await.ok()?;
        self.process = None;
        Some(status.expect("our own child can be waited for"))
    }

    /// The same store and the same ports again.
    pub async fn start_again(&mut self) {
        self.launch();
        self.until_ready().await;
    }

    /// Another command of the binary with the settings of this node.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).kill_on_drop(true).output();
        patience::within(&arguments.join(" "), output).await.expect("the salotto binary starts")
    }

    pub async fn get(&self, path: &str) -> Answer {
        Ask::get(self.public, path).send().await
    }

    /// Whether it still does its job: for the end of every test that was unkind to it.
    pub async fn assert_serves(&self) {
        let ready = Ask::get(self.admin, "/readyz").send().await;
        assert!(ready.status.is_success(), "{}", ready.text());
    }

    /// The value of a metric without labels, or the sum over its labels.
    pub async fn metric(&self, name: &str) -> f64 {
        Metrics(Ask::get(self.admin, "/metrics").send().await.text()).sum(name)
    }

    /// All metrics, of a node that answers soon.
    pub async fn try_metrics(&self) -> Option<Metrics> {
        let asked = Ask::get(self.admin, "/metrics").try_send();
        let answer = tokio::time::timeout(METRICS_WITHIN, asked).await.ok().flatten()?;
        answer.status.is_success().then(|| Metrics(answer.text()))
    }

    /// The origin of its own pages.
    pub fn origin(&self) -> String {
        format!("http://{}", self.public)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("salotto.db")
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(self.folder.path().join("stdout")).unwrap_or_default()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }

    pub fn pid(&self) -> Pid {
        self.try_pid().expect("the node runs")
    }

    pub fn try_pid(&self) -> Option<Pid> {
        let id = self.process.as_ref().and_then(Child::id)?;
        Pid::from_raw(id.cast_signed())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SALOTTO_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.settings {
            command.env(format!("SALOTTO_{name}"), value);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A page of metrics, as Prometheus reads it.
pub struct Metrics(String);

impl Metrics {
    /// The value of a metric without labels, or the sum over its labels.
    pub fn sum(&self, name: &str) -> f64 {
        self.sum_where(name, "")
    }

    /// Of the series alone whose labels say this, as `reason="gap"`.
    pub fn sum_where(&self, name: &str, label: &str) -> f64 {
        let is_it = |line: &&str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with([' ', '{']) && rest.contains(label))
        };
        let values = self.0.lines().filter(is_it).filter_map(|line| line.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().expect("a number")).sum()
    }
}

/// Two addresses that nobody listened on a moment ago.
pub fn free_addresses() -> [SocketAddr; 2] {
    let listeners =
        [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("a bound address"))
}

pub fn store_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("salotto.db").display())
}

/// `SALOTTO_BIN`, or what was built into the same profile as this test or program.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("SALOTTO_BIN") {
        return PathBuf::from(path);
    }
    let this = std::env::current_exe().expect("a test has a path");
    let folder = this.parent().expect("a file is in a folder");
    // Tests are in `target/<profile>/deps`, programs one folder above.
    let profile = if folder.ends_with("deps") { folder.join("..") } else { folder.to_owned() };
    let path = profile.join("salotto");
    assert!(path.exists(), "{} is missing: run `cargo build -p salotto` first", path.display());
    path
}
