//! `GET /`: the version, for everybody and from every origin.

use axum::http::{HeaderValue, StatusCode, header};
use perijove_core::UPSTREAM_VERSION;
use perijove_model::api::VersionModel;

use crate::error::Answer;
use crate::responses::json;

/// Tells the version of JupyterHub whose API this is.
pub async fn version() -> Answer {
    let mut response = json(StatusCode::OK, &VersionModel { version: UPSTREAM_VERSION.to_owned() })?;
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}
