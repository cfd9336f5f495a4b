//! A wrong setting is one line on stderr that names it, and exit code 78.

use std::fs;
use std::net::TcpListener;
use std::process::Output;

use salotto_tests::node::Node;

/// Of sysexits.h: something is wrong in the configuration.
const EX_CONFIG: i32 = 78;

#[tokio::test]
async fn an_unknown_variable_is_refused_with_a_suggestion() {
    let output = serve_with(&[("GATEWAY__LISTE", "127.0.0.1:1")]).await;
    assert_refused(&output, &["SALOTTO_GATEWAY__LISTE;", "SALOTTO_GATEWAY__LISTEN?"]);
}

#[tokio::test]
async fn an_unknown_key_of_the_file_is_refused_with_a_suggestion_and_its_place() {
    let node = Node::prepare(&[]);
    let file = node.folder().join("salotto.toml");
    fs::write(&file, "[gateway]\nheartbeat = 5\n").expect("a settings file");
    let file = file.to_str().expect("UTF-8");
    for command in ["serve", "check-config"] {
        let output = node.run(&[command, "--config", file]).await;
        assert_refused(&output, &["gateway.heartbeat", "heartbeat_ms", "salotto.toml"]);
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_or_out_of_range_is_refused_by_name() {
    for (name, value, key) in [
        ("GATEWAY__LISTEN", "nowhere", "gateway.listen"),
        ("GATEWAY__HEARTBEAT_MS", "soon", "gateway.heartbeat_ms"),
        ("GATEWAY__HEARTBEAT_MS", "0", "gateway.heartbeat_ms"),
        ("GATEWAY__SOCKETS_MAX", "-1", "gateway.sockets_max"),
        ("DEMO__ENABLED", "maybe", "demo.enabled"),
        ("STORE__URL", "mysql:there", "store.url"),
        ("LOADTEST__TOKEN", "short", "loadtest.token"),
    ] {
        let output = serve_with(&[(name, value)]).await;
        assert_refused(&output, &[key]);
    }
}

#[tokio::test]
async fn a_secret_is_never_repeated() {
    let output = serve_with(&[("LOADTEST__TOKEN", "s3cr3t"), ("DEMO__PASSWORD", "pa55")]).await;
    let said = stderr(&output);
    assert!(!said.contains("s3cr3t") && !said.contains("pa55"), "{said}");
    let node = Node::prepare(&[("LOADTEST__TOKEN", "a-long-secret-of-32-characters--")]);
    let printed = node.run(&["print-config"]).await;
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(text.contains("loadtest") && !text.contains("a-long-secret"), "{text}");
}

#[tokio::test]
async fn a_port_in_use_is_refused_by_name() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for (name, key) in [("GATEWAY__LISTEN", "gateway.listen"), ("ADMIN__LISTEN", "admin.listen")] {
        let output = serve_with(&[(name, &address)]).await;
        assert_refused(&output, &[key, &address]);
    }
}

#[tokio::test]
async fn a_database_file_that_cannot_be_written_is_refused_by_name() {
    let node = Node::prepare(&[]);
    let folder = node.folder().to_owned();
    fs::write(folder.join("not-a-folder"), "").expect("a file");
    fs::write(folder.join("garbage.db"), "this is no database, however long it is")
        .expect("a file");
    let below = |file: &str| folder.join(file).display().to_string();
    let nowhere = "/proc/nowhere/salotto.db".to_owned();
    for file in [below("not-a-folder/salotto.db"), below("garbage.db"), nowhere] {
        let url = format!("sqlite:{file}");
        let output = serve_with(&[("STORE__URL", &url)]).await;
        assert_refused(&output, &["store.url"]);
    }
}

#[tokio::test]
async fn good_settings_are_checked_without_a_word_of_complaint() {
    let node = Node::prepare(&[]);
    let output = node.run(&["check-config"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

async fn serve_with(settings: &[(&str, &str)]) -> Output {
    Node::prepare(settings).run(&["serve"]).await
}

fn assert_refused(output: &Output, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(EX_CONFIG), "{said}");
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
