//! Headers that answers have, and short ways to make answers.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use perijove_core::settings::Settings;
use serde::Serialize;

use crate::app::AppOptions;
use crate::error::{Answer, Failure};
use crate::guard::Kind;

/// The headers that all answers of one kind have, made once.
#[derive(Debug, Clone)]
pub struct DefaultHeaders(Arc<[(HeaderName, HeaderValue)]>);

impl DefaultHeaders {
    /// Those of the configuration, and those of 6.1.1's answers that it does not set.
    pub fn new(options: &AppOptions, settings: &Settings, kind: Kind) -> Self {
        let configured = options.headers.iter().filter_map(|(name, value)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        });
        let mut policy =
            format!("frame-ancestors 'none'; report-uri {}security/csp-report", settings.hub_prefix);
        if kind == Kind::Api {
            policy.push_str("; default-src 'none'");
        }
        let content_type = if kind == Kind::Api { "application/json" } else { "text/html" };
        let own = [
            (HeaderName::from_static("x-jupyterhub-version"), perijove_core::UPSTREAM_VERSION),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization"),
            (header::CONTENT_SECURITY_POLICY, &policy),
            (header::CONTENT_TYPE, content_type),
        ];
        let own =
            own.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)));
        Self(configured.chain(own).collect())
    }

    /// Adds them; those that the handler set win.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in self.0.iter() {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

/// Marks an answer as a file: upstream gives files none of the hub's headers.
#[derive(Debug, Clone, Copy)]
pub struct Bare;

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    // Most answers fit, so that they do not grow by doubling.
    let mut body = Vec::with_capacity(1024);
    serde_json::to_writer(&mut body, value).map_err(Failure::internal)?;
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
