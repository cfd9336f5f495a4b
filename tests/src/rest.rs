//! A small HTTP client: one request, the whole answer, no pool.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use salotto_protocol::ErrorCode;
use salotto_protocol::api::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::patience;

/// A request to be sent, without surprises: no cookies, no redirects, no retries.
pub struct Ask {
    address: SocketAddr,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Ask {
    pub fn get(address: SocketAddr, path: &str) -> Ask {
        Ask::new(Method::GET, address, path)
    }

    pub fn post(address: SocketAddr, path: &str) -> Ask {
        Ask::new(Method::POST, address, path)
    }

    pub fn put(address: SocketAddr, path: &str) -> Ask {
        Ask::new(Method::PUT, address, path)
    }

    pub fn delete(address: SocketAddr, path: &str) -> Ask {
        Ask::new(Method::DELETE, address, path)
    }

    fn new(method: Method, address: SocketAddr, path: &str) -> Ask {
        let headers = HeaderMap::new();
        Ask { address, method, path: path.to_owned(), headers, body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Ask {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    pub fn bearer(self, token: &str) -> Ask {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn json<T: Serialize>(self, body: &T) -> Ask {
        self.body(&serde_json::to_vec(body).expect("our own types encode"))
    }

    /// Bytes that claim to be JSON.
    pub fn body(mut self, bytes: &[u8]) -> Ask {
        self.body = bytes.to_vec();
        self.header("content-type", "application/json")
    }

    /// Panics when nobody answers.
    pub async fn send(self) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        let answer = patience::within(&what, self.try_send()).await;
        answer.unwrap_or_else(|| panic!("nobody answered {what}"))
    }

    /// `None` when nobody answers.
    pub async fn try_send(self) -> Option<Answer> {
        KeptAlive::try_open(self.address).await?.try_send(self).await
    }

    fn request(self) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("host", self.address.to_string())
            .body(Full::new(Bytes::from(self.body)))
            .expect("a well-formed request");
        request.headers_mut().extend(self.headers);
        request
    }
}

/// One connection for many requests, one after another.
pub struct KeptAlive {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<hyper::Result<()>>,
}

impl KeptAlive {
    pub async fn open(address: SocketAddr) -> KeptAlive {
        let open = patience::within("a connection", KeptAlive::try_open(address)).await;
        open.expect("somebody listens")
    }

    async fn try_open(address: SocketAddr) -> Option<KeptAlive> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        Some(KeptAlive { sender, driver: tokio::spawn(connection) })
    }

    /// `None` when nobody answers.
    pub async fn try_send(&mut self, ask: Ask) -> Option<Answer> {
        self.sender.ready().await.ok()?;
        let response = self.sender.send_request(ask.request()).await.ok()?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: parts.status, headers: parts.headers, body })
    }
}

impl Drop for KeptAlive {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Answer {
    /// The body of a success.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body of a refusal, after a look at its form.
    pub fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem: Problem = serde_json::from_slice(&self.body).expect("a problem");
        assert_eq!(problem.status, self.status.as_u16(), "{}", self.text());
        problem
    }

    /// Holds a refusal against its documented status and code.
    pub fn assert_refused(&self, status: u16, code: ErrorCode) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.problem().code, code, "{}", self.text());
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("in ASCII"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
