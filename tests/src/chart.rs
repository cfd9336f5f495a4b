//! The Helm chart as a real Helm renders it, and the documents that come out.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{tidy, tool};

pub fn folder() -> PathBuf {
    tidy::repository().join("helm/salotto")
}

/// The value files of `ci/`: together they use everything that can be set.
pub fn value_files() -> Vec<PathBuf> {
    let listed = fs::read_dir(folder().join("ci")).expect("the chart has value files");
    let mut files: Vec<_> = listed.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    assert!(files.len() >= 4, "both modes, small and whole: {files:?}");
    files
}

/// What `helm template` makes of the chart with these arguments, or what it complains of.
pub fn template(arguments: &[&str]) -> Result<String, String> {
    let chart = folder();
    let chart = chart.to_str().expect("UTF-8");
    let output = tool::run("helm", &[&["template", "chat", chart], arguments].concat());
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).expect("UTF-8"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// All documents of a release.
pub struct Manifests {
    pub text: String,
    documents: Vec<Value>,
}

impl Manifests {
    pub fn of(file: &Path) -> Manifests {
        Manifests::with(&["--values", file.to_str().expect("UTF-8")])
    }

    pub fn with(arguments: &[&str]) -> Manifests {
        let text = template(arguments).unwrap_or_else(|said| panic!("{arguments:?}: {said}"));
        let documents = serde_saphyr::from_multiple(&text).expect("Helm renders YAML");
        Manifests { text, documents }
    }

    pub fn all(&self, kind: &str) -> Vec<&Value> {
        self.documents.iter().filter(|document| document["kind"] == kind).collect()
    }

    pub fn the(&self, kind: &str) -> &Value {
        let found = self.all(kind);
        assert_eq!(found.len(), 1, "one {kind} in:\n{}", self.text);
        found[0]
    }

    /// What keeps the pods: a StatefulSet in mode single, a Deployment in mode cluster.
    pub fn workload(&self) -> &Value {
        let kinds = ["StatefulSet", "Deployment"].map(|kind| self.all(kind));
        let found = kinds.concat();
        assert_eq!(found.len(), 1, "one workload in:\n{}", self.text);
        found[0]
    }

    pub fn is_cluster(&self) -> bool {
        self.workload()["kind"] == "Deployment"
    }

    pub fn pod(&self) -> &Value {
        &self.workload()["spec"]["template"]
    }

    pub fn container(&self) -> &Value {
        let containers = list(&self.pod()["spec"]["containers"]);
        assert_eq!(containers.len(), 1, "a node and nothing beside it");
        &containers[0]
    }

    /// The number of a named port of the container.
    pub fn port(&self, name: &str) -> u64 {
        let ports = list(&self.container()["ports"]);
        let port = ports.iter().find(|port| port["name"] == name);
        let port = port.unwrap_or_else(|| panic!("the container has a port {name}"));
        port["containerPort"].as_u64().expect("a number")
    }

    /// The text of `salotto.toml`.
    pub fn settings_file(&self) -> &str {
        self.the("ConfigMap")["data"]["salotto.toml"].as_str().expect("a settings file")
    }

    pub fn settings(&self) -> toml::Table {
        self.settings_file().parse().expect("the chart renders TOML")
    }
}

/// The items of what must be a list; none where it is not there.
pub fn list(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        other => panic!("no list: {other}"),
    }
}
