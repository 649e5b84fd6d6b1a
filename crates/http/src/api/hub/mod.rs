//! `/`, `/info`, `/health` and `/shutdown`.

mod info;
mod shutdown;
mod version;

pub use info::{info, info_docs};
pub use shutdown::{shutdown, shutdown_docs};
pub use version::{version, version_docs};

use axum::http::StatusCode;

use crate::openapi::Operation;

/// Says that the hub answers.
pub async fn health() -> StatusCode {
    StatusCode::OK
}

/// See [`health`].
pub fn health_docs() -> Operation {
    Operation::new("Whether the hub answers.").answers(200, "It does.")
}
