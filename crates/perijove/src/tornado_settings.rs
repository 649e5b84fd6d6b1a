//! `c.JupyterHub.tornado_settings`: keys that override what 6.1.1 gives its web application.

use std::collections::BTreeMap;

use anyhow::bail;
use perijove_config::Config;
use perijove_config::tree::{Entry, Raw};
use perijove_model::Value;

/// The keys that act here; the others are named at start.
#[derive(Debug, Clone, PartialEq)]
pub struct TornadoSettings {
    /// `slow_spawn_timeout`, in seconds.
    pub slow_spawn_timeout: f64,
    /// `slow_stop_timeout`, in seconds.
    pub slow_stop_timeout: f64,
    /// `cookie_options`: attributes of all cookies.
    pub cookie_options: Vec<(String, String)>,
    /// `xsrf_cookie_kwargs`: attributes of the `_xsrf` cookie, in place of `cookie_options`.
    pub xsrf_cookie_kwargs: Vec<(String, String)>,
    /// `headers`: set on every answer.
    pub headers: Vec<(String, String)>,
    /// `csp_report_uri`: where browsers report what a page's policy forbade.
    pub csp_report_uri: Option<String>,
    /// `user_redirect_limit`: how many redirects between hub and server are a loop.
    pub user_redirect_limit: Option<i64>,
    /// `no_cache_static`: files are never kept, whatever their URL.
    pub no_cache_static: bool,
    /// `spawn_throttle_retry_range`, in seconds.
    pub spawn_throttle_retry_range: (u64, u64),
}

impl Default for TornadoSettings {
    fn default() -> Self {
        Self {
            slow_spawn_timeout: 10.0,
            slow_stop_timeout: 10.0,
            cookie_options: Vec::new(),
            xsrf_cookie_kwargs: Vec::new(),
            headers: Vec::new(),
            csp_report_uri: None,
            user_redirect_limit: None,
            no_cache_static: false,
            spawn_throttle_retry_range: (30, 60),
        }
    }
}

/// Keys that are options of `c.JupyterHub` too, which upstream reads only here: these win.
const OPTIONS: &[&str] = &[
    "active_server_limit",
    "activity_resolution",
    "admin_access",
    "allow_named_servers",
    "api_page_default_limit",
    "api_page_max_limit",
    "authenticate_prometheus",
    "concurrent_spawn_limit",
    "cookie_max_age_days",
    "default_url",
    "implicit_spawn_seconds",
    "named_server_limit_per_user",
    "redirect_to_server",
    "shutdown_on_logout",
    "template_vars",
    "token_expires_in_max_seconds",
];

/// Keys that JupyterHub or Tornado reads, that may guard something, and that do not act here.
const GUARDS: &[&str] = &[
    "allow_invalid_named_server_start",
    "app",
    "authenticator",
    "base_url",
    "config_role_names",
    "cookie_host_prefix_enabled",
    "cookie_secret",
    "cross_origin_protection",
    "db",
    "default_handler_args",
    "default_handler_class",
    "domain",
    "hub",
    "internal_ssl",
    "key_version",
    "login_url",
    "logout_url",
    "oauth_no_confirm_list",
    "oauth_provider",
    "proxy",
    "public_url",
    "services",
    "spawner_class",
    "static_handler_class",
    "static_url_prefix",
    "subdomain_hook",
    "subdomain_host",
    "trusted_alt_names",
    "trusted_origins",
    "users",
    "xsrf_cookie_name",
    "xsrf_cookie_version",
    "xsrf_cookies",
];

/// The configuration with the keys over the options of the same names.
pub fn over_options(config: &Config) -> Config {
    let mut merged = config.clone();
    let Some(Entry { raw: Raw::Value(settings), origin }) = config.entry("JupyterHub", "tornado_settings")
    else {
        return merged;
    };
    for (key, value) in settings.entries().unwrap_or_default() {
        if let Some(key) = key.as_str().filter(|key| OPTIONS.contains(key)) {
            merged.tree_mut().set("JupyterHub", key, value.clone(), origin.clone());
        }
    }
    merged
}

impl TornadoSettings {
    /// Reads the option.
    ///
    /// # Errors
    /// A key that is not honoured and may guard something, and a value of the wrong type.
    pub fn read(options: &BTreeMap<String, Value>) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        for (key, value) in options {
            match key.as_str() {
                "slow_spawn_timeout" => settings.slow_spawn_timeout = number(key, value)?,
                "slow_stop_timeout" => settings.slow_stop_timeout = number(key, value)?,
                "cookie_options" => settings.cookie_options = texts(key, value)?,
                "xsrf_cookie_kwargs" => settings.xsrf_cookie_kwargs = texts(key, value)?,
                "headers" => settings.headers = texts(key, value)?,
                "csp_report_uri" => settings.csp_report_uri = Some(text(key, value)?),
                "user_redirect_limit" => settings.user_redirect_limit = Some(integer(key, value)?),
                "no_cache_static" => settings.no_cache_static = flag(key, value)?,
                "spawn_throttle_retry_range" => settings.spawn_throttle_retry_range = range(key, value)?,
                // The default, spelt out.
                "xsrf_cookies" if value.as_bool() == Some(true) => {}
                key if OPTIONS.contains(&key) => {}
                key if GUARDS.contains(&key) || key.starts_with("internal_") => bail!(
                    "c.JupyterHub.tornado_settings[{key:?}] is not honoured by this version of Perijove, and may guard something\n\
                     hint: remove it if you can do without"
                ),
                _ => {
                    tracing::warn!("c.JupyterHub.tornado_settings[{key:?}] does nothing in Perijove");
                }
            }
        }
        Ok(settings)
    }

    /// The attributes of the `_xsrf` cookie.
    pub fn xsrf_cookie_options(&self) -> &[(String, String)] {
        if self.xsrf_cookie_kwargs.is_empty() { &self.cookie_options } else { &self.xsrf_cookie_kwargs }
    }
}

fn wrong(key: &str, expected: &str, value: &Value) -> anyhow::Error {
    anyhow::anyhow!("c.JupyterHub.tornado_settings[{key:?}] must be {expected}, not {}", value.repr())
}

fn number(key: &str, value: &Value) -> anyhow::Result<f64> {
    match value {
        Value::Float(number) | Value::Timedelta(number) if number.is_finite() && *number >= 0.0 => {
            Ok(*number)
        }
        Value::Int(number) if *number >= 0 => Ok(f64::from(u32::try_from(*number).unwrap_or(u32::MAX))),
        _ => Err(wrong(key, "a number of seconds", value)),
    }
}

fn text(key: &str, value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(key, "text", value))
}

fn flag(key: &str, value: &Value) -> anyhow::Result<bool> {
    value.as_bool().ok_or_else(|| wrong(key, "True or False", value))
}

fn range(key: &str, value: &Value) -> anyhow::Result<(u64, u64)> {
    let seconds = |value: &Value| value.as_int().and_then(|seconds| u64::try_from(seconds).ok());
    let pair = match value {
        Value::Tuple(items) | Value::List(items) => match items.as_slice() {
            [low, high] => seconds(low).zip(seconds(high)),
            _ => None,
        },
        _ => None,
    };
    pair.ok_or_else(|| wrong(key, "a pair of whole seconds", value))
}

fn integer(key: &str, value: &Value) -> anyhow::Result<i64> {
    value.as_int().ok_or_else(|| wrong(key, "a whole number", value))
}

/// A dictionary of texts. Python's booleans and numbers are written as Tornado would.
fn texts(key: &str, value: &Value) -> anyhow::Result<Vec<(String, String)>> {
    let entries = value.entries().ok_or_else(|| wrong(key, "a dictionary", value))?;
    let pair = |(name, value): &(Value, Value)| {
        let text = match value {
            Value::Str(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::None => "None".to_owned(),
            Value::Bool(flag) => {
                if *flag {
                    "True".to_owned()
                } else {
                    String::new()
                }
            }
            _ => return None,
        };
        Some((name.as_str()?.to_owned(), text))
    };
    entries.iter().map(pair).collect::<Option<_>>().ok_or_else(|| wrong(key, "a dictionary of texts", value))
}

#[cfg(test)]
mod tests {
    use perijove_config::origin::Origin;

    use super::*;

    fn options(key: &str, value: Value) -> BTreeMap<String, Value> {
        BTreeMap::from([(key.to_owned(), value)])
    }

    #[test]
    fn known_keys_act() {
        let settings = TornadoSettings::read(&options("slow_spawn_timeout", Value::Int(0))).unwrap();
        assert_eq!(settings.slow_spawn_timeout, 0.0);
        let headers = Value::Dict(vec![(Value::from("X-A"), Value::from("b"))]);
        let settings = TornadoSettings::read(&options("headers", headers)).unwrap();
        assert_eq!(settings.headers, [("X-A".to_owned(), "b".to_owned())]);
    }

    #[test]
    fn keys_win_over_options_of_the_same_name() {
        let mut config = Config::default();
        let settings = Value::Dict(vec![(Value::from("admin_access"), Value::Bool(true))]);
        config.tree_mut().set("JupyterHub", "tornado_settings", settings, Origin::Default);
        let merged = over_options(&config);
        let entry = merged.entry("JupyterHub", "admin_access").unwrap();
        assert_eq!(entry.raw, Raw::Value(Value::Bool(true)));
    }

    #[test]
    fn what_nobody_reads_is_told_and_left() {
        assert_eq!(
            TornadoSettings::read(&options("nonsense", Value::Int(1))).unwrap(),
            TornadoSettings::default()
        );
    }

    #[test]
    fn guarding_keys_and_wrong_types_end_the_start() {
        assert!(TornadoSettings::read(&options("xsrf_cookies", Value::Bool(true))).is_ok());
        assert!(TornadoSettings::read(&options("xsrf_cookies", Value::Bool(false))).is_err());
        assert!(TornadoSettings::read(&options("cookie_secret", Value::from("x"))).is_err());
        assert!(TornadoSettings::read(&options("spawn_throttle_retry_range", Value::Int(1))).is_err());
        assert!(TornadoSettings::read(&options("slow_spawn_timeout", Value::from("soon"))).is_err());
        assert!(TornadoSettings::read(&options("slow_stop_timeout", Value::Float(-1.0))).is_err());
    }
}
