//! `GET /openapi.json`: this API, described for programs.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::error::Answer;
use crate::openapi::{Operation, document, schema};
use crate::responses::json;
use crate::routes::rows;

/// Puts the document together and sends it. It is asked for so rarely that it is not worth keeping.
pub async fn show(State(app): State<App>) -> Answer {
    json(StatusCode::OK, &document(&rows(), &app.hub.settings.hub_prefix))
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("This document.").sends_json(200, schema::any_object(), "OpenAPI 3.1.")
}
