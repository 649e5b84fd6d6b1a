//! Headers that answers have, and short ways to make answers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use perijove_core::settings::Settings;
use serde::Serialize;

use crate::app::AppOptions;
use crate::error::{Answer, Failure};
use crate::guard::Kind;
use crate::python_json;

/// The headers that all answers have, made once for each kind.
#[derive(Debug)]
pub struct DefaultHeaders {
    api: Vec<(HeaderName, HeaderValue)>,
    pages: Vec<(HeaderName, HeaderValue)>,
}

impl DefaultHeaders {
    /// Those of the configuration, and those of 6.1.1's answers that it does not set.
    pub fn new(options: &AppOptions, settings: &Settings) -> Self {
        let own = format!("{}security/csp-report", settings.hub_prefix);
        let report = options.csp_report_uri.as_ref().unwrap_or(&own);
        let policy = format!("frame-ancestors 'none'; report-uri {report}");
        let of_api = format!("{policy}; default-src 'none'");
        Self {
            api: default_headers(options, &of_api, "application/json"),
            pages: default_headers(options, &policy, "text/html"),
        }
    }

    /// Adds them; those that the handler set win.
    pub fn add_to(&self, kind: Kind, headers: &mut HeaderMap) {
        let defaults = if kind == Kind::Api { &self.api } else { &self.pages };
        for (name, value) in defaults {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

fn default_headers(
    options: &AppOptions,
    policy: &str,
    content_type: &'static str,
) -> Vec<(HeaderName, HeaderValue)> {
    let configured = options.headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    });
    let own = [
        (HeaderName::from_static("x-jupyterhub-version"), perijove_core::UPSTREAM_VERSION),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CONTENT_TYPE, content_type),
    ];
    let own = own.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)));
    configured.chain(own).collect()
}

/// Marks an answer as a file: upstream gives files none of the hub's headers.
#[derive(Debug, Clone, Copy)]
pub struct Bare;

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let body = python_json::to_vec(value).map_err(Failure::internal)?;
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
