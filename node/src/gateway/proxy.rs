//! The header of the PROXY protocol, versions 1 and 2: whom a balancer passes on.
//!
//! Read before anything else on a connection, never past its end, and only from trusted proxies.
//! Nothing in it is believed but the address; what it carries beyond that is skipped.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A balancer sends it with the first packet.
const HEADER_TIMEOUT: Duration = Duration::from_secs(3);
/// What both versions are told apart by. No HTTP request begins like either.
const START_BYTES: usize = 12;
const SIGNATURE: &[u8; START_BYTES] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 1 with its line end, as its specification has it.
const LINE_BYTES_MAX: usize = 107;
/// Of version 2 after its first 16 bytes: addresses, and more than any balancer adds to them.
const BODY_BYTES_MAX: usize = 4 * 1024;
/// Two addresses and two ports of IPv6; what follows is of no use here.
const ADDRESSES_BYTES_MAX: usize = 36;

/// Why a connection is not served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NotLed {
    /// It does not come from a trusted proxy.
    Untrusted,
    /// It does not begin with a header, or with one that breaks the rules.
    Malformed,
    /// The header did not come in time.
    Late,
}

impl NotLed {
    /// The closed set of `salotto_proxy_headers_refused_total`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            NotLed::Untrusted => "untrusted",
            NotLed::Malformed => "malformed",
            NotLed::Late => "late",
        }
    }
}

/// Takes the header off the stream; who is at the other end of the proxy. The proxy itself, where
/// the header says that it speaks for nobody (a health check).
pub(super) async fn led_by(
    stream: &mut TcpStream,
    peer: SocketAddr,
    trusted: &[IpNet],
) -> Result<SocketAddr, NotLed> {
    let from = peer.ip().to_canonical();
    if !trusted.iter().any(|network| network.contains(&from)) {
        return Err(NotLed::Untrusted);
    }
    match timeout(HEADER_TIMEOUT, header(stream)).await {
        Ok(Ok(Source::Client(client))) => Ok(client),
        Ok(Ok(Source::ProxyItself)) => Ok(peer),
        Ok(Err(_)) => Err(NotLed::Malformed),
        Err(_) => Err(NotLed::Late),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Client(SocketAddr),
    /// A health check, or a family that has no address for us.
    ProxyItself,
}

async fn header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Source> {
    let mut start = [0; START_BYTES];
    stream.read_exact(&mut start).await?;
    if &start == SIGNATURE {
        return binary(stream).await;
    }
    if start.starts_with(b"PROXY ") {
        let line = rest_of_line(stream, start).await?;
        return text(&line).ok_or_else(malformed);
    }
    Err(malformed())
}

/// Byte by byte: what follows the line is not ours to take, and a line is short.
async fn rest_of_line(
    stream: &mut (impl AsyncRead + Unpin),
    start: [u8; START_BYTES],
) -> io::Result<Vec<u8>> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == LINE_BYTES_MAX {
            return Err(malformed());
        }
        line.push(stream.read_u8().await?);
    }
    line.truncate(line.len() - 2);
    Ok(line)
}

/// `PROXY TCP4 192.0.2.7 198.51.100.1 50000 443`
fn text(line: &[u8]) -> Option<Source> {
    let line = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Some(Source::ProxyItself),
        ["PROXY", "TCP4", from, to, from_port, to_port] => {
            let (from, _): (Ipv4Addr, Ipv4Addr) = (from.parse().ok()?, to.parse().ok()?);
            client(from.into(), [port(from_port)?, port(to_port)?])
        }
        ["PROXY", "TCP6", from, to, from_port, to_port] => {
            let (from, _): (Ipv6Addr, Ipv6Addr) = (from.parse().ok()?, to.parse().ok()?);
            client(from.into(), [port(from_port)?, port(to_port)?])
        }
        _ => None,
    }
}

fn client(address: IpAddr, [port, _to]: [u16; 2]) -> Option<Source> {
    Some(Source::Client(SocketAddr::new(address.to_canonical(), port)))
}

fn port(digits: &str) -> Option<u16> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

/// After the signature: version and command, family and transport, length, addresses, the rest.
async fn binary(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Source> {
    let command = stream.read_u8().await?;
    let family = stream.read_u8().await?;
    let mut rest = usize::from(stream.read_u16().await?);
    if rest > BODY_BYTES_MAX {
        return Err(malformed());
    }
    let mut addresses = [0; ADDRESSES_BYTES_MAX];
    let taken = rest.min(ADDRESSES_BYTES_MAX);
    stream.read_exact(&mut addresses[..taken]).await?;
    let source = source(command, family, &addresses[..taken]).ok_or_else(malformed)?;
    rest -= taken;
    let mut skipped = [0; 256];
    while rest > 0 {
        let step = rest.min(skipped.len());
        stream.read_exact(&mut skipped[..step]).await?;
        rest -= step;
    }
    Ok(source)
}

/// `None`: not version 2, or a command, family or length that it does not have.
fn source(command: u8, family: u8, addresses: &[u8]) -> Option<Source> {
    const LOCAL: u8 = 0x20;
    const PROXY: u8 = 0x21;
    match (command, family) {
        (LOCAL, _) => Some(Source::ProxyItself),
        (PROXY, 0x11) => {
            let from: [u8; 4] = *addresses.first_chunk()?;
            let ports = addresses.get(8..12)?;
            Some(Source::Client((from, u16::from_be_bytes([ports[0], ports[1]])).into()))
        }
        (PROXY, 0x21) => {
            let from: [u8; 16] = *addresses.first_chunk()?;
            let ports = addresses.get(32..36)?;
            let from = IpAddr::from(from).to_canonical();
            Some(Source::Client((from, u16::from_be_bytes([ports[0], ports[1]])).into()))
        }
        // Unspecified, datagrams and Unix sockets: no address that a visitor could have.
        (PROXY, 0x00 | 0x12 | 0x22 | 0x31 | 0x32) => Some(Source::ProxyItself),
        _ => None,
    }
}

fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
