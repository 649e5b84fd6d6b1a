//! Starting a server's process.

use std::ffi::OsString;
use std::sync::Arc;

use nix::errno::Errno;
use perijove_sys::child::{self, ChildError, ChildSpec, Stage};
use perijove_sys::process;
use serde_json::{Map, Value as Json};

use super::account::{self, Seat};
use super::certificates;
use super::process::Running;
use super::{LocalProcessSpawner, RunAs};
use crate::arguments::{arguments, quoted_line};
use crate::environment::{Environment, bracketed, environment, variable};
use crate::error::SpawnError;
use crate::launch::{Launch, ProcessRecord, SpawnFacts, Started};
use crate::options::ProcessOptions;
use crate::output::{Begin, NewOutput};
use crate::ports::PortLease;
use crate::simple;
use crate::spawner::Journal;

impl LocalProcessSpawner {
    pub(super) async fn launch(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started, SpawnError> {
        let options = launch.settings.get().unwrap_or(&self.options).clone();
        let mut facts = launch.facts.clone();
        let seat = match &self.run_as {
            RunAs::Account(lookup) => account::seat(lookup, facts.user.as_str()).await?,
            RunAs::Hub => simple::seat(&facts, &options).await?,
        };
        if let Some(files) = facts.internal_tls.take() {
            facts.internal_tls = Some(certificates::hand_over(files, &seat).await?);
        }
        let lease = self.lease(&options)?;
        let port = options.port.or(lease.as_ref().map(PortLease::port)).unwrap_or_default();
        let env = whole_environment(&facts, &options, &seat, port)?;
        let argv = command(&options)?;
        tracing::info!(user.name = %facts.user, server.name = %facts.server, "Spawning {}", quoted_line(&argv));
        let mut output = self.new_output(launch, &options).await?;
        let spec = self.spec(&argv, &env, seat, &options, output.as_ref())?;
        let gated = child::spawn(&spec).map_err(|error| failed(&error, &argv, &env, facts.user.as_str()))?;
        drop(spec);
        let boot_id = process::boot_id().map_err(|error| SpawnError::Process(error.to_string()))?;
        let record = ProcessRecord { pid: gated.pid(), start_time: gated.start_time(), boot_id };
        let tail = match &mut output {
            Some(output) => {
                output.rename(&record).map_err(|error| self.no_output(&error))?;
                self.outputs.follow(&facts.user, &facts.server, &record, Begin::Start)
            }
            None => None,
        };
        let state = Map::from_iter([("pid".to_owned(), Json::from(record.pid))]);
        let released = match journal.started(&state, Some(&record)).await {
            Ok(()) => gated.release().await.map_err(|error| failed(&error, &argv, &env, facts.user.as_str())),
            Err(refused) => Err(refused),
        };
        let child = released?;
        // From here on the server runs, and nothing may fail or wait.
        let scheme = if facts.internal_tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}:{port}", bracketed(listening_on(&options)));
        let running = Running::new(child, options, tail, lease);
        self.running().insert((record.pid, record.start_time), Arc::new(running));
        let log_file = output.map(NewOutput::keep);
        Ok(Started { url, state, process: Some(record), log_file, api_token: None, settings: None })
    }

    fn lease(&self, options: &ProcessOptions) -> Result<Option<PortLease>, SpawnError> {
        if options.port.is_some() {
            return Ok(None);
        }
        let lease = self.ports.lease(&options.spawner.ip);
        lease.map(Some).map_err(|error| SpawnError::Launch {
            problem: format!(
                "there is no free port for a server on {:?}: {error}\nhint: Spawner.ip must be an address of this machine",
                options.spawner.ip
            ),
        })
    }

    async fn new_output(
        &self,
        launch: &Launch,
        options: &ProcessOptions,
    ) -> Result<Option<NewOutput>, SpawnError> {
        if options.popen.discard_output {
            return Ok(None);
        }
        let outputs = Arc::clone(&self.outputs);
        let (user, server) = (launch.facts.user.clone(), launch.facts.server.clone());
        let made = tokio::task::spawn_blocking(move || outputs.create(&user, &server)).await;
        let made = made.map_err(|error| SpawnError::Process(error.to_string()))?;
        made.map(Some).map_err(|error| self.no_output(&error))
    }

    fn no_output(&self, error: &std::io::Error) -> SpawnError {
        let directory = self.outputs.directory().display();
        SpawnError::Launch {
            problem: format!(
                "the file for the server's output cannot be made in {directory}: {error}\n\
                 hint: the hub must be able to write there"
            ),
        }
    }

    fn spec(
        &self,
        argv: &[String],
        env: &Environment,
        seat: Seat,
        options: &ProcessOptions,
        output: Option<&NewOutput>,
    ) -> Result<ChildSpec, SpawnError> {
        let output = output.map(NewOutput::descriptor).transpose().map_err(|error| self.no_output(&error))?;
        Ok(ChildSpec {
            argv: argv.iter().map(OsString::from).collect(),
            executable: options.popen.executable.clone().map(OsString::from),
            env: env.iter().map(|(name, value)| (OsString::from(name), value.to_owned())).collect(),
            identity: seat.identity,
            directory: seat.directory,
            output,
            umask: options.popen.umask,
            open_files: self.open_files,
        })
    }
}

/// The address under which the hub reaches the server.
fn listening_on(options: &ProcessOptions) -> &str {
    if options.spawner.ip.is_empty() { "127.0.0.1" } else { &options.spawner.ip }
}

fn whole_environment(
    facts: &SpawnFacts,
    options: &ProcessOptions,
    seat: &Seat,
    port: u16,
) -> Result<Environment, SpawnError> {
    let mut env = Environment::default();
    for (name, value) in &options.env {
        env.set(name, variable(facts, name, value)?);
    }
    env.extend(environment(facts, &options.spawner, port)?);
    // Even over Spawner.environment, as upstream does.
    for (name, value) in &seat.variables {
        env.set(name, value);
    }
    Ok(env)
}

fn command(options: &ProcessOptions) -> Result<Vec<String>, SpawnError> {
    let mut argv = arguments(&options.spawner, &options.spawner.shell_cmd)?;
    if options.popen.shell {
        let shell = options.popen.executable.clone().unwrap_or_else(|| "/bin/sh".to_owned());
        argv.splice(0..0, [shell, "-c".to_owned()]);
    }
    Ok(argv)
}

/// What an administrator reads.
fn failed(error: &ChildError, argv: &[String], env: &Environment, user: &str) -> SpawnError {
    let program = argv.first().map_or("", String::as_str);
    let hint = match error {
        ChildError::Setup { stage: Stage::Execute, errno: Errno::ENOENT } => {
            let path = env.get("PATH").map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
            format!("{program:?} (or its interpreter) is not there; servers look for commands in PATH={path}")
        }
        ChildError::Setup { stage: Stage::Execute, errno: Errno::EACCES } => {
            format!("may {user} execute {program:?} and enter the directories above it?")
        }
        ChildError::Setup { stage: Stage::Group | Stage::Groups | Stage::User, errno: Errno::EPERM } => {
            format!("a hub that is not root can start servers of its own account only, and {user} is another")
        }
        _ => "the hub's log and the kernel's have more".to_owned(),
    };
    SpawnError::Launch { problem: format!("starting {program:?} for {user} failed: {error}\nhint: {hint}") }
}

#[cfg(test)]
mod tests;
