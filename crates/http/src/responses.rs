//! Headers that answers have, and short ways to make answers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::guard::Kind;

/// Adds the headers of 6.1.1's answers; those that the configuration or the handler set win.
pub fn add_headers(app: &App, kind: Kind, headers: &mut HeaderMap) {
    for (name, value) in &app.options.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.entry(name).or_insert(value);
        }
    }
    let mut default = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.entry(name).or_insert(value);
        }
    };
    default(HeaderName::from_static("x-jupyterhub-version"), perijove_core::UPSTREAM_VERSION);
    default(header::ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization");
    let report = format!("{}security/csp-report", app.hub.settings.hub_prefix);
    let mut policy = format!("frame-ancestors 'none'; report-uri {report}");
    if kind == Kind::Api {
        policy.push_str("; default-src 'none'");
    }
    default(header::CONTENT_SECURITY_POLICY, &policy);
    let content_type = if kind == Kind::Api { "application/json" } else { "text/html" };
    default(header::CONTENT_TYPE, content_type);
}

/// Marks an answer as a file: upstream gives files none of the hub's headers.
#[derive(Debug, Clone, Copy)]
pub struct Bare;

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let body = serde_json::to_vec(value).map_err(Failure::internal)?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// An answer without a body that upstream marks as text.
pub fn empty(status: StatusCode) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]).into_response()
}

/// A page.
pub fn html(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html"))], body).into_response()
}
