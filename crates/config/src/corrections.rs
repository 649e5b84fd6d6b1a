//! Checks and repairs of single traits, beyond their types, as upstream's validators do them.

use perijove_model::value::Value;

use crate::addresses::public::PublicUrl;
use crate::error::ConfigError;
use crate::url_parts::UrlParts;
use crate::values::Values;

mod authenticators;
mod hub;
mod routes;

/// A value after repair, and what should be said about that.
pub(crate) struct Corrected {
    pub(crate) value: Value,
    pub(crate) warning: Option<String>,
}

impl Corrected {
    fn unchanged(value: Value) -> Self {
        Self { value, warning: None }
    }

    fn with(value: impl Into<Value>, warning: impl Into<String>) -> Self {
        Self { value: value.into(), warning: Some(warning.into()) }
    }
}

/// Why a value is refused.
pub(crate) enum Refusal {
    /// What is wrong with this value.
    Problem(String),
    /// Another value that it depends on is wrong.
    Other(ConfigError),
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        Self::Other(error)
    }
}

impl From<String> for Refusal {
    fn from(problem: String) -> Self {
        Self::Problem(problem)
    }
}

type Correction = Result<Corrected, Refusal>;

/// Checks and repairs a value that was set and has the right type.
pub(crate) fn correct(values: &Values<'_>, name: &str, value: Value) -> Correction {
    let class = values.class();
    if class.is_a("JupyterHub") {
        hub::correct(values, name, value)
    } else if class.is_a("Authenticator") {
        authenticators::correct(values, name, value)
    } else if class.is_a("Spawner") {
        spawner(name, value)
    } else if class.is_a("Proxy") {
        proxy(values, name, value)
    } else {
        Ok(Corrected::unchanged(value))
    }
}

fn spawner(name: &str, value: Value) -> Correction {
    let Value::Str(text) = &value else { return Ok(Corrected::unchanged(value)) };
    match name {
        "ip" if text.starts_with('[') && text.ends_with(']') => {
            let bare = text.trim_start_matches('[').trim_end_matches(']').to_owned();
            Ok(Corrected::with(bare, "the brackets around an IPv6 address are not needed"))
        }
        "notebook_dir" | "default_url" if text.contains("%U") => {
            let current = text.replace("%U", "{username}");
            Ok(Corrected::with(current, "%U is an old form of {username}"))
        }
        "options_from_form" if text != "simple" && text != "passthrough" => {
            Err(format!("{text:?} is neither 'simple' nor 'passthrough'").into())
        }
        _ => Ok(Corrected::unchanged(value)),
    }
}

fn proxy(values: &Values<'_>, name: &str, value: Value) -> Correction {
    match (name, &value) {
        ("extra_routes", Value::Dict(entries)) => {
            let hub = values.config().values(<crate::sections::JupyterHub as crate::Section>::class());
            let host: String = hub.get("subdomain_host")?;
            routes::correct(entries, &host)
        }
        _ => Ok(Corrected::unchanged(value)),
    }
}

/// A value that follows from several traits, whether or not it is set itself.
pub(crate) fn derived(values: &Values<'_>, name: &str) -> Result<Option<Value>, ConfigError> {
    let class = values.class();
    Ok(match name {
        "bind_url" if class.is_a("JupyterHub") => Some(Value::Str(PublicUrl::resolve(values)?.bind_url)),
        "base_url" if class.is_a("JupyterHub") => Some(Value::Str(PublicUrl::resolve(values)?.base_url)),
        "log_level" if class.is_a("ConfigurableHTTPProxy") => {
            values.get::<bool>("debug")?.then(|| Value::from("debug"))
        }
        _ => None,
    })
}

/// The path of a URL without slashes at its ends.
fn bare_path(url: &str) -> &str {
    UrlParts::split(url).path.trim_matches('/')
}
