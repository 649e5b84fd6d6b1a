//! Requests to a hub in a test, and its answers.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use perijove_proxy::{Body, ConnInfo, Remote};
use serde_json::Value;

use crate::hub::TestHub;

/// A request being put together.
#[must_use]
pub struct TestRequest<'a> {
    hub: &'a TestHub,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer with its whole body.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl<'a> TestRequest<'a> {
    pub(crate) fn new(hub: &'a TestHub, method: Method, path: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("hub.example"));
        Self { hub, method, path: path.to_owned(), headers, body: Bytes::new() }
    }

    /// Sets a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.insert(name, value.parse().expect("a header's value"));
        self
    }

    /// Authenticates with a token.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("token {token}"))
    }

    /// Sends these cookies, `name=value; …`.
    pub fn cookies(self, cookies: &str) -> Self {
        self.header("cookie", cookies)
    }

    /// Sends JSON.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into();
        self.header("content-type", "application/json")
    }

    /// Sends a form.
    pub fn form(mut self, body: &str) -> Self {
        self.body = body.to_owned().into();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends bytes without saying what they are.
    pub fn raw(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Answer {
        let (parts, body) = self.begin().await.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends it; the rest of the answer is the caller's to read.
    pub async fn begin(self) -> Response<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path).body(Full::new(self.body));
        if let Ok(request) = &mut request {
            *request.headers_mut() = self.headers;
        }
        let connection =
            ConnInfo { remote: Remote::Tcp(SocketAddr::from(([127, 0, 0, 1], 50_000))), tls: false };
        self.hub.service.answer(request.expect("a request"), connection).await
    }
}

impl Answer {
    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The `Set-Cookie` header of this cookie; empty if there is none.
    pub fn set_cookie(&self, name: &str) -> &str {
        let mut cookies =
            self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.rfind(|cookie| cookie.split('=').next() == Some(name)).unwrap_or_default()
    }

    /// The value of a cookie that is set, as the browser sends it back.
    pub fn cookie_value(&self, name: &str) -> String {
        let first = self.set_cookie(name).split(';').next().unwrap_or_default();
        first.split_once('=').map(|(_, value)| value.to_owned()).unwrap_or_default()
    }
}
