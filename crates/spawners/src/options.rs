//! The options of the spawners that start processes, and what hooks may change of them for one launch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use perijove_config::class::ClassInfo;
use perijove_config::origin::Origin;
use perijove_config::popen::PopenOptions;
use perijove_config::tree::{Entry, Raw};
use perijove_config::{Config, ConfigError, Section, sections};
use perijove_model::Value;
use serde_json::Value as Json;

use crate::error::SpawnError;
use crate::launch::{Options, Settings, SpawnFacts};
use crate::spawner::Timing;

/// Traits that take effect on one launch alone.
const PER_LAUNCH: &[&str] = &[
    "args",
    "cmd",
    "cpu_guarantee",
    "cpu_limit",
    "debug",
    "default_url",
    "disable_user_config",
    "env_keep",
    "environment",
    "home_dir_template",
    "http_timeout",
    "hub_connect_url",
    "interrupt_timeout",
    "ip",
    "kill_timeout",
    "mem_guarantee",
    "mem_limit",
    "notebook_dir",
    "poll_interval",
    "poll_jitter",
    "popen_kwargs",
    "port",
    "shell_cmd",
    "start_timeout",
    "term_timeout",
];

/// The options of one launch.
#[derive(Clone)]
pub(crate) struct ProcessOptions {
    class: &'static ClassInfo,
    config: Arc<Config>,
    /// The traits.
    pub(crate) spawner: sections::LocalProcessSpawner,
    /// `SimpleLocalProcessSpawner.home_dir_template`
    pub(crate) home_dir_template: String,
    /// `SimpleLocalProcessSpawner.home_dir`, which only hooks can set.
    pub(crate) home_dir: Option<String>,
    /// The deprecated `Spawner.env`, which only hooks can set.
    pub(crate) env: Vec<(String, Value)>,
    /// `popen_kwargs`, understood.
    pub(crate) popen: PopenOptions,
    /// `port`; `None` for a free one.
    pub(crate) port: Option<u16>,
}

/// A trait and what is wrong with its value.
pub(crate) struct Problem {
    pub(crate) option: String,
    pub(crate) problem: String,
}

impl From<Problem> for SpawnError {
    fn from(problem: Problem) -> Self {
        Self::Config { option: problem.option, problem: problem.problem }
    }
}

impl ProcessOptions {
    /// Reads the options of a class, [`sections::LocalProcessSpawner`] or one below it.
    pub(crate) fn read(class: &'static ClassInfo, config: Arc<Config>) -> Result<Self, Problem> {
        let values = config.values(class);
        let wrong = |error: ConfigError| of_config(class, error);
        let spawner = sections::LocalProcessSpawner::read(&values).map_err(wrong)?;
        let is_simple = class.trait_info("home_dir_template").is_some();
        let home_dir_template =
            if is_simple { values.get("home_dir_template").map_err(wrong)? } else { String::new() };
        let problem = |name: &str, problem| Problem { option: format!("{}.{name}", class.name), problem };
        let popen =
            PopenOptions::read(&spawner.popen_kwargs).map_err(|refused| problem("popen_kwargs", refused))?;
        let port = u16::try_from(spawner.port)
            .map_err(|_| problem("port", format!("{} is no port number", spawner.port)))?;
        let port = Some(port).filter(|port| *port != 0);
        Ok(Self { class, config, spawner, home_dir_template, home_dir: None, env: Vec::new(), popen, port })
    }

    /// The options after hooks have set these traits.
    fn after(&self, facts: &mut SpawnFacts, changes: &[(String, Value)]) -> Result<Self, SpawnError> {
        let mut config = Config::clone(&self.config);
        let mut late = BTreeMap::new();
        for (name, value) in changes {
            if PER_LAUNCH.contains(&name.as_str()) && self.class.trait_info(name).is_some() {
                // The class's own section is the last word.
                config.tree_mut().set(self.class.name, name, value.clone(), Origin::Default);
            } else if name == "env" || (name == "home_dir" && !self.home_dir_template.is_empty()) {
                late.insert(name.as_str(), value);
            } else if !apply_to_facts(facts, name, value) {
                return Err(self.refused(name));
            }
        }
        let mut changed = Self::read(self.class, Arc::new(config))?;
        changed.home_dir = match late.get("home_dir") {
            Some(Value::Str(home)) => Some(home.clone()),
            Some(_) => return Err(self.refused("home_dir")),
            None => self.home_dir.clone(),
        };
        changed.env = match late.get("env") {
            Some(Value::Dict(entries)) => {
                let text = |(key, value): &(Value, Value)| Some((key.as_str()?.to_owned(), value.clone()));
                entries.iter().map(text).collect::<Option<_>>().ok_or_else(|| self.refused("env"))?
            }
            Some(_) => return Err(self.refused("env")),
            None => self.env.clone(),
        };
        Ok(changed)
    }

    fn refused(&self, name: &str) -> SpawnError {
        let problem =
            "a function in the configuration set it to something that cannot take effect on one server\n\
                       hint: set it in the configuration for all servers, or leave it"
                .to_owned();
        SpawnError::Config { option: format!("{}.{name}", self.class.name), problem }
    }
}

impl Options for ProcessOptions {
    fn changed(&self, facts: &mut SpawnFacts, changes: &[(String, Value)]) -> Result<Settings, SpawnError> {
        self.after(facts, changes).map(Settings::new)
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.config.values(self.class).value(name).ok()
    }

    fn parsed(&self, name: &str, text: &str) -> Option<Value> {
        let mut config = Config::clone(&self.config);
        let entry = Entry { raw: Raw::Words(vec![text.to_owned()]), origin: Origin::Default };
        config.tree_mut().section_mut(self.class.name).entries.insert(name.to_owned(), entry);
        config.values(self.class).value(name).ok()
    }

    fn timing(&self) -> Timing {
        let options = &self.spawner;
        Timing::of_options(
            options.start_timeout,
            options.http_timeout,
            options.poll_interval,
            options.poll_jitter,
        )
    }
}

/// A number of seconds; none if it is negative.
pub(crate) fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0))
}

fn of_config(class: &ClassInfo, error: ConfigError) -> Problem {
    match error {
        ConfigError::WrongType { place, expected, found } => Problem {
            option: format!("{}.{}", class.name, place.name),
            problem: format!("it must be {expected}, not {found}"),
        },
        ConfigError::BadValue { place, problem } => {
            Problem { option: format!("{}.{}", class.name, place.name), problem }
        }
        other => Problem { option: class.name.to_owned(), problem: other.to_string() },
    }
}

/// Attributes of upstream's spawners that are no options but end up in the server's environment.
fn apply_to_facts(facts: &mut SpawnFacts, name: &str, value: &Value) -> bool {
    match (name, value) {
        ("public_url", Value::Str(url)) => facts.public_url.clone_from(url),
        ("public_hub_url", Value::Str(url)) => facts.public_hub_url.clone_from(url),
        ("admin_access", Value::Bool(flag)) => facts.admin_access = *flag,
        ("cookie_host_prefix_enabled", Value::Bool(flag)) => facts.cookie_host_prefix_enabled = *flag,
        ("oauth_client_id", Value::Str(id)) => facts.oauth_client_id.clone_from(id),
        ("cookie_options", value) => match value.to_plain_json() {
            Some(Json::Object(options)) => facts.cookie_options = options,
            _ => return false,
        },
        ("oauth_access_scopes", Value::List(items) | Value::Set(items)) => {
            let scopes: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            match scopes {
                Some(scopes) => facts.oauth_access_scopes = scopes,
                None => return false,
            }
        }
        // How long upstream waits between two looks at a process that shall end; here the end itself is noticed.
        ("death_interval", _) => {}
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests;
