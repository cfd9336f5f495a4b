//! The chart in `helm/salotto`, rendered by a real Helm, held against Kubernetes' own schemas and
//! against a real node.

use std::fs;
use std::path::{Path, PathBuf};

use salotto_tests::chart::{self, Manifests, list};
use salotto_tests::node::{LOADTEST_TOKEN, Node};
use salotto_tests::rest::Ask;
use salotto_tests::tool;
use serde_json::Value;

/// The oldest that Chart.yaml allows, and the newest that there are schemas of.
const KUBERNETES: [&str; 2] = ["1.27", "1.37"];
/// Kinds that an operator brings, which no schema of Kubernetes knows.
const OPERATORS_KINDS: [&str; 1] = ["ServiceMonitor"];
/// What a node has to commit its queue in after its drain, before it is killed.
const FLUSH_SECONDS: u64 = 30;

const PAGE: &str = include_str!("../../docs/kubernetes.md");
const EXAMPLES: [&str; 2] = [
    include_str!("../../helm/salotto/ci/single.yaml"),
    include_str!("../../helm/salotto/ci/cluster.yaml"),
];

#[test]
fn helm_has_nothing_to_complain_of() {
    let chart = chart::folder();
    for file in chart::value_files() {
        let arguments = [Path::new("lint"), Path::new("--strict"), &chart, Path::new("-f"), &file];
        let arguments = arguments.map(|it| it.to_str().expect("UTF-8"));
        let output = tool::run("helm", &arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {said}", file.display());
    }
}

#[test]
fn kubernetes_knows_every_field_of_what_is_rendered() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in chart::value_files() {
        let rendered = folder.path().join(file.file_name().expect("a file's name"));
        fs::write(&rendered, Manifests::of(&file).text).expect("written");
        for version in KUBERNETES {
            assert_valid(&rendered, version);
        }
    }
}

fn assert_valid(rendered: &Path, version: &str) {
    let path = rendered.to_str().expect("UTF-8");
    let arguments = ["--strict", "--kubernetes-version", version, path];
    let output = tool::run("kubernetes-validate", &arguments);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    let is_ours = |line: &&str| line.contains("passed");
    assert!(said.lines().filter(is_ours).count() >= 4, "what was looked at? {said}");
    let is_operators = |line: &str| {
        OPERATORS_KINDS.iter().any(|kind| line.contains(&format!("find schema for kind {kind} ")))
    };
    let unknown: Vec<_> = said.lines().filter(|it| !is_ours(it) && !is_operators(it)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let cluster = "mode=cluster,secrets.storeUrl.name=s,secrets.linkUrl.name=s,";
    for (values, field) in [
        ("replicas=2", "replicas"),
        ("replicas=0", "replicas"),
        ("mode=clutser", "mode"),
        ("secrets.storeUrl.name=s", "secrets.storeUrl.name"),
        ("mode=cluster,secrets.linkUrl.name=s", "secrets.storeUrl.name"),
        ("mode=cluster,secrets.storeUrl.name=s", "secrets.linkUrl.name"),
        (&format!("{cluster}replicas=0"), "replicas"),
        (&format!("{cluster}rollout=sorge"), "rollout"),
        ("replicaCount=1", "replicaCount"),
        ("image.digest=sha256:short", "image.digest"),
        ("ingress.enabled=true", "ingress.hosts"),
        ("storage.size=10", "storage.size"),
        ("settings.gateway=fast", "settings.gateway"),
        ("settings.gateway.listen=0.0.0.0:80", "settings.gateway.listen"),
        ("settings.store.url=sqlite:/tmp/a", "settings.store.url"),
        ("settings.link.url=local:", "settings.link.url"),
        ("settings.demo.password=12345678", "settings.demo.password"),
        ("settings.drain.window_ms=soon", "settings.drain.window_ms"),
        ("settings.drain.window_ms=-1", "settings.drain.window_ms"),
        ("env[0].name=SALOTTO_DRAIN__WINDOW_MS,env[0].value=1", "env.0.name"),
        ("env[0].name=SALOTTO_STORE__URL,env[0].value=1", "env.0.name"),
    ] {
        let said = chart::template(&["--set", values]).expect_err(values);
        // Helm 4 writes secrets/storeUrl, Helm 3 secrets.storeUrl.
        let said = said.replace('/', ".");
        assert!(said.contains(field), "{values}: {field} is not in: {said}");
    }
}

#[tokio::test]
async fn a_node_accepts_the_settings_of_every_value_file() {
    for manifests in all_releases() {
        let node = prepared(&manifests);
        let output = node.run(&["check-config"]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{}", manifests.settings_file());
    }
}

#[tokio::test]
async fn a_node_with_the_charts_settings_answers_the_charts_probes() {
    let file = chart::folder().join("ci/single.yaml");
    let manifests = Manifests::of(&file);
    let mut node = prepared(&manifests);
    node.launch();
    node.until_ready().await;
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let ask = &manifests.container()[probe]["httpGet"];
        assert_eq!(ask["port"], "admin");
        let path = ask["path"].as_str().expect("a path");
        let answer = Ask::get(node.admin, path).send().await;
        assert!(answer.status.is_success(), "{probe}: {}", answer.status);
    }
}

/// The node that such a pod is, but for the addresses and the volume: those are the test's own.
/// Variables go before the file, and the file is checked as a whole all the same.
fn prepared(manifests: &Manifests) -> Node {
    let is_ours = |variable: &&Value| name(variable).starts_with("SALOTTO_");
    let variables: Vec<_> = list(&manifests.container()["env"]).iter().filter(is_ours).collect();
    let named: Vec<_> = variables.iter().map(|it| (without_prefix(it), value(it))).collect();
    let node = Node::prepare(&named);
    fs::write(node.folder().join("salotto.toml"), manifests.settings_file()).expect("written");
    node
}

fn name(variable: &Value) -> &str {
    variable["name"].as_str().expect("a variable has a name")
}

fn without_prefix(variable: &Value) -> &str {
    name(variable).strip_prefix("SALOTTO_").expect("it was looked for")
}

/// What is in the Secret, where it comes from one.
fn value(variable: &Value) -> &str {
    match name(variable) {
        "SALOTTO_STORE__URL" => "postgres://salotto:secret@127.0.0.1:5432/salotto",
        "SALOTTO_LINK__URL" => "redis://127.0.0.1:6379",
        "SALOTTO_LOADTEST__TOKEN" => LOADTEST_TOKEN,
        _ => variable["value"].as_str().expect("no secret"),
    }
}

#[test]
fn a_node_listens_where_kubernetes_looks_and_keeps_its_store_on_the_volume() {
    for manifests in all_releases() {
        let settings = manifests.settings();
        for (section, port) in [("gateway", "public"), ("admin", "admin")] {
            let listen = settings[section]["listen"].as_str().expect("an address");
            assert_eq!(listen, format!("0.0.0.0:{}", manifests.port(port)));
        }
        for service in manifests.all("Service") {
            for port in list(&service["spec"]["ports"]) {
                manifests.port(port["targetPort"].as_str().expect("a port's name"));
            }
        }
        if !manifests.is_cluster() {
            let mounts = list(&manifests.container()["volumeMounts"]);
            let store = mounts.iter().find(|it| it["name"] == "store").expect("a volume");
            let folder = store["mountPath"].as_str().expect("a path");
            let url = settings["store"]["url"].as_str().expect("a URL");
            assert_eq!(url, format!("sqlite:{folder}/salotto.db"));
        }
    }
}

#[test]
fn nobody_kills_a_node_that_still_drains() {
    for manifests in all_releases() {
        let drain = &manifests.settings()["drain"];
        let ms = ["endpoint_delay_ms", "window_ms"].map(|key| drain[key].as_integer());
        let ms: i64 = ms.map(|it| it.expect("a number")).iter().sum();
        let drain_seconds = u64::try_from(ms).expect("not negative").div_ceil(1000);
        let grace = number(&manifests.pod()["spec"]["terminationGracePeriodSeconds"]);
        assert_eq!(grace, drain_seconds + FLUSH_SECONDS, "{}", manifests.settings_file());
    }
}

#[test]
fn a_rollout_takes_no_node_before_its_successor_and_waits_for_drains() {
    let clusters = all_releases().filter(Manifests::is_cluster);
    for manifests in clusters {
        let spec = &manifests.workload()["spec"];
        let rolling = &spec["strategy"]["rollingUpdate"];
        assert_eq!(rolling["maxUnavailable"], 0);
        let ready = number(&spec["minReadySeconds"]);
        let grace = number(&manifests.pod()["spec"]["terminationGracePeriodSeconds"]);
        if rolling["maxSurge"] != "100%" {
            assert_eq!(rolling["maxSurge"], 1);
            assert_eq!(ready, grace - FLUSH_SECONDS, "drains do not overlap");
        }
        let all_drains = number(&spec["replicas"]) * (ready + grace);
        assert!(number(&spec["progressDeadlineSeconds"]) > all_drains);
    }
}

#[test]
fn a_pod_has_no_rights_that_it_does_not_need() {
    for manifests in all_releases() {
        let pod = &manifests.pod()["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(pod["automountServiceAccountToken"], false);
        let own = &manifests.container()["securityContext"];
        assert_eq!(own["readOnlyRootFilesystem"], true);
        assert_eq!(own["allowPrivilegeEscalation"], false);
        assert_eq!(own["capabilities"]["drop"][0], "ALL");
        // A Service called salotto would put unknown settings into the environment.
        assert_eq!(pod["enableServiceLinks"], false);
        assert!(manifests.container()["resources"]["limits"]["memory"].is_string());
        assert!(!manifests.settings_file().contains("postgres:"), "URLs have passwords");
    }
}

#[test]
fn what_selects_pods_selects_the_nodes() {
    for manifests in all_releases() {
        let labels = &manifests.pod()["metadata"]["labels"];
        let workload = &manifests.workload()["spec"]["selector"]["matchLabels"];
        let services = manifests.all("Service").into_iter().map(|it| &it["spec"]["selector"]);
        let budgets = manifests.all("PodDisruptionBudget").into_iter();
        let budgets = budgets.map(|it| &it["spec"]["selector"]["matchLabels"]);
        for selector in services.chain(budgets).chain([workload]) {
            assert_selects(selector, labels);
            assert_eq!(selector["app.kubernetes.io/component"], "node");
        }
        for monitor in manifests.all("ServiceMonitor") {
            let selector = &monitor["spec"]["selector"]["matchLabels"];
            let selected = manifests.all("Service").into_iter().filter(|service| {
                let port = &service["spec"]["ports"][0];
                selects(selector, &service["metadata"]["labels"]) && port["name"] == "admin"
            });
            assert_eq!(selected.count(), 1, "{selector}");
        }
    }
}

fn selects(selector: &Value, labels: &Value) -> bool {
    let selector = selector.as_object().expect("labels");
    !selector.is_empty() && selector.iter().all(|(key, value)| labels[key] == *value)
}

fn assert_selects(selector: &Value, labels: &Value) {
    assert!(selects(selector, labels), "{selector} does not select {labels}");
}

#[test]
fn a_budget_is_there_for_clusters_unless_it_is_switched_off() {
    for (file, budgets) in [("single", 0), ("single-all", 0), ("cluster", 1), ("cluster-paced", 0)]
    {
        let file = chart::folder().join(format!("ci/{file}.yaml"));
        let found = Manifests::of(&file).all("PodDisruptionBudget").len();
        assert_eq!(found, budgets, "{}", file.display());
    }
}

#[test]
fn other_settings_make_other_pods_and_other_notes_do_not() {
    let sum = |values: &str| {
        let manifests = Manifests::with(&["--set", values]);
        manifests.pod()["metadata"]["annotations"]["checksum/config"].clone()
    };
    assert_ne!(sum("settings.log.level=debug"), sum("settings.log.level=info"));
    assert_eq!(sum("service.port=8000"), sum("service.port=80"));
}

#[test]
fn the_documented_examples_are_the_tested_ones() {
    for example in EXAMPLES {
        let values = example.split_once('\n').expect("a first line says what it is").1;
        assert!(PAGE.contains(values), "docs/kubernetes.md does not show:\n{values}");
    }
}

fn all_releases() -> impl Iterator<Item = Manifests> {
    chart::value_files().into_iter().map(|file: PathBuf| Manifests::of(&file))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number: {value}"))
}
