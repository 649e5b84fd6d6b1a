//! `GET /`: the version, for everybody and from every origin.

use axum::http::StatusCode;
use perijove_core::UPSTREAM_VERSION;
use perijove_model::api::VersionModel;

use crate::error::Answer;
use crate::openapi::Operation;
use crate::responses::json;

/// Tells the version of JupyterHub whose API this is.
pub async fn version() -> Answer {
    json(StatusCode::OK, &VersionModel { version: UPSTREAM_VERSION.to_owned() })
}

/// See [`version`].
pub fn version_docs() -> Operation {
    Operation::new("The version of JupyterHub whose API this is.").sends::<VersionModel>(200, "The version.")
}
