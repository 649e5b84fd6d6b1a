//! `DELETE /services/NAME`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::App;
use crate::error::Answer;
use crate::openapi::Operation;

/// Removes a service that was added at run time.
pub async fn delete(State(app): State<App>, Path(name): Path<String>) -> Answer {
    app.hub.unregister_service(&name).await?;
    Ok(StatusCode::OK.into_response())
}

/// See [`delete`].
pub fn delete_docs() -> Operation {
    Operation::new("Removes a service that was added at run time.")
        .answers(200, "It is gone.")
        .refuses(404, "There is no such service.")
        .refuses(405, "The service is one of the configuration's.")
}
