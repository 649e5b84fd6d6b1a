//! The environment variables of the hub: the process's own, changed as the configuration file left `os.environ`.

use std::collections::BTreeMap;
use std::ffi::OsString;

use perijove_config::Loaded;

/// Variables by name. The process's own table stays as it is: changing it is unsafe once there are threads.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The variables as the configuration leaves them.
    pub fn of(loaded: &Loaded) -> Self {
        let mut variables: BTreeMap<_, _> = std::env::vars_os().collect();
        for (name, value) in loaded.evaluation.iter().flat_map(|evaluation| &evaluation.environ) {
            match value {
                Some(value) => variables.insert(name.clone(), value.clone()),
                None => variables.remove(name),
            };
        }
        Self(variables)
    }

    /// A variable that is set, not empty, and text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(std::ffi::OsStr::new(name))?.to_str().filter(|value| !value.is_empty())
    }

    /// All variables that are text: what `Spawner.env_keep` chooses from.
    pub fn text(&self) -> BTreeMap<String, String> {
        let text = |(name, value): (&OsString, &OsString)| {
            Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
        };
        self.0.iter().filter_map(text).collect()
    }
}
