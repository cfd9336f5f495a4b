//! Settings: `salotto.toml`, over it the environment, under it the defaults.
//!
//! Whatever is wrong is one line with the setting's name and where it came from; the node then
//! does not start. Nothing else reads the environment.

mod error;
mod layers;
mod print;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

pub(crate) use error::{ConfigError, Origin};
use layers::Layers;
pub(crate) use layers::Sources;
pub(crate) use print::{example, print};
use value::Value;

use crate::link_url::{LinkUrl, RedisUrl};
use crate::mail_url::MailUrl;

/// Everything that can be set, checked.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) gateway: Gateway,
    pub(crate) limits: Limits,
    pub(crate) admin_listen: SocketAddr,
    pub(crate) store_url: String,
    pub(crate) link_url: LinkUrl,
    pub(crate) requeue_grace_ms: u64,
    pub(crate) missed_after_ms: u64,
    pub(crate) mail: Option<Mail>,
    pub(crate) demo_enabled: bool,
    pub(crate) demo_address: Option<SocketAddr>,
    pub(crate) demo_password: Option<Secret>,
    pub(crate) loadtest_token: Option<Secret>,
    pub(crate) log: Log,
    pub(crate) drain: Drain,
    /// For `print-config`.
    layers: Layers,
}

#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) listen: SocketAddr,
    pub(crate) sockets_max: usize,
    pub(crate) hellos_max: usize,
    pub(crate) heartbeat_ms: u64,
    pub(crate) reconnect_window_ms: u64,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) proxy_protocol: ProxyProtocol,
    pub(crate) https: bool,
}

/// Whether connections begin with a header that says whom a balancer passes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProxyProtocol {
    Off,
    Required,
}

impl Gateway {
    /// From whom the header of the PROXY protocol is taken, if it is required.
    pub(crate) fn proxies(&self) -> Option<Vec<IpNet>> {
        match self.proxy_protocol {
            ProxyProtocol::Off => None,
            ProxyProtocol::Required => Some(self.trusted_proxies.clone()),
        }
    }
}

/// How mail goes out, if any does.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) url: MailUrl,
    /// An address, perhaps with a name.
    pub(crate) from: String,
    /// What links begin with.
    pub(crate) public_url: String,
    pub(crate) answers_after_ms: u64,
}

/// Per minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) visitors_per_address: u32,
    pub(crate) messages_per_address: u32,
    pub(crate) sign_ins_per_address: u32,
    pub(crate) sign_ins_per_account: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    Json,
    Text,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    pub(crate) endpoint_delay_ms: u64,
    pub(crate) window_ms: u64,
}

/// Never shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("********")
    }
}

/// As `print-config` shows it: secrets are masked.
impl fmt::Debug for Config {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&print(self))
    }
}

impl Config {
    pub(crate) fn load(sources: &Sources) -> Result<Config, ConfigError> {
        let layers = layers::read(sources)?;
        let config = Config {
            gateway: Gateway {
                listen: address(&layers, "gateway.listen"),
                sockets_max: count(&layers, "gateway.sockets_max"),
                hellos_max: count(&layers, "gateway.hellos_max"),
                heartbeat_ms: number(&layers, "gateway.heartbeat_ms"),
                reconnect_window_ms: number(&layers, "gateway.reconnect_window_ms"),
                trusted_proxies: networks(&layers, "gateway.trusted_proxies"),
                proxy_protocol: match text(&layers, "gateway.proxy_protocol") {
                    "required" => ProxyProtocol::Required,
                    _ => ProxyProtocol::Off,
                },
                https: flag(&layers, "gateway.https"),
            },
            limits: Limits {
                visitors_per_address: per_minute(&layers, "visitors_per_address"),
                messages_per_address: per_minute(&layers, "messages_per_address"),
                sign_ins_per_address: per_minute(&layers, "sign_ins_per_address"),
                sign_ins_per_account: per_minute(&layers, "sign_ins_per_account"),
            },
            admin_listen: address(&layers, "admin.listen"),
            store_url: text(&layers, "store.url").to_owned(),
            link_url: link_url(&layers)?,
            requeue_grace_ms: number(&layers, "router.requeue_grace_ms"),
            missed_after_ms: number(&layers, "router.missed_after_ms"),
            mail: mail(&layers)?,
            demo_enabled: flag(&layers, "demo.enabled"),
            demo_address: optional_address(&layers, "demo.address"),
            demo_password: secret(&layers, "demo.password", "demo.password_file")?,
            loadtest_token: secret(&layers, "loadtest.token", "loadtest.token_file")?,
            log: Log {
                level: text(&layers, "log.level").to_owned(),
                format: match text(&layers, "log.format") {
                    "json" => LogFormat::Json,
                    "text" => LogFormat::Text,
                    _ => LogFormat::Auto,
                },
            },
            drain: Drain {
                endpoint_delay_ms: number(&layers, "drain.endpoint_delay_ms"),
                window_ms: number(&layers, "drain.window_ms"),
            },
            layers,
        };
        config.check_together().map(|()| config)
    }

    /// The file of an SQLite store; `None` if the store is a server's.
    pub(crate) fn store_file(&self) -> Option<PathBuf> {
        let path = self.store_url.strip_prefix("sqlite:")?;
        let path = path.split('?').next().unwrap_or(path);
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    fn check_together(&self) -> Result<(), ConfigError> {
        if self.admin_listen == self.gateway.listen && self.admin_listen.port() != 0 {
            return Err(self.complain("admin.listen", "must differ from gateway.listen"));
        }
        let takes_nobody = self.gateway.proxies().is_some_and(|proxies| proxies.is_empty());
        if takes_nobody {
            let complaint = "must be off while gateway.trusted_proxies names nobody";
            return Err(self.complain("gateway.proxy_protocol", complaint));
        }
        Ok(())
    }

    /// What is wrong with a setting that looked right until it was used.
    pub(crate) fn complain(&self, key: &'static str, complaint: &str) -> ConfigError {
        bad(&self.layers, key, complaint.to_owned())
    }
}

fn get<'l>(layers: &'l Layers, key: &str) -> &'l Value {
    &layers.get(key).expect("it has a default").0
}

fn text<'l>(layers: &'l Layers, key: &str) -> &'l str {
    match get(layers, key) {
        Value::Text(text) => text,
        Value::Number(_) | Value::Flag(_) | Value::List(_) => unreachable!("{key} is text"),
    }
}

fn number(layers: &Layers, key: &str) -> u64 {
    match get(layers, key) {
        Value::Number(number) => *number,
        Value::Text(_) | Value::Flag(_) | Value::List(_) => unreachable!("{key} is a number"),
    }
}

fn count(layers: &Layers, key: &str) -> usize {
    usize::try_from(number(layers, key)).expect("below the limit of the setting")
}

fn flag(layers: &Layers, key: &str) -> bool {
    match get(layers, key) {
        Value::Flag(flag) => *flag,
        Value::Text(_) | Value::Number(_) | Value::List(_) => unreachable!("{key} is a flag"),
    }
}

fn networks(layers: &Layers, key: &str) -> Vec<IpNet> {
    match get(layers, key) {
        Value::List(list) => {
            list.iter().map(|it| value::network(it).expect("it was checked")).collect()
        }
        Value::Text(_) | Value::Number(_) | Value::Flag(_) => unreachable!("{key} is a list"),
    }
}

fn address(layers: &Layers, key: &str) -> SocketAddr {
    text(layers, key).parse().expect("it was checked")
}

fn optional_address(layers: &Layers, key: &str) -> Option<SocketAddr> {
    layers.contains_key(key).then(|| address(layers, key))
}

fn per_minute(layers: &Layers, name: &str) -> u32 {
    let key = format!("limits.{name}_per_minute");
    u32::try_from(number(layers, &key)).expect("below the limit of the setting")
}

/// With the password that stands elsewhere.
fn link_url(layers: &Layers) -> Result<LinkUrl, ConfigError> {
    let url = LinkUrl::parse(text(layers, "link.url")).expect("it was checked");
    let password = secret(layers, "link.password", "link.password_file")?;
    match (url, password) {
        (url, None) => Ok(url),
        (LinkUrl::Redis(url), Some(_)) if url.password.is_some() => {
            Err(bad(layers, "link.url", "holds a password: leave out link.password".into()))
        }
        (LinkUrl::Redis(url), Some(password)) => {
            Ok(LinkUrl::Redis(RedisUrl { password: Some(password.expose().to_owned()), ..url }))
        }
        (LinkUrl::Local, Some(_)) => {
            Err(bad(layers, "link.url", "is local: and needs no link.password".into()))
        }
    }
}

/// With the password that stands elsewhere, and all that it takes to write one.
fn mail(layers: &Layers) -> Result<Option<Mail>, ConfigError> {
    let complain = |complaint: &str| Err(bad(layers, "mail.url", complaint.to_owned()));
    let password = secret(layers, "mail.password", "mail.password_file")?;
    let url = MailUrl::parse(text(layers, "mail.url")).expect("it was checked");
    let url = match (url, password) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return complain("is empty and needs no mail.password"),
        (Some(url), None) => url,
        (Some(url), Some(_)) if url.password.is_some() => {
            return complain("holds a password: leave out mail.password");
        }
        (Some(url), Some(password)) => {
            MailUrl { password: Some(password.expose().to_owned()), ..url }
        }
    };
    if let Err(complaint) = url.check_login() {
        return complain(complaint);
    }
    let optional = |key| layers.contains_key(key).then(|| text(layers, key).to_owned());
    match (optional("mail.from"), optional("gateway.public_url")) {
        (Some(from), Some(public_url)) => {
            let answers_after_ms = number(layers, "mail.answers_after_ms");
            Ok(Some(Mail { url, from, public_url, answers_after_ms }))
        }
        (None, _) => complain("needs mail.from: the address that mails come from"),
        (_, None) => complain("needs gateway.public_url: what links in mails begin with"),
    }
}

/// From the setting itself or from the file that the other one names.
fn secret(
    layers: &Layers,
    key: &'static str,
    file_key: &'static str,
) -> Result<Option<Secret>, ConfigError> {
    let Some((Value::Text(path), _)) = layers.get(file_key) else {
        return Ok(layers.get(key).map(|_| Secret(text(layers, key).to_owned())));
    };
    if layers.contains_key(key) {
        return Err(bad(layers, file_key, format!("and {key} exclude each other")));
    }
    let secret = std::fs::read_to_string(Path::new(path))
        .map_err(|error| bad(layers, file_key, format!("names {path:?}: {error}")))?;
    let secret = secret.trim_end_matches(['\r', '\n']);
    let setting = settings::by_key(key).expect("a key of the table");
    match setting.kind.parse(secret) {
        Ok(_) => Ok(Some(Secret(secret.to_owned()))),
        Err(complaint) => {
            Err(bad(layers, file_key, format!("names {path:?}, whose content {complaint}")))
        }
    }
}

fn bad(layers: &Layers, key: &'static str, complaint: String) -> ConfigError {
    let origin = layers.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
    ConfigError::Bad { origin, key, complaint }
}
