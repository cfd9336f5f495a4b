//! Every bad input and the exact line that it gives.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Config, Sources, example, print};
use crate::link_url::LinkUrl;

fn load(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.toml");
    std::fs::write(&path, file.unwrap_or_default()).expect("written");
    let variables = variables.iter().map(|(k, v)| (OsString::from(k), OsString::from(v))).collect();
    let sources = Sources { file: Some(path.clone()), variables };
    Config::load(&sources)
        .map_err(|error| error.to_string().replace(&path.display().to_string(), "s.toml"))
}

fn refused(file: &str, variables: &[(&str, &str)]) -> String {
    let line = load(Some(file), variables).expect_err("refused");
    assert!(!line.contains('\n'), "more than one line: {line}");
    line
}

#[test]
fn without_any_setting_the_defaults_are_in_force() {
    let config = load(None, &[]).expect("valid");
    assert_eq!(config.gateway.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.gateway.sockets_max, 18_000);
    assert_eq!(config.limits.visitors_per_address, 600);
    assert_eq!(config.store_file(), Some(PathBuf::from("salotto.db")));
    assert!(!config.demo_enabled);
    assert!(config.loadtest_token.is_none());
}

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let file = "[gateway]\nheartbeat_ms = 7000\nsockets_max = 10\n";
    let config = load(Some(file), &[("SALOTTO_GATEWAY__HEARTBEAT_MS", "8000")]).expect("valid");
    assert_eq!(config.gateway.heartbeat_ms, 8_000);
    assert_eq!(config.gateway.sockets_max, 10);
    assert_eq!(config.gateway.reconnect_window_ms, 10_000);
}

#[test]
fn the_proxy_protocol_is_taken_from_the_trusted_proxies_alone() {
    let trusted = "[gateway]\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
    let off = load(Some(trusted), &[]).expect("valid");
    assert_eq!(off.gateway.proxies(), None);
    let required = [("SALOTTO_GATEWAY__PROXY_PROTOCOL", "required")];
    let config = load(Some(trusted), &required).expect("valid");
    assert_eq!(config.gateway.proxies(), Some(off.gateway.trusted_proxies));
}

/// A file, and the line that it gives.
const BAD_FILES: &[(&str, &str)] = &[
    (
        "[gateway]\nlisen = \"x\"\n",
        "s.toml:2: unknown setting gateway.lisen; did you mean gateway.listen?",
    ),
    ("[weather]\nsunny = true\n", "s.toml:2: unknown setting weather.sunny"),
    ("gateway = 3\n", "s.toml:1: unknown setting gateway"),
    (
        "\n[gateway]\nlisten = \"here\"\n",
        "s.toml:3: gateway.listen must be an address such as 127.0.0.1:8080, not \"here\"",
    ),
    ("[gateway]\nlisten = 8080\n", "s.toml:2: gateway.listen must be a string, not integer"),
    (
        "[gateway]\nheartbeat_ms = 5\n",
        "s.toml:2: gateway.heartbeat_ms must be from 1000 to 120000, not 5",
    ),
    (
        "[gateway]\nheartbeat_ms = -5\n",
        "s.toml:2: gateway.heartbeat_ms must be from 1000 to 120000, not -5",
    ),
    (
        "[gateway]\nheartbeat_ms = \"9000\"\n",
        "s.toml:2: gateway.heartbeat_ms must be a number, not string",
    ),
    (
        "[gateway]\ntrusted_proxies = [\"10.0.0.0/99\"]\n",
        "s.toml:2: gateway.trusted_proxies must hold addresses or ranges such as 10.0.0.0/8, \
          not \"10.0.0.0/99\"",
    ),
    (
        "[gateway]\ntrusted_proxies = [1]\n",
        "s.toml:2: gateway.trusted_proxies must hold strings only",
    ),
    (
        "[gateway]\nproxy_protocol = \"on\"\n",
        "s.toml:2: gateway.proxy_protocol must be one of off, required, not \"on\"",
    ),
    (
        "[gateway]\nproxy_protocol = \"required\"\n",
        "s.toml:2: gateway.proxy_protocol must be off while gateway.trusted_proxies names nobody",
    ),
    ("[demo]\nenabled = 1\n", "s.toml:2: demo.enabled must be true or false, not integer"),
    (
        "[store]\nurl = \"postgres:me:secret@db/chat\"\n",
        "s.toml:2: store.url must be sqlite:FILE or postgres://USER@HOST/DATABASE",
    ),
    (
        "[store]\nurl = \"sqlite:\"\n",
        "s.toml:2: store.url must name a file after sqlite:, such as sqlite:salotto.db",
    ),
    (
        "[store]\nurl = \"salotto.db\"\n",
        "s.toml:2: store.url must be sqlite:FILE or postgres://USER@HOST/DATABASE",
    ),
    (
        "[link]\nurl = \"rediss://me:secret@cache\"\n",
        "s.toml:2: link.url must not be rediss: ; for TLS put a tunnel before Redis",
    ),
    (
        "[link]\nurl = \"redis+sentinel://one,two\"\n",
        "s.toml:2: link.url must name the service after the sentinels, such as /mymaster",
    ),
    (
        "[link]\nurl = \"redis://:secret@cache\"\npassword = \"other\"\n",
        "s.toml:2: link.url holds a password: leave out link.password",
    ),
    ("[link]\npassword = \"other\"\n", "default: link.url is local: and needs no link.password"),
    (
        "[loadtest]\ntoken = \"short\"\n",
        "s.toml:2: loadtest.token must have at least 16 characters",
    ),
    (
        "[log]\nlevel = \"loud\"\n",
        "s.toml:2: log.level must be one of error, warn, info, debug, trace, not \"loud\"",
    ),
    (
        "[admin]\nlisten = \"127.0.0.1:8080\"\n",
        "s.toml:2: admin.listen must differ from gateway.listen",
    ),
    (
        "[demo]\npassword = \"long enough\"\npassword_file = \"p\"\n",
        "s.toml:3: demo.password_file and demo.password exclude each other",
    ),
    (
        "[loadtest]\ntoken_file = \"/nowhere/token\"\n",
        "s.toml:2: loadtest.token_file names \"/nowhere/token\": \
          No such file or directory (os error 2)",
    ),
    ("[gateway\n", "s.toml:1: unclosed table, expected `]`"),
    ("[log]\nlevel = \"info\"\nlevel = \"warn\"\n", "s.toml:3: duplicate key"),
];

#[test]
fn bad_files_give_one_exact_line() {
    for (file, line) in BAD_FILES {
        assert_eq!(refused(file, &[]), *line, "for {file:?}");
    }
}

#[test]
fn bad_variables_give_one_exact_line() {
    let cases = [
        (
            "SALOTTO_GATEWAY_LISTEN",
            "127.0.0.1:1",
            "environment: unknown setting SALOTTO_GATEWAY_LISTEN; \
          did you mean SALOTTO_GATEWAY__LISTEN?",
        ),
        ("SALOTTO_X", "1", "environment: unknown setting SALOTTO_X"),
        (
            "SALOTTO_GATEWAY__SOCKETS_MAX",
            "many",
            "SALOTTO_GATEWAY__SOCKETS_MAX: gateway.sockets_max must be a number, not \"many\"",
        ),
        (
            "SALOTTO_GATEWAY__SOCKETS_MAX",
            "0",
            "SALOTTO_GATEWAY__SOCKETS_MAX: gateway.sockets_max must be from 1 to 1000000, not 0",
        ),
        (
            "SALOTTO_DEMO__ENABLED",
            "yes",
            "SALOTTO_DEMO__ENABLED: demo.enabled must be true or false, not \"yes\"",
        ),
        (
            "SALOTTO_DEMO__PASSWORD",
            "secret",
            "SALOTTO_DEMO__PASSWORD: demo.password must have at least 8 characters",
        ),
    ];
    for (name, value, line) in cases {
        assert_eq!(refused("", &[(name, value)]), line);
    }
}

#[test]
fn a_named_file_that_is_not_there_is_an_error() {
    let sources = Sources { file: Some(PathBuf::from("/nowhere/s.toml")), ..Sources::default() };
    let error = Config::load(&sources).expect_err("refused");
    let line = "cannot read /nowhere/s.toml: No such file or directory (os error 2)";
    assert_eq!(error.to_string(), line);
}

#[test]
fn a_secret_can_come_from_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    std::fs::write(&path, "0123456789abcdef\n").expect("written");
    let path = path.to_str().expect("UTF-8");
    let config = load(None, &[("SALOTTO_LOADTEST__TOKEN_FILE", path)]).expect("valid");
    assert_eq!(config.loadtest_token.expect("set").expose(), "0123456789abcdef");
}

#[test]
fn a_short_secret_in_a_file_is_refused_without_being_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    std::fs::write(&path, "hunter2").expect("written");
    let path = path.to_str().expect("UTF-8");
    let line = refused("", &[("SALOTTO_LOADTEST__TOKEN_FILE", path)]);
    assert!(line.ends_with("whose content must have at least 16 characters"), "{line}");
    assert!(!line.contains("hunter2"));
}

#[test]
fn printing_shows_origins_and_masks_secrets() {
    let file = "[loadtest]\ntoken = \"0123456789abcdef\"\n";
    let config = load(Some(file), &[("SALOTTO_LOG__LEVEL", "debug")]).expect("valid");
    let printed = print(&config);
    assert!(printed.contains("gateway.listen = \"127.0.0.1:8080\"  # default\n"), "{printed}");
    assert!(printed.contains("log.level = \"debug\"  # SALOTTO_LOG__LEVEL\n"), "{printed}");
    assert!(printed.contains("loadtest.token = \"********\"  # "), "{printed}");
    assert!(printed.contains("# demo.password is not set\n"), "{printed}");
    for shown in [printed, format!("{config:?}")] {
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}

#[test]
fn the_links_password_is_taken_from_where_it_stands_and_never_shown() {
    for file in [
        "[link]\nurl = \"redis://me:0123456789abcdef@cache\"\n",
        "[link]\nurl = \"redis://me:@cache\"\npassword = \"0123456789abcdef\"\n",
    ] {
        let config = load(Some(file), &[]).expect("valid");
        let LinkUrl::Redis(url) = &config.link_url else { panic!("{file}") };
        assert_eq!(url.password.as_deref(), Some("0123456789abcdef"));
        for shown in [print(&config), format!("{config:?}"), format!("{url:?}")] {
            assert!(!shown.contains("0123456789abcdef"), "{shown}");
            assert!(shown.contains("cache"), "{shown}");
        }
    }
}

const MAIL: &str = "[gateway]\npublic_url = \"https://chat.example.com\"\n\
    [mail]\nfrom = \"A Shop <chat@example.com>\"\n";

#[test]
fn mail_goes_out_as_it_is_set_and_its_password_is_never_shown() {
    for url in [
        "url = \"smtp://me@example.com:0123456789abcdef@mx\"\n",
        "url = \"smtp://me%40example.com@mx\"\npassword = \"0123456789abcdef\"\n",
    ] {
        let config = load(Some(&format!("{MAIL}{url}")), &[]).expect("valid");
        let mail = config.mail.clone().expect("mail");
        assert_eq!(mail.url.user.as_deref(), Some("me@example.com"));
        assert_eq!(mail.url.password.as_deref(), Some("0123456789abcdef"));
        assert_eq!(mail.from, "A Shop <chat@example.com>");
        assert_eq!(mail.public_url, "https://chat.example.com");
        for shown in [print(&config), format!("{config:?}"), format!("{mail:?}")] {
            assert!(!shown.contains("0123456789abcdef") && shown.contains("mx"), "{shown}");
        }
    }
    assert!(load(None, &[]).expect("valid").mail.is_none());
}

#[test]
fn mail_that_could_not_go_out_is_refused_without_its_password() {
    for (file, complaint) in [
        ("[mail]\nurl = \"smtp://mx\"\n".to_owned(), "mail.url needs mail.from"),
        (
            "[mail]\nurl = \"smtp://mx\"\nfrom = \"a@b.example\"\n".to_owned(),
            "mail.url needs gateway.public_url",
        ),
        (format!("{MAIL}password = \"hunter2\"\n"), "mail.url is empty and needs no mail.password"),
        (
            format!("{MAIL}url = \"smtp://me:hunter2@mx\"\npassword = \"hunter2\"\n"),
            "mail.url holds a password",
        ),
        (format!("{MAIL}url = \"smtp://me@mx\"\n"), "mail.url names a user and no password"),
        (
            format!("{MAIL}url = \"smtp+plain://me:hunter2@mx\"\n"),
            "mail.url must be smtp:// or smtps:// to sign in",
        ),
        (format!("{MAIL}url = \"imap://hunter2\"\n"), "mail.url must be empty or begin with"),
        ("[mail]\nfrom = \"chat\"\n".to_owned(), "mail.from must be an e-mail address"),
        ("[gateway]\npublic_url = \"chat\"\n".to_owned(), "gateway.public_url must be a URL"),
    ] {
        let line = load(Some(&file), &[]).expect_err(&file).to_string();
        assert!(line.contains(complaint), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn the_example_at_the_root_has_every_setting_at_its_default() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../salotto.toml");
    let written = std::fs::read_to_string(root).expect("the example");
    assert_eq!(written, example(), "make it again: salotto print-config --example");
}

#[test]
fn the_example_is_valid_once_uncommented() {
    let uncommented: String = example()
        .lines()
        .filter(|line| !line.ends_with("= \"\""))
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    load(Some(&uncommented), &[]).expect("valid");
}
