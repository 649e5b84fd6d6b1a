//! The login page.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use perijove_authenticators::{LoginRequest, model::shorten_name};
use perijove_core::urls::with_query;
use perijove_web::contexts::{AuthenticatorView, Login};
use url::form_urlencoded;

use super::view;
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Answer, Failure};
use crate::form::last_encoded;
use crate::guard::redirect;
use crate::next_url::{self, parameter};
use crate::request_facts::SeenByPython;
use crate::{refresh, xsrf};

/// What the login page says when nobody can log in.
const NOBODY: &str = "If you set this hub up: name the users in the option Authenticator.allowed_users, or \
    switch Authenticator.allow_all on, in the hub's configuration file, and restart it.";

/// Shows the form, or leads on whoever is logged in already.
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    seen: SeenByPython,
) -> Answer {
    let query = uri.query().unwrap_or_default();
    let hub = &app.hub;
    if let Some(user) = caller.session_user() {
        caller.log_in(user.clone(), &hub.settings, hub.now().timestamp());
        let default = hub.default_url(seen.handler()).await?;
        return Ok(redirect(&next_url::resolve(
            hub,
            caller.client(),
            query,
            Some(&user),
            default.as_deref(),
        )));
    }
    let offer = hub.authenticator.login_form();
    if offer.auto_login {
        let login_url = offer.login_url.unwrap_or_else(|| hub.settings.login_url());
        return log_in_at_once(&app, &caller, &uri, &headers, seen, &login_url).await;
    }
    caller.renew_xsrf(&hub.settings, hub.now().timestamp());
    let username = parameter(query, "username").unwrap_or_default();
    form(&app, &caller, query, StatusCode::OK, username, None).await
}

/// Tries to log in.
pub async fn submit(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    seen: SeenByPython,
    body: Bytes,
) -> Answer {
    let query = uri.query().unwrap_or_default();
    let hub = &app.hub;
    let mut fields: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    fields.remove("_xsrf");
    if let Some(name) = fields.get_mut("username") {
        *name = name.trim().to_owned();
    }
    let next = fields.get("next").filter(|next| !next.is_empty()).cloned();
    let username = fields.get("username").cloned().unwrap_or_default();
    if let Err(failure) = check_xsrf(&app, &caller, query, &headers, &body) {
        if !xsrf::is_navigation(&headers) {
            return Err(failure);
        }
        tracing::error!("XSRF error on login form: {}", failure.message);
        let message = Some("Login form invalid or expired. Try again.".to_owned());
        return form(&app, &caller, query, failure.status, username, message).await;
    }
    let request = LoginRequest::new(fields, None);
    let request = refresh::describe(request, &Method::POST, &uri, &headers, caller.client());
    let shown_name = shorten_name(&username);
    match hub.login(&request).await {
        Ok(Some(user)) => {
            caller.log_in(user.clone(), &hub.settings, hub.now().timestamp());
            let query =
                next.map_or_else(|| query.to_owned(), |next| with_query("", [("next", next.as_str())]));
            let query = query.trim_start_matches('?');
            let default = hub.default_url(seen.of_user(&app, &user).handler()).await?;
            Ok(redirect(&next_url::resolve(hub, caller.client(), query, Some(&user), default.as_deref())))
        }
        Ok(None) => {
            let message = Some("Invalid username or password".to_owned());
            form(&app, &caller, query, StatusCode::FORBIDDEN, shown_name, message).await
        }
        Err(error) => {
            let failure = Failure::from(error);
            if !xsrf::is_navigation(&headers) {
                return Err(failure);
            }
            let message =
                if failure.message.is_empty() { failure.phrase().to_owned() } else { failure.message };
            form(&app, &caller, query, failure.status, shown_name, Some(message)).await
        }
    }
}

/// Logs in without a form: where the authenticator has a page of its own for that, or reads the request's headers.
async fn log_in_at_once(
    app: &App,
    caller: &Caller,
    uri: &Uri,
    headers: &HeaderMap,
    seen: SeenByPython,
    login_url: &str,
) -> Answer {
    let (hub, query) = (&app.hub, uri.query().unwrap_or_default());
    if login_url != hub.settings.login_url() {
        let next = parameter(query, "next").filter(|next| !next.is_empty());
        let next = next.map(|_| next_url::resolve(hub, caller.client(), query, None, None));
        return Ok(redirect(&with_query(login_url, next.iter().map(|next| ("next", next.as_str())))));
    }
    let request = LoginRequest::new([], None);
    let request = refresh::describe(request, &Method::GET, uri, headers, caller.client());
    let user = hub.login(&request).await?.ok_or_else(|| Failure::forbidden(""))?;
    caller.log_in(user.clone(), &hub.settings, hub.now().timestamp());
    let default = hub.default_url(seen.of_user(app, &user).handler()).await?;
    Ok(redirect(&next_url::resolve(hub, caller.client(), query, Some(&user), default.as_deref())))
}

/// What the guard would check; here the form can be shown again.
fn check_xsrf(
    app: &App,
    caller: &Caller,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(), Failure> {
    let expected = || caller.xsrf_token(&app.hub.settings, app.hub.now().timestamp());
    let in_form = last_encoded(body, "_xsrf");
    xsrf::check(xsrf::shown(query, in_form.as_deref(), headers).as_deref(), expected, &Method::POST)
}

async fn form(
    app: &App,
    caller: &Caller,
    query: &str,
    status: StatusCode,
    username: String,
    login_error: Option<String>,
) -> Result<Response, Failure> {
    let hub = &app.hub;
    let offer = hub.authenticator.login_form();
    let next = parameter(query, "next").unwrap_or_default();
    let login_url = offer.login_url.unwrap_or_else(|| hub.settings.login_url());
    let login_url = with_query(&login_url, [("next", next.as_str())]);
    let context = Login {
        next: form_urlencoded::byte_serialize(next.as_bytes()).collect(),
        username,
        login_error,
        authenticator_login_url: login_url,
        authenticator: Arc::new(AuthenticatorView {
            class_name: hub.authenticator.upstream_class().to_owned(),
            login_service: offer.login_service,
            auto_login: offer.auto_login,
            request_otp: offer.otp_prompt.is_some(),
            otp_prompt: offer.otp_prompt.unwrap_or_default(),
        }),
        custom_html: offer.custom_html,
        setup_notice: app.options.nobody_allowed.then(|| NOBODY.to_owned()),
        status_code: (status != StatusCode::OK).then_some(status.as_u16()),
    };
    view::render(app, caller, status, &context).await
}
