//! A real Prometheus: its own folder and port, nodes to scrape, questions in its own language.

use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::node::free_addresses;
use crate::rest::Ask;
use crate::{patience, tool};

/// Between two scrapes: short, so that a test soon has the several that a rate needs.
const SCRAPE_INTERVAL: &str = "250ms";

/// Ends when dropped.
pub struct Prometheus {
    address: SocketAddr,
    folder: TempDir,
    process: Child,
}

impl Prometheus {
    /// Scrapes these addresses as the job `salotto`.
    pub async fn scraping(targets: &[SocketAddr]) -> Prometheus {
        let folder = TempDir::with_prefix("salotto-prometheus-").expect("a temporary folder");
        let targets: Vec<String> = targets.iter().map(SocketAddr::to_string).collect();
        let settings = serde_json::json!({
            "global": {"scrape_interval": SCRAPE_INTERVAL, "scrape_timeout": SCRAPE_INTERVAL},
            "scrape_configs": [
                {"job_name": "salotto", "static_configs": [{"targets": targets}]},
            ],
        });
        let file = folder.path().join("prometheus.yml");
        // JSON is YAML.
        fs::write(&file, settings.to_string()).expect("written");
        let [address, _] = free_addresses();
        let log = fs::File::create(folder.path().join("log")).expect("a log file");
        let process = Command::new(tool::path("prometheus"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("prometheus: {error}; `make tools-test` installs it"));
        let prometheus = Prometheus { address, folder, process };
        prometheus.until_ready().await
    }

    async fn until_ready(mut self) -> Prometheus {
        loop {
            let ready = Ask::get(self.address, "/-/ready").try_send().await;
            if ready.is_some_and(|answer| answer.status.is_success()) {
                return self;
            }
            if let Some(status) = self.process.try_wait().expect("our own child") {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                panic!("prometheus ended with {status}:\n{log}");
            }
            tokio::time::sleep(patience::LOOK_EVERY).await;
        }
    }

    /// The samples of an expression now. Panics where Prometheus does not understand it.
    pub async fn query(&self, expression: &str) -> Vec<f64> {
        let path = format!("/api/v1/query?query={}", escaped(expression));
        let answer = Ask::get(self.address, &path).send().await;
        assert!(answer.status.is_success(), "{expression}: {}", answer.text());
        let answer: Value = answer.json();
        let samples = answer["data"]["result"].as_array().expect("a vector").iter();
        let texts = samples.map(|sample| sample["value"][1].as_str().expect("a sample"));
        texts.map(|text| text.parse().expect("a number")).collect()
    }

    /// The values that a label has in these series.
    pub async fn label_values(&self, series: &str, label: &str) -> Vec<String> {
        let path = format!("/api/v1/label/{label}/values?match[]={}", escaped(series));
        let answer = Ask::get(self.address, &path).send().await;
        assert!(answer.status.is_success(), "{series}: {}", answer.text());
        let answer: Value = answer.json();
        serde_json::from_value(answer["data"].clone()).expect("a list of texts")
    }
}

/// For the query of an address.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
