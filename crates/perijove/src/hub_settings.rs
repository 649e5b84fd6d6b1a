//! From the configuration's sections to the hub's settings.

use anyhow::Context;
use perijove_config::Loaded;
use perijove_core::settings::{ApiSettings, CookieSettings, PageSettings, ServerSettings, Settings};
use perijove_crypto::cookie_secret::CookieSecret;
use url::Url;

use crate::proxying::Proxying;
use crate::sections::Sections;
use crate::subdomain_hook;
use crate::tornado_settings::TornadoSettings;

/// The name of the login cookie.
const LOGIN_COOKIE: &str = "jupyterhub-hub-login";
/// What a browser accepts only over TLS, for this host and all paths.
const HOST_PREFIX: &str = "__Host-";

/// Resolves every setting.
///
/// # Errors
/// A value that cannot be used, or a function where this version calls none.
pub fn read(
    loaded: &Loaded,
    sections: &Sections,
    tornado: &TornadoSettings,
    proxying: &Proxying,
    cookie_secret: CookieSecret,
) -> anyhow::Result<Settings> {
    let hub = &sections.hub;
    let addresses = &sections.addresses;
    let origin = sections.hub_origin();
    // Before the URL that follows from it.
    let subdomains = subdomain_hook::read(loaded, sections)?;
    let public_url = match hub.public_url.as_str() {
        "" => None,
        url => Some(Url::parse(url).context("c.JupyterHub.public_url")?),
    };
    Ok(Settings {
        base_url: addresses.base_url.clone(),
        hub_prefix: addresses.hub_prefix.clone(),
        subdomains,
        public_url,
        hub_connect_url: origin.to_owned(),
        hub_api_url: format!("{}api", addresses.hub_url),
        cookie_secret,
        cookies: cookies(sections, tornado),
        servers: servers(sections, tornado)?,
        pages: pages(sections)?,
        api: api(sections)?,
        activity_resolution: seconds("activity_resolution", hub.activity_resolution)?,
        last_activity_interval: seconds("last_activity_interval", hub.last_activity_interval)?,
        service_check_interval: hub.service_check_interval,
        hub_route: hub.hub_routespec.clone(),
        hub_target: proxying.hub_target(origin)?,
        extra_routes: sections.proxy.base.extra_routes.clone(),
        cleanup_proxy: hub.cleanup_proxy,
        manage_groups: sections.manage_groups,
        authenticate_prometheus: hub.authenticate_prometheus,
        hub_environment: sections.environment.text(),
    })
}

fn cookies(sections: &Sections, tornado: &TornadoSettings) -> CookieSettings {
    let host_prefix = sections.hub.cookie_host_prefix_enabled;
    let prefix = if host_prefix { HOST_PREFIX } else { "" };
    CookieSettings {
        login_name: format!("{prefix}{LOGIN_COOKIE}"),
        max_age_days: sections.hub.cookie_max_age_days,
        host_prefix,
        options: tornado.cookie_options.clone(),
        xsrf_options: tornado.xsrf_cookie_options().to_vec(),
    }
}

fn servers(sections: &Sections, tornado: &TornadoSettings) -> anyhow::Result<ServerSettings> {
    let (hub, spawner) = (&sections.hub, &sections.spawner);
    Ok(ServerSettings {
        slow_spawn_timeout: tornado.slow_spawn_timeout,
        slow_stop_timeout: tornado.slow_stop_timeout,
        concurrent_spawn_limit: limit(hub.concurrent_spawn_limit),
        active_server_limit: limit(hub.active_server_limit),
        spawn_throttle_retry_range: tornado.spawn_throttle_retry_range,
        consecutive_failure_limit: u64::try_from(spawner.consecutive_failure_limit).unwrap_or(0),
        allow_named_servers: hub.allow_named_servers,
        named_server_limit_per_user: hub.named_server_limit_per_user.plain().copied().unwrap_or(0),
        allow_invalid_named_server_start: hub.allow_existing_invalid_named_servers == "allow-start",
        // Functions, and what a Python spawner has, are asked for at each start.
        server_token_scopes: spawner.server_token_scopes.plain().cloned().unwrap_or_default(),
        oauth_client_allowed_scopes: spawner.oauth_client_allowed_scopes.plain().cloned().unwrap_or_default(),
        admin_access: hub.admin_access,
        cleanup_servers: hub.cleanup_servers,
        options_form: spawner
            .options_form
            .plain()
            .filter(|form| !form.is_empty() && sections.classes.spawner.python.is_none())
            .cloned(),
    })
}

fn pages(sections: &Sections) -> anyhow::Result<PageSettings> {
    let hub = &sections.hub;
    Ok(PageSettings {
        default_url: hub.default_url.plain().cloned().unwrap_or_default(),
        redirect_to_server: hub.redirect_to_server,
        default_server_name: hub.default_server_name.clone(),
        shutdown_on_logout: hub.shutdown_on_logout,
        implicit_spawn_seconds: hub.implicit_spawn_seconds,
        legacy_stopped_status: hub.use_legacy_stopped_server_status_code,
    })
}

fn api(sections: &Sections) -> anyhow::Result<ApiSettings> {
    let hub = &sections.hub;
    Ok(ApiSettings {
        page_default_limit: seconds("api_page_default_limit", hub.api_page_default_limit)?,
        page_max_limit: seconds("api_page_max_limit", hub.api_page_max_limit)?,
        token_expires_in_max_seconds: seconds(
            "token_expires_in_max_seconds",
            hub.token_expires_in_max_seconds,
        )?,
        // Negative where cookies count as too old from the start (`cookie_max_age_days`), and so do these tokens.
        oauth_token_expires_in: hub.oauth_token_expires_in,
        oauth_require_pkce: hub.oauth_require_pkce,
        trust_given_tokens: hub.trust_user_provided_tokens,
        legacy_password_tokens: hub.legacy_password_tokens,
    })
}

/// A number that must not be negative.
fn seconds(option: &str, value: i64) -> anyhow::Result<u64> {
    u64::try_from(value)
        .with_context(|| format!("c.JupyterHub.{option} must not be negative, and is {value}"))
}

/// A limit, of which 0 and less mean none.
fn limit(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0)
}
