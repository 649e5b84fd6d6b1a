//! `POST /users/NAME/tokens`.
//!
//! The caller has a token, a cookie (then `_xsrf` is checked here), or gives credentials in the
//! body's `auth`, as old scripts do.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use perijove_authenticators::LoginRequest;
use perijove_core::identity::{Identity, Principal};
use perijove_core::tokens::{TokenOwner, TokenRequest};
use perijove_model::api::TokenModel;
use perijove_model::scope::Resource;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use crate::api::body;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::openapi::{Operation, schema};
use crate::responses::json;
use crate::{models, xsrf};

/// Makes a token and shows its value, this once.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = body::object(&bytes, "Body must be a JSON dict or empty")?;
    let requester = match caller.identity() {
        Some(identity) => {
            check_xsrf(&app, &caller, uri.query().unwrap_or_default(), &headers)?;
            identity.clone()
        }
        None => by_credentials(&app, &caller, &body).await?,
    };
    let user = app.hub.find_user(&name).await?.filter(|user| {
        let resource = Resource::User { name: &user.row.name, groups: &user.grants.groups };
        requester.authorisation.allows("tokens", &resource)
    });
    let kind = if requester.principal.user().is_some() { "user" } else { "service" };
    let title = if kind == "user" { "User" } else { "Service" };
    let user = user.ok_or_else(|| {
        Failure::forbidden(format!("{title} {name} not found or no permissions to generate tokens"))
    })?;
    let own = requester.principal.user().is_some_and(|caller| caller.row.id == user.row.id);
    let request = request_of(&app, &body, own, kind, requester.principal.name())?;
    let (plain, row) = app.hub.new_token(TokenOwner::User(&user), request).await?;
    if own {
        tracing::info!("{title} {name} requested new API token");
    } else {
        tracing::info!("{title} {} requested API token for {name}", requester.principal.name());
    }
    let mut model = models::token(&app.hub, &Principal::User(user), &row).await?;
    model.token = Some(plain.expose_secret().to_owned());
    json(StatusCode::CREATED, &model)
}

/// What the guard would check, had this route not a second way in.
pub(crate) fn check_xsrf(
    app: &App,
    caller: &Caller,
    query: &str,
    headers: &HeaderMap,
) -> Result<(), Failure> {
    if caller.used_token() || !xsrf::is_needed(&Method::POST, headers) {
        return Ok(());
    }
    let expected = || caller.xsrf_token(&app.hub.settings, app.hub.now().timestamp());
    xsrf::check(xsrf::shown(query, None, headers).as_deref(), expected, &Method::POST)
}

/// Whoever `auth` proves the caller to be. Any failure is the same 403.
async fn by_credentials(app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<Identity, Failure> {
    let refused = || Failure::forbidden("");
    let Some(Value::Object(auth)) = body.get("auth") else { return Err(refused()) };
    let form: HashMap<String, String> =
        auth.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let request = LoginRequest::new(form, caller.client().address.parse().ok());
    let model = match app.hub.authenticate(&request).await {
        Ok(model) => model.ok_or_else(refused)?,
        Err(error) => {
            tracing::error!("authenticating a token request failed: {error}");
            return Err(refused());
        }
    };
    let user = app.hub.find_user(&model.name).await?.ok_or_else(refused)?;
    Ok(app.hub.identities.of_user(user))
}

fn request_of(
    app: &App,
    fields: &Map<String, Value>,
    own: bool,
    kind: &str,
    requester: &str,
) -> Result<TokenRequest, Failure> {
    let note = match fields.get("note").filter(|note| body::is_truthy(note)) {
        None if own => "Requested via api".to_owned(),
        None => format!("Requested via api by {kind} {requester}"),
        Some(Value::String(note)) => note.clone(),
        // As SQLite stores it for upstream.
        Some(Value::Number(note)) => note.to_string(),
        Some(other) => {
            return Err(Failure::bad_request(format!(
                "token note must be a string, not {}",
                body::short(other)
            )));
        }
    };
    Ok(TokenRequest {
        note,
        roles: body::string_list(fields, "roles")?,
        scopes: body::string_list(fields, "scopes")?,
        expires_in: expires_in(app, fields)?,
        ..TokenRequest::default()
    })
}

fn expires_in(app: &App, body: &Map<String, Value>) -> Result<Option<i64>, Failure> {
    let given = match body.get("expires_in").filter(|value| !value.is_null()) {
        None => None,
        // Python's booleans are numbers.
        Some(Value::Bool(flag)) => Some(i64::from(*flag)),
        Some(value) => Some(value.as_i64().ok_or_else(|| {
            Failure::bad_request(format!(
                "token expires_in must be null or integer, not {}",
                body::short(value)
            ))
        })?),
    };
    match (given, longest_life(app)) {
        (None, limit) => Ok(limit),
        (Some(given), Some(limit)) if given > limit => {
            Err(Failure::bad_request(format!("token expires_in: {given} must not exceed {limit}")))
        }
        (given, _) => Ok(given),
    }
}

/// The longest life of a token in seconds, where there is one.
pub(crate) fn longest_life(app: &App) -> Option<i64> {
    let limit = i64::try_from(app.hub.settings.api.token_expires_in_max_seconds).unwrap_or(i64::MAX);
    (limit > 0).then_some(limit)
}

/// See [`create`].
pub fn create_docs() -> Operation {
    let names = || schema::or_null(schema::list(schema::text()));
    Operation::new("Makes a token for a user.")
        .details(
            "Needs the scope `tokens` for that user; in place of a token, `auth` may say who the caller is.",
        )
        .body(schema::object([
            (
                "expires_in",
                schema::or_null(schema::whole_number()),
                "After how many seconds it ends; null for never.",
            ),
            ("note", schema::text(), "What it is for."),
            ("roles", names(), "What it may do, by names of roles."),
            ("scopes", names(), "What it may do; by default all that its owner may."),
            (
                "auth",
                schema::map(schema::text()),
                "A login: `username`, `password` and what else the login form has.",
            ),
        ]))
        .sends::<TokenModel>(201, "The token, with its value this once.")
        .refuses(403, "There is no such user, or the caller may not make tokens for that user.")
        .refuses(404, "The user was deleted meanwhile.")
}
