//! `DELETE /users/NAME/tokens/ID`.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::{TokenPath, find};
use crate::app::App;
use crate::error::Answer;
use crate::openapi::Operation;
use crate::responses::empty;

/// Revokes a token; the very next request with it is refused.
pub async fn delete(State(app): State<App>, Path(path): Path<TokenPath>) -> Answer {
    let (user, token) = find(&app, &path).await?;
    app.hub.delete_token(&user, &token).await?;
    tracing::info!(user.name = %user.name, token.id = token.id, "token deleted");
    Ok(empty(StatusCode::NO_CONTENT))
}

/// See [`delete`].
pub fn delete_docs() -> Operation {
    Operation::new("Revokes a token.").answers(204, "The token is gone.")
}
