//! The hub's settings, resolved: every default that depends on another option is worked out.

use std::collections::BTreeMap;

use perijove_crypto::cookie_secret::CookieSecret;
use perijove_model::{ServerName, UserName};
use perijove_proxy::Target;
use serde_json::{Map, Value};
use url::Url;

use crate::error::Result;
use crate::routing::ExtraRoutes;
use crate::subdomains::Subdomains;
use crate::urls::join;

/// What the hub does and where. Durations are in seconds, as upstream's options are.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The prefix of everything, with both slashes: `/` or `/p/`.
    pub base_url: String,
    /// The prefix of the hub's own pages: `base_url` + `hub/`.
    pub hub_prefix: String,
    /// The URL that people type, where it is configured.
    pub public_url: Option<Url>,
    /// Users and services have host names of their own, where configured.
    pub subdomains: Option<Subdomains>,
    /// Where the hub listens for its servers, as they are told: `http://127.0.0.1:8081`.
    pub hub_connect_url: String,
    /// The REST API as servers and services are told: `http://127.0.0.1:8081/hub/api`.
    pub hub_api_url: String,
    /// The key of signed cookies and XSRF tokens.
    pub cookie_secret: CookieSecret,
    /// Cookies and sessions.
    pub cookies: CookieSettings,
    /// Starting and stopping of servers.
    pub servers: ServerSettings,
    /// Pages and where they lead.
    pub pages: PageSettings,
    /// Limits of the REST API.
    pub api: ApiSettings,
    /// Activity below this age is not written again.
    pub activity_resolution: u64,
    /// How often the proxy's activity is collected and its routes are checked.
    pub last_activity_interval: u64,
    /// Seconds between two checks of services that have an address; 0 is never.
    pub service_check_interval: i64,
    /// The hub's own route in the proxy: `base_url`, or `/` where routing is by host.
    pub hub_route: String,
    /// What the hub's own route leads to.
    pub hub_target: Target,
    /// Routes that the configuration adds.
    pub extra_routes: ExtraRoutes,
    /// Whether an own proxy process ends with the hub.
    pub cleanup_proxy: bool,
    /// Whether the authenticator decides group membership.
    pub manage_groups: bool,
    /// Whether `GET /metrics` needs the scope `read:metrics`.
    pub authenticate_prometheus: bool,
    /// The hub's environment, of which `Spawner.env_keep` is taken.
    pub hub_environment: BTreeMap<String, String>,
}

/// Cookies and sessions.
#[derive(Debug, Clone)]
pub struct CookieSettings {
    /// The name of the login cookie: `jupyterhub-hub-login`, with `__Host-` where configured.
    pub login_name: String,
    /// The age at which a login cookie ends, in days.
    pub max_age_days: f64,
    /// Whether names start with `__Host-`.
    pub host_prefix: bool,
    /// `cookie_options` of `tornado_settings`: attributes for all cookies.
    pub options: Vec<(String, String)>,
    /// `xsrf_cookie_kwargs` of `tornado_settings`: attributes of the `_xsrf` cookie in their place.
    pub xsrf_options: Vec<(String, String)>,
}

/// Starting and stopping of servers.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// A request to start a server is answered 202 after this time.
    pub slow_spawn_timeout: f64,
    /// A request to stop a server is answered 202 after this time.
    pub slow_stop_timeout: f64,
    /// How many servers may be starting at a time; 0 is no limit.
    pub concurrent_spawn_limit: usize,
    /// How many servers may be active; 0 is no limit.
    pub active_server_limit: usize,
    /// The range that a throttled user is told to wait, in seconds.
    pub spawn_throttle_retry_range: (u64, u64),
    /// How many starts may fail in a row before the hub exits; 0 is no limit.
    pub consecutive_failure_limit: u64,
    /// Whether users may have servers with names.
    pub allow_named_servers: bool,
    /// How many named servers one user may have; 0 is no limit.
    pub named_server_limit_per_user: i64,
    /// Whether servers whose names today's rules forbid may be started.
    pub allow_invalid_named_server_start: bool,
    /// Scopes that a server's token asks for (`Spawner.server_token_scopes`).
    pub server_token_scopes: Vec<String>,
    /// Scopes that a server's OAuth client may ask for.
    pub oauth_client_allowed_scopes: Vec<String>,
    /// Whether administrators may enter other users' servers.
    pub admin_access: bool,
    /// Whether servers are stopped with the hub.
    pub cleanup_servers: bool,
    /// Whether a server's start sees the environment of shares and so on; the option form's HTML.
    pub options_form: Option<String>,
}

/// Pages and where they lead.
#[derive(Debug, Clone)]
pub struct PageSettings {
    /// Where `/hub/` leads; empty for the usual rule.
    pub default_url: String,
    /// Whether a login leads to the user's server.
    pub redirect_to_server: bool,
    /// The server that `/user-redirect` leads to.
    pub default_server_name: String,
    /// Whether servers are stopped at logout.
    pub shutdown_on_logout: bool,
    /// Seconds after which the page of a stopped server starts it; 0 is never.
    pub implicit_spawn_seconds: f64,
    /// Whether a request to a stopped server answers 503, not 424.
    pub legacy_stopped_status: bool,
}

/// Limits of the REST API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Entries of a page where the client names no limit.
    pub page_default_limit: u64,
    /// Entries of a page at the most.
    pub page_max_limit: u64,
    /// The longest life of a new token; 0 is no limit.
    pub token_expires_in_max_seconds: u64,
    /// The life of a token that OAuth gives out.
    pub oauth_token_expires_in: i64,
    /// Whether OAuth clients must use PKCE.
    pub oauth_require_pkce: bool,
    /// Whether tokens that people choose are hashed as cheaply as generated ones.
    pub trust_given_tokens: bool,
    /// Whether a name and a password buy a token, as in JupyterHub 1.x.
    pub legacy_password_tokens: bool,
}

impl CookieSettings {
    /// The options as single-user servers are told them.
    pub fn options_json(&self) -> Map<String, Value> {
        self.options.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
    }
}

impl Settings {
    /// The login page.
    pub fn login_url(&self) -> String {
        format!("{}login", self.hub_prefix)
    }

    /// The path of one user's servers: `/user/NAME/`.
    pub fn user_path(&self, escaped_user: &str) -> String {
        format!("{}user/{escaped_user}/", self.base_url)
    }

    /// The path of one server: `/user/NAME/` or `/user/NAME/SERVER/`.
    pub fn server_path(&self, escaped_user: &str, escaped_server: &str) -> String {
        let mut path = self.user_path(escaped_user);
        if !escaped_server.is_empty() {
            path.push_str(escaped_server);
            path.push('/');
        }
        path
    }

    /// Scheme and host of a user's servers; nothing where all are at the hub's.
    pub fn user_host(&self, user: &UserName) -> String {
        self.host(|hosts| hosts.origin(&hosts.user_or_usual(user.as_str())))
    }

    /// Whether the user has a host where that is configured. A function that breaks has a substitute elsewhere.
    ///
    /// # Errors
    /// What the function raises, or an answer of it that is no host name.
    pub(crate) fn check_user_host(&self, user: &UserName) -> Result<()> {
        self.subdomains.as_ref().map_or(Ok(()), |hosts| hosts.of_user(user.as_str()).map(drop))
    }

    /// The URL of one user's servers: `/user/NAME/`, with the host where users have their own.
    pub fn user_url(&self, user: &UserName) -> String {
        self.user_host(user) + &self.user_path(&user.escaped())
    }

    /// The URL of one server: as [`Self::server_path`], with the host where users have their own.
    pub fn server_url(&self, user: &UserName, server: &ServerName) -> String {
        self.user_host(user) + &self.server_path(&user.escaped(), &server.escaped())
    }

    /// The route of one server in the proxy.
    pub fn server_route(&self, user: &UserName, server: &ServerName) -> String {
        self.host(|hosts| hosts.user_or_usual(user.as_str()))
            + &self.server_path(&user.escaped(), &server.escaped())
    }

    /// The path of a service: `/services/NAME/`.
    pub fn service_path(&self, name: &str) -> String {
        join(&[&self.base_url, "services", name, "/"])
    }

    /// The URL of a service: as [`Self::service_path`], with the host where services have their own.
    pub fn service_url(&self, name: &str) -> String {
        self.host(|hosts| hosts.origin(&hosts.service_or_usual(name))) + &self.service_path(name)
    }

    /// The link to a service, whichever scheme the page has that shows it.
    pub fn service_link(&self, name: &str) -> String {
        self.host(|hosts| format!("//{}", hosts.authority(&hosts.service_or_usual(name))))
            + &self.service_path(name)
    }

    /// The route of a service in the proxy.
    pub fn service_route(&self, name: &str) -> String {
        self.host(|hosts| hosts.service_or_usual(name)) + &self.service_path(name)
    }

    /// What is said of a host where users and services have their own, else nothing.
    fn host(&self, of: impl FnOnce(&Subdomains) -> String) -> String {
        self.subdomains.as_ref().map(of).unwrap_or_default()
    }

    /// The host name of the hub as people see it (`JupyterHub.domain` upstream); nothing where that is not configured.
    pub fn domain(&self) -> &str {
        self.public_url.as_ref().and_then(Url::host_str).unwrap_or_default()
    }

    /// Scheme and host of the hub as people see it, where that is configured.
    pub fn public_origin(&self) -> Option<String> {
        self.public_url.as_ref().map(|url| url.origin().ascii_serialization())
    }

    /// The whole URL of a path or URL of this hub, where the hub knows how people see it.
    pub fn public(&self, url: &str) -> Option<String> {
        if url.contains("://") {
            return Some(url.to_owned());
        }
        self.public_origin().map(|origin| origin + url)
    }

    /// The page of a server's progress stream, `/hub/api/users/NAME/server/progress`.
    pub fn progress_path(&self, escaped_user: &str, escaped_server: &str) -> String {
        if escaped_server.is_empty() {
            format!("{}api/users/{escaped_user}/server/progress", self.hub_prefix)
        } else {
            format!("{}api/users/{escaped_user}/servers/{escaped_server}/progress", self.hub_prefix)
        }
    }
}
