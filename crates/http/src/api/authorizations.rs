//! `/authorizations`: how services asked about tokens before OAuth.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use perijove_core::identity::Principal;
use perijove_crypto::cookie;
use perijove_model::api::{ServiceModel, UserModel};
use perijove_model::scope::{Authorisation, identify_scopes};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// What Python's `quote` leaves as it is.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~');

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

/// Shows the user whose login cookie this is, as far as the caller may see the user.
pub async fn of_cookie(
    State(app): State<App>,
    caller: Caller,
    Path((name, value)): Path<(String, String)>,
) -> Answer {
    show_user_of_cookie(&app, &caller, &name, &value).await
}

/// The same with the cookie's value as the body, as the oldest clients send it.
pub async fn of_cookie_in_body(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    value: Bytes,
) -> Answer {
    show_user_of_cookie(&app, &caller, &name, &String::from_utf8_lossy(&value)).await
}

async fn show_user_of_cookie(app: &App, caller: &Caller, name: &str, value: &str) -> Answer {
    let settings = &app.hub.settings;
    let name = utf8_percent_encode(name, QUOTED).to_string();
    let (secret, now) = (settings.cookie_secret.as_bytes(), app.hub.now().timestamp());
    let id = cookie::verify(secret, &name, value, settings.cookies.max_age_days, now);
    let id = id.ok_or_else(|| Failure::not_found(""))?;
    let found = app.hub.identities.of_cookie(&String::from_utf8_lossy(&id)).await?;
    let found = found.ok_or_else(|| Failure::not_found(""))?;
    app.hub.note_user_activity(&found);
    let user = found.principal.user().ok_or_else(|| Failure::not_found(""))?;
    // Upstream shows nothing of a user whom the caller may not see, which is an empty object.
    match models::user(&app.hub, &caller.authorisation(), user, false) {
        Some(model) => json(StatusCode::OK, &model),
        None => json(StatusCode::OK, &Map::new()),
    }
}

/// See [`of_token`].
pub fn of_token_docs() -> Operation {
    Operation::new("The owner of a token.")
        .deprecated()
        .sends_json(200, whoever(), "The user or service.")
        .refuses(404, "There is no such token.")
}

/// See [`of_cookie`].
pub fn of_cookie_docs() -> Operation {
    Operation::new("The user of a login cookie.")
        .deprecated()
        .sends::<UserModel>(200, "The user.")
        .refuses(404, "There is no such login.")
}

fn whoever() -> Value {
    schema::any_of([schema::model::<UserModel>(), schema::model::<ServiceModel>()])
}
