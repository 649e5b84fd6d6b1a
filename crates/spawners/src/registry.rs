//! Which names stand for which implementation.

use std::path::PathBuf;
use std::sync::Arc;

use perijove_config::class::ClassInfo;
use perijove_config::kind::ClassGroup;
use perijove_config::{Config, Section, class_names, sections};

use crate::error::SetupError;
use crate::spawner::Spawner;
use crate::{local_process, simple};

/// What constructors need besides the configuration.
#[derive(Debug, Clone)]
pub struct Context {
    /// Where the output of servers goes: a directory of the hub's, made when it is needed.
    pub output_directory: PathBuf,
    /// How many bytes of output a server's file may have before the hub empties it.
    pub output_limit: u64,
    /// Soft and hard limit of open files for servers, if the hub has changed its own.
    pub open_files: Option<(u64, u64)>,
}

impl Context {
    /// Output in this directory, at most about 4 MiB for each server.
    pub fn new(output_directory: PathBuf) -> Self {
        Self { output_directory, output_limit: 4 * 1024 * 1024, open_files: None }
    }
}

/// Makes a spawner, or says why the start of the hub must end.
pub type Build = fn(&Arc<Config>, &Context) -> Result<Box<dyn Spawner>, SetupError>;

/// One native spawner.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its section; the import string names it in configurations.
    pub class: fn() -> &'static ClassInfo,
    /// Its constructor.
    pub build: Build,
}

/// Every native spawner, one line each.
pub const ENTRIES: &[Entry] = &[
    Entry { class: sections::LocalProcessSpawner::class, build: local_process::build },
    Entry { class: sections::SimpleLocalProcessSpawner::class, build: simple::build },
];

/// The entry of a short name (`default`, `simple`, …) or import string.
pub fn find(name: &str) -> Option<&'static Entry> {
    let import = class_names::resolve(ClassGroup::Spawners, name);
    ENTRIES.iter().find(|entry| (entry.class)().import_string() == import)
}

/// Builds the spawner of this name.
///
/// # Errors
/// [`SetupError::Unknown`] if it is not native; otherwise the configuration cannot be used and the start must end.
pub fn build(name: &str, config: &Config, context: &Context) -> Result<Box<dyn Spawner>, SetupError> {
    let entry = find(name).ok_or_else(|| SetupError::Unknown(name.to_owned()))?;
    (entry.build)(&Arc::new(config.clone()), context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_and_import_strings_find_the_class() {
        let class = |name: &str| find(name).map(|entry| (entry.class)().name);
        assert_eq!(class("default"), Some("LocalProcessSpawner"));
        assert_eq!(class("LocalProcess"), Some("LocalProcessSpawner"));
        assert_eq!(class("simple"), Some("SimpleLocalProcessSpawner"));
        assert_eq!(class("jupyterhub.spawner.LocalProcessSpawner"), Some("LocalProcessSpawner"));
        assert_eq!(class("jupyterhub.spawner.SimpleLocalProcessSpawner"), Some("SimpleLocalProcessSpawner"));
        assert_eq!(class("sudospawner.SudoSpawner"), None);
    }
}
