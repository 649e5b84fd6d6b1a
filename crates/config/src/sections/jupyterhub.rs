//! `c.JupyterHub`: the hub itself.

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::value::Value;
use secrecy::SecretString;

use super::application::LOG_LEVELS;
use crate::addresses::public::PublicUrl;
use crate::class::DefaultValue::{
    Bool, Computed, EmptyBytes, EmptyDict, EmptyList, EmptySet, Float, Int, Late, None, Text,
};
use crate::error::ConfigError;
use crate::from_value::{Callable, ClassRef, CookieSecret, Hidden, OrCallable};
use crate::kind::{Choice, ClassGroup, DICT, FLOAT, Kind, LIST, SET};
use crate::section::section;
use crate::sections::Application;
use crate::values::Values;

section! {
    /// The hub: addresses, TLS, database, cookies, roles, services, limits and pages.
    JupyterHub = "JupyterHub" in "jupyterhub.app" extends Application;

    fields {
        /// How many servers may exist at the same time, starting and stopping ones included; 0 is no
        /// limit.
        active_server_limit: i64 = Kind::Int, Int(0), Honoured;
        /// Seconds of the past in which a person counts as active.
        active_user_window: i64 = Kind::Int, Int(1800), NotYet;
        /// Activity that is newer by less than this many seconds is not written to the database.
        activity_resolution: i64 = Kind::Int, Int(30), Honoured;
        /// Without effect since JupyterHub 2: what administrators may do is a matter of roles.
        admin_access: bool = Kind::Bool, Bool(false), Harmless;
        /// The old name of `Authenticator.admin_users`, which wins if it is set.
        admin_users: BTreeSet<String> = SET, EmptySet, Honoured;
        /// What people may do with named servers whose names are no longer valid.
        allow_existing_invalid_named_servers: String = Kind::Enum(&[
            Choice::Text("allow-start"),
            Choice::Text("allow-delete"),
            Choice::Text("autorename"),
        ]), Text("allow-start"), Partly("'autorename' does not rename");
        /// People may have several servers, each with a name.
        allow_named_servers: bool = Kind::Bool, Bool(false), Honoured;
        /// Answer every question of the command line with yes.
        answer_yes: bool = Kind::Bool, Bool(false), Honoured;
        /// How many items a page of an API list has.
        api_page_default_limit: i64 = Kind::Int, Int(50), Honoured;
        /// How many items a page of an API list may have at most.
        api_page_max_limit: i64 = Kind::Int, Int(200), Honoured;
        /// Tokens of people that are put into the database at start: token to name. Deprecated in
        /// favour of services.
        api_tokens: Hidden<BTreeMap<String, String>> = Kind::Dict(&Kind::Any, &Kind::Unicode), EmptyDict, Honoured;
        /// The metrics page asks for a token.
        authenticate_prometheus: bool = Kind::Bool, Bool(true), Honoured;
        /// How people prove who they are: `'pam'`, `'dummy'`, `'shared-password'`, `'null'`, or a class.
        authenticator_class: ClassRef = Kind::Class(ClassGroup::Authenticators),
            Text("jupyterhub.auth.PAMAuthenticator"), Honoured;
        /// The path under which everything is served.
        base_url: String = Kind::UrlPrefix, Computed("the path of bind_url", base_url), Honoured;
        /// The public address, as a URL: scheme, address, port and path, or
        /// `http+unix://%2Fpath%2Fto.sock`. `ip`, `port` and `base_url` set parts of it.
        bind_url: String = Kind::Unicode, Computed("http://:8000, https with ssl_cert", bind_url), Honoured;
        /// Stop the proxy when the hub stops.
        cleanup_proxy: bool = Kind::Bool, Bool(true), Honoured;
        /// Stop all servers when the hub stops. Otherwise they run on, and the next hub adopts them.
        cleanup_servers: bool = Kind::Bool, Bool(true), Honoured;
        /// How many servers may be starting at the same time; 0 is no limit.
        concurrent_spawn_limit: i64 = Kind::Int, Int(100), Honoured;
        /// The configuration file.
        config_file: String = Kind::Unicode, Text("jupyterhub_config.py"), Honoured;
        /// Without effect since JupyterHub 0.7.
        confirm_no_ssl: bool = Kind::Bool, Bool(false), Harmless;
        /// Name the login cookies `__Host-…`, which servers on other domains cannot overwrite.
        cookie_host_prefix_enabled: bool = Kind::Bool, Bool(false), Honoured;
        /// Days that a login lasts.
        cookie_max_age_days: f64 = FLOAT, Float(14.0), Honoured;
        /// The secret that signs cookies: 32 bytes, or their hexadecimal form. It comes before
        /// `JPY_COOKIE_SECRET` and the file.
        cookie_secret: CookieSecret = Kind::Union(&[Kind::Bytes, Kind::Unicode]), EmptyBytes, Honoured;
        /// The file that keeps the secret; others must not be able to read it.
        cookie_secret_file: String = Kind::Unicode, Text("jupyterhub_cookie_secret"), Honoured;
        /// Scopes of your own, each starting with `custom:`, with a description.
        custom_scopes: BTreeMap<String, Value> =
            Kind::Dict(&Kind::Unicode, &Kind::Dict(&Kind::Unicode, &Kind::Any)), EmptyDict, Honoured;
        /// Where upstream's templates and static files are. Perijove carries its own; a directory set
        /// here is searched first.
        data_files_path: Option<String> = Kind::Unicode, Late("the files inside the program"), NotYet;
        /// Options of upstream's database engine (SQLAlchemy).
        db_kwargs: BTreeMap<String, Value> = DICT, EmptyDict, NotYetRestricting;
        /// The database as an SQLAlchemy URL, or the path of an SQLite file.
        db_url: SecretString = Kind::Unicode, Text("sqlite:///jupyterhub.sqlite"), Honoured;
        /// Log every database statement.
        debug_db: bool = Kind::Bool, Bool(false), NotYet;
        /// The old name of `ConfigurableHTTPProxy.debug`.
        debug_proxy: bool = Kind::Bool, Bool(false), Honoured;
        /// The named server that links without a server name lead to.
        default_server_name: String = Kind::Unicode, Text(""), Honoured;
        /// The page that people land on after login: a path, or a function of the request handler.
        /// Empty: their own server.
        default_url: OrCallable<String> = Kind::Union(&[Kind::Unicode, Kind::Callable]), Text(""), Honoured;
        /// Certificate authorities made elsewhere, for `internal_ssl`.
        external_ssl_authorities: BTreeMap<String, Value> = DICT, EmptyDict, Honoured;
        /// Further request handlers (Python classes). Deprecated in favour of services.
        extra_handlers: Vec<Value> = LIST, EmptyList, Honoured;
        /// A file that gets a copy of the log. Deprecated: redirect the output instead.
        extra_log_file: String = Kind::Unicode, Text(""), NotYet;
        /// Further Python logging handlers.
        extra_log_handlers: Vec<Value> = Kind::List(&Kind::Instance("Handler")), EmptyList, NotYet;
        /// Scopes that everybody has besides those of the `user` role.
        extra_user_scopes: BTreeSet<String> = Kind::Set(&Kind::Unicode), EmptySet, Honoured;
        /// The header that holds the host people asked for, where a proxy in front changes `Host`.
        forwarded_host_header: String = Kind::Unicode, Text(""), NotYet;
        /// Make the certificates of `internal_ssl` and end.
        generate_certs: bool = Kind::Bool, Bool(false), Honoured;
        /// Write a configuration file with every option commented out, and end.
        generate_config: bool = Kind::Bool, Bool(false), Honoured;
        /// The address on which the hub itself listens, for servers and services, as a URL. It comes
        /// before `hub_ip` and `hub_port`.
        hub_bind_url: String = Kind::Unicode, Text(""), Honoured;
        /// The host under which servers and services reach the hub.
        hub_connect_ip: String = Kind::Unicode, Text(""), Honoured;
        /// The port under which servers and services reach the hub. Deprecated in favour of
        /// `hub_connect_url`.
        hub_connect_port: i64 = Kind::Int, Int(0), Honoured;
        /// The URL under which servers and services reach the hub.
        hub_connect_url: String = Kind::Unicode, Text(""), Honoured;
        /// The address on which the hub itself listens.
        hub_ip: String = Kind::Unicode, Text("127.0.0.1"), Honoured;
        /// The port on which the hub itself listens.
        hub_port: i64 = Kind::Int, Int(8081), Honoured;
        /// The route of the hub in the proxy.
        hub_routespec: String = Kind::Unicode,
            Computed("base_url, or / with subdomain_host", hub_routespec), Honoured;
        /// The permissions of the hub's socket file, if `hub_bind_url` is one.
        hub_socket_mode: i64 = Kind::Int, Int(0o600), Honoured;
        /// Seconds after which the page of a stopped server starts it by itself; 0 never does.
        implicit_spawn_seconds: f64 = FLOAT, Float(0.0), Honoured;
        /// Seconds that the start waits for the checks of running servers; they go on afterwards. -1
        /// waits for all. Perijove waits for none: what concerns a server waits for its check.
        init_spawners_timeout: i64 = Kind::Int, Int(10), Honoured;
        /// The directory of the certificates of `internal_ssl`.
        internal_certs_location: String = Kind::Unicode, Text("internal-ssl"), Honoured;
        /// Hub, proxy, servers and services talk TLS among themselves.
        internal_ssl: bool = Kind::Bool, Bool(false), Honoured;
        /// The public address; part of `bind_url`.
        ip: String = Kind::Unicode, Text(""), Honoured;
        /// Further arguments of upstream's template environment (Jinja2).
        jinja_environment_options: BTreeMap<String, Value> = DICT, EmptyDict, NotYet;
        /// Seconds between two looks at the proxy's record of activity.
        last_activity_interval: i64 = Kind::Int, Int(300), Honoured;
        /// `POST /hub/api/authorizations/token` gives a token for a name and a password, as in
        /// JupyterHub 1.x. JupyterHub 6 has neither the option nor the endpoint: only for old scripts.
        legacy_password_tokens: bool = Kind::Bool, Bool(false), Honoured;
        /// Groups, their members and properties that are put into the database at start.
        load_groups: Vec<(String, Value)> =
            Kind::Dict(&Kind::Any, &Kind::Union(&[DICT, LIST])), EmptyDict, Honoured;
        /// Roles that are made or changed at start: each has a name, and may have a description,
        /// scopes, users, groups and services.
        load_roles: Vec<Value> = Kind::List(&DICT), EmptyList, Honoured;
        /// The image in the corner of every page.
        logo_file: Option<String> = Kind::Unicode, Late("the image inside the program"), Honoured;
        /// How many named servers a person may have: a number, or a function of the request handler;
        /// 0 is no limit.
        named_server_limit_per_user: OrCallable<i64> =
            Kind::Union(&[Kind::Int, Kind::Callable]), Int(0), Honoured;
        /// Clients of the OAuth provider must use PKCE.
        oauth_require_pkce: bool = Kind::Bool, Bool(false), Honoured;
        /// Seconds that the tokens of logins to servers and services last.
        oauth_token_expires_in: i64 = Kind::Int,
            Computed("cookie_max_age_days in seconds", oauth_token_expires_in), Honoured;
        /// A file that gets the process id of the hub.
        pid_file: String = Kind::Unicode, Text(""), Honoured;
        /// The public port; part of `bind_url`.
        port: i64 = Kind::Int, Int(8000), Honoured;
        /// The old form of `ConfigurableHTTPProxy.api_url`: its host.
        proxy_api_ip: String = Kind::Unicode, Text(""), Honoured;
        /// The old form of `ConfigurableHTTPProxy.api_url`: its port.
        proxy_api_port: i64 = Kind::Int, Int(0), Honoured;
        /// The old name of `ConfigurableHTTPProxy.auth_token`.
        proxy_auth_token: SecretString = Kind::Unicode, Text(""), Honoured;
        /// The old name of `ConfigurableHTTPProxy.check_running_interval`.
        proxy_check_interval: i64 = Kind::Int, Int(5), Harmless;
        /// What serves the public address: `'configurable-http-proxy'`, or a class.
        proxy_class: ClassRef = Kind::Class(ClassGroup::Proxies),
            Text("jupyterhub.proxy.ConfigurableHTTPProxy"), Honoured;
        /// The old name of `ConfigurableHTTPProxy.command`.
        proxy_cmd: Vec<String> = Kind::Command(1), EmptyList, Honoured;
        /// The URL at which people see this hub, path included, where a proxy in front hides it.
        public_url: String = Kind::Unicode,
            Computed("subdomain_host and base_url, if subdomain_host is set", public_url), Honoured;
        /// Make the certificates of `internal_ssl` anew.
        recreate_internal_certs: bool = Kind::Bool, Bool(false), Honoured;
        /// Logged-in people land on their running server rather than on the home page.
        redirect_to_server: bool = Kind::Bool, Bool(true), Honoured;
        /// Empty the database at start.
        reset_db: bool = Kind::Bool, Bool(false), NotYetRestricting;
        /// Seconds between two checks of services that have a URL.
        service_check_interval: i64 = Kind::Int, Int(60), Honoured;
        /// Tokens of services that are put into the database at start: token to service.
        service_tokens: Hidden<BTreeMap<String, String>> =
            Kind::Dict(&Kind::Any, &Kind::Unicode), EmptyDict, Honoured;
        /// Services: each has a name, and may have a url, a command, a token and more.
        services: Hidden<Vec<Value>> = Kind::List(&DICT), EmptyList, Honoured;
        /// Stop a person's servers when the person logs out.
        shutdown_on_logout: bool = Kind::Bool, Bool(false), Honoured;
        /// What runs servers: `'localprocess'`, `'simple'`, or a class.
        spawner_class: ClassRef = Kind::Class(ClassGroup::Spawners),
            Text("jupyterhub.spawner.LocalProcessSpawner"), Honoured;
        /// The certificate file of the public address.
        ssl_cert: String = Kind::Unicode, Text(""), Honoured;
        /// The key file of the public address.
        ssl_key: String = Kind::Unicode, Text(""), Honoured;
        /// How a name becomes part of a host name: `'idna'`, `'legacy'`, or a function.
        subdomain_hook: OrCallable<String> =
            Kind::Union(&[Kind::Callable, Kind::Unicode]), Text("idna"), Honoured;
        /// Serve each person's server on a subdomain of this host (`https://hub.example.org`).
        subdomain_host: String = Kind::Unicode, Text(""), Honoured;
        /// Directories with templates that replace or extend ours.
        template_paths: Vec<String> = LIST, EmptyList, Honoured;
        /// Variables for templates. A value may be a function of the person.
        template_vars: BTreeMap<String, Value> = DICT, EmptyDict, Honoured;
        /// The longest life in seconds of a token that people make; 0 is no limit.
        token_expires_in_max_seconds: i64 = Kind::Int, Int(0), Honoured;
        /// Settings of upstream's web application (Tornado) that replace its own.
        tornado_settings: Hidden<BTreeMap<String, Value>> = DICT, EmptyDict, Honoured;
        /// Tokens given in the configuration are random enough to be stored with one round of hashing.
        trust_user_provided_tokens: bool = Kind::Bool, Bool(false), Honoured;
        /// Further names in internal certificates.
        trusted_alt_names: Vec<String> = Kind::List(&Kind::Unicode), EmptyList, Honoured;
        /// Addresses of proxies in front, whose `X-Forwarded-For` is believed.
        trusted_downstream_ips: Vec<String> = Kind::List(&Kind::Unicode), EmptyList, Honoured;
        /// Bring an older database up to date at start.
        upgrade_db: bool = Kind::Bool, Bool(false), Honoured;
        /// Answer requests to a stopped server with 503 rather than 424, for old JupyterLabs.
        use_legacy_stopped_server_status_code: bool = Kind::Bool, Bool(false), Honoured;
        /// A function that decides where `/user-redirect/…` leads.
        user_redirect_hook: Option<Callable> = Kind::Optional(&Kind::Callable), None, Honoured;
    }
    redefines {
        log_datefmt = Kind::Unicode, Text("%Y-%m-%d %H:%M:%S"), NotYet;
        log_format = Kind::Unicode, Text(
            "%(color)s[%(levelname)1.1s %(asctime)s.%(msecs).03d %(name)s %(module)s:%(lineno)d]%(end_color)s %(message)s"
        ), NotYet;
        log_level = LOG_LEVELS, Int(20), Honoured;
    }
}

fn base_url(values: &Values<'_>) -> Result<Value, ConfigError> {
    Ok(Value::Str(PublicUrl::resolve(values)?.base_url))
}

fn bind_url(values: &Values<'_>) -> Result<Value, ConfigError> {
    Ok(Value::Str(PublicUrl::resolve(values)?.bind_url))
}

fn hub_routespec(values: &Values<'_>) -> Result<Value, ConfigError> {
    let host: String = values.get("subdomain_host")?;
    if host.is_empty() { values.value("base_url") } else { Ok(Value::Str("/".to_owned())) }
}

fn oauth_token_expires_in(values: &Values<'_>) -> Result<Value, ConfigError> {
    let days: f64 = values.get("cookie_max_age_days")?;
    #[expect(clippy::cast_possible_truncation, reason = "upstream cuts the fraction off too")]
    Ok(Value::Int((days * 86400.0) as i64))
}

fn public_url(values: &Values<'_>) -> Result<Value, ConfigError> {
    let host: String = values.get("subdomain_host")?;
    let base: String = values.get("base_url")?;
    Ok(Value::Str(if host.is_empty() { host } else { host + &base }))
}
