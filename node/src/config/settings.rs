//! The table of all settings: key, kind, default, and what it is for.

use super::value::Kind;

pub(super) struct Setting {
    /// `section.key`, as in the file; `SALOTTO_SECTION__KEY` as a variable.
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// As a variable would say it. `None`: not set.
    pub(super) default: Option<&'static str>,
    pub(super) about: &'static str,
}

/// Longer than an hour is no timeout, and shorter than this none that a person could use.
const MILLIS_MAX: u64 = 3_600_000;
/// So many a minute is no limit any more.
const PER_MINUTE_MAX: u64 = 1_000_000;
/// A token that cannot be guessed.
const LOADTEST_TOKEN_CHARS_MIN: usize = 16;
const PASSWORD_CHARS_MIN: usize = 8;

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "gateway.listen",
        kind: Kind::Address,
        default: Some("127.0.0.1:8080"),
        about: "Where visitors and agents connect. Port 0 takes any free port.",
    },
    Setting {
        key: "gateway.sockets_max",
        kind: Kind::Number { min: 1, max: 1_000_000 },
        default: Some("18000"),
        about: "WebSockets at once; more are told to come back later. Each takes a descriptor.",
    },
    Setting {
        key: "gateway.hellos_max",
        kind: Kind::Number { min: 10, max: 100_000 },
        default: Some("1000"),
        about: "Hellos answered at once. More are a storm: visitors who only look may have half,\n\
                those in a conversation 90 %, agents all; others are told to come back later.",
    },
    Setting {
        key: "gateway.heartbeat_ms",
        kind: Kind::Number { min: 1_000, max: 120_000 },
        default: Some("25000"),
        about: "The longest silence on a socket; twice this is a dead line. Stay below the idle\n\
                timeout of every proxy in between.",
    },
    Setting {
        key: "gateway.reconnect_window_ms",
        kind: Kind::Number { min: 100, max: 600_000 },
        default: Some("10000"),
        about: "Clients that lost this node spread their reconnects over this window.",
    },
    Setting {
        key: "gateway.trusted_proxies",
        kind: Kind::Networks,
        default: Some(""),
        about: "Proxies whose X-Forwarded-For, -Proto and -Host are believed: addresses and\n\
                ranges. Without this, all visitors behind a balancer share one limit.",
    },
    Setting {
        key: "gateway.proxy_protocol",
        kind: Kind::Word(&["off", "required"]),
        default: Some("off"),
        about: "required: every connection comes from gateway.trusted_proxies and begins with a\n\
                header of the PROXY protocol, version 1 or 2; others are closed unanswered.",
    },
    Setting {
        key: "gateway.https",
        kind: Kind::Flag,
        default: Some("false"),
        about: "Browsers reach this node by https only: cookies are marked Secure even when no\n\
                trusted proxy says so.",
    },
    Setting {
        key: "gateway.public_url",
        kind: Kind::PublicUrl,
        default: None,
        about: "Where browsers reach the nodes, such as https://chat.example.com: what links in\n\
                mails begin with.",
    },
    Setting {
        key: "limits.visitors_per_address_per_minute",
        kind: Kind::Number { min: 1, max: PER_MINUTE_MAX },
        default: Some("600"),
        about: "New visitors from one IPv4 address or IPv6 /64. An office shares one address:\n\
                keep it well above what one visitor needs.",
    },
    Setting {
        key: "limits.messages_per_address_per_minute",
        kind: Kind::Number { min: 1, max: PER_MINUTE_MAX },
        default: Some("6000"),
        about: "Messages of all visitors of one IPv4 address or IPv6 /64 together; each of them\n\
                has a limit of its own besides, 4 a second.",
    },
    Setting {
        key: "limits.sign_ins_per_address_per_minute",
        kind: Kind::Number { min: 1, max: PER_MINUTE_MAX },
        default: Some("10"),
        about: "Attempts to sign in from one IPv4 address or IPv6 /64.",
    },
    Setting {
        key: "limits.sign_ins_per_account_per_minute",
        kind: Kind::Number { min: 1, max: PER_MINUTE_MAX },
        default: Some("5"),
        about: "Attempts to sign in to one account, from anywhere.",
    },
    Setting {
        key: "admin.listen",
        kind: Kind::Address,
        default: Some("127.0.0.1:8081"),
        about: "Where /livez, /readyz and /metrics are. Not for the public.",
    },
    Setting {
        key: "store.url",
        kind: Kind::StoreUrl,
        default: Some("sqlite:salotto.db"),
        about: "The database: sqlite:FILE for one node, postgres://USER@HOST/DATABASE for more.\n\
                A password in it is never shown.",
    },
    Setting {
        key: "link.url",
        kind: Kind::LinkUrl,
        default: Some("local:"),
        about: "How nodes hear of each other: local: is one node alone. Else by Redis 7 or newer,\n\
                which may be absent for a while, at start too:\n\
                redis://[USER:PASSWORD@]HOST[:PORT], one server;\n\
                redis+sentinel://[USER:PASSWORD@]HOST[:PORT],.../SERVICE, its sentinels;\n\
                redis+cluster://[USER:PASSWORD@]HOST[:PORT],..., some servers of a cluster.",
    },
    Setting {
        key: "link.password",
        kind: Kind::Secret { min_chars: 1 },
        default: None,
        about: "Redis' password, rather than in link.url.",
    },
    Setting {
        key: "link.password_file",
        kind: Kind::SecretFile,
        default: None,
        about: "A file that holds link.password.",
    },
    Setting {
        key: "router.requeue_grace_ms",
        kind: Kind::Number { min: 1_000, max: MILLIS_MAX },
        default: Some("30000"),
        about: "An agent without any socket for so long loses the conversations that nobody has\n\
                answered: they wait again.",
    },
    Setting {
        key: "router.missed_after_ms",
        kind: Kind::Number { min: 1_000, max: MILLIS_MAX },
        default: Some("600000"),
        about: "A visitor who waits and has had no socket for so long is missed: nobody is\n\
                assigned until they are back. Up to a minute more, in which they may reload.",
    },
    Setting {
        key: "mail.url",
        kind: Kind::MailUrl,
        default: Some(""),
        about: "The SMTP server that takes our mail; empty: no mail is written.\n\
                smtp://[USER:PASSWORD@]HOST[:PORT], encrypted by STARTTLS, port 587;\n\
                smtps://[USER:PASSWORD@]HOST[:PORT], encrypted from the start, port 465;\n\
                smtp+plain://HOST[:PORT], not encrypted, port 25: a server on this machine.\n\
                Needs mail.from and gateway.public_url.",
    },
    Setting {
        key: "mail.password",
        kind: Kind::Secret { min_chars: 1 },
        default: None,
        about: "The SMTP server's password, rather than in mail.url.",
    },
    Setting {
        key: "mail.password_file",
        kind: Kind::SecretFile,
        default: None,
        about: "A file that holds mail.password.",
    },
    Setting {
        key: "mail.from",
        kind: Kind::MailSender,
        default: None,
        about: "Whom mails come from: chat@example.com, or A Shop <chat@example.com>.",
    },
    Setting {
        key: "mail.answers_after_ms",
        kind: Kind::Number { min: 100, max: MILLIS_MAX },
        default: Some("60000"),
        about: "What an agent answers in a conversation with a promised answer goes out by mail\n\
                so long after it was written, together with what else was written meanwhile,\n\
                unless the visitor's browser has received it by then.",
    },
    Setting {
        key: "demo.enabled",
        kind: Kind::Flag,
        default: Some("false"),
        about: "Serve a demo shop at / and fill a new database with a demo site and two agents.",
    },
    Setting {
        key: "demo.address",
        kind: Kind::Address,
        default: None,
        about: "Where browsers find the demo, if a balancer stands before gateway.listen.",
    },
    Setting {
        key: "demo.password",
        kind: Kind::Secret { min_chars: PASSWORD_CHARS_MIN },
        default: None,
        about: "The demo agents' password. Not set: one is drawn.",
    },
    Setting {
        key: "demo.password_file",
        kind: Kind::SecretFile,
        default: None,
        about: "A file that holds demo.password.",
    },
    Setting {
        key: "loadtest.token",
        kind: Kind::Secret { min_chars: LOADTEST_TOKEN_CHARS_MIN },
        default: None,
        about: "Lets salotto-loadtest have agents of its own and frees it from the limits per\n\
                address. Not set: no load tests here.",
    },
    Setting {
        key: "loadtest.token_file",
        kind: Kind::SecretFile,
        default: None,
        about: "A file that holds loadtest.token.",
    },
    Setting {
        key: "log.level",
        kind: Kind::Word(&["error", "warn", "info", "debug", "trace"]),
        default: Some("info"),
        about: "error, warn, info, debug or trace.",
    },
    Setting {
        key: "log.format",
        kind: Kind::Word(&["auto", "json", "text"]),
        default: Some("auto"),
        about: "json, text, or auto: text on a terminal, else JSON.",
    },
    Setting {
        key: "drain.endpoint_delay_ms",
        kind: Kind::Number { min: 0, max: MILLIS_MAX },
        default: Some("10000"),
        about: "After SIGTERM the node is not ready but still accepts for so long: the time that\n\
                balancers take to notice.",
    },
    Setting {
        key: "drain.window_ms",
        kind: Kind::Number { min: 0, max: MILLIS_MAX },
        default: Some("10000"),
        about: "Then its sockets are sent away, spread over this window.",
    },
];

impl Setting {
    pub(super) fn section(&self) -> &'static str {
        self.key.split_once('.').expect("a key has a section").0
    }

    pub(super) fn name(&self) -> &'static str {
        self.key.split_once('.').expect("a key has a section").1
    }

    /// `SALOTTO_SECTION__KEY`
    pub(super) fn variable(&self) -> String {
        let name = self.key.replace('.', "__").to_uppercase();
        format!("{VARIABLE_PREFIX}{name}")
    }
}

pub(super) const VARIABLE_PREFIX: &str = "SALOTTO_";

pub(super) fn by_key(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}
