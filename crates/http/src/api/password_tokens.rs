//! `POST /authorizations/token`: how scripts got a token for a password in JupyterHub 1.x.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use perijove_authenticators::LoginRequest;
use perijove_core::identity::Identity;
use perijove_core::records::UserRecord;
use perijove_core::tokens::{TokenOwner, TokenRequest};
use perijove_model::scope::Resource;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json as object};

use crate::api::{body, tokens};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::models;
use crate::openapi::{Operation, schema};
use crate::responses::json;

/// A token for a name and a password, as JupyterHub 1.x gave it; gone in 6.1.1, where it is not
/// `c.JupyterHub.legacy_password_tokens`.
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    if !app.hub.settings.api.legacy_password_tokens {
        return Err(Failure::not_found(
            "Deprecated endpoint /hub/api/authorizations/token is removed in JupyterHub 2.0. Use \
             /hub/api/users/:user/tokens instead.",
        ));
    }
    let body = body::object(&bytes, "Body must be a JSON dict or empty")?;
    let address = &caller.client().address;
    let (requester, owner) = match caller.identity() {
        Some(identity) => {
            tokens::check_xsrf(&app, &caller, uri.query().unwrap_or_default(), &headers)?;
            (identity.clone(), of_others(&app, identity, &body).await?)
        }
        None => {
            let user = by_password(&app, address, &body).await?;
            (app.hub.identities.of_user(user.clone()), user)
        }
    };
    let (asked_by, name) = (requester.principal.name(), &owner.row.name);
    let own = requester.principal.user().is_some_and(|user| user.row.id == owner.row.id);
    let note = body.get("note").and_then(Value::as_str).filter(|note| !note.is_empty());
    let note = match note {
        Some(note) => note.to_owned(),
        None if own => "Requested via deprecated api".to_owned(),
        None => format!("Requested via deprecated api by {asked_by}"),
    };
    let request = TokenRequest { note, expires_in: tokens::longest_life(&app), ..TokenRequest::default() };
    let (plain, row) = app.hub.new_token(TokenOwner::User(&owner), request).await?;
    tracing::warn!(
        remote.address = %address,
        token.id = row.id,
        "{asked_by} got an API token for {name} through the old endpoint /authorizations/token"
    );
    let model = models::user(&app.hub, requester.identifying(), &owner, false);
    let warning = format!(
        "Using deprecated token creation endpoint {}. Use /hub/api/users/:user/tokens instead.",
        uri.path()
    );
    json(StatusCode::OK, &object!({ "token": plain.expose_secret(), "warning": warning, "user": model }))
}

/// Who has a token already may ask for another user's, with the right to make tokens there.
async fn of_others(
    app: &App,
    identity: &Identity,
    body: &Map<String, Value>,
) -> Result<Arc<UserRecord>, Failure> {
    let named = body.get("username").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = named.unwrap_or(identity.principal.name());
    let user = app.hub.find_user(name).await?;
    let may = |user: &UserRecord| {
        let resource = Resource::User { name: &user.row.name, groups: &user.grants.groups };
        identity.authorisation.allows("tokens", &resource)
    };
    match user {
        Some(user) if may(&user) => Ok(user),
        None if identity.authorisation.allows("tokens", &Resource::Global) => {
            Err(Failure::bad_request(format!("No such user '{name}'")))
        }
        _ => Err(Failure::forbidden("Only admins can request tokens for other users.")),
    }
}

/// Any failure is the same 403; too many are 429.
async fn by_password(
    app: &App,
    address: &str,
    body: &Map<String, Value>,
) -> Result<Arc<UserRecord>, Failure> {
    let refused = || Failure::forbidden("");
    let form: HashMap<String, String> =
        body.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    if !["username", "password"].iter().all(|key| form.contains_key(*key)) {
        return Err(refused());
    }
    let request = LoginRequest::new(form, address.parse().ok());
    match app.hub.login_by_program(&request, address).await {
        Ok(user) => user.ok_or_else(refused),
        Err(error @ perijove_core::Error::Busy { .. }) => Err(error.into()),
        Err(error) => {
            tracing::error!("a login for a token failed: {error}");
            Err(refused())
        }
    }
}

/// See [`create`].
pub fn create_docs() -> Operation {
    Operation::new("A token for a name and a password.")
        .deprecated()
        .needs_body(schema::object([
            ("username", schema::text(), "The name."),
            ("password", schema::text(), "The password."),
        ]))
        .sends_json(
            200,
            schema::object([("token", schema::text(), "The token.")]),
            "Only where old scripts are served.",
        )
        .refuses(403, "The login is refused; only where old scripts are served.")
        .refuses(429, "Too many logins failed.")
        .refuses(404, "Gone since JupyterHub 2: use `/users/{name}/tokens`.")
}
