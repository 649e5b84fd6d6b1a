//! Servers as processes of this machine: `LocalProcessSpawner`, and what `SimpleLocalProcessSpawner` shares with it.
//!
//! A server is forked by the hub, waits until the journal has committed its process number, becomes its user and
//! executes its command. It outlives the hub: a later hub finds it by process number and start time, or, if JupyterHub
//! started it, by what its environment says.

mod account;
mod certificates;
mod launch;
mod process;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nix::sys::signal::Signal;
use perijove_config::class::ClassInfo;
use perijove_config::{Config, Section, sections};
use perijove_sys::account::Lookup;
use perijove_sys::process::signal_group;

use crate::error::{SetupError, SpawnError};
use crate::launch::{Launch, ProcessRecord, Settings, Started, Stopped, Target};
use crate::options::{ProcessOptions, seconds};
use crate::output::{Begin, Outputs, Tail};
use crate::ports::Ports;
use crate::registry::Context;
use crate::spawner::{ExitReport, Journal, Poll, Spawner};
pub(crate) use account::{Seat, temporary_directory};
use process::{Found, Running};

/// As whom servers run.
#[derive(Debug, Clone)]
pub(crate) enum RunAs {
    /// As the account of the user's name.
    Account(Lookup),
    /// As the hub itself, each in a directory of its own.
    Hub,
}

/// Starts servers as processes of this machine.
pub struct LocalProcessSpawner {
    import: String,
    run_as: RunAs,
    options: ProcessOptions,
    open_files: Option<(u64, u64)>,
    ports: Arc<Ports>,
    outputs: Arc<Outputs>,
    running: Mutex<HashMap<(u32, u64), Arc<Running>>>,
}

impl std::fmt::Debug for LocalProcessSpawner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalProcessSpawner").field("run_as", &self.run_as).finish_non_exhaustive()
    }
}

/// Builds the spawner of the class `LocalProcessSpawner`.
///
/// # Errors
/// [`SetupError`] for options that cannot be honoured.
pub fn build(config: &Arc<Config>, context: &Context) -> Result<Box<dyn Spawner>, SetupError> {
    let class = sections::LocalProcessSpawner::class();
    let run_as = RunAs::Account(Lookup::default());
    Ok(Box::new(LocalProcessSpawner::new(class, run_as, config, context)?))
}

impl LocalProcessSpawner {
    pub(crate) fn new(
        class: &'static ClassInfo,
        run_as: RunAs,
        config: &Arc<Config>,
        context: &Context,
    ) -> Result<Self, SetupError> {
        let options = ProcessOptions::read(class, Arc::clone(config));
        let options =
            options.map_err(|wrong| SetupError::Invalid { option: wrong.option, problem: wrong.problem })?;
        Ok(Self {
            import: class.import_string(),
            run_as,
            options,
            open_files: context.open_files,
            ports: Arc::default(),
            outputs: Arc::new(Outputs::new(context.output_directory.clone(), context.output_limit)),
            running: Mutex::default(),
        })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(u32, u64), Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our own child, if this is one.
    fn child(&self, record: Option<&ProcessRecord>) -> Option<Arc<Running>> {
        let record = record?;
        self.running().get(&(record.pid, record.start_time)).cloned()
    }

    fn find(&self, target: &Target) -> Result<Option<Found>, String> {
        match self.child(target.process.as_ref()) {
            Some(child) => Ok(Some(Found::Child(child))),
            None => process::find(target),
        }
    }

    /// The output of a server that runs, followed from now on if it was not yet.
    fn follow(&self, target: &Target) -> Option<Arc<Tail>> {
        match self.child(target.process.as_ref()) {
            Some(child) => child.output.clone(),
            None => {
                let record = target.process.as_ref()?;
                self.outputs.follow(&target.user, &target.server, record, Begin::End)
            }
        }
    }

    /// Nothing of the server runs any more.
    fn forget(&self, target: &Target) {
        let Some(record) = &target.process else { return };
        self.running().remove(&(record.pid, record.start_time));
        self.outputs.forget(&target.user, &target.server, record);
    }

    /// The signals that end a server, and how long each has.
    fn escalation(&self, target: &Target, found: &Found, now: bool) -> Vec<(Signal, Duration)> {
        let given = target.settings.get::<ProcessOptions>().unwrap_or(&self.options);
        let options = match found {
            // What a hook set for this launch counts.
            Found::Child(child) => &child.options.spawner,
            Found::Stranger { .. } => &given.spawner,
        };
        let mut steps = vec![
            (Signal::SIGTERM, seconds(options.term_timeout)),
            (Signal::SIGKILL, seconds(options.kill_timeout)),
        ];
        if !now {
            steps.insert(0, (Signal::SIGINT, seconds(options.interrupt_timeout)));
        }
        steps
    }
}

#[async_trait]
impl Spawner for LocalProcessSpawner {
    fn upstream_class(&self) -> &str {
        &self.import
    }

    fn settings(&self) -> Settings {
        Settings::new(self.options.clone())
    }

    async fn start(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started, SpawnError> {
        self.launch(launch, journal).await
    }

    async fn poll(&self, target: &Target) -> Poll {
        match self.find(target) {
            Ok(Some(Found::Child(child))) => match child.exit() {
                Some(exit) => Poll::Stopped(exit.code()),
                None => Poll::Running,
            },
            Ok(Some(Found::Stranger { .. })) => Poll::Running,
            Ok(None) => Poll::Stopped(None),
            Err(why) => Poll::Unknown(why),
        }
    }

    async fn adopt(&self, target: &Target) -> Option<ProcessRecord> {
        process::adopt(target)
    }

    async fn stop(&self, target: &Target, now: bool) -> Result<Stopped, SpawnError> {
        let Some(found) = self.find(target).map_err(SpawnError::Process)? else {
            self.forget(target);
            return Ok(Stopped::default());
        };
        let pid = found.pid();
        for (signal, patience) in self.escalation(target, &found, now) {
            if found.has_ended() {
                break;
            }
            tracing::debug!(process.pid = pid, "sending {signal} to a server");
            let sent = found.signal(signal);
            sent.map_err(|error| SpawnError::Process(format!("process {pid} cannot be signalled: {error}")))?;
            if tokio::time::timeout(patience, found.ended()).await.is_ok() {
                break;
            }
        }
        if !found.has_ended() {
            return Err(SpawnError::Process(format!("process {pid} has not ended after SIGKILL")));
        }
        if target.process.is_some() {
            // A command that is a script may have left the server proper behind. Kernels and terminals have sessions
            // of their own and are not in this group.
            let _ = signal_group(pid, Signal::SIGTERM);
        }
        self.forget(target);
        Ok(Stopped::default())
    }

    async fn wait(&self, target: &Target) -> ExitReport {
        let (code, tail) = match self.find(target) {
            Ok(Some(found)) => {
                let tail = self.follow(target);
                found.ended().await;
                (found.exit_code(), tail)
            }
            Ok(None) => (None, None),
            Err(why) => {
                tracing::debug!("the end of a server cannot be waited for, so it is polled: {why}");
                std::future::pending().await
            }
        };
        let output = match tail {
            Some(tail) => read(tail).await,
            None => self.last_output(target).await,
        };
        ExitReport { code, output }
    }

    async fn delete_forever(&self, target: &Target) {
        self.forget(target);
        let (outputs, user, server) = (Arc::clone(&self.outputs), target.user.clone(), target.server.clone());
        let removed = tokio::task::spawn_blocking(move || outputs.remove(&user, &server)).await;
        if let Err(error) = removed {
            tracing::error!("removing the output of a deleted server broke: {error}");
        }
    }

    async fn last_output(&self, target: &Target) -> String {
        let tail = match self.child(target.process.as_ref()) {
            Some(child) => child.output.clone(),
            None => target
                .process
                .as_ref()
                .and_then(|record| self.outputs.find(&target.user, &target.server, record)),
        };
        match tail {
            Some(tail) => read(tail).await,
            None => String::new(),
        }
    }
}

/// The last lines of an output.
async fn read(tail: Arc<Tail>) -> String {
    let read = tokio::task::spawn_blocking(move || {
        tail.catch_up();
        tail.last_lines()
    });
    read.await.unwrap_or_default()
}
