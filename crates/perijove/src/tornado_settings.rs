//! `c.JupyterHub.tornado_settings`: keys that override what 6.1.1 gives its web application.

use std::collections::BTreeMap;

use anyhow::bail;
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
    /// `concurrent_spawn_limit`, if set.
    pub concurrent_spawn_limit: Option<i64>,
    /// `active_server_limit`, if set.
    pub active_server_limit: Option<i64>,
}

impl Default for TornadoSettings {
    fn default() -> Self {
        Self {
            slow_spawn_timeout: 10.0,
            slow_stop_timeout: 10.0,
            cookie_options: Vec::new(),
            xsrf_cookie_kwargs: Vec::new(),
            headers: Vec::new(),
            concurrent_spawn_limit: None,
            active_server_limit: None,
        }
    }
}

/// Keys that make a hub no less safe when they are left out.
const HARMLESS: &[&str] = &[
    "autoreload",
    "compress_response",
    "debug",
    "log_function",
    "serve_traceback",
    "static_path",
    "template_path",
    "version_hash",
];

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
                "concurrent_spawn_limit" => settings.concurrent_spawn_limit = Some(integer(key, value)?),
                "active_server_limit" => settings.active_server_limit = Some(integer(key, value)?),
                key if HARMLESS.contains(&key) => {
                    tracing::warn!(
                        "c.JupyterHub.tornado_settings[{key:?}] does nothing in this version of Perijove"
                    );
                }
                _ => bail!(
                    "c.JupyterHub.tornado_settings[{key:?}] is not honoured by this version of Perijove, and may guard something\n\
                     hint: remove it if you can do without"
                ),
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
    fn unknown_keys_and_wrong_types_end_the_start() {
        assert!(TornadoSettings::read(&options("xsrf_cookies", Value::Bool(true))).is_err());
        assert!(TornadoSettings::read(&options("slow_spawn_timeout", Value::from("soon"))).is_err());
        assert!(TornadoSettings::read(&options("slow_stop_timeout", Value::Float(-1.0))).is_err());
    }
}
