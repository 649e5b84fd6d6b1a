//! One log line a request, in upstream's words and at its levels, without secrets.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use perijove_core::metrics::HandlerRequests;
use tracing::Level;
use url::form_urlencoded;

use crate::caller::Caller;
use crate::responses::Bare;

/// A query parameter whose name contains one of these is not logged.
const SECRET_PARTS: [&str; 6] = ["token", "auth", "key", "code", "state", "_xsrf"];
/// How deep URLs within parameters of URLs are looked at; what is deeper is not logged.
const DEPTH: usize = 4;
/// Answers that take longer are logged at `INFO` at least.
const SLOW: Duration = Duration::from_secs(1);

/// A request under way.
pub struct Entry {
    began: Instant,
    method: Method,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Entry {
    /// Notes what the line will say.
    pub fn begin(request: &Request) -> Self {
        let headers = request.headers();
        Self {
            began: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// The request's method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// One of the request's headers.
    pub fn header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value)
    }

    /// The request's path and query.
    pub fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", PathAndQuery::as_str)
    }

    /// Writes the line, and counts the request.
    pub fn end(self, response: Response, caller: &Caller, requests: &HandlerRequests) -> Response {
        let code = response.status().as_u16();
        let duration = self.began.elapsed();
        requests.observe(self.method.as_str(), code, duration);
        let path = self.uri.path();
        let is_check = path.ends_with("/hub/health") || path.ends_with("/hub/api/health");
        let is_quiet = is_check || response.extensions().get::<Bare>().is_some();
        let target = target(&response);
        let user = caller.identity().map_or("", |identity| identity.principal.name());
        let line = Line {
            code,
            method: &self.method,
            uri: scrub(self.path_and_query(), DEPTH),
            target: target.as_deref().map(|target| scrub(target, DEPTH)),
            user,
            address: &caller.client().address,
            duration,
        };
        match level(code, is_quiet, duration) {
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

/// Where a redirect leads.
fn target(response: &Response) -> Option<String> {
    let redirects = matches!(response.status(), StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND);
    let location = response.headers().get(header::LOCATION).filter(|_| redirects)?;
    location.to_str().ok().map(str::to_owned)
}

/// What is told of a request. Written only where the log is loud enough for it.
struct Line<'a> {
    code: u16,
    method: &'a Method,
    uri: Cow<'a, str>,
    target: Option<Cow<'a, str>>,
    user: &'a str,
    address: &'a str,
    duration: Duration,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, method, uri, target, user, address, duration } = self;
        write!(f, "{code} {} {uri}", method.as_str())?;
        if let Some(target) = target {
            write!(f, " -> {target}")?;
        }
        // A name must not look like the end of the line.
        if user.contains(char::is_control) {
            write!(f, " ({}", user.replace(char::is_control, "?"))?;
        } else {
            write!(f, " ({user}")?;
        }
        let hundredths = (duration.as_micros() + 5) / 10;
        write!(f, "@{address}) {}.{:02}ms", hundredths / 100, hundredths % 100)
    }
}

/// How loud a line is; `is_quiet` are files and health checks, of which there are many.
fn level(status: u16, is_quiet: bool, duration: Duration) -> Level {
    match status {
        _ if status == 304 || (status < 300 && is_quiet) => {
            if duration >= SLOW {
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

/// Where paths end in a secret: behind this and `token/` or `cookie/`.
const AUTHORIZATIONS: &str = "/api/authorizations/";

/// Hides the values of parameters that may be secrets, also in URLs that are parameters themselves, as `next` is.
fn scrub(uri: &str, depth: usize) -> Cow<'_, str> {
    if let Some((before, after)) = uri.split_once(AUTHORIZATIONS)
        && let Some((kind @ ("token" | "cookie"), _)) = after.split_once('/')
    {
        return format!("{before}{AUTHORIZATIONS}{kind}/[secret]").into();
    }
    if !uri.contains(['?', '#']) {
        return uri.into();
    }
    let (uri, fragment) = uri.split_once('#').map_or((uri, ""), |(before, _)| (before, "#[…]"));
    let Some((path, query)) = uri.split_once('?') else { return format!("{uri}{fragment}").into() };
    let scrubbed: Vec<String> = query.split('&').map(|pair| scrub_pair(pair, depth)).collect();
    format!("{path}?{}{fragment}", scrubbed.join("&")).into()
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
fn headers_text(headers: &[(HeaderName, HeaderValue)]) -> String {
    let lines = headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap_or("[not text]");
        let shown = match name.as_str() {
            "authorization" => value
                .split_once(' ')
                .map_or("[secret]".to_owned(), |(scheme, _)| format!("{scheme} [secret]")),
            "cookie" => cookie_names(value),
            "referer" => scrub(value, DEPTH).into_owned(),
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
        let headers = [
            ("authorization", "token s3cret"),
            ("cookie", "a=s3cret; b=s3cret"),
            ("referer", "http://h/hub/login?next=%2F&code=s3cret"),
            ("x-xsrftoken", "s3cret"),
            ("x-csrftoken", "s3cret"),
            ("accept", "*/*"),
        ]
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let text = headers_text(&headers);
        assert!(!text.contains("s3cret"), "{text}");
        assert!(
            text.contains("authorization: token [secret]") && text.contains("cookie: a=[secret]; b=[secret]")
        );
        assert!(text.contains("referer: http://h/hub/login?next=%2F&code=[secret]"), "{text}");
    }

    #[test]
    fn levels_are_upstreams() {
        for (status, is_quiet, milliseconds, expected) in [
            (200, false, 1, Level::INFO),
            (200, true, 1, Level::DEBUG),
            (200, true, 1500, Level::INFO),
            (304, false, 1, Level::DEBUG),
            (302, true, 1, Level::INFO),
            (404, true, 1, Level::WARN),
            (500, false, 1, Level::ERROR),
            (503, true, 1, Level::ERROR),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(level(status, is_quiet, duration), expected, "{status} {is_quiet} {milliseconds}");
        }
    }
}
