//! CHP's REST API over the embedded route table.
//!
//! `GET`, `POST` and `DELETE` on `/api/routes[/path]`, with CHP's statuses and JSON, guarded by a token.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::connection::ConnInfo;
use crate::local::{LocalService, plain_response};
use crate::metrics::{ProxyMetrics, RouteOperation};
use crate::routes::{Route, RouteTable, iso_millis};
use crate::target::Target;
use crate::{Body, RequestBody};

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// CHP's REST API, to be served on its own listener with [`crate::serve_local`].
#[derive(Clone)]
pub struct ChpApi {
    routes: RouteTable,
    token: Option<Arc<SecretString>>,
    metrics: Arc<ProxyMetrics>,
}

impl ChpApi {
    /// The API of `routes`; without a token everyone who can connect may use it.
    #[must_use]
    pub fn new(routes: RouteTable, token: Option<SecretString>, metrics: Arc<ProxyMetrics>) -> Self {
        let token = token.filter(|token| !token.expose_secret().is_empty()).map(Arc::new);
        Self { routes, token, metrics }
    }

    async fn answer(self, request: Request<RequestBody>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let response = match self.operation(&parts, body).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
        };
        self.metrics.count_api(response.status());
        let (status, path) = (response.status().as_u16(), parts.uri.path());
        tracing::debug!(http.status = status, http.method = %parts.method, http.path = path, "answered the proxy's API");
        response
    }

    async fn operation(
        &self,
        parts: &http::request::Parts,
        body: RequestBody,
    ) -> Result<Response<Body>, Refusal> {
        let rest = parts
            .uri
            .path()
            .strip_prefix("/api/routes")
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let rest = rest.ok_or(Refusal::Status(StatusCode::NOT_FOUND))?;
        let path = percent_decode_str(rest).decode_utf8();
        let path = path.map_err(|_| Refusal::Bad("The path is not UTF-8".to_owned()))?;
        let is_known = matches!(parts.method, Method::GET | Method::POST | Method::DELETE);
        if !is_known {
            return Err(Refusal::Method);
        }
        self.authorise(&parts.headers)?;
        if parts.method == Method::POST {
            return self.add(&path, body).await;
        }
        if parts.method == Method::DELETE {
            self.metrics.count_operation(RouteOperation::Delete);
            let found = self.routes.take(&path).is_some();
            return Ok(empty(if found { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }));
        }
        if path.is_empty() || path == "/" {
            return self.list(parts.uri.query().unwrap_or_default());
        }
        Ok(match self.routes.get(&path) {
            Some(route) => json(&Value::Object(as_json(&route))),
            None => empty(StatusCode::NOT_FOUND),
        })
    }

    fn authorise(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(expected) = &self.token else { return Ok(()) };
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.trim().strip_prefix("token")).unwrap_or_default();
        let is_token = given.starts_with(char::is_whitespace)
            && bool::from(given.trim().as_bytes().ct_eq(expected.expose_secret().as_bytes()));
        if is_token { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    fn list(&self, query: &str) -> Result<Response<Body>, Refusal> {
        let value_of = |wanted| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(name, value)| name == wanted && !value.is_empty())
                .map(|(_, value)| value.into_owned())
        };
        let limit = match value_of("inactiveSince").or_else(|| value_of("inactive_since")) {
            None => None,
            Some(text) => {
                let wrong = || Refusal::Bad(format!("Invalid datestamp '{text}' must be ISO8601."));
                Some(parse_time(&text).ok_or_else(wrong)?)
            }
        };
        self.metrics.count_operation(RouteOperation::Get);
        let routes = self.routes.list(limit);
        let routes = routes.iter().map(|route| (route.path().to_owned(), Value::Object(as_json(route))));
        Ok(json(&Value::Object(routes.collect())))
    }

    async fn add(&self, path: &str, body: RequestBody) -> Result<Response<Body>, Refusal> {
        let body = Limited::new(body, MAX_BODY).collect().await.map_err(|error| {
            let too_large = error.is::<LengthLimitError>();
            if too_large {
                Refusal::Status(StatusCode::PAYLOAD_TOO_LARGE)
            } else {
                Refusal::Bad(error.to_string())
            }
        })?;
        let data: Value = serde_json::from_slice(&body.to_bytes())
            .map_err(|error| Refusal::Bad(format!("Body not valid JSON: {error}")))?;
        let wrong = || Refusal::Bad("Must specify 'target' as string".to_owned());
        let Value::Object(mut data) = data else { return Err(wrong()) };
        let Some(Value::String(target)) = data.shift_remove("target") else { return Err(wrong()) };
        let target = Target::url(&target).map_err(|error| Refusal::Bad(error.to_string()))?;
        data.shift_remove("last_activity");
        self.routes.insert(path, target, data, Utc::now());
        self.metrics.count_operation(RouteOperation::Add);
        Ok(empty(StatusCode::CREATED))
    }
}

impl LocalService for ChpApi {
    fn call(
        &self,
        request: Request<RequestBody>,
        _connection: ConnInfo,
    ) -> BoxFuture<'static, Response<Body>> {
        Box::pin(self.clone().answer(request))
    }

    fn error_page(&self, status: StatusCode, _original_url: &str) -> BoxFuture<'static, Response<Body>> {
        Box::pin(std::future::ready(plain_response(status)))
    }
}

/// Why a request is refused.
enum Refusal {
    Forbidden,
    Method,
    Bad(String),
    Status(StatusCode),
}

impl Refusal {
    fn into_response(self) -> Response<Body> {
        let (status, text) = match self {
            Self::Forbidden => return empty(StatusCode::FORBIDDEN),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "Method not supported".to_owned()),
            Self::Bad(text) => (StatusCode::BAD_REQUEST, text),
            Self::Status(status) => return plain_response(status),
        };
        let mut response = with_body(text.into());
        *response.status_mut() = status;
        response
    }
}

fn as_json(route: &Route) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("target".to_owned(), Value::String(route.target().as_str().to_owned()));
    shown.extend(route.data().iter().map(|(name, value)| (name.clone(), value.clone())));
    shown.insert("last_activity".to_owned(), Value::String(iso_millis(route.last_activity())));
    shown
}

fn json(value: &Value) -> Response<Body> {
    let mut response = with_body(value.to_string().into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = with_body(Bytes::new());
    *response.status_mut() = status;
    response
}

fn with_body(bytes: Bytes) -> Response<Body> {
    Response::new(Full::new(bytes).map_err(|never| match never {}).boxed_unsync())
}

/// Dates as JavaScript's `Date.parse` reads those of ISO 8601: a day is UTC, a time without zone is local.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(time.to_utc());
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    let zoned = ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%M:%S%.f%z"];
    if let Some(time) = zoned.iter().find_map(|form| DateTime::parse_from_str(text, form).ok()) {
        return Some(time.to_utc());
    }
    let (plain, utc) = text.strip_suffix('Z').map_or((text, false), |plain| (plain, true));
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(plain, form).ok())?;
    if utc {
        Some(time.and_utc())
    } else {
        Local.from_local_datetime(&time).earliest().map(|time| time.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_javascript_reads_them() {
        for (text, expected) in [
            ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
            ("2026-01-02T03:04:05.678901+02:00", "2026-01-02T01:04:05.678Z"),
            ("2026-01-02T03:04Z", "2026-01-02T03:04:00.000Z"),
            ("2026-01-02", "2026-01-02T00:00:00.000Z"),
            ("2026-01-02T03:04:05+0100", "2026-01-02T02:04:05.000Z"),
        ] {
            assert_eq!(parse_time(text).map(iso_millis).as_deref(), Some(expected), "{text}");
        }
        assert!(parse_time("2026-01-02T03:04:05").is_some());
        for bad in ["", "yesterday", "2026-13-01", "1"] {
            assert!(parse_time(bad).is_none(), "{bad}");
        }
    }
}
