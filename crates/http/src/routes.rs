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
    activity, authorizations, groups, hub, metrics, oauth2, openapi, password_tokens, progress, proxy,
    servers, services, share_codes, shares, tokens, user, users,
};
use crate::app::App;
use crate::guard::{Access, BODY_AT_MOST, Guard, Kind, Rule, Xsrf, guard};
use crate::openapi::Operation;
use crate::plugins::after_routes;
use crate::{handler_names, pages};

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
    /// Whether it is about the default server of the user whom the path names.
    pub default_server: bool,
    /// Whether it is where programs send people who log in for them.
    pub for_programs: bool,
    /// What `openapi.json` says of it; every row below `/api` has this.
    pub docs: Option<Docs>,
    handler: MethodRouter<App>,
}

/// Describes an endpoint; stands beside its handler.
pub type Docs = fn() -> Operation;

fn row<H, T>(method: Method, path: &'static str, kind: Kind, access: Access, handler: H) -> Row
where
    H: Handler<T, App>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Row {
        method,
        path,
        kind,
        access,
        xsrf: Xsrf::Usual,
        default_server: false,
        for_programs: false,
        docs: None,
        handler: on(filter, handler),
    }
}

fn api<H: Handler<T, App>, T: 'static>(
    method: Method,
    path: &'static str,
    access: Access,
    handler: H,
    docs: Docs,
) -> Row {
    documented(row(method, path, Kind::Api, access, handler), docs)
}

fn page<H: Handler<T, App>, T: 'static>(
    method: Method,
    path: &'static str,
    access: Access,
    handler: H,
) -> Row {
    row(method, path, Kind::Page, access, handler)
}

fn documented(row: Row, docs: Docs) -> Row {
    Row { docs: Some(docs), ..row }
}

fn exempt(row: Row) -> Row {
    Row { xsrf: Xsrf::Exempt, ..row }
}

/// Of a user's default server: scopes for that server alone count.
fn default_server(row: Row) -> Row {
    Row { default_server: true, ..row }
}

/// Where programs send people who log in for them (`auto_login_oauth2_authorize`).
fn for_programs(row: Row) -> Row {
    Row { for_programs: true, ..row }
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
const ADMIN_SERVICES: Access = Access::AnyOf(&["admin:services"]);
const PROXY: Access = Access::AnyOf(&["proxy"]);
const READ_HUB: Access = Access::AnyOf(&["read:hub"]);
const SHUTDOWN: Access = Access::AnyOf(&["shutdown"]);
const ADMIN_UI: Access = Access::AnyOf(&["admin-ui"]);
const READ_SHARES: Access = Access::AnyOf(&["read:shares"]);
const SHARES: Access = Access::AnyOf(&["shares"]);
const READ_USER_SHARES: Access = Access::AnyOf(&["read:users:shares"]);
const USER_SHARES: Access = Access::AnyOf(&["users:shares"]);
const READ_GROUP_SHARES: Access = Access::AnyOf(&["read:groups:shares"]);
const GROUP_SHARES: Access = Access::AnyOf(&["groups:shares"]);

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
        exempt(api(GET, "/api", Public, hub::version, hub::version_docs)),
        exempt(api(GET, "/api/", Public, hub::version, hub::version_docs)),
        api(GET, "/api/openapi.json", Public, openapi::show, openapi::show_docs),
        api(GET, "/api/info", READ_HUB, hub::info, hub::info_docs),
        api(POST, "/api/shutdown", SHUTDOWN, hub::shutdown, hub::shutdown_docs),
        documented(page(GET, "/api/health", Public, hub::health), hub::health_docs),
        // The handler asks for `read:metrics`, if the configuration does.
        documented(row(GET, "/api/metrics", Kind::Both, Public, metrics::show), metrics::show_docs),
        row(GET, "/metrics", Kind::Both, Public, metrics::show),
        api(GET, "/api/user", SignedIn, user::show, user::show_docs),
        api(GET, "/api/users", Filtered("list:users"), users::list, users::list_docs),
        api(POST, "/api/users", ADMIN_USERS, users::create_many, users::create_many_docs),
        api(GET, "/api/users/{user_name}", READ_USER, users::show, users::show_docs),
        api(POST, "/api/users/{user_name}", ADMIN_USERS, users::create, users::create_docs),
        api(PATCH, "/api/users/{user_name}", ADMIN_USERS, users::change, users::change_docs),
        api(DELETE, "/api/users/{user_name}", DELETE_USERS, users::delete, users::delete_docs),
        api(POST, "/api/users/{user_name}/admin-access", SERVERS, users::admin_access, users::admin_access_docs),
        api(POST, "/api/users/{user_name}/activity", ACTIVITY, activity::post, activity::post_docs),
        api(GET, "/api/users/{user_name}/tokens", READ_TOKENS, tokens::list, tokens::list_docs),
        exempt(api(POST, "/api/users/{user_name}/tokens", Public, tokens::create, tokens::create_docs)),
        api(GET, "/api/users/{user_name}/tokens/{token_id}", READ_TOKENS, tokens::show, tokens::show_docs),
        api(DELETE, "/api/users/{user_name}/tokens/{token_id}", TOKENS, tokens::delete, tokens::delete_docs),
        api(GET, "/api/users/{user_name}/tokens/", READ_TOKENS, tokens::show, tokens::show_docs),
        api(DELETE, "/api/users/{user_name}/tokens/", TOKENS, tokens::delete, tokens::delete_docs),
        default_server(api(GET, "/api/users/{user_name}/server", READ_SERVERS, servers::show, servers::show_docs)),
        default_server(api(PUT, "/api/users/{user_name}/server", START_SERVERS, servers::create_default, servers::create_default_docs)),
        default_server(api(POST, "/api/users/{user_name}/server", START_SERVERS, servers::start, servers::start_docs)),
        default_server(api(PATCH, "/api/users/{user_name}/server", START_SERVERS, servers::change, servers::change_docs)),
        default_server(api(DELETE, "/api/users/{user_name}/server", DELETE_SERVERS, servers::stop, servers::stop_docs)),
        default_server(api(GET, "/api/users/{user_name}/server/progress", READ_SERVERS, progress::stream, progress::stream_docs)),
        default_server(api(GET, "/api/users/{user_name}/servers/", READ_SERVERS, servers::show, servers::show_docs)),
        default_server(api(PUT, "/api/users/{user_name}/servers/", START_SERVERS, servers::create_default, servers::create_default_docs)),
        default_server(api(POST, "/api/users/{user_name}/servers/", START_SERVERS, servers::start, servers::start_docs)),
        default_server(api(PATCH, "/api/users/{user_name}/servers/", START_SERVERS, servers::change, servers::change_docs)),
        default_server(api(DELETE, "/api/users/{user_name}/servers/", DELETE_SERVERS, servers::stop, servers::stop_docs)),
        default_server(api(GET, "/api/users/{user_name}/servers//progress", READ_SERVERS, progress::stream, progress::stream_docs)),
        api(GET, "/api/users/{user_name}/servers/{server_name}", READ_SERVERS, servers::show, servers::show_docs),
        api(PUT, "/api/users/{user_name}/servers/{server_name}", START_SERVERS, servers::create, servers::create_docs),
        api(POST, "/api/users/{user_name}/servers/{server_name}", START_SERVERS, servers::start, servers::start_docs),
        api(PATCH, "/api/users/{user_name}/servers/{server_name}", START_SERVERS, servers::change, servers::change_docs),
        api(DELETE, "/api/users/{user_name}/servers/{server_name}", DELETE_SERVERS, servers::stop, servers::stop_docs),
        api(GET, "/api/users/{user_name}/servers/{server_name}/progress", READ_SERVERS, progress::stream, progress::stream_docs),
        api(GET, "/api/groups", Filtered("list:groups"), groups::list, groups::list_docs),
        api(POST, "/api/groups", ADMIN_GROUPS, groups::create_many, groups::create_many_docs),
        api(GET, "/api/groups/{group_name}", READ_GROUP, groups::show, groups::show_docs),
        api(POST, "/api/groups/{group_name}", ADMIN_GROUPS, groups::create, groups::create_docs),
        api(DELETE, "/api/groups/{group_name}", DELETE_GROUPS, groups::delete, groups::delete_docs),
        api(POST, "/api/groups/{group_name}/users", GROUPS, groups::add_users, groups::add_users_docs),
        api(DELETE, "/api/groups/{group_name}/users", GROUPS, groups::remove_users, groups::remove_users_docs),
        api(PUT, "/api/groups/{group_name}/properties", GROUPS, groups::set_properties, groups::set_properties_docs),
        api(GET, "/api/users/{user_name}/shared", READ_USER_SHARES, shares::with_user, shares::with_user_docs),
        api(GET, "/api/users/{user_name}/shared/{owner}/", READ_USER_SHARES, shares::show_of_user, shares::show_of_user_docs),
        api(DELETE, "/api/users/{user_name}/shared/{owner}/", USER_SHARES, shares::delete_of_user, shares::delete_of_user_docs),
        api(GET, "/api/users/{user_name}/shared/{owner}/{server}", READ_USER_SHARES, shares::show_of_user, shares::show_of_user_docs),
        api(DELETE, "/api/users/{user_name}/shared/{owner}/{server}", USER_SHARES, shares::delete_of_user, shares::delete_of_user_docs),
        api(GET, "/api/groups/{group_name}/shared", READ_GROUP_SHARES, shares::with_group, shares::with_group_docs),
        api(GET, "/api/groups/{group_name}/shared/{owner}/", READ_GROUP_SHARES, shares::show_of_group, shares::show_of_group_docs),
        api(DELETE, "/api/groups/{group_name}/shared/{owner}/", GROUP_SHARES, shares::delete_of_group, shares::delete_of_group_docs),
        api(GET, "/api/groups/{group_name}/shared/{owner}/{server}", READ_GROUP_SHARES, shares::show_of_group, shares::show_of_group_docs),
        api(DELETE, "/api/groups/{group_name}/shared/{owner}/{server}", GROUP_SHARES, shares::delete_of_group, shares::delete_of_group_docs),
        api(GET, "/api/shares/{user_name}", READ_SHARES, shares::of_owner, shares::of_owner_docs),
        api(POST, "/api/shares/{user_name}", SHARES, shares::needs_server, shares::needs_server_docs),
        api(PATCH, "/api/shares/{user_name}", SHARES, shares::needs_server, shares::needs_server_docs),
        api(DELETE, "/api/shares/{user_name}", SHARES, shares::needs_server, shares::needs_server_docs),
        default_server(api(GET, "/api/shares/{user_name}/", READ_SHARES, shares::of_server, shares::of_server_docs)),
        default_server(api(POST, "/api/shares/{user_name}/", SHARES, shares::grant, shares::grant_docs)),
        default_server(api(PATCH, "/api/shares/{user_name}/", SHARES, shares::revoke, shares::revoke_docs)),
        default_server(api(DELETE, "/api/shares/{user_name}/", SHARES, shares::revoke_all, shares::revoke_all_docs)),
        api(GET, "/api/shares/{user_name}/{server_name}", READ_SHARES, shares::of_server, shares::of_server_docs),
        api(POST, "/api/shares/{user_name}/{server_name}", SHARES, shares::grant, shares::grant_docs),
        api(PATCH, "/api/shares/{user_name}/{server_name}", SHARES, shares::revoke, shares::revoke_docs),
        api(DELETE, "/api/shares/{user_name}/{server_name}", SHARES, shares::revoke_all, shares::revoke_all_docs),
        api(GET, "/api/share-codes/{user_name}", READ_SHARES, share_codes::of_owner, share_codes::of_owner_docs),
        api(POST, "/api/share-codes/{user_name}", SHARES, shares::needs_server, shares::needs_server_docs),
        api(DELETE, "/api/share-codes/{user_name}", SHARES, shares::needs_server, shares::needs_server_docs),
        default_server(api(GET, "/api/share-codes/{user_name}/", READ_SHARES, share_codes::of_server, share_codes::of_server_docs)),
        default_server(api(POST, "/api/share-codes/{user_name}/", SHARES, share_codes::create, share_codes::create_docs)),
        default_server(api(DELETE, "/api/share-codes/{user_name}/", SHARES, share_codes::delete, share_codes::delete_docs)),
        api(GET, "/api/share-codes/{user_name}/{server_name}", READ_SHARES, share_codes::of_server, share_codes::of_server_docs),
        api(POST, "/api/share-codes/{user_name}/{server_name}", SHARES, share_codes::create, share_codes::create_docs),
        api(DELETE, "/api/share-codes/{user_name}/{server_name}", SHARES, share_codes::delete, share_codes::delete_docs),
        api(GET, "/api/services", Filtered("list:services"), services::list, services::list_docs),
        api(GET, "/api/services/{service_name}", READ_SERVICE, services::show, services::show_docs),
        api(POST, "/api/services/{service_name}", ADMIN_SERVICES, services::create, services::create_docs),
        api(DELETE, "/api/services/{service_name}", ADMIN_SERVICES, services::delete, services::delete_docs),
        api(GET, "/api/proxy", PROXY, proxy::list, proxy::list_docs),
        api(POST, "/api/proxy", PROXY, proxy::check, proxy::check_docs),
        api(PATCH, "/api/proxy", PROXY, proxy::change, proxy::change_docs),
        exempt(api(GET, "/api/authorizations/token/{token}", Token, authorizations::of_token, authorizations::of_token_docs)),
        exempt(api(GET, "/api/authorizations/cookie/{cookie_name}", Token, authorizations::of_cookie_in_body, authorizations::of_cookie_docs)),
        exempt(api(GET, "/api/authorizations/cookie/{cookie_name}/{cookie_value}", Token, authorizations::of_cookie, authorizations::of_cookie_docs)),
        exempt(api(POST, "/api/authorizations/token", Public, password_tokens::create, password_tokens::create_docs)),
        for_programs(documented(page(GET, "/api/oauth2/authorize", SignedIn, oauth2::authorize_page), oauth2::authorize_page_docs)),
        documented(page(POST, "/api/oauth2/authorize", SignedIn, oauth2::authorize), oauth2::authorize_docs),
        api(POST, "/api/oauth2/token", Public, oauth2::token, oauth2::token_docs),
        page(GET, "/", Public, pages::root::show),
        page(GET, "/login", Public, pages::login::show),
        // The handler checks `_xsrf` itself, to show the form again.
        exempt(page(POST, "/login", Public, pages::login::submit)),
        page(GET, "/logout", Public, pages::logout::show),
        page(GET, "/home", SignedIn, pages::home::show),
        page(GET, "/admin", ADMIN_UI, pages::admin::show),
        page(GET, "/token", SignedIn, pages::token::show),
        page(GET, "/spawn", SignedIn, pages::spawn::show),
        page(POST, "/spawn", SignedIn, pages::spawn::submit),
        default_server(page(GET, "/spawn/{user_name}", SERVERS, pages::spawn::show)),
        default_server(page(POST, "/spawn/{user_name}", SERVERS, pages::spawn::submit)),
        page(GET, "/spawn/{user_name}/{server_name}", SERVERS, pages::spawn::show),
        page(POST, "/spawn/{user_name}/{server_name}", SERVERS, pages::spawn::submit),
        default_server(page(GET, "/spawn-pending/{user_name}", SERVERS, pages::spawn_pending::of_path)),
        page(GET, "/spawn-pending/{user_name}/{server_name}", SERVERS, pages::spawn_pending::of_path),
        row(GET, "/user/{user_of_url}", Kind::Both, SignedIn, pages::user_url::show),
        row(GET, "/user/{user_of_url}/", Kind::Both, SignedIn, pages::user_url::show),
        row(GET, "/user/{user_of_url}/{*rest}", Kind::Both, SignedIn, pages::user_url::show),
        row(POST, "/user/{user_of_url}", Kind::Both, Public, pages::user_url::refuse),
        row(PATCH, "/user/{user_of_url}", Kind::Both, Public, pages::user_url::refuse),
        row(DELETE, "/user/{user_of_url}", Kind::Both, Public, pages::user_url::refuse),
        row(POST, "/user/{user_of_url}/", Kind::Both, Public, pages::user_url::refuse),
        row(PATCH, "/user/{user_of_url}/", Kind::Both, Public, pages::user_url::refuse),
        row(DELETE, "/user/{user_of_url}/", Kind::Both, Public, pages::user_url::refuse),
        row(POST, "/user/{user_of_url}/{*rest}", Kind::Both, Public, pages::user_url::refuse),
        row(PATCH, "/user/{user_of_url}/{*rest}", Kind::Both, Public, pages::user_url::refuse),
        row(DELETE, "/user/{user_of_url}/{*rest}", Kind::Both, Public, pages::user_url::refuse),
        page(GET, "/user-redirect/{*path}", SignedIn, pages::user_redirect::show),
        page(GET, "/user-redirect/", SignedIn, pages::user_redirect::show),
        page(GET, "/accept-share", SignedIn, pages::accept_share::show),
        page(POST, "/accept-share", SignedIn, pages::accept_share::accept),
        page(GET, "/error/{status}", Public, pages::error::show),
        exempt(page(POST, "/security/csp-report", SignedIn, pages::csp_report::receive)),
        page(GET, "/health", Public, hub::health),
        page(GET, "/logo", Public, pages::statics::logo),
        page(GET, "/static/{*path}", Public, pages::statics::file),
    ]
}

/// The router of the whole hub, with every route behind its guard.
pub fn router(app: &App) -> Router {
    let base_url = &app.hub.settings.base_url;
    let prefix = app.hub.settings.hub_prefix.trim_end_matches('/').to_owned();
    let mut by_path: BTreeMap<&'static str, MethodRouter<App>> = BTreeMap::new();
    let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
    for row in rows() {
        let Row { kind, access, xsrf, default_server, for_programs, .. } = row;
        let rule = Rule { kind, access, xsrf, default_server, for_programs };
        let guard_state =
            guarded(app, rule, handler_names::of_route(row.path).unwrap_or(handler_names::PREFIX_REDIRECT));
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
        .route("/robots.txt", file(app, pages::statics::robots))
        .route(
            &format!("{prefix}/api/{{*rest}}"),
            open(app, Kind::Api, handler_names::NO_API, pages::not_found::api),
        )
        .route(&format!("{prefix}/{{*rest}}"), elsewhere(app, handler_names::NO_PAGE))
        .route(&prefix, elsewhere(app, handler_names::ADD_SLASH))
        .route(&format!("{base_url}user/{{name}}"), elsewhere(app, handler_names::ADD_SLASH))
        .route(&format!("{base_url}services/{{name}}"), elsewhere(app, handler_names::ADD_SLASH))
        .fallback_service(elsewhere(app, handler_names::PREFIX_REDIRECT).with_state(app.clone()))
        .layer(DefaultBodyLimit::max(BODY_AT_MOST))
        .with_state(app.clone())
}

/// Upstream answers `HEAD` for these alone.
const WITH_HEAD: [&str; 4] = ["/api/health", "/health", "/logo", "/static/{*path}"];

/// A path's answer to the methods that it does not have.
fn with_other_methods(app: &App, path: &str, kind: Kind, methods: MethodRouter<App>) -> MethodRouter<App> {
    let open_to_all = matches!(path, "/api" | "/api/");
    let handler_name = handler_names::of_route(path).unwrap_or(handler_names::PREFIX_REDIRECT);
    let other = || {
        let rule = Rule::open(kind, if open_to_all { Xsrf::Exempt } else { Xsrf::Usual });
        let handler = match kind {
            // Upstream says of what kind the answers to other methods are.
            Kind::Api if path.ends_with("/progress") => any(progress::wrong_method),
            Kind::Api => any(pages::not_found::wrong_method_of_api),
            Kind::Page | Kind::Both => any(pages::not_found::wrong_method),
        };
        handler.layer(from_fn_with_state(guarded(app, rule, handler_name), guard)).with_state(app.clone())
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
fn open<H: Handler<T, App>, T: 'static>(
    app: &App,
    kind: Kind,
    handler_name: &'static str,
    handler: H,
) -> MethodRouter<App> {
    let state = guarded(app, Rule::open(kind, Xsrf::Usual), handler_name);
    let handler = any(handler).layer(from_fn_with_state(state, guard));
    // Handlers of the configuration come after all routes, and look after themselves.
    if app.plugins.is_none() { handler } else { handler.layer(from_fn_with_state(app.clone(), after_routes)) }
}

/// The answer to what no route serves. One handler does it all; the name is for the metrics.
fn elsewhere(app: &App, handler_name: &'static str) -> MethodRouter<App> {
    open(app, Kind::Page, handler_name, pages::not_found::page)
}

/// A guard whose requests are counted under upstream's name of the handler.
fn guarded(app: &App, rule: Rule, handler_name: &'static str) -> Guard {
    Guard::new(app.clone(), rule, app.hub.metrics.requests.of(handler_name))
}

/// A file outside the hub's prefix.
fn file<H: Handler<T, App>, T: 'static>(app: &App, handler: H) -> MethodRouter<App> {
    let state = guarded(app, Rule::open(Kind::Page, Xsrf::Exempt), handler_names::FILE);
    on(MethodFilter::GET, handler).layer(from_fn_with_state(state, guard))
}
