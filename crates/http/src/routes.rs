//! Every route of the hub: method, path, who may use it, handler. One line each.

use std::collections::BTreeMap;

use axum::handler::Handler;
use axum::http::Method;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use axum::{Router, extract::DefaultBodyLimit};

use crate::api::{
    activity, authorizations, groups, hub, metrics, oauth2, progress, proxy, servers, services, tokens, user,
    users,
};
use crate::app::App;
use crate::guard::{Access, BODY_AT_MOST, Guard, Kind, Rule, Xsrf, guard};
use crate::pages;

/// One route: what it is, who may use it, and its handler.
pub struct Row {
    /// The HTTP method.
    pub method: Method,
    /// The path below the hub's prefix.
    pub path: &'static str,
    /// Programs or people.
    pub kind: Kind,
    /// Who.
    pub access: Access,
    /// Browser forgery.
    pub xsrf: Xsrf,
    handler: MethodRouter<App>,
}

fn row<H, T>(method: Method, path: &'static str, kind: Kind, access: Access, handler: H) -> Row
where
    H: Handler<T, App>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Row { method, path, kind, access, xsrf: Xsrf::Usual, handler: on(filter, handler) }
}

fn api<H: Handler<T, App>, T: 'static>(
    method: Method,
    path: &'static str,
    access: Access,
    handler: H,
) -> Row {
    row(method, path, Kind::Api, access, handler)
}

fn page<H: Handler<T, App>, T: 'static>(
    method: Method,
    path: &'static str,
    access: Access,
    handler: H,
) -> Row {
    row(method, path, Kind::Page, access, handler)
}

fn exempt(row: Row) -> Row {
    Row { xsrf: Xsrf::Exempt, ..row }
}

const READ_USER: Access = Access::AnyOf(&[
    "read:users",
    "read:users:name",
    "read:servers",
    "read:users:groups",
    "read:users:activity",
    "read:roles:users",
]);
const ADMIN_USERS: Access = Access::AnyOf(&["admin:users"]);
const DELETE_USERS: Access = Access::AnyOf(&["delete:users"]);
const ACTIVITY: Access = Access::AnyOf(&["users:activity"]);
const READ_TOKENS: Access = Access::AnyOf(&["read:tokens"]);
const TOKENS: Access = Access::AnyOf(&["tokens"]);
const READ_SERVERS: Access = Access::AnyOf(&["read:servers"]);
const START_SERVERS: Access = Access::AnyOf(&["start:servers"]);
const DELETE_SERVERS: Access = Access::AnyOf(&["delete:servers"]);
const SERVERS: Access = Access::AnyOf(&["servers"]);
const READ_GROUP: Access = Access::AnyOf(&["read:groups", "read:groups:name", "read:roles:groups"]);
const ADMIN_GROUPS: Access = Access::AnyOf(&["admin:groups"]);
const DELETE_GROUPS: Access = Access::AnyOf(&["delete:groups"]);
const GROUPS: Access = Access::AnyOf(&["groups"]);
const READ_SERVICE: Access = Access::AnyOf(&["read:services", "read:services:name", "read:roles:services"]);
const PROXY: Access = Access::AnyOf(&["proxy"]);
const READ_HUB: Access = Access::AnyOf(&["read:hub"]);
const SHUTDOWN: Access = Access::AnyOf(&["shutdown"]);
const ADMIN_UI: Access = Access::AnyOf(&["admin-ui"]);

/// All routes below the hub's prefix.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "a table: one line a route")]
pub fn rows() -> Vec<Row> {
    use Access::{Filtered, Public, SignedIn, Token};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    vec![
        exempt(api(GET, "/api", Public, hub::version)),
        exempt(api(GET, "/api/", Public, hub::version)),
        api(GET, "/api/info", READ_HUB, hub::info),
        api(POST, "/api/shutdown", SHUTDOWN, hub::shutdown),
        page(GET, "/api/health", Public, hub::health),
        // The handler asks for `read:metrics`, if the configuration does.
        row(GET, "/api/metrics", Kind::Both, Public, metrics::show),
        row(GET, "/metrics", Kind::Both, Public, metrics::show),
        api(GET, "/api/user", SignedIn, user::show),
        api(GET, "/api/users", Filtered("list:users"), users::list),
        api(POST, "/api/users", ADMIN_USERS, users::create_many),
        api(GET, "/api/users/{user_name}", READ_USER, users::show),
        api(POST, "/api/users/{user_name}", ADMIN_USERS, users::create),
        api(PATCH, "/api/users/{user_name}", ADMIN_USERS, users::change),
        api(DELETE, "/api/users/{user_name}", DELETE_USERS, users::delete),
        api(POST, "/api/users/{user_name}/activity", ACTIVITY, activity::post),
        api(GET, "/api/users/{user_name}/tokens", READ_TOKENS, tokens::list),
        exempt(api(POST, "/api/users/{user_name}/tokens", Public, tokens::create)),
        api(GET, "/api/users/{user_name}/tokens/{token_id}", READ_TOKENS, tokens::show),
        api(DELETE, "/api/users/{user_name}/tokens/{token_id}", TOKENS, tokens::delete),
        api(GET, "/api/users/{user_name}/server", READ_SERVERS, servers::show_default),
        api(PUT, "/api/users/{user_name}/server", START_SERVERS, servers::create_default),
        api(POST, "/api/users/{user_name}/server", START_SERVERS, servers::start_default),
        api(PATCH, "/api/users/{user_name}/server", START_SERVERS, servers::change_default),
        api(DELETE, "/api/users/{user_name}/server", DELETE_SERVERS, servers::stop_default),
        api(GET, "/api/users/{user_name}/server/progress", READ_SERVERS, progress::stream_default),
        api(GET, "/api/users/{user_name}/servers/{server_name}", READ_SERVERS, servers::show),
        api(PUT, "/api/users/{user_name}/servers/{server_name}", START_SERVERS, servers::create),
        api(POST, "/api/users/{user_name}/servers/{server_name}", START_SERVERS, servers::start),
        api(PATCH, "/api/users/{user_name}/servers/{server_name}", START_SERVERS, servers::change),
        api(DELETE, "/api/users/{user_name}/servers/{server_name}", DELETE_SERVERS, servers::stop),
        api(GET, "/api/users/{user_name}/servers/{server_name}/progress", READ_SERVERS, progress::stream),
        api(GET, "/api/groups", Filtered("list:groups"), groups::list),
        api(POST, "/api/groups", ADMIN_GROUPS, groups::create_many),
        api(GET, "/api/groups/{group_name}", READ_GROUP, groups::show),
        api(POST, "/api/groups/{group_name}", ADMIN_GROUPS, groups::create),
        api(DELETE, "/api/groups/{group_name}", DELETE_GROUPS, groups::delete),
        api(POST, "/api/groups/{group_name}/users", GROUPS, groups::add_users),
        api(DELETE, "/api/groups/{group_name}/users", GROUPS, groups::remove_users),
        api(PUT, "/api/groups/{group_name}/properties", GROUPS, groups::set_properties),
        api(GET, "/api/services", Filtered("list:services"), services::list),
        api(GET, "/api/services/{service_name}", READ_SERVICE, services::show),
        api(GET, "/api/proxy", PROXY, proxy::list),
        api(POST, "/api/proxy", PROXY, proxy::check),
        api(PATCH, "/api/proxy", PROXY, proxy::change),
        exempt(api(GET, "/api/authorizations/token/{token}", Token, authorizations::of_token)),
        exempt(api(POST, "/api/authorizations/token", Public, authorizations::password_form)),
        row(GET, "/api/oauth2/authorize", Kind::Page, SignedIn, oauth2::authorize_page),
        row(POST, "/api/oauth2/authorize", Kind::Page, SignedIn, oauth2::authorize),
        exempt(api(POST, "/api/oauth2/token", Public, oauth2::token)),
        page(GET, "/", Public, pages::root::show),
        page(GET, "/login", Public, pages::login::show),
        page(POST, "/login", Public, pages::login::submit),
        page(GET, "/logout", Public, pages::logout::show),
        page(GET, "/home", SignedIn, pages::home::show),
        page(GET, "/admin", ADMIN_UI, pages::admin::show),
        page(GET, "/token", SignedIn, pages::token::show),
        page(GET, "/spawn", SignedIn, pages::spawn::own),
        page(POST, "/spawn", SignedIn, pages::spawn::submit_own),
        page(GET, "/spawn/{user_name}", SERVERS, pages::spawn::default_server),
        page(POST, "/spawn/{user_name}", SERVERS, pages::spawn::submit_default_server),
        page(GET, "/spawn/{user_name}/{server_name}", SERVERS, pages::spawn::named_server),
        page(POST, "/spawn/{user_name}/{server_name}", SERVERS, pages::spawn::submit_named_server),
        page(GET, "/spawn-pending/{user_name}", SERVERS, pages::spawn_pending::default_server),
        page(GET, "/spawn-pending/{user_name}/{server_name}", SERVERS, pages::spawn_pending::named_server),
        row(GET, "/user/{user_of_url}", Kind::Both, SignedIn, pages::user_url::show),
        row(GET, "/user/{user_of_url}/", Kind::Both, SignedIn, pages::user_url::show),
        row(GET, "/user/{user_of_url}/{*rest}", Kind::Both, SignedIn, pages::user_url::show_path),
        row(POST, "/user/{user_of_url}", Kind::Both, Public, pages::user_url::refuse_root),
        row(PATCH, "/user/{user_of_url}", Kind::Both, Public, pages::user_url::refuse_root),
        row(DELETE, "/user/{user_of_url}", Kind::Both, Public, pages::user_url::refuse_root),
        row(POST, "/user/{user_of_url}/", Kind::Both, Public, pages::user_url::refuse_root),
        row(PATCH, "/user/{user_of_url}/", Kind::Both, Public, pages::user_url::refuse_root),
        row(DELETE, "/user/{user_of_url}/", Kind::Both, Public, pages::user_url::refuse_root),
        row(POST, "/user/{user_of_url}/{*rest}", Kind::Both, Public, pages::user_url::refuse),
        row(PATCH, "/user/{user_of_url}/{*rest}", Kind::Both, Public, pages::user_url::refuse),
        row(DELETE, "/user/{user_of_url}/{*rest}", Kind::Both, Public, pages::user_url::refuse),
        page(GET, "/user-redirect/{*path}", SignedIn, pages::user_redirect::show),
        page(GET, "/user-redirect", SignedIn, pages::user_redirect::show_root),
        page(GET, "/user-redirect/", SignedIn, pages::user_redirect::show_root),
        page(GET, "/accept-share", SignedIn, pages::not_found::no_such_share),
        page(GET, "/error/{status}", Public, pages::error::show),
        exempt(page(POST, "/security/csp-report", SignedIn, pages::csp_report::receive)),
        page(GET, "/health", Public, hub::health),
        page(GET, "/logo", Public, pages::statics::logo),
        page(GET, "/static/{*path}", Public, pages::statics::file),
    ]
}

/// The router of the whole hub, with every route behind its guard.
pub fn router(app: &App) -> Router {
    let prefix = app.hub.settings.hub_prefix.trim_end_matches('/').to_owned();
    let mut by_path: BTreeMap<&'static str, MethodRouter<App>> = BTreeMap::new();
    let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
    for row in rows() {
        let rule = Rule { kind: row.kind, access: row.access, xsrf: row.xsrf };
        let guard_state = Guard { app: app.clone(), rule };
        let handler = row.handler.route_layer(from_fn_with_state(guard_state, guard));
        let merged = by_path.remove(row.path).unwrap_or_default().merge(handler);
        by_path.insert(row.path, merged);
        kinds.insert(row.path, row.kind);
    }
    let mut router = Router::new();
    for (path, methods) in by_path {
        let kind = kinds.get(path).copied().unwrap_or(Kind::Page);
        router = router.route(&format!("{prefix}{path}"), with_other_methods(app, path, kind, methods));
    }
    router
        .route("/favicon.ico", file(app, pages::statics::favicon))
        .route(&format!("{prefix}/api/{{*rest}}"), open(app, Kind::Api, pages::not_found::api))
        .fallback_service(open(app, Kind::Page, pages::not_found::page).with_state(app.clone()))
        .layer(DefaultBodyLimit::max(BODY_AT_MOST))
        .with_state(app.clone())
}

/// Upstream answers `HEAD` for these alone.
const WITH_HEAD: [&str; 4] = ["/api/health", "/health", "/logo", "/static/{*path}"];

/// A path's answer to the methods that it does not have.
fn with_other_methods(app: &App, path: &str, kind: Kind, methods: MethodRouter<App>) -> MethodRouter<App> {
    let open_to_all = matches!(path, "/api" | "/api/");
    let other = || {
        let rule =
            Rule { kind, access: Access::Public, xsrf: if open_to_all { Xsrf::Exempt } else { Xsrf::Usual } };
        let handler = match kind {
            Kind::Api => any(pages::not_found::wrong_method_of_api),
            Kind::Page | Kind::Both => any(pages::not_found::wrong_method),
        };
        handler.layer(from_fn_with_state(Guard { app: app.clone(), rule }, guard)).with_state(app.clone())
    };
    let methods =
        if WITH_HEAD.contains(&path) { methods } else { methods.on_service(MethodFilter::HEAD, other()) };
    let methods = methods.fallback_service(other());
    if open_to_all { methods.layer(map_response(for_every_origin)) } else { methods }
}

/// The version is for pages of other sites too, whatever the answer.
async fn for_every_origin(mut response: Response) -> Response {
    let origin = response.headers_mut().entry(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    origin.or_insert(HeaderValue::from_static("*"));
    response
}

/// A handler for all methods behind a guard that lets everybody in.
fn open<H: Handler<T, App>, T: 'static>(app: &App, kind: Kind, handler: H) -> MethodRouter<App> {
    let rule = Rule { kind, access: Access::Public, xsrf: Xsrf::Usual };
    any(handler).layer(from_fn_with_state(Guard { app: app.clone(), rule }, guard))
}

/// A file outside the hub's prefix.
fn file<H: Handler<T, App>, T: 'static>(app: &App, handler: H) -> MethodRouter<App> {
    let rule = Rule { kind: Kind::Page, access: Access::Public, xsrf: Xsrf::Exempt };
    on(MethodFilter::GET, handler).layer(from_fn_with_state(Guard { app: app.clone(), rule }, guard))
}
