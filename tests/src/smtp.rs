//! A real SMTP server: aiosmtpd on a free port, with a folder for what it takes.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::node::free_addresses;
use crate::{patience, tool};

/// What it does with a mail.
const HANDLER: &str = include_str!("../smtp/salotto_smtp.py");
pub const FROM: &str = "Ein Laden für Lampen <chat@shop.example>";
pub const PUBLIC_URL: &str = "https://chat.shop.example";
pub const USER: &str = "me@shop.example";
pub const PASSWORD: &str = "a-password-for-mail";

/// Ends when dropped.
pub struct SmtpServer {
    address: SocketAddr,
    folder: TempDir,
    is_strict: bool,
    process: Option<Child>,
}

/// A mail as the server read it: its headers decoded.
#[derive(Clone, Debug, Deserialize)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub encrypted: bool,
}

impl Taken {
    /// The only one of this name.
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let (_, value) = found.next().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        assert!(found.next().is_none(), "{name} twice: {self:?}");
        value
    }
}

impl SmtpServer {
    /// Open to everybody on this machine, and not encrypted.
    pub async fn start() -> SmtpServer {
        SmtpServer::with(false).await
    }

    /// By STARTTLS alone, and with a login.
    pub async fn start_strict() -> SmtpServer {
        SmtpServer::with(true).await
    }

    async fn with(is_strict: bool) -> SmtpServer {
        let folder = TempDir::with_prefix("salotto-smtp-").expect("a temporary folder");
        fs::create_dir(folder.path().join("mails")).expect("made");
        fs::write(folder.path().join("salotto_smtp.py"), HANDLER).expect("written");
        if is_strict {
            make_certificate(folder.path());
        }
        let [address, _] = free_addresses();
        let mut server = SmtpServer { address, folder, is_strict, process: None };
        server.start_again().await;
        server
    }

    /// After `stop`: on the same port, with what it had taken.
    pub async fn start_again(&mut self) {
        let (address, folder) = (self.address.to_string(), self.folder.path());
        let log = fs::File::options().create(true).append(true).open(folder.join("log"));
        let mut command = Command::new(tool::path("aiosmtpd"));
        command.args(["--nosetuid", "--smtputf8", "--listen", &address]);
        command.args(["--class", "salotto_smtp.Handler"]);
        if self.is_strict {
            command
                .arg("--tlscert")
                .arg(self.certificate())
                .arg("--tlskey")
                .arg(folder.join("key"));
        }
        command.arg(self.mails_folder());
        if self.is_strict {
            command.arg(format!("{USER}:{PASSWORD}"));
        }
        command.env("PYTHONPATH", folder).env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.expect("a log file"));
        let process = command.kill_on_drop(true).spawn();
        let process = process
            .unwrap_or_else(|error| panic!("aiosmtpd: {error}; `make tools-test` installs it"));
        self.process = Some(process);
        let (address, log) = (self.address, self.folder.path().join("log"));
        let what = format!("the SMTP server to say hello; its log is {}", log.display());
        patience::until(&what, || is_there(address)).await;
    }

    pub async fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().await.expect("our own child can be killed");
    }

    /// For a node, as environment variables without `SALOTTO_`.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let port = self.address.port();
        let url = if self.is_strict {
            format!("smtp://{}:{PASSWORD}@localhost:{port}", USER.replace('@', "%40"))
        } else {
            format!("smtp+plain://127.0.0.1:{port}")
        };
        vec![
            ("MAIL__URL", url),
            ("MAIL__FROM", FROM.to_owned()),
            ("GATEWAY__PUBLIC_URL", PUBLIC_URL.to_owned()),
        ]
    }

    /// Whom a client must believe that is to believe this server.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate")
    }

    /// In the order in which they were taken.
    pub fn taken(&self) -> Vec<Taken> {
        let files = fs::read_dir(self.mails_folder()).expect("a folder");
        let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
        files.retain(|path| path.extension().is_some_and(|it| it == "json"));
        files.sort_unstable();
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).expect("readable");
            serde_json::from_str(&text).expect("JSON of the handler")
        };
        files.iter().map(read).collect()
    }

    /// All of them, as soon as there are so many.
    pub async fn until_taken(&self, count: usize) -> Vec<Taken> {
        let what = format!("{count} mails");
        patience::until(&what, || async {
            let taken = self.taken();
            (taken.len() >= count).then_some(taken)
        })
        .await
    }

    /// From now on it takes mails and does not say so; until it is let go.
    pub fn hold(&self) {
        fs::write(self.mails_folder().join("hold"), "").expect("written");
    }

    pub fn let_go(&self) {
        fs::remove_file(self.mails_folder().join("hold")).expect("it was held");
    }

    fn mails_folder(&self) -> PathBuf {
        self.folder.path().join("mails")
    }
}

async fn is_there(address: SocketAddr) -> Option<()> {
    let mut hello = [0; 3];
    let mut stream = BufReader::new(TcpStream::connect(address).await.ok()?);
    stream.read_exact(&mut hello).await.ok()?;
    (&hello == b"220").then_some(())
}

/// For localhost, signed by itself.
fn make_certificate(folder: &Path) {
    let (key, certificate) = (folder.join("key"), folder.join("certificate"));
    let made = tool::run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            &key.display().to_string(),
            "-out",
            &certificate.display().to_string(),
        ],
    );
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}
