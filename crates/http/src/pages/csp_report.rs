//! Reports of browsers that blocked something.

use axum::body::Bytes;
use axum::http::StatusCode;

/// Logs a report, cut where it is long.
pub async fn receive(body: Bytes) -> StatusCode {
    let report = body.get(..body.len().min(2_000)).unwrap_or_default();
    tracing::warn!("Content security violation: {}", String::from_utf8_lossy(report).escape_debug());
    StatusCode::OK
}
