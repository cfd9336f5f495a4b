//! Where the link leads: `link.url`, taken apart once. Errors never repeat it: it may hold a
//! password.

use std::fmt;

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;
/// More seeds than any set-up needs.
const SERVERS_MAX: usize = 32;
/// Redis' own default has 16; nobody has this many.
const DATABASES_MAX: u16 = 1_024;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum LinkUrl {
    /// One node alone.
    Local,
    Redis(RedisUrl),
}

#[derive(Clone, Eq, PartialEq)]
pub(crate) struct RedisUrl {
    pub(crate) form: RedisForm,
    /// One server; or some sentinels; or some servers of a cluster. Never empty.
    pub(crate) servers: Vec<Server>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RedisForm {
    Single,
    /// The sentinels say where the master of this service is.
    Sentinel {
        service: String,
    },
    Cluster,
}

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(out, "[{}]:{}", self.host, self.port)
        } else {
            write!(out, "{}:{}", self.host, self.port)
        }
    }
}

/// Without the password.
impl fmt::Debug for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisUrl")
            .field("form", &self.form)
            .field("servers", &self.servers)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl LinkUrl {
    /// What is wrong with it follows the setting's name.
    pub(crate) fn parse(url: &str) -> Result<LinkUrl, String> {
        match url.split_once(':') {
            Some(("local", "")) => Ok(LinkUrl::Local),
            Some(("redis", rest)) => single(rest).map(LinkUrl::Redis),
            Some(("redis+sentinel", rest)) => sentinel(rest).map(LinkUrl::Redis),
            Some(("redis+cluster", rest)) => cluster(rest).map(LinkUrl::Redis),
            Some(("rediss", _)) => {
                Err("must not be rediss: ; for TLS put a tunnel before Redis".to_owned())
            }
            Some(_) | None => {
                Err("must be local: or begin with redis://, redis+sentinel:// or redis+cluster://"
                    .to_owned())
            }
        }
    }
}

/// `//[user:password@]host[:port][/database]`. Topics belong to no database: the number is
/// checked and makes no difference.
fn single(rest: &str) -> Result<RedisUrl, String> {
    let parts = Parts::of(rest)?;
    let servers = servers(parts.hosts, REDIS_PORT)?;
    if servers.len() > 1 {
        return Err("must name one server; for more there are redis+sentinel:// and \
            redis+cluster://"
            .to_owned());
    }
    if parts.path.is_some_and(|path| !is_database(path)) {
        return Err("must end with the server or a database number after it".to_owned());
    }
    parts.with(RedisForm::Single, servers)
}

/// `//[user:password@]host[:port],host[:port]/service`
fn sentinel(rest: &str) -> Result<RedisUrl, String> {
    let parts = Parts::of(rest)?;
    let servers = servers(parts.hosts, SENTINEL_PORT)?;
    let service = parts.path.filter(|it| !it.is_empty() && !it.contains('/'));
    let service = service.ok_or("must name the service after the sentinels, such as /mymaster")?;
    let service = service.to_owned();
    parts.with(RedisForm::Sentinel { service }, servers)
}

/// `//[user:password@]host[:port],host[:port]`
fn cluster(rest: &str) -> Result<RedisUrl, String> {
    let parts = Parts::of(rest)?;
    let servers = servers(parts.hosts, REDIS_PORT)?;
    if parts.path.is_some_and(|path| !path.is_empty()) {
        return Err("must end with the servers: a cluster has no databases".to_owned());
    }
    parts.with(RedisForm::Cluster, servers)
}

struct Parts<'u> {
    login: Option<&'u str>,
    hosts: &'u str,
    path: Option<&'u str>,
}

impl<'u> Parts<'u> {
    fn of(rest: &'u str) -> Result<Parts<'u>, String> {
        let rest = rest.strip_prefix("//").ok_or("must have // before the server")?;
        if rest.contains(['?', '#']) {
            return Err("must have no ? and no # (in a password: %3F and %23)".to_owned());
        }
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (rest, None),
        };
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, authority),
        };
        Ok(Parts { login, hosts, path })
    }

    fn with(self, form: RedisForm, servers: Vec<Server>) -> Result<RedisUrl, String> {
        let (user, password) = match self.login.map(|login| login.split_once(':')) {
            None => (None, None),
            Some(Some((user, password))) => (some(user)?, some(password)?),
            Some(None) => return Err("must have user:password before the @".to_owned()),
        };
        Ok(RedisUrl { form, servers, user, password })
    }
}

fn servers(hosts: &str, default_port: u16) -> Result<Vec<Server>, String> {
    let servers: Option<Vec<Server>> =
        hosts.split(',').map(|host| server(host, default_port)).collect();
    let servers = servers.ok_or("must name servers as HOST or HOST:PORT")?;
    if servers.len() > SERVERS_MAX {
        return Err(format!("must name at most {SERVERS_MAX} servers"));
    }
    Ok(servers)
}

/// `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
pub(crate) fn server(text: &str, default_port: u16) -> Option<Server> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
            (host, port)
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port.map_or(Some(default_port), |port| port.parse().ok())?;
    let is_host = !host.is_empty() && !host.contains(char::is_whitespace);
    (is_host && port > 0).then(|| Server { host: host.to_owned(), port })
}

fn is_database(path: &str) -> bool {
    path.is_empty() || path.parse::<u16>().is_ok_and(|number| number < DATABASES_MAX)
}

fn some(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() { Ok(None) } else { decoded(text).map(Some) }
}

/// `%40` is `@`.
pub(crate) fn decoded(text: &str) -> Result<String, String> {
    let wrong = || "must write a % in a user or password as %25".to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|it| char::from(it).to_digit(16));
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        let code = high.zip(low).map(|(high, low)| high * 16 + low).ok_or_else(wrong)?;
        bytes.push(u8::try_from(code).expect("two digits fit"));
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redis(url: &str) -> RedisUrl {
        match LinkUrl::parse(url) {
            Ok(LinkUrl::Redis(redis)) => redis,
            other => panic!("{url}: {other:?}"),
        }
    }

    fn shown(url: &str) -> String {
        let servers = redis(url).servers;
        servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn servers_have_their_default_ports() {
        assert_eq!(shown("redis://cache"), "cache:6379");
        assert_eq!(shown("redis://cache:7000/3"), "cache:7000");
        assert_eq!(shown("redis://[::1]:7000/"), "[::1]:7000");
        assert_eq!(shown("redis://[::1]"), "[::1]:6379");
        assert_eq!(shown("redis+sentinel://a,b:7/chat"), "a:26379 b:7");
        assert_eq!(shown("redis+cluster://a,b:7,c"), "a:6379 b:7 c:6379");
    }

    #[test]
    fn the_form_and_the_login_are_read() {
        let url = redis("redis+sentinel://me:a%40b%3A%2Fc@one,two/chat");
        assert_eq!(url.form, RedisForm::Sentinel { service: "chat".to_owned() });
        assert_eq!(url.user.as_deref(), Some("me"));
        assert_eq!(url.password.as_deref(), Some("a@b:/c"));
        let url = redis("redis://:secret@cache");
        assert_eq!((url.form, url.user), (RedisForm::Single, None));
        assert_eq!(url.password.as_deref(), Some("secret"));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        for (url, complaint) in [
            ("", "must be local: or begin with"),
            ("local", "must be local: or begin with"),
            ("local:/x", "must be local: or begin with"),
            ("http://hunter2", "must be local: or begin with"),
            ("redis:hunter2", "must have // before the server"),
            ("redis://", "must name servers as HOST or HOST:PORT"),
            ("redis://a,", "must name servers as HOST or HOST:PORT"),
            ("redis://a:0", "must name servers as HOST or HOST:PORT"),
            ("redis://a:hunter2", "must name servers as HOST or HOST:PORT"),
            ("redis://a:1:2", "must name servers as HOST or HOST:PORT"),
            ("redis://[::1", "must name servers as HOST or HOST:PORT"),
            ("redis://a,b", "must name one server"),
            ("redis://a/hunter2", "must end with the server or a database number"),
            ("redis://hunter2@a", "must have user:password before the @"),
            ("redis://me:hunter%2@a", "must write a % in a user or password as %25"),
            ("redis://a?password=hunter2", "must have no ? and no #"),
            ("rediss://me:hunter2@a", "must not be rediss:"),
            ("redis+sentinel://a", "must name the service after the sentinels"),
            ("redis+sentinel://a/", "must name the service after the sentinels"),
            ("redis+cluster://a/1", "must end with the servers"),
        ] {
            let refused = LinkUrl::parse(url).expect_err(url);
            assert!(refused.starts_with(complaint), "{url}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for url in ["redis://me:hunter2@a/1", "redis+cluster://:hunter2@a,b"] {
            assert!(!format!("{:?}", LinkUrl::parse(url)).contains("hunter2"));
        }
    }
}
