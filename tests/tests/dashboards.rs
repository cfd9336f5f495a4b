//! Every dashboard in `dashboards/`: every expression of every panel has data in a real Prometheus
//! that scrapes three live nodes.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use salotto_protocol::{ClientFrame, ClientId};
use salotto_tests::chart::list;
use salotto_tests::desk::{Desk, acked, say};
use salotto_tests::node::Node;
use salotto_tests::patience;
use salotto_tests::prometheus::Prometheus;
use salotto_tests::tidy;
use serde_json::Value;

/// What Grafana puts in: all of a variable, and the shortest time that a rate makes sense over.
const FILLED_IN: [(&str, &str); 3] = [("$__rate_interval", "3s"), ("$job", ".+"), ("$node", ".+")];
/// Panels that are all zeros as long as nobody waits and nothing goes wrong.
const QUIET: [&str; 5] =
    ["Waiting", "Must stay at 0", "Link", "Refused and limited", "Slow consumers"];
/// Grafana's grid.
const COLUMNS: u64 = 24;

#[tokio::test]
async fn every_expression_of_every_panel_has_data() {
    let nodes = [with_a_past().await, with_a_past().await, with_a_past().await];
    let prometheus = Prometheus::scraping(&nodes.each_ref().map(|node| node.admin)).await;
    let all_panels = async {
        for dashboard in dashboards() {
            for panel in list(&dashboard["panels"]) {
                assert_has_data(&prometheus, panel).await;
            }
            assert_variables_have_values(&prometheus, &dashboard, nodes.len()).await;
        }
    };
    tokio::select! {
        () = all_panels => {}
        () = business(&nodes[0]) => {}
        () = business(&nodes[1]) => {}
        () = business(&nodes[2]) => {}
    }
}

/// A node that finds an open conversation in its store: it counts them when it starts, and then
/// too seldom for a test.
async fn with_a_past() -> Node {
    let mut node = Node::start().await;
    let desk = Desk::open(&node, 1).await;
    let (mut visitor, _) = desk.visitor_socket(&node).await;
    desk.begin(&mut visitor, "I have time.").await;
    node.kill().await;
    node.start_again().await;
    node
}

/// Visitors come, ask, are answered and go, one after the other, for ever.
async fn business(node: &Node) {
    let desk = Desk::open(node, 1).await;
    let mut agent = desk.agent_socket(node, 0).await;
    loop {
        let (mut visitor, _) = desk.visitor_socket(node).await;
        let conversation = desk.begin(&mut visitor, "Is this in stock?").await;
        say(&mut agent, conversation, "It is.").await;
        say(&mut visitor, conversation, "Thank you.").await;
        let client_id = ClientId::fresh();
        agent.send(&ClientFrame::Close { conversation, client_id }).await;
        acked(&mut agent, client_id).await;
        // Enough to be seen; the machine has other things to do.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn assert_has_data(prometheus: &Prometheus, panel: &Value) {
    let title = text(&panel["title"]);
    let expressions = expressions(panel);
    for expression in &expressions {
        let is_data = |sample: &f64| sample.is_finite();
        until_any(prometheus, expression, is_data, &format!("data in {title:?}")).await;
    }
    if !QUIET.contains(&title) {
        let one_of_them = expressions.join(" or ");
        let is_moved = |sample: &f64| sample.is_finite() && *sample > 0.0;
        until_any(prometheus, &one_of_them, is_moved, &format!("more than 0 in {title:?}")).await;
    }
}

async fn until_any(
    prometheus: &Prometheus,
    expression: &str,
    wanted: impl Fn(&f64) -> bool,
    what: &str,
) {
    patience::until(&format!("{what}: {expression}"), || async {
        prometheus.query(expression).await.iter().any(&wanted).then_some(())
    })
    .await;
}

async fn assert_variables_have_values(prometheus: &Prometheus, dashboard: &Value, nodes: usize) {
    for (variable, label, values) in [("job", "job", 1), ("node", "instance", nodes)] {
        let variables = list(&dashboard["templating"]["list"]);
        let found = variables.iter().find(|it| it["name"] == variable).expect(variable);
        let query = filled_in(text(&found["query"]));
        let inner = query.strip_prefix("label_values(").and_then(|it| it.strip_suffix(')'));
        let (series, asked) = inner.and_then(|it| it.rsplit_once(", ")).expect("label_values");
        assert_eq!(asked, label);
        assert_eq!(prometheus.label_values(series, label).await.len(), values, "{query}");
    }
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit() {
    for dashboard in dashboards() {
        let mut titles = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in list(&dashboard["panels"]) {
            let title = text(&panel["title"]);
            assert!(titles.insert(title), "{title} twice");
            assert!(ids.insert(panel["id"].as_u64().expect("a number")), "{title}: its id twice");
            assert!(text(&panel["description"]).ends_with('.'), "{title}: a sentence");
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}: a unit");
            for target in list(&panel["targets"]) {
                assert!(!text(&target["legendFormat"]).is_empty(), "{title}: a legend");
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            }
        }
        assert!(titles.len() >= 10, "{titles:?}");
    }
}

#[test]
fn every_expression_follows_the_choice_of_cluster_and_node() {
    for dashboard in dashboards() {
        for panel in list(&dashboard["panels"]) {
            for expression in list(&panel["targets"]).iter().map(|it| text(&it["expr"])) {
                let selectors = expression.matches('{').count();
                let chosen = expression.matches(r#"{job=~"$job", instance=~"$node""#).count();
                let metrics = ["salotto_", "process_"].map(|it| expression.matches(it).count());
                assert_eq!(selectors, metrics.iter().sum::<usize>(), "{expression}");
                assert_eq!(selectors, chosen, "{expression}");
            }
        }
    }
}

#[test]
fn no_panel_covers_another() {
    for dashboard in dashboards() {
        let mut taken = BTreeSet::new();
        for panel in list(&dashboard["panels"]) {
            let [x, y, w, h] =
                ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().expect("a number"));
            assert!(x + w <= COLUMNS, "{} runs off the page", panel["title"]);
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{} covers another", panel["title"]);
            }
        }
    }
}

fn dashboards() -> Vec<Value> {
    let folder = tidy::repository().join("dashboards");
    let files = fs::read_dir(folder).expect("there are dashboards");
    let paths = files.map(|file| file.expect("it can be read").path());
    let texts = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let texts = texts.map(|path| fs::read_to_string(path).expect("it can be read"));
    let dashboards: Vec<Value> =
        texts.map(|text| serde_json::from_str(&text).expect("JSON")).collect();
    assert!(!dashboards.is_empty());
    dashboards
}

fn expressions(panel: &Value) -> Vec<String> {
    let targets = list(&panel["targets"]).iter();
    let expressions: Vec<_> = targets.map(|target| filled_in(text(&target["expr"]))).collect();
    assert!(!expressions.is_empty(), "{} asks nothing", panel["title"]);
    expressions
}

fn filled_in(expression: &str) -> String {
    let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    let filled = FILLED_IN.iter().fold(expression.to_owned(), replace);
    assert!(!filled.contains('$'), "nothing fills in {filled}");
    filled
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}
