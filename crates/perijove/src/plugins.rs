//! Which spawner runs servers: a native one, or the Python class itself.

use std::sync::Arc;

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use perijove_config::check::Chosen;
use perijove_config::origin::Origin;
use perijove_config::{Config, Loaded};
use perijove_core::hooks::Hooks;
use perijove_model::Value;
use perijove_python::{HubFacts, Workers};
use perijove_spawners::{self as spawners, PythonSpawner, Spawner, Timing};

use crate::python_hooks::AroundServers;
use crate::sections::Sections;
use crate::{plugin_hooks, python_hooks};

/// The folder of the servers' output, below the working directory.
const SERVER_LOGS: &str = "perijove-server-logs";
/// How many processes run spawners of Python, unless [`WORKERS_VARIABLE`] says otherwise.
const SPAWNER_WORKERS: usize = 2;
/// The variable with the number of processes that run spawners of Python.
const WORKERS_VARIABLE: &str = "PERIJOVE_SPAWNER_WORKERS";

/// Builds the spawner, and the hooks around it. `authenticator` is what an authenticator in Python does around servers.
///
/// # Errors
/// A configuration that makes a start impossible.
pub async fn spawner(
    loaded: &Loaded,
    sections: &Sections,
    facts: HubFacts,
    authenticator: Option<AroundServers>,
) -> anyhow::Result<(Arc<dyn Spawner>, Arc<dyn Hooks>)> {
    let name = sections.classes.spawner.class.name();
    let logs = std::env::current_dir().context("the working directory cannot be read")?.join(SERVER_LOGS);
    let context = spawners::registry::Context {
        open_files: raise_open_files(),
        ..spawners::registry::Context::new(logs)
    };
    if let Some(reason) = why_python_spawner(sections) {
        tracing::info!("Using Spawner: {name} (Python: {reason})");
        return python_spawner(loaded, sections, facts, authenticator.is_some(), &context).await;
    }
    let config =
        if loaded.allow_root { with_allow_root(&loaded.config, sections) } else { loaded.config.clone() };
    let spawner = spawners::registry::build(name, &config, &context)?;
    tracing::info!("Using Spawner: {} (native)", spawner.upstream_class());
    let around = authenticator.unwrap_or_default();
    Ok((Arc::from(spawner), python_hooks::new(loaded.worker.clone(), &loaded.config, around)))
}

async fn python_spawner(
    loaded: &Loaded,
    sections: &Sections,
    facts: HubFacts,
    python_authenticator: bool,
    context: &spawners::registry::Context,
) -> anyhow::Result<(Arc<dyn Spawner>, Arc<dyn Hooks>)> {
    let worker = loaded.worker.as_ref().context("there is no Python worker to run the spawner")?;
    let workers = Workers::new(worker, worker_count(sections)?, !python_authenticator);
    let name = sections.classes.spawner.class.name();
    // Until the class itself has been asked.
    let options = &sections.spawner;
    let timing = Timing::of_options(
        options.start_timeout,
        options.http_timeout,
        options.poll_interval,
        options.poll_jitter,
    );
    let spawner =
        PythonSpawner::new(name, workers.clone(), facts, python_authenticator, timing, context).await?;
    Ok((Arc::new(spawner), plugin_hooks::new(workers)))
}

fn worker_count(sections: &Sections) -> anyhow::Result<usize> {
    let Some(count) = sections.environment.get(WORKERS_VARIABLE) else { return Ok(SPAWNER_WORKERS) };
    let count = count.parse().ok().filter(|count| (1..=64).contains(count));
    count.with_context(|| format!("{WORKERS_VARIABLE} must be a number from 1 to 64"))
}

/// Why Python must run the spawner, if it must.
pub fn why_python_spawner(sections: &Sections) -> Option<String> {
    let chosen = &sections.classes.spawner;
    why_python(chosen, spawners::registry::find(chosen.class.name()).is_some())
}

/// Why Python must run a class, if it must.
pub fn why_python(chosen: &Chosen, is_native: bool) -> Option<String> {
    chosen.python.clone().or_else(|| (!is_native).then(|| "it is no native class".to_owned()))
}

/// `--allow-root`: servers of root are told that this is meant; the servers of others do not look at it.
fn with_allow_root(config: &Config, sections: &Sections) -> Config {
    let mut config = config.clone();
    let arguments = sections.spawner.args.iter().map(String::as_str).chain(["--allow-root"]);
    let arguments = Value::List(arguments.map(Value::from).collect());
    let class = sections.classes.spawner.class.class_name();
    config.tree_mut().set(class, "args", arguments, Origin::CommandLine);
    config
}

/// A proxy holds two descriptors for each open connection. The limits as they were are given to servers.
fn raise_open_files() -> Option<(u64, u64)> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft >= hard {
        return None;
    }
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => Some((soft, hard)),
        Err(error) => {
            tracing::warn!("the limit of open files stays at {soft}: {error}");
            None
        }
    }
}
