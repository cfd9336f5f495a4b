//! Who is at the other end, and by which name they called us: what proxies say is believed only
//! from those that are trusted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{FORWARDED, HOST};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::limiter::AddressKey;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How a request reached us.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    pub(crate) address: IpAddr,
    /// Host and port as the browser wrote them.
    host: Option<String>,
    pub(crate) https: bool,
}

impl Caller {
    pub(crate) fn of(parts: &Parts, trusted: &[IpNet]) -> Caller {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(Ipv6Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        Caller::behind(peer.to_canonical(), &parts.headers, trusted)
    }

    fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Caller {
        let host = last(headers, &HOST);
        if !is_trusted(peer, trusted) {
            return Caller { address: peer, host, https: false };
        }
        Caller {
            address: forwarded_for(peer, headers, trusted),
            host: last(headers, &X_FORWARDED_HOST).or(host),
            https: last(headers, &X_FORWARDED_PROTO).is_some_and(|proto| proto == "https"),
        }
    }

    pub(crate) fn key(&self) -> AddressKey {
        AddressKey::of(self.address)
    }

    /// Whether an `Origin` is the address under which this node was called.
    pub(crate) fn is_own_origin(&self, origin: &str) -> bool {
        let Some((scheme, place)) = origin.split_once("://") else { return false };
        let port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        let normal = |place: &str| {
            let place: Authority = place.parse().ok()?;
            Some((place.host().to_ascii_lowercase(), place.port_u16().unwrap_or(port)))
        };
        let host = self.host.as_deref().and_then(normal);
        host.is_some() && host == normal(place)
    }
}

/// The nearest address that is not a trusted proxy. The two headers must not contradict each
/// other: a proxy that writes one passes on what a visitor forged in the other.
fn forwarded_for(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut chains = Vec::new();
    if headers.contains_key(X_FORWARDED_FOR) {
        chains.push(list(headers, &X_FORWARDED_FOR));
    }
    if headers.contains_key(FORWARDED) {
        chains.push(list(headers, &FORWARDED).iter().map(|hop| for_parameter(hop)).collect());
    }
    let mut found: Vec<IpAddr> =
        chains.iter().map(|hops| nearest_stranger(peer, hops, trusted)).collect();
    found.dedup();
    match found[..] {
        [address] => address,
        _ => peer,
    }
}

/// From the last hop back: a trusted proxy's word counts for the hop before it.
fn nearest_stranger(peer: IpAddr, hops: &[String], trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(nearest, trusted) {
            break;
        }
        match address_of(hop) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`, quoted or not.
fn address_of(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    with_port.or_else(|_| bare.parse()).ok().map(|address: IpAddr| address.to_canonical())
}

/// The address in one hop of `Forwarded` (RFC 7239); empty when it hides it.
fn for_parameter(hop: &str) -> String {
    let pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    values.next().map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// All items of a comma-separated header, over all its lines.
fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|item| item.trim().to_owned()).collect()
}

fn last(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    list(headers, name).pop()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn caller(peer: &str, headers: &[(&'static str, &'static str)], trusted: &[&str]) -> Caller {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|it| it.parse().expect("a range")).collect();
        Caller::behind(peer.parse().expect("an address"), &map, &trusted)
    }

    fn address(headers: &[(&'static str, &'static str)]) -> String {
        caller("10.0.0.1", headers, &["10.0.0.0/8"]).address.to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_it_is() {
        let headers = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-proto", "https")];
        let caller = caller("192.0.2.7", &headers, &["10.0.0.0/8"]);
        assert_eq!(caller.address.to_string(), "192.0.2.7");
        assert!(!caller.https);
    }

    #[test]
    fn a_trusted_proxy_says_who_called_it() {
        assert_eq!(address(&[("x-forwarded-for", "192.0.2.7")]), "192.0.2.7");
        assert_eq!(address(&[("forwarded", "for=192.0.2.7;proto=https")]), "192.0.2.7");
        assert_eq!(address(&[("forwarded", r#"For="[2001:db8::1]:80""#)]), "2001:db8::1");
    }

    #[test]
    fn what_a_visitor_put_in_front_is_not_believed() {
        assert_eq!(address(&[("x-forwarded-for", "1.1.1.1, 192.0.2.7, 10.0.0.2")]), "192.0.2.7");
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(address(&lines), "192.0.2.7");
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_believed() {
        let headers = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=1.1.1.1")];
        assert_eq!(address(&headers), "10.0.0.1");
    }

    #[test]
    fn rubbish_in_the_headers_leaves_the_proxy_itself() {
        assert_eq!(address(&[("x-forwarded-for", "unknown")]), "10.0.0.1");
        assert_eq!(address(&[("forwarded", "for=_hidden")]), "10.0.0.1");
        assert_eq!(address(&[("x-forwarded-for", "")]), "10.0.0.1");
    }

    #[test]
    fn the_own_origin_is_the_host_that_was_called() {
        let own = |host: &'static str, origin: &str| {
            caller("192.0.2.7", &[("host", host)], &[]).is_own_origin(origin)
        };
        assert!(own("127.0.0.1:8080", "http://127.0.0.1:8080"));
        assert!(own("chat.example", "https://chat.example"));
        assert!(own("Chat.Example:443", "https://chat.example"));
        assert!(!own("chat.example", "https://chat.example.evil"));
        assert!(!own("127.0.0.1:8080", "http://127.0.0.1:8081"));
        assert!(!own("chat.example", "null"));
        assert!(!caller("192.0.2.7", &[], &[]).is_own_origin("http://x"));
    }

    #[test]
    fn the_host_before_a_trusted_proxy_counts() {
        let headers = [
            ("host", "node:8080"),
            ("x-forwarded-host", "chat.example"),
            ("x-forwarded-proto", "https"),
        ];
        let caller = caller("10.0.0.1", &headers, &["10.0.0.1/32"]);
        assert!(caller.https && caller.is_own_origin("https://chat.example"));
        assert!(!caller.is_own_origin("http://node:8080"));
    }
}
