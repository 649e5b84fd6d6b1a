//! `GET /users/NAME/tokens`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::identity::Principal;
use perijove_model::api::TokenListModel;

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::Operation;
use crate::responses::json;

/// Lists a user's live tokens.
pub async fn list(State(app): State<App>, Path(name): Path<String>) -> Answer {
    let user =
        app.hub.find_user(&name).await?.ok_or_else(|| Failure::not_found(format!("No such user: {name}")))?;
    let tokens = app.hub.user_tokens(&user).await?;
    let owner = Principal::User(user);
    let mut api_tokens = Vec::with_capacity(tokens.len());
    for token in &tokens {
        api_tokens.push(models::token(&app.hub, &owner, token).await?);
    }
    json(StatusCode::OK, &TokenListModel { api_tokens })
}

/// See [`list`].
pub fn list_docs() -> Operation {
    Operation::new("A user's tokens, without their values.")
        .sends::<TokenListModel>(200, "The tokens that still count.")
        .refuses(401, "Not sent: without credentials the answer is 403. Old clients know this one.")
}
