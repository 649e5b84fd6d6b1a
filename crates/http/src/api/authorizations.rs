//! `/authorizations`: how services asked about tokens before OAuth.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use perijove_core::identity::Principal;
use perijove_model::scope::{Authorisation, identify_scopes};
use secrecy::SecretString;

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::responses::json;

/// Shows the owner of a token.
pub async fn of_token(State(app): State<App>, caller: Caller, Path(token): Path<String>) -> Answer {
    let now = app.hub.now();
    let found = app.hub.identities.of_token(&SecretString::from(token), now).await?;
    let found = found.ok_or_else(|| Failure::not_found(""))?;
    app.hub.note_token_activity(&found);
    let mut scopes = caller.authorisation().scopes().clone();
    scopes.extend(identify_scopes(found.principal.owner()));
    let scopes = Authorisation::from_set(scopes);
    match &found.principal {
        Principal::User(user) => {
            let model = models::user(&app.hub, &scopes, user, false).ok_or_else(|| Failure::not_found(""))?;
            json(StatusCode::OK, &model)
        }
        Principal::Service(service) => {
            json(StatusCode::OK, &models::own_service(&app.hub, &scopes, service).await?)
        }
    }
}

/// The form of JupyterHub 1.x that took a password is gone.
pub async fn password_form() -> Answer {
    Err(Failure::not_found(
        "Deprecated endpoint /hub/api/authorizations/token is removed in JupyterHub 2.0. Use \
         /hub/api/users/:user/tokens instead.",
    ))
}
