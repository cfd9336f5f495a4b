//! One real node: a process with a store of its own, started, killed and started again.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::patience;
use crate::rest::{Answer, Ask};

pub const DEMO_PASSWORD: &str = "a-password-for-tests";
pub const LOADTEST_TOKEN: &str = "a-load-test-token-of-32-characters";

/// Ends its process when dropped, so that a failed test leaves nothing behind.
pub struct Node {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    folder: TempDir,
    settings: Vec<(String, String)>,
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
        Node { public, admin, folder, settings: all, process: None }
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
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
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
        let page = Ask::get(self.admin, "/metrics").send().await.text();
        let is_it =
            |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
        let values = page.lines().filter(is_it).filter_map(|line| line.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().expect("a number")).sum()
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
        let id = self.process.as_ref().and_then(Child::id).expect("the node runs");
        Pid::from_raw(id.cast_signed()).expect("a process id is not 0")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SALOTTO_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.settings {
            command.env(format!("SALOTTO_{name}"), value);
        }
        command
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

/// `SALOTTO_BIN`, or what was built into the same profile as this test.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("SALOTTO_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    let path = profile.join("salotto");
    assert!(path.exists(), "{} is missing: run `cargo build -p salotto` first", path.display());
    path
}
