//! `GET /metrics`: numbers for Prometheus, under upstream's names.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};

const SCOPE: &str = "read:metrics";
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=1.0.0; charset=utf-8");

/// Counts and shows. There is no redirect to the login: who asks is a program.
pub async fn show(State(app): State<App>, caller: Caller) -> Answer {
    if app.hub.settings.authenticate_prometheus && !caller.authorisation().has_any(SCOPE) {
        return Err(Failure::forbidden(format!("Access to metrics requires scope '{SCOPE}'")));
    }
    let text = app.hub.metrics.exposition(app.hub.usage().await?);
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("Numbers for Prometheus.")
        .details("Needs the scope `read:metrics`, unless the configuration says otherwise.")
        .streams(200, "text/plain", schema::text(), "The numbers, as Prometheus reads them.")
        .streams(403, "text/html", schema::text(), "The scope `read:metrics` is missing.")
}
