//! One log line a request, in upstream's words and at its levels, without secrets.

use std::net::IpAddr;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use perijove_core::metrics::HandlerRequests;
use perijove_proxy::ConnInfo;
use tracing::Level;
use url::form_urlencoded;

use crate::client::Client;
use crate::responses::Bare;

/// A query parameter whose name contains one of these is not logged.
const SECRET_PARTS: [&str; 6] = ["token", "auth", "key", "code", "state", "_xsrf"];
/// How deep URLs within parameters of URLs are looked at; what is deeper is not logged.
const DEPTH: usize = 4;
/// Answers that take longer are logged at `INFO` at least.
const SLOW_MS: f64 = 1000.0;

/// A request under way.
pub struct Entry {
    began: Instant,
    method: String,
    uri: String,
    address: String,
    health_check: bool,
    headers: HeaderMap,
}

impl Entry {
    /// Notes what the line will say. `trusted` are the proxies whose word on the client's address counts.
    pub fn begin(request: &Request, trusted: &[IpAddr]) -> Self {
        let uri = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let path = request.uri().path();
        let connection = request.extensions().get::<ConnInfo>();
        let peer = connection.and_then(|connection| connection.remote.ip());
        Self {
            began: Instant::now(),
            method: request.method().to_string(),
            uri: scrub(uri, DEPTH),
            address: Client::of(peer, false, request.headers(), trusted).address,
            health_check: path.ends_with("/hub/health") || path.ends_with("/hub/api/health"),
            headers: request.headers().clone(),
        }
    }

    /// Writes the line, and counts the request.
    pub fn end(self, response: Response, user: Option<String>, requests: &HandlerRequests) -> Response {
        let status = response.status();
        let duration = self.began.elapsed();
        requests.observe(&self.method, status.as_u16(), duration);
        let mut target = String::new();
        if matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND)
            && let Some(location) =
                response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok())
        {
            target = format!(" -> {}", scrub(location, DEPTH));
        }
        let duration_ms = duration.as_secs_f64() * 1000.0;
        let user = user.unwrap_or_default().replace(char::is_control, "?");
        let (code, method, uri, address) = (status.as_u16(), &self.method, &self.uri, &self.address);
        let line = format!("{code} {method} {uri}{target} ({user}@{address}) {duration_ms:.2}ms");
        let is_quiet = self.health_check || response.extensions().get::<Bare>().is_some();
        match level(code, is_quiet, duration_ms) {
            Level::DEBUG => tracing::debug!("{line}"),
            Level::INFO => tracing::info!("{line}"),
            Level::WARN => tracing::warn!("{line}"),
            _ => {
                // As upstream: what broke inside is told with the request's headers.
                if !matches!(code, 502 | 503) {
                    tracing::error!("{}", headers_text(&self.headers));
                }
                tracing::error!("{line}");
            }
        }
        response
    }
}

/// How loud a line is; `is_quiet` are files and health checks, of which there are many.
fn level(status: u16, is_quiet: bool, duration_ms: f64) -> Level {
    match status {
        _ if status == 304 || (status < 300 && is_quiet) => {
            if duration_ms >= SLOW_MS {
                Level::INFO
            } else {
                Level::DEBUG
            }
        }
        ..=399 => Level::INFO,
        400..=499 => Level::WARN,
        _ => Level::ERROR,
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Hides the values of parameters that may be secrets, also in URLs that are parameters themselves, as `next` is.
fn scrub(uri: &str, depth: usize) -> String {
    let mut uri = uri.to_owned();
    for prefix in ["/api/authorizations/token/", "/api/authorizations/cookie/"] {
        if let Some(at) = uri.find(prefix) {
            uri.truncate(at + prefix.len());
            uri.push_str("[secret]");
            return uri;
        }
    }
    let (uri, fragment) = uri.split_once('#').map_or((uri.as_str(), false), |(before, _)| (before, true));
    let fragment = if fragment { "#[…]" } else { "" };
    let Some((path, query)) = uri.split_once('?') else { return format!("{uri}{fragment}") };
    let scrubbed: Vec<String> = query.split('&').map(|pair| scrub_pair(pair, depth)).collect();
    format!("{path}?{}{fragment}", scrubbed.join("&"))
}

fn scrub_pair(pair: &str, depth: usize) -> String {
    let Some((key, value)) = pair.split_once('=') else { return pair.to_owned() };
    if is_secret(&percent_decode_str(key).decode_utf8_lossy()) {
        return format!("{key}=[secret]");
    }
    let inner = percent_decode_str(value).decode_utf8_lossy();
    if !inner.contains(['?', '#', '/']) {
        return pair.to_owned();
    }
    let Some(deeper) = depth.checked_sub(1) else { return format!("{key}=[…]") };
    let scrubbed = scrub(&inner, deeper);
    if scrubbed == inner {
        return pair.to_owned();
    }
    let value: String = form_urlencoded::byte_serialize(scrubbed.as_bytes()).collect();
    format!("{key}={value}")
}

/// The headers of a request, one `name: value` each, without secrets.
fn headers_text(headers: &HeaderMap) -> String {
    let lines = headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or("[not text]");
        let shown = match name.as_str() {
            "authorization" => value
                .split_once(' ')
                .map_or("[secret]".to_owned(), |(scheme, _)| format!("{scheme} [secret]")),
            "cookie" => cookie_names(value),
            "referer" => scrub(value, DEPTH),
            other if is_secret(other) || other.contains("xsrf") || other.contains("csrf") => {
                "[secret]".to_owned()
            }
            _ => value.to_owned(),
        };
        format!("{name}: {shown}")
    });
    lines.collect::<Vec<_>>().join(", ")
}

fn cookie_names(cookies: &str) -> String {
    let names = cookies.split(';').map(|pair| match pair.trim().split_once('=') {
        Some((name, _)) => format!("{name}=[secret]"),
        None => "[secret]".to_owned(),
    });
    names.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use perijove_proxy::Remote;

    use super::*;

    #[test]
    fn secrets_are_scrubbed() {
        for (uri, shown) in [
            (
                "/hub/x?next=%2F&access_token=abc&code=1",
                "/hub/x?next=%2F&access_token=[secret]&code=[secret]",
            ),
            ("/hub/x?%74oken=abc&_XSRF=1", "/hub/x?%74oken=[secret]&_XSRF=[secret]"),
            ("/hub/api/authorizations/token/abc", "/hub/api/authorizations/token/[secret]"),
            ("/hub/home", "/hub/home"),
            ("/hub/home?a=1", "/hub/home?a=1"),
            ("https://hub.example/x?a#token=1", "https://hub.example/x?a#[…]"),
        ] {
            assert_eq!(scrub(uri, DEPTH), shown);
        }
    }

    #[test]
    fn secrets_of_addresses_within_addresses_are_scrubbed() {
        let scrubbed = scrub("/hub/login?next=%2Fuser%2Fada%2F%3Fa%3Db%26token%3Dabc", DEPTH);
        assert!(scrubbed.contains("next=%2Fuser%2Fada%2F%3Fa%3Db"), "{scrubbed}");
        assert!(!scrubbed.contains("abc"), "{scrubbed}");
        let mut nested = "/x?token=abc".to_owned();
        for _ in 0..10 {
            let quoted: String = form_urlencoded::byte_serialize(nested.as_bytes()).collect();
            nested = format!("/y?next={quoted}");
            assert!(!scrub(&nested, DEPTH).contains("abc"), "{nested}");
        }
    }

    #[test]
    fn headers_are_told_without_secrets() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "token s3cret"),
            ("cookie", "a=s3cret; b=s3cret"),
            ("referer", "http://h/hub/login?next=%2F&code=s3cret"),
            ("x-xsrftoken", "s3cret"),
            ("x-csrftoken", "s3cret"),
            ("accept", "*/*"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let text = headers_text(&headers);
        assert!(!text.contains("s3cret"), "{text}");
        assert!(
            text.contains("authorization: token [secret]") && text.contains("cookie: a=[secret]; b=[secret]")
        );
        assert!(text.contains("referer: http://h/hub/login?next=%2F&code=[secret]"), "{text}");
    }

    #[test]
    fn levels_are_upstreams() {
        for (status, is_quiet, duration_ms, expected) in [
            (200, false, 1.0, Level::INFO),
            (200, true, 1.0, Level::DEBUG),
            (200, true, 1500.0, Level::INFO),
            (304, false, 1.0, Level::DEBUG),
            (302, true, 1.0, Level::INFO),
            (404, true, 1.0, Level::WARN),
            (500, false, 1.0, Level::ERROR),
            (503, true, 1.0, Level::ERROR),
        ] {
            assert_eq!(level(status, is_quiet, duration_ms), expected, "{status} {is_quiet} {duration_ms}");
        }
    }

    #[test]
    fn the_line_names_the_client_and_not_the_proxy() {
        let address = |peer: &str, trusted: &[IpAddr]| {
            let mut request =
                Request::builder().header("x-forwarded-for", "198.51.100.4").body(Body::empty()).unwrap();
            let remote = Remote::Tcp(peer.parse().unwrap());
            request.extensions_mut().insert(ConnInfo { remote, tls: false });
            Entry::begin(&request, trusted).address
        };
        assert_eq!(address("[::ffff:127.0.0.1]:1", &[]), "198.51.100.4");
        assert_eq!(address("[::ffff:10.0.0.1]:1", &["10.0.0.1".parse().unwrap()]), "198.51.100.4");
        assert_eq!(address("[::ffff:10.0.0.1]:1", &[]), "10.0.0.1");
    }
}
