//! Requests of users whose authentication is looked at again.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use perijove_authenticators::{LoginRequest, RequestLine};
use perijove_core::Hub;
use perijove_core::identity::{Identity, Principal};
use perijove_core::records::UserRecord;
use perijove_core::refresh::Asking;
use perijove_core::servers::state::ServerState;
use perijove_model::ServerName;

use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::Failure;
use crate::guard::bearer;

/// What a request tells an authenticator besides a form.
pub fn describe(
    mut request: LoginRequest,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    client: &Client,
) -> LoginRequest {
    request.remote_addr = client.address.parse().ok();
    request.headers = text_headers(headers);
    request.line = RequestLine {
        method: method.to_string(),
        uri: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        protocol: client.browser_scheme.to_owned(),
    };
    request
}

/// The headers that are text, for authenticators and hooks that look at them.
fn text_headers(headers: &HeaderMap) -> HashMap<String, String> {
    let text = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    text.collect()
}

/// The author of a request, as of now: `None` for one who must log in again.
///
/// A refresh that fails leaves the request without an author, as upstream's.
pub async fn refreshed(
    hub: &Hub,
    identity: Identity,
    request: &Parts,
    client: &Client,
) -> Result<Option<Identity>, Failure> {
    let Principal::User(user) = &identity.principal else { return Ok(Some(identity)) };
    let asked =
        describe(LoginRequest::new([], None), &request.method, &request.uri, &request.headers, client);
    let asking = Asking { in_person: identity.token.is_none(), force: false, request: Some(&asked) };
    match hub.refresh_auth(user, asking).await {
        Ok(Some(now)) if Arc::ptr_eq(&now, user) => Ok(Some(identity)),
        Ok(Some(now)) => match bearer(&request.headers).filter(|_| identity.token.is_some()) {
            Some(token) => Ok(hub.identities.of_token(&token, hub.now()).await?),
            None => Ok(Some(hub.identities.of_user(now))),
        },
        Ok(None) => Ok(None),
        Err(error) => {
            tracing::error!(user.name = %user.name, "Error getting current user: {error}");
            Ok(None)
        }
    }
}

/// `refresh_pre_spawn`: nothing starts for a user whose authentication has expired.
pub async fn before_spawn(
    app: &App,
    caller: &Caller,
    user: Arc<UserRecord>,
) -> Result<Arc<UserRecord>, Failure> {
    if !app.hub.refresh_rules().is_some_and(|rules| rules.before_spawn) {
        return Ok(user);
    }
    forced(app, caller, &user).await?.ok_or_else(|| expired(&user))
}

/// `refresh_pre_stop`: a user whose authentication has expired stops nothing; others may. Upstream asks only where
/// there is something to stop: a server that does not run, or has just been found dead, needs no authentication.
pub async fn before_stop(
    app: &App,
    caller: &Caller,
    user: &Arc<UserRecord>,
    server: &ServerName,
) -> Result<(), Failure> {
    if !app.hub.refresh_rules().is_some_and(|rules| rules.before_stop) {
        return Ok(());
    }
    let runs = match app.hub.server_state(user.row.id, server) {
        ServerState::Ready => app.hub.poll_and_notify(user, server).await?,
        ServerState::Starting(_) | ServerState::Checking => true,
        _ => false,
    };
    if !runs {
        return Ok(());
    }
    let is_own = caller.user().is_ok_and(|caller| caller.row.id == user.row.id);
    match forced(app, caller, user).await? {
        None if is_own => Err(expired(user)),
        _ => Ok(()),
    }
}

async fn forced(
    app: &App,
    caller: &Caller,
    user: &Arc<UserRecord>,
) -> Result<Option<Arc<UserRecord>>, Failure> {
    let is_own = caller.user().is_ok_and(|caller| caller.row.id == user.row.id);
    let asking = Asking { in_person: is_own && !caller.used_token(), force: true, request: None };
    Ok(app.hub.refresh_auth(user, asking).await?)
}

fn expired(user: &UserRecord) -> Failure {
    let message = format!("auth has expired for {}, login again", user.name);
    Failure::new(StatusCode::FORBIDDEN, message)
}
