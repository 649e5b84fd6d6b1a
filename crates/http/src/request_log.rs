//! One log line a request, in upstream's words, without secrets.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use perijove_proxy::{ConnInfo, Remote};

/// A query parameter whose name contains one of these is not logged.
const SECRET_PARTS: [&str; 6] = ["token", "auth", "key", "code", "state", "_xsrf"];

/// A request under way.
pub struct Entry {
    began: Instant,
    method: String,
    uri: String,
    address: String,
}

impl Entry {
    /// Notes what the line will say.
    pub fn begin(request: &Request) -> Self {
        let uri = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let address = match request.extensions().get::<ConnInfo>().map(|connection| connection.remote) {
            Some(Remote::Tcp(address)) => address.ip().to_string(),
            Some(Remote::Unix) | None => "unix".to_owned(),
        };
        Self { began: Instant::now(), method: request.method().to_string(), uri: scrub(uri), address }
    }

    /// Writes the line.
    pub fn end(self, response: Response, user: Option<String>) -> Response {
        let status = response.status();
        let mut target = String::new();
        if matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND)
            && let Some(location) =
                response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok())
        {
            target = format!(" -> {}", scrub(location));
        }
        let duration_ms = self.began.elapsed().as_secs_f64() * 1000.0;
        let line = format!(
            "{} {} {}{target} ({}@{}) {duration_ms:.2}ms",
            status.as_u16(),
            self.method,
            self.uri,
            user.unwrap_or_default(),
            self.address
        );
        match status.as_u16() {
            304 => tracing::debug!("{line}"),
            ..=399 => tracing::info!("{line}"),
            400..=499 => tracing::warn!("{line}"),
            _ => tracing::error!("{line}"),
        }
        response
    }
}

/// Hides the values of parameters that may be secrets.
fn scrub(uri: &str) -> String {
    let mut uri = uri.to_owned();
    for prefix in ["/api/authorizations/token/", "/api/authorizations/cookie/"] {
        if let Some(at) = uri.find(prefix) {
            uri.truncate(at + prefix.len());
            uri.push_str("[secret]");
            return uri;
        }
    }
    let Some((path, query)) = uri.split_once('?') else { return uri };
    let scrubbed: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if SECRET_PARTS.iter().any(|part| key.contains(part)) => format!("{key}=[secret]"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", scrubbed.join("&"))
}

#[cfg(test)]
mod tests {
    use super::scrub;

    #[test]
    fn secrets_are_scrubbed() {
        assert_eq!(
            scrub("/hub/x?next=%2F&access_token=abc&code=1"),
            "/hub/x?next=%2F&access_token=[secret]&code=[secret]"
        );
        assert_eq!(scrub("/hub/api/authorizations/token/abc"), "/hub/api/authorizations/token/[secret]");
        assert_eq!(scrub("/hub/home"), "/hub/home");
    }
}
