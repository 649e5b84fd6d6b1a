//! `SimpleLocalProcessSpawner`: servers without accounts, as the hub itself, for trying things out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use perijove_config::{Config, Section, sections};
use perijove_sys::child::WorkingDirectory;

use crate::environment::filled_with_username;
use crate::error::{SetupError, SpawnError};
use crate::launch::SpawnFacts;
use crate::local_process::{LocalProcessSpawner, RunAs, Seat, temporary_directory};
use crate::options::ProcessOptions;
use crate::registry::Context;
use crate::spawner::Spawner;

/// Builds the spawner of the class `SimpleLocalProcessSpawner`.
///
/// # Errors
/// [`SetupError`] for options that cannot be honoured.
pub fn build(config: &Arc<Config>, context: &Context) -> Result<Box<dyn Spawner>, SetupError> {
    let class = sections::SimpleLocalProcessSpawner::class();
    Ok(Box::new(LocalProcessSpawner::new(class, RunAs::Hub, config, context)?))
}

/// The seat of a user without account: a directory that is made on demand.
pub(crate) async fn seat(facts: &SpawnFacts, options: &ProcessOptions) -> Result<Seat, SpawnError> {
    let home = home(facts, options)?;
    let path = PathBuf::from(&home);
    let made = tokio::task::spawn_blocking(move || make_directory(&path)).await;
    if let Ok(Err(error)) = made {
        // Upstream goes on in the hub's own directory; a temporary one shows nothing of the hub's.
        tracing::error!(user.name = %facts.user, "the directory {home} cannot be made: {error}");
    }
    Ok(seat_at(facts, home))
}

/// The directory of a server.
pub(crate) fn home(facts: &SpawnFacts, options: &ProcessOptions) -> Result<String, SpawnError> {
    let option = "SimpleLocalProcessSpawner.home_dir_template";
    match &options.home_dir {
        Some(home) => Ok(home.clone()),
        None => filled_with_username(facts, option, &options.home_dir_template),
    }
}

/// The seat in a directory.
pub(crate) fn seat_at(facts: &SpawnFacts, home: String) -> Seat {
    let directory =
        WorkingDirectory::FirstOf { candidates: vec![home.clone().into()], temporary: temporary_directory() };
    let variables = vec![("USER", facts.user.to_string()), ("HOME", home), ("SHELL", "/bin/bash".to_owned())];
    Seat { identity: None, directory, variables }
}

fn make_directory(home: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(home)
}
