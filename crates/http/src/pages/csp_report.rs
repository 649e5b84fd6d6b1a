//! Reports of browsers that blocked something.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;

/// Logs a report, cut where it is long.
pub async fn receive(State(app): State<App>, body: Bytes) -> StatusCode {
    app.hub.metrics.count_csp_report();
    let report = body.get(..body.len().min(2_000)).unwrap_or_default();
    tracing::warn!("Content security violation: {}", String::from_utf8_lossy(report).escape_debug());
    StatusCode::OK
}
