//! `GET /users/NAME/tokens/ID`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::identity::Principal;
use perijove_model::api::TokenModel;

use super::{TokenPath, find};
use crate::app::App;
use crate::error::Answer;
use crate::models;
use crate::openapi::Operation;
use crate::responses::json;

/// Shows one token, without its value.
pub async fn show(State(app): State<App>, Path(path): Path<TokenPath>) -> Answer {
    let (user, token) = find(&app, &path).await?;
    json(StatusCode::OK, &models::token(&app.hub, &Principal::User(user), &token).await?)
}

/// See [`show`].
pub fn show_docs() -> Operation {
    Operation::new("One of a user's tokens, without its value.").sends::<TokenModel>(200, "The token.")
}
