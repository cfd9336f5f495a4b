//! Honest and hostile headers of the PROXY protocol.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;

const V2: &[u8] = SIGNATURE;
const TCP4: &[u8] = &[0x21, 0x11, 0, 12, 192, 0, 2, 7, 10, 0, 0, 1, 0xc3, 0x50, 0, 80];

async fn read(bytes: &[u8]) -> Option<(Source, Vec<u8>)> {
    let mut stream = bytes;
    let source = header(&mut stream).await.ok()?;
    Some((source, stream.to_vec()))
}

fn client_of(text: &str) -> Source {
    Source::Client(text.parse().expect("an address"))
}

fn v2(rest: &[u8]) -> Vec<u8> {
    [V2, rest].concat()
}

/// A header of version 2 with so many bytes of body, that claims `claimed`.
fn v2_with_body(command: u8, family: u8, claimed: u16, body: usize) -> Vec<u8> {
    let mut bytes = v2(&[command, family]);
    bytes.extend(claimed.to_be_bytes());
    bytes.extend(vec![7; body]);
    bytes
}

#[tokio::test]
async fn both_versions_tell_the_client_and_leave_the_request_alone() {
    let tcp6 = [
        &[0x21, 0x21, 0, 36][..],
        &"2001:db8::7".parse::<Ipv6Addr>().unwrap().octets(),
        &[0; 16],
        &[0xc3, 0x50, 0, 80],
    ]
    .concat();
    let cases = [
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 80\r\n".to_vec(), "192.0.2.7:50000"),
        (b"PROXY TCP6 2001:db8::7 ::1 50000 80\r\n".to_vec(), "[2001:db8::7]:50000"),
        (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 50000 80\r\n".to_vec(), "192.0.2.7:50000"),
        (v2(TCP4), "192.0.2.7:50000"),
        (v2(&tcp6), "[2001:db8::7]:50000"),
    ];
    for (header, expected) in cases {
        let bytes = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
        let (source, rest) = read(&bytes).await.expect("a good header");
        assert_eq!((source, &rest[..]), (client_of(expected), &b"GET / HTTP/1.1\r\n"[..]));
    }
}

#[tokio::test]
async fn what_a_balancer_adds_is_skipped_to_its_last_byte() {
    let mut header = v2(&[0x21, 0x11]);
    header.extend((12_u16 + 1_000).to_be_bytes());
    header.extend(&TCP4[4..]);
    header.extend(vec![0xee; 1_000]);
    header.extend(b"GET /");

    assert_eq!(read(&header).await, Some((client_of("192.0.2.7:50000"), b"GET /".to_vec())));
}

#[tokio::test]
async fn health_checks_and_families_without_an_address_stand_for_the_proxy_itself() {
    let mut cases = vec![b"PROXY UNKNOWN\r\n".to_vec(), b"PROXY UNKNOWN a b c d e\r\n".to_vec()];
    cases.push(v2_with_body(0x20, 0x00, 0, 0));
    // LOCAL with addresses: they are not to be believed.
    cases.push(v2_with_body(0x20, 0x11, 12, 12));
    for family in [0x00, 0x12, 0x22, 0x31, 0x32] {
        cases.push(v2_with_body(0x21, family, 216, 216));
    }
    for header in cases {
        let bytes = [&header[..], b"GET"].concat();
        assert_eq!(read(&bytes).await, Some((Source::ProxyItself, b"GET".to_vec())), "{header:?}");
    }
}

#[tokio::test]
async fn hostile_headers_are_refused() {
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LINE_BYTES_MAX));
    let mut cases: Vec<Vec<u8>> = [
        "",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PROXY\r\n\r\n\r\n\r\n\r\n",
        "PROXY  TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 +1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 65536\r\n",
        "PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.700 10.0.0.1 1 2\r\n",
        "PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n",
        "proxy TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\n\nGET / HTTP/1.1\r\n",
        "PROXY TCP4 192.0.2.7 10.0.0.1 1 2",
        "PROXY TCP4 \u{fffd} 10.0.0.1 1 2\r\n",
        &long,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    cases.push(b"PROXY TCP4 \xff\xff\xff\xff 10.0.0.1 1 2\r\n".to_vec());
    // Truncated at every place.
    cases.extend((0..V2.len() + TCP4.len()).map(|length| v2(TCP4)[..length].to_vec()));
    // Version 1 and 3 in the frame of 2, unknown commands and families, addresses too short.
    cases.push(v2_with_body(0x11, 0x11, 12, 12));
    cases.push(v2_with_body(0x31, 0x11, 12, 12));
    cases.push(v2_with_body(0x22, 0x11, 12, 12));
    cases.push(v2_with_body(0x21, 0x41, 12, 12));
    cases.push(v2_with_body(0x21, 0x13, 12, 12));
    cases.push(v2_with_body(0x21, 0x11, 11, 11));
    cases.push(v2_with_body(0x21, 0x21, 35, 35));
    // Oversized, and longer than it is.
    let most = u16::try_from(BODY_BYTES_MAX).unwrap();
    cases.push(v2_with_body(0x21, 0x11, most + 1, BODY_BYTES_MAX + 1));
    cases.push(v2_with_body(0x20, 0x00, u16::MAX, usize::from(u16::MAX)));
    cases.push(v2_with_body(0x21, 0x11, most, BODY_BYTES_MAX - 1));
    for bytes in cases {
        assert_eq!(read(&bytes).await, None, "{:?}", String::from_utf8_lossy(&bytes));
    }
}

#[tokio::test]
async fn a_header_that_comes_byte_by_byte_is_read_as_one() {
    for header in [b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 80\r\n".to_vec(), v2(TCP4)] {
        let (mut proxy, mut node) = tokio::io::duplex(1);
        let sending = tokio::spawn(async move { proxy.write_all(&header).await });

        let source = super::header(&mut node).await.expect("a good header");

        assert_eq!(source, client_of("192.0.2.7:50000"));
        sending.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_is_listened_to_and_health_checks_keep_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut proxy = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut stream, peer) = listener.accept().await.unwrap();
    proxy.write_all(b"PROXY UNKNOWN\r\n").await.unwrap();
    let (ours, others) = (["127.0.0.0/8"], ["10.0.0.0/8", "::1/128"]);
    let networks = |list: &[&str]| list.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>();

    assert_eq!(led_by(&mut stream, peer, &networks(&others)).await, Err(NotLed::Untrusted));
    assert_eq!(led_by(&mut stream, peer, &[]).await, Err(NotLed::Untrusted));
    let mapped = SocketAddr::new("::ffff:127.0.0.1".parse().unwrap(), peer.port());
    assert_eq!(led_by(&mut stream, mapped, &networks(&ours)).await, Ok(mapped));
}
