//! Where the load goes, and whether it may go there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// More sockets than this from one address, and the kernel's ports run out.
const SOCKETS_PER_SOURCE: usize = 20_000;

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    pub address: SocketAddr,
    /// For the `Host` header.
    pub authority: String,
}

#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("`{0}` is not a target; write it like http://127.0.0.1:8080")]
    Malformed(String),
    #[error("TLS targets are not supported; aim at the plain listener behind the proxy")]
    Tls,
    #[error("`{0}` is not this machine; say --allow-host {0} if it may be put under load")]
    NotAllowed(String),
    #[error("`{0}` has no address")]
    Unknown(String, #[source] std::io::Error),
}

impl Target {
    /// Only this machine, unless its host was allowed by name.
    pub fn parse(url: &str, allowed: &[String]) -> Result<Target, TargetError> {
        let malformed = || TargetError::Malformed(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(malformed)?;
        match scheme {
            "http" | "ws" => {}
            "https" | "wss" => return Err(TargetError::Tls),
            _ => return Err(malformed()),
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
            return Err(malformed());
        }
        let (host, port) = split_port(authority).ok_or_else(malformed)?;
        let unknown = |error| TargetError::Unknown(host.to_owned(), error);
        let bare = host.trim_matches(['[', ']']);
        let addresses: Vec<SocketAddr> = (bare, port).to_socket_addrs().map_err(unknown)?.collect();
        let is_local = addresses.iter().all(|it| it.ip().is_loopback());
        if !is_local && !allowed.iter().any(|it| it == host || it == bare) {
            return Err(TargetError::NotAllowed(host.to_owned()));
        }
        let address = addresses.first().ok_or_else(malformed)?;
        Ok(Target { address: *address, authority: authority.to_owned() })
    }

    /// From which address the `index`-th of `total` sockets comes: 127.0.0.2, .3 … when one
    /// address has not enough ports. `None`: the kernel chooses.
    pub fn source(&self, index: usize, total: usize) -> Option<IpAddr> {
        let is_local = self.address.is_ipv4() && self.address.ip().is_loopback();
        if !is_local || total <= SOCKETS_PER_SOURCE {
            return None;
        }
        let last = u8::try_from(2 + index / SOCKETS_PER_SOURCE).expect("the socket cap is lower");
        Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)))
    }
}

fn split_port(authority: &str) -> Option<(&str, u16)> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => Some((host, port.parse().ok()?)),
        Some(_) | None => Some((authority, 80)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_always_allowed() {
        for url in ["http://127.0.0.1:8080", "http://127.9.9.9:1/", "ws://[::1]:8080"] {
            assert!(Target::parse(url, &[]).is_ok(), "{url}");
        }
    }

    #[test]
    fn another_machine_needs_its_name_said_twice() {
        let url = "http://192.0.2.7:8080";

        assert!(matches!(Target::parse(url, &[]), Err(TargetError::NotAllowed(_))));
        assert!(matches!(
            Target::parse(url, &["192.0.2.8".to_owned()]),
            Err(TargetError::NotAllowed(_))
        ));
        assert!(Target::parse(url, &["192.0.2.7".to_owned()]).is_ok());
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for url in ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1/path"] {
            assert!(matches!(Target::parse(url, &[]), Err(TargetError::Malformed(_))), "{url}");
        }
        assert!(matches!(Target::parse("wss://127.0.0.1", &[]), Err(TargetError::Tls)));
    }

    #[test]
    fn many_sockets_come_from_several_addresses() {
        let target = Target::parse("http://127.0.0.1:8080", &[]).expect("a target");

        assert_eq!(target.source(5, 20_000), None);
        assert_eq!(target.source(0, 50_000), Some("127.0.0.2".parse().expect("an address")));
        assert_eq!(target.source(49_999, 50_000), Some("127.0.0.4".parse().expect("an address")));
    }
}
