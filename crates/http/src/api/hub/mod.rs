//! `/`, `/info`, `/health` and `/shutdown`.

mod info;
mod shutdown;
mod version;

pub use info::info;
pub use shutdown::shutdown;
pub use version::version;

use axum::http::StatusCode;

/// Says that the hub answers.
pub async fn health() -> StatusCode {
    StatusCode::OK
}
