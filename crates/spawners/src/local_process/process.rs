//! Finding a server's process again, and holding on to it.

use std::io;
use std::sync::Arc;

use nix::sys::signal::Signal;
use perijove_sys::child::Child;
use perijove_sys::process::{self, Exit, PidFd};
use tokio::sync::watch;

use crate::launch::{ProcessRecord, Target};
use crate::options::ProcessOptions;
use crate::output::Tail;
use crate::ports::PortLease;

/// A child of this hub.
pub(super) struct Running {
    pub(super) child: Arc<Child>,
    pub(super) options: ProcessOptions,
    pub(super) output: Option<Arc<Tail>>,
    exit: watch::Receiver<Option<Exit>>,
    _port: Option<PortLease>,
}

impl Running {
    /// Takes charge of a child: it is reaped at its end, and its last output is read then.
    pub(super) fn new(
        child: Child,
        options: ProcessOptions,
        output: Option<Arc<Tail>>,
        port: Option<PortLease>,
    ) -> Self {
        let child = Arc::new(child);
        let (ended, exit) = watch::channel(None);
        let (reaped, tail) = (Arc::clone(&child), output.clone());
        tokio::spawn(async move {
            let exit = reaped.wait().await;
            if let Some(tail) = tail {
                let _ = tokio::task::spawn_blocking(move || tail.catch_up()).await;
            }
            // Nobody may be waiting.
            let _ = ended.send(Some(exit));
        });
        Self { child, options, output, exit, _port: port }
    }

    /// How it ended, if it has.
    pub(super) fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }
}

/// A server's process.
pub(super) enum Found {
    /// A child of this hub.
    Child(Arc<Running>),
    /// A process that another hub started.
    Stranger { held: PidFd, start_time: u64 },
}

impl Found {
    pub(super) fn pid(&self) -> u32 {
        match self {
            Self::Child(running) => running.child.pid(),
            Self::Stranger { held, .. } => held.pid(),
        }
    }

    /// `Ok(false)` if it has ended.
    pub(super) fn signal(&self, signal: Signal) -> io::Result<bool> {
        match self {
            Self::Child(running) => running.child.signal(signal),
            Self::Stranger { held, .. } => held.signal(signal),
        }
    }

    pub(super) async fn ended(&self) {
        let ended = match self {
            Self::Child(running) => {
                let mut exit = running.exit.clone();
                exit.wait_for(Option::is_some).await.is_ok()
            }
            Self::Stranger { held, .. } => held.ended().await.is_ok(),
        };
        if !ended {
            // The runtime is shutting down, and with it whoever waits.
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Child(running) => running.exit().is_some(),
            Self::Stranger { held, start_time } => match process::stat(held.pid()) {
                Ok(Some(stat)) => stat.is_zombie() || stat.start_time != *start_time,
                Ok(None) => true,
                Err(_) => false,
            },
        }
    }

    pub(super) fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Child(running) => running.exit().and_then(Exit::code),
            Self::Stranger { .. } => None,
        }
    }
}

/// The process of a server that is not our child. `Ok(None)`: it does not run.
///
/// # Errors
/// Why that cannot be found out.
pub(super) fn find(target: &Target) -> Result<Option<Found>, String> {
    let found = match &target.process {
        Some(record) => by_record(record),
        None => by_state(target),
    };
    found.map_err(|error| error.to_string())
}

fn stranger(pid: u32, start_time: u64) -> io::Result<Option<Found>> {
    Ok(PidFd::find(pid, start_time)?.map(|held| Found::Stranger { held, start_time }))
}

fn by_record(record: &ProcessRecord) -> io::Result<Option<Found>> {
    if process::boot_id()? != record.boot_id {
        return Ok(None);
    }
    stranger(record.pid, record.start_time)
}

/// JupyterHub stores the number alone, so the process must prove that it is this server.
fn by_state(target: &Target) -> io::Result<Option<Found>> {
    let number = target.state.get("pid").and_then(serde_json::Value::as_u64);
    let Some(pid) = number.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0) else {
        return Ok(None);
    };
    let Some(stat) = process::stat(pid)?.filter(|stat| !stat.is_zombie()) else { return Ok(None) };
    let environ = match process::environ(pid) {
        Ok(environ) => environ,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if environ.is_empty() {
        return Err(io::Error::other(format!("process {pid} does not show its environment")));
    }
    let is = |name, value: &str| process::variable(&environ, name).is_some_and(|found| found == value);
    if !is("JUPYTERHUB_USER", target.user.as_str()) || !is("JUPYTERHUB_SERVICE_PREFIX", &target.base_url) {
        return Ok(None);
    }
    stranger(pid, stat.start_time)
}

/// The record of a running server that has none.
pub(super) fn adopt(target: &Target) -> Option<ProcessRecord> {
    if target.process.is_some() {
        return target.process.clone();
    }
    let Found::Stranger { held, start_time } = by_state(target).ok().flatten()? else { return None };
    Some(ProcessRecord { pid: held.pid(), start_time, boot_id: process::boot_id().ok()? })
}
