//! The one place where requests are authenticated and authorised.
//!
//! Each route has a [`Rule`]. The guard identifies the caller (token, then cookie), checks `_xsrf`,
//! then the scope against the resource that the path names, and only then runs the handler. What
//! it refuses is answered here, as JSON or as a page.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use perijove_core::identity::Identity;
use perijove_core::metrics::HandlerRequests;
use perijove_core::urls::with_query;
use perijove_crypto::cookie;
use perijove_model::scope::{Resource, ScopeFilter};
use perijove_proxy::{ConnInfo, Remote};
use secrecy::SecretString;

use crate::app::App;
use crate::caller::Caller;
use crate::client::Client;
use crate::error::Failure;
use crate::{cookies, etag, form, pages, refresh, request_log, responses, xsrf};

/// The largest request body of the hub itself; upstream's server allows 100 MB, but nothing needs it.
pub const BODY_AT_MOST: usize = 10 * 1024 * 1024;

/// Whether an answer is for programs or for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON; tokens are accepted.
    Api,
    /// HTML; only cookies are accepted.
    Page,
    /// HTML for people and JSON for programs; both are accepted.
    Both,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Everybody who is logged in or has a token.
    SignedIn,
    /// Everybody who has a token; cookies do not count.
    Token,
    /// Who has one of these scopes on the resource that the path names.
    AnyOf(&'static [&'static str]),
    /// Who has the scope at all; the handler shows only what it covers.
    Filtered(&'static str),
}

/// When the `_xsrf` value is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Xsrf {
    /// By the kind's usual rule.
    Usual,
    /// Never: the route changes nothing for a cookie's owner, or the handler checks itself.
    Exempt,
}

/// How a route is guarded.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Programs or people.
    pub kind: Kind,
    /// Who.
    pub access: Access,
    /// Browser forgery.
    pub xsrf: Xsrf,
    /// Whether a path that names no server is about the user's default one.
    pub default_server: bool,
    /// Whether it is where programs send people who log in for them.
    pub for_programs: bool,
}

/// The guard of one route. Cheap to clone.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    app: App,
    rule: Rule,
    requests: Arc<HandlerRequests>,
}

impl Rule {
    /// For everybody.
    pub fn open(kind: Kind, xsrf: Xsrf) -> Self {
        Self { kind, access: Access::Public, xsrf, default_server: false, for_programs: false }
    }
}

impl Guard {
    /// A guard that holds `rule` and counts its requests in `requests`.
    pub fn new(app: App, rule: Rule, requests: Arc<HandlerRequests>) -> Self {
        Self(Arc::new(Inner { app, rule, requests }))
    }
}

/// Runs in front of every handler.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let guard = &*guard.0;
    let log = request_log::Entry::begin(&request);
    let (mut parts, body) = request.into_parts();
    let (caller, outcome) = match identify(guard, &parts).await {
        Ok(caller) => {
            let params = path_params(&guard.rule, &mut parts).await;
            let request = Request::from_parts(parts, body);
            let outcome = admit(guard, &caller, &params, request, next).await;
            (caller, outcome)
        }
        Err(failure) => (stranger(&guard.app, &parts), Err(failure)),
    };
    let response = match outcome {
        Ok(response) => response,
        Err(failure) => refuse(guard, &caller, failure, &log).await,
    };
    let response = finish(guard, &caller, response, &log).await;
    log.end(response, &caller, &guard.requests)
}

/// Names and values in the path, decoded.
type Params = Vec<(String, String)>;

/// A fallback has no names in its path, and only some rules ask for them.
async fn path_params(rule: &Rule, parts: &mut Parts) -> Params {
    if !matches!(rule.access, Access::AnyOf(_)) {
        return Params::new();
    }
    let found = RawPathParams::from_request_parts(parts, &()).await;
    let params =
        found.map(|params| params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    params.unwrap_or_default()
}

async fn identify(guard: &Inner, request: &Parts) -> Result<Caller, Failure> {
    let app = &guard.app;
    let (hub, settings) = (&app.hub, &app.hub.settings);
    let headers = &request.headers;
    let now = hub.now();
    let mut identity = None;
    if guard.rule.kind != Kind::Page
        && let Some(token) = bearer(headers)
    {
        identity = hub.identities.of_token(&token, now).await?;
        if let Some(identity) = &identity {
            hub.note_token_activity(identity);
        }
    }
    let mut stale_cookie = false;
    if identity.is_none() && guard.rule.access != Access::Token && may_use_cookie(guard.rule.kind, request) {
        (identity, stale_cookie) = by_cookie(app, headers).await?;
    }
    let client = client_of(app, request);
    if identity.as_ref().is_some_and(|identity| needs_refresh(app, identity))
        && let Some(stale) = identity.take()
    {
        identity = Box::pin(refresh::refreshed(hub, stale, request, &client)).await?;
    }
    let caller = Caller::new(identity, client, headers, settings, now.timestamp());
    if stale_cookie {
        caller.forget_login_cookie(settings);
    }
    if !caller.used_token() && caller.session_user().is_some() {
        caller.ensure_session(settings);
    }
    Ok(caller)
}

fn needs_refresh(app: &App, identity: &Identity) -> bool {
    identity.principal.user().is_some_and(|user| app.hub.needs_refresh(user))
}

/// A form of another site can post text; it cannot post JSON without asking first.
fn may_use_cookie(kind: Kind, request: &Parts) -> bool {
    if kind != Kind::Api || request.method != Method::POST {
        return true;
    }
    match request.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default()) {
        None | Some("") => true,
        Some(content_type) => {
            let lower = content_type.to_ascii_lowercase();
            lower.split(';').any(|field| field.trim_start().starts_with("application/json"))
        }
    }
}

pub(crate) async fn by_cookie(app: &App, headers: &HeaderMap) -> Result<(Option<Identity>, bool), Failure> {
    let settings = &app.hub.settings;
    let name = &settings.cookies.login_name;
    // An empty one is none, and upstream does not tell the browser to forget it.
    let Some(value) = cookies::get(headers, name).filter(|value| !value.is_empty()) else {
        return Ok((None, false));
    };
    let now = app.hub.now().timestamp();
    let secret = settings.cookie_secret.as_bytes();
    let Some(id) = cookie::verify(secret, name, value, settings.cookies.max_age_days, now) else {
        tracing::warn!("Invalid or expired cookie token");
        return Ok((None, true));
    };
    let found = app.hub.identities.of_cookie(&String::from_utf8_lossy(&id)).await?;
    match &found {
        Some(identity) => app.hub.note_user_activity(identity),
        None => tracing::warn!("Invalid cookie token"),
    }
    let stale = found.is_none();
    Ok((found, stale))
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(char::is_whitespace)?;
    let known = scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer");
    let token = token.trim();
    (known && !token.is_empty() && !token.contains(char::is_whitespace)).then(|| SecretString::from(token))
}

pub(crate) fn client_of(app: &App, request: &Parts) -> Client {
    let connection = request.extensions.get::<ConnInfo>();
    let peer: Option<IpAddr> = connection.and_then(|connection| match connection.remote {
        Remote::Tcp(address) => Some(address.ip()),
        Remote::Unix => None,
    });
    let tls = connection.is_some_and(|connection| connection.tls);
    Client::of(peer, tls, &request.headers, &app.options.trusted_downstream)
}

fn stranger(app: &App, request: &Parts) -> Caller {
    let now = app.hub.now().timestamp();
    Caller::new(None, client_of(app, request), &request.headers, &app.hub.settings, now)
}

async fn admit(
    guard: &Inner,
    caller: &Caller,
    params: &Params,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let mut request = check_xsrf(guard, caller, request).await?;
    check_access(guard, caller, params).await?;
    request.extensions_mut().insert(caller.clone());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Failure>().or_else(|| rejection(&response)) {
        Some(failure) => Err(failure),
        None => Ok(response),
    }
}

/// What an extractor refuses (a body that is too large, a path that is no UTF-8) is plain text,
/// which no handler answers with.
fn rejection(response: &Response) -> Option<Failure> {
    if response.extensions().get::<responses::Bare>().is_some() {
        return None;
    }
    let content_type = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let refused = response.status().is_client_error() || response.status().is_server_error();
    (refused && content_type.starts_with("text/plain")).then(|| Failure::new(response.status(), ""))
}

async fn check_xsrf(guard: &Inner, caller: &Caller, request: Request) -> Result<Request, Failure> {
    let headers = request.headers();
    let api = guard.rule.kind == Kind::Api;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let safe = if api { matches!(*request.method(), Method::HEAD | Method::OPTIONS) } else { reads };
    let anonymous = api && caller.identity().is_none() && !headers.contains_key(header::ORIGIN);
    let skipped = guard.rule.xsrf == Xsrf::Exempt || safe || anonymous || caller.used_token();
    if skipped || !xsrf::is_needed(request.method(), headers) {
        return Ok(request);
    }
    let hub = &guard.app.hub;
    let (parts, body) = request.into_parts();
    let (in_form, body) = if form::is_form(&parts.headers) {
        let bytes = Box::pin(to_bytes(body, BODY_AT_MOST)).await.map_err(|_| too_large())?;
        // Without the boxes every request would carry room for a form.
        (Box::pin(form::last_value(&parts.headers, &bytes, "_xsrf")).await?, Body::from(bytes))
    } else {
        (None, body)
    };
    let query = parts.uri.query().unwrap_or_default();
    let shown = xsrf::shown(query, in_form.as_deref(), &parts.headers);
    let expected = || caller.xsrf_token(&hub.settings, hub.now().timestamp());
    xsrf::check(shown.as_deref(), expected, &parts.method)?;
    Ok(Request::from_parts(parts, body))
}

fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "")
}

async fn check_access(guard: &Inner, caller: &Caller, params: &Params) -> Result<(), Failure> {
    let signed_in = caller.identity().is_some();
    match guard.rule.access {
        Access::Public => Ok(()),
        Access::SignedIn | Access::Token if signed_in => Ok(()),
        Access::SignedIn | Access::Token => Err(Failure::forbidden("")),
        _ if !signed_in => Err(Failure::forbidden("Missing or invalid credentials.")),
        Access::Filtered(scope) if caller.authorisation().has_any(scope) => Ok(()),
        Access::Filtered(scope) => Err(not_authorised(&[scope])),
        Access::AnyOf(scopes) => check_scopes(guard, caller, params, scopes).await,
    }
}

async fn check_scopes(
    guard: &Inner,
    caller: &Caller,
    params: &Params,
    scopes: &[&str],
) -> Result<(), Failure> {
    let authorisation = caller.authorisation();
    let mut named = Named::of(params);
    if guard.rule.default_server {
        named.server.get_or_insert_default();
    }
    let groups =
        named.groups(&guard.app, scopes.iter().filter_map(|scope| authorisation.filter(scope))).await?;
    let resource = named.resource(&groups);
    if scopes.iter().any(|scope| authorisation.allows(scope, &resource)) {
        return Ok(());
    }
    tracing::warn!(requires = scopes.join(", "), by = caller.principal()?.name(), "not authorized");
    if resource != Resource::Global && scopes.iter().any(|scope| authorisation.has_any(scope)) {
        return Err(Failure::not_found("No access to resources or resources not found"));
    }
    Err(not_authorised(scopes))
}

fn not_authorised(scopes: &[&str]) -> Failure {
    let list = scopes.join(", ");
    Failure::forbidden(format!("Action is not authorized with current scopes; requires any of [{list}]"))
}

/// What the path names.
#[derive(Default)]
struct Named {
    user: Option<String>,
    server: Option<String>,
    group: Option<String>,
    service: Option<String>,
}

impl Named {
    fn of(params: &Params) -> Self {
        let mut named = Self::default();
        for (name, value) in params {
            let slot = match name.as_str() {
                "user_name" => &mut named.user,
                "server_name" => &mut named.server,
                "group_name" => &mut named.group,
                "service_name" => &mut named.service,
                _ => continue,
            };
            *slot = Some(value.clone());
        }
        named
    }

    /// The groups of the named user, read only if one of the filters is about groups.
    async fn groups(
        &self,
        app: &App,
        filters: impl Iterator<Item = ScopeFilter<'_>>,
    ) -> Result<Vec<String>, Failure> {
        let by_group = filters.into_iter().any(|filter| match filter {
            ScopeFilter::All => false,
            ScopeFilter::Only { groups, .. } => !groups.is_empty(),
        });
        let Some(user) = self.user.as_deref().filter(|_| by_group) else { return Ok(Vec::new()) };
        let found = app.hub.find_user(user).await?;
        Ok(found.map(|user| user.grants.groups.clone()).unwrap_or_default())
    }

    fn resource<'a>(&'a self, groups: &'a [String]) -> Resource<'a> {
        match self {
            Self { user: Some(user), server: Some(server), .. } => Resource::Server { user, groups, server },
            Self { user: Some(user), .. } => Resource::User { name: user, groups },
            Self { group: Some(group), .. } => Resource::Group(group),
            Self { service: Some(service), .. } => Resource::Service(service),
            _ => Resource::Global,
        }
    }
}

/// Answers a refusal in the kind that the caller understands.
async fn refuse(guard: &Inner, caller: &Caller, failure: Failure, request: &request_log::Entry) -> Response {
    let Inner { app, rule, .. } = guard;
    if rule.kind == Kind::Api {
        return failure.into_json();
    }
    let to_login = rule.access != Access::Public
        && caller.identity().is_none()
        && failure.status == StatusCode::FORBIDDEN
        && matches!(*request.method(), Method::GET | Method::HEAD);
    if to_login {
        let login_url = login_url(app, rule);
        let url = match login_url.contains('?') {
            // As Tornado, which adds to no query.
            true => login_url,
            false => with_query(&login_url, [("next", request.path_and_query())]),
        };
        return (StatusCode::FOUND, [(header::LOCATION, url)]).into_response();
    }
    Box::pin(pages::error::render(app, caller, failure)).await
}

/// Where to log in. Who comes for a program may go straight to the authenticator's own page, as with upstream's
/// `auto_login_oauth2_authorize`.
fn login_url(app: &App, rule: &Rule) -> String {
    let own = rule.for_programs.then(|| app.hub.authenticator.login_form());
    let own = own.filter(|form| form.auto_login_oauth2_authorize).and_then(|form| form.login_url);
    own.unwrap_or_else(|| app.hub.settings.login_url())
}

/// Adds what every answer has.
async fn finish(
    guard: &Inner,
    caller: &Caller,
    mut response: Response,
    request: &request_log::Entry,
) -> Response {
    caller.write_cookies(response.headers_mut());
    if response.extensions().get::<responses::Bare>().is_none() {
        guard.app.headers.add_to(guard.rule.kind, response.headers_mut());
    }
    if response.status() == StatusCode::NO_CONTENT {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    if response.extensions().get::<responses::Bare>().is_some() {
        return response;
    }
    etag::name_content(request.method(), request.header(&header::IF_NONE_MATCH), response)
        .await
        .unwrap_or_else(Failure::into_json)
}

/// A redirect with status 302, as Tornado's.
pub fn redirect(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => Redirect::to("/").into_response(),
    }
}
