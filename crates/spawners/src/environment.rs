//! What a single-user server finds in its environment, whatever spawner starts it.
//!
//! Names and values are JupyterHub 6.1.1's, byte for byte; a golden test compares them with what the real one makes.

use std::ffi::OsString;
use std::fmt;

use perijove_config::sections;
use perijove_model::{Value, path};
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use crate::error::SpawnError;
use crate::launch::SpawnFacts;
use crate::python_json::{dumps, dumps_texts};
use crate::template;

/// Variables in the order in which they were first set. `Debug` shows names only, since values are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(Vec<(String, OsString)>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Environment {
    /// Sets a variable, in its old place if it has one.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(entry) => entry.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Sets all variables of another one.
    pub fn extend(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.set(&name, value);
        }
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&std::ffi::OsStr> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &std::ffi::OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }
}

fn invalid(option: &str, problem: impl Into<String>) -> SpawnError {
    SpawnError::Config { option: option.to_owned(), problem: problem.into() }
}

/// The environment of a server that listens on `port`.
///
/// # Errors
/// [`SpawnError::Config`] for a value that cannot be a variable, or a template that cannot be filled.
pub fn environment(
    facts: &SpawnFacts,
    options: &sections::Spawner,
    port: u16,
) -> Result<Environment, SpawnError> {
    let mut env = Environment::default();
    for name in &options.env_keep {
        if let Some(value) = facts.hub_environment.get(name) {
            env.set(name, value);
        }
    }
    identify(&mut env, facts);
    locate(&mut env, facts, options, port);
    limit(&mut env, options);
    if let Some(files) = &facts.internal_tls {
        for (name, value) in files.variables() {
            env.set(&name, value);
        }
    }
    for (option, variable, text) in [
        ("notebook_dir", "JUPYTERHUB_ROOT_DIR", &options.notebook_dir),
        ("default_url", "JUPYTERHUB_DEFAULT_URL", &options.default_url),
    ] {
        if !text.is_empty() {
            env.set(variable, filled(facts, &format!("Spawner.{option}"), text)?);
        }
    }
    if options.debug {
        env.set("JUPYTERHUB_DEBUG", "1");
    }
    if options.disable_user_config {
        env.set("JUPYTERHUB_DISABLE_USER_CONFIG", "1");
    }
    // Last, so that an administrator has the last word.
    for (name, value) in &options.environment {
        env.set(name, variable(facts, name, value)?);
    }
    Ok(env)
}

/// Tokens, scopes and names.
fn identify(env: &mut Environment, facts: &SpawnFacts) {
    let token = facts.api_token.expose_secret();
    env.set("JUPYTERHUB_API_TOKEN", token);
    // What servers before JupyterHub 0.8 read.
    env.set("JPY_API_TOKEN", token);
    if facts.admin_access {
        env.set("JUPYTERHUB_ADMIN_ACCESS", "1");
    }
    env.set("JUPYTERHUB_CLIENT_ID", &facts.oauth_client_id);
    if !facts.cookie_options.is_empty() {
        env.set("JUPYTERHUB_COOKIE_OPTIONS", dumps(&Json::Object(facts.cookie_options.clone())));
    }
    env.set(
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED",
        if facts.cookie_host_prefix_enabled { "1" } else { "0" },
    );
    env.set("JUPYTERHUB_HOST", &facts.hub_public_host);
    let server = facts.server.escaped();
    let callback = path::join(&[facts.user_url.as_str(), server.as_str(), "oauth_callback"]);
    env.set("JUPYTERHUB_OAUTH_CALLBACK_URL", callback);
    let scopes = dumps_texts(&facts.oauth_access_scopes);
    // What servers before JupyterHub 3 read.
    env.set("JUPYTERHUB_OAUTH_SCOPES", &scopes);
    env.set("JUPYTERHUB_OAUTH_ACCESS_SCOPES", &scopes);
    env.set("JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", dumps_texts(&facts.oauth_client_allowed_scopes));
    env.set("JUPYTERHUB_USER", facts.user.as_str());
    env.set("JUPYTERHUB_SERVER_NAME", facts.server.as_str());
}

/// Where hub and server are.
fn locate(env: &mut Environment, facts: &SpawnFacts, options: &sections::Spawner, port: u16) {
    let api_url = match &options.hub_connect_url {
        Some(url) => path::join(&[url.as_str(), path_of(&facts.hub_api_url)]),
        None => facts.hub_api_url.clone(),
    };
    let user = facts.user.escaped();
    let activity = path::join(&[api_url.as_str(), "users", user.as_str(), "activity"]);
    env.set("JUPYTERHUB_API_URL", api_url);
    env.set("JUPYTERHUB_ACTIVITY_URL", activity);
    let hub = &facts.hub_base_url;
    env.set("JUPYTERHUB_BASE_URL", hub.strip_suffix("hub/").unwrap_or(hub));
    env.set("JUPYTERHUB_SERVICE_PREFIX", &facts.server_base_url);
    let scheme = if facts.internal_tls.is_some() { "https" } else { "http" };
    let ip = bracketed(&options.ip);
    env.set("JUPYTERHUB_SERVICE_URL", format!("{scheme}://{ip}:{port}{}", facts.server_base_url));
    env.set("JUPYTERHUB_PUBLIC_URL", &facts.public_url);
    env.set("JUPYTERHUB_PUBLIC_HUB_URL", &facts.public_hub_url);
}

/// Limits are only told; enforcing them is the spawner's business.
fn limit(env: &mut Environment, options: &sections::Spawner) {
    for (name, bytes) in [("MEM_LIMIT", options.mem_limit), ("MEM_GUARANTEE", options.mem_guarantee)] {
        if let Some(bytes) = bytes.filter(|bytes| *bytes != 0) {
            env.set(name, bytes.to_string());
        }
    }
    for (name, cores) in [("CPU_LIMIT", options.cpu_limit), ("CPU_GUARANTEE", options.cpu_guarantee)] {
        if let Some(cores) = cores.filter(|cores| *cores != 0.0) {
            env.set(name, Value::Float(cores).repr());
        }
    }
}

/// An address as URLs have it.
pub(crate) fn bracketed(ip: &str) -> String {
    if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() }
}

/// The path of a URL, with nothing after it.
fn path_of(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after.find('/').and_then(|at| after.get(at..)).unwrap_or("");
    path.split(['?', '#']).next().unwrap_or(path)
}

/// A configured text with the user's name in it.
pub(crate) fn filled_with_username(
    facts: &SpawnFacts,
    option: &str,
    text: &str,
) -> Result<String, SpawnError> {
    template::format(text, &[("username", facts.user.as_str())]).map_err(|problem| invalid(option, problem))
}

/// A configured text with the names of this server in it.
fn filled(facts: &SpawnFacts, option: &str, text: &str) -> Result<String, SpawnError> {
    let names = [("username", facts.user.as_str()), ("base_url", facts.server_base_url.as_str())];
    template::format(text, &names).map_err(|problem| invalid(option, problem))
}

/// The text of a value of `Spawner.environment`.
pub(crate) fn variable(facts: &SpawnFacts, name: &str, value: &Value) -> Result<OsString, SpawnError> {
    use std::os::unix::ffi::OsStringExt;
    let option = || format!("Spawner.environment[{name:?}]");
    match value {
        Value::Str(text) | Value::Path(text) => Ok(text.into()),
        Value::Bytes(bytes) => Ok(OsString::from_vec(bytes.clone())),
        Value::Handle(_) => {
            facts.called_environment.get(name).map(OsString::from).ok_or_else(|| {
                invalid(&option(), "the function was not called; is the Python worker running?")
            })
        }
        other => {
            let problem = format!(
                "an environment variable must be text, not {} ({})\nhint: write '{other}' in quotes",
                other.repr(),
                other.type_name()
            );
            Err(invalid(&option(), problem))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
