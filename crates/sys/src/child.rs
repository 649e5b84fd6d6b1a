//! Child processes that wait between fork and exec.
//!
//! [`spawn`] forks. The child prepares itself and then waits at a gate: it reads from a pipe whose other end the
//! hub holds. [`GatedChild::release`] lets it set user and groups and execute its program. If the hub dies before
//! that, the child reads end-of-file and exits, so that no process runs which is not recorded.

mod plan;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use tokio::io::AsyncReadExt;

use crate::process::{Exit, PidFd, stat};
pub use run::Stage;

/// User and groups of a child. The groups are looked up before the fork, since the name service cannot be asked
/// after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// All groups, the primary one included.
    pub groups: Vec<u32>,
}

/// Where a child starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WorkingDirectory {
    /// Where the hub is.
    #[default]
    Inherit,
    /// There, or it is an error.
    Exactly(PathBuf),
    /// In the first of these that the child's user can enter, else in a new directory of mode 0700 at `temporary`.
    /// What was not the first choice is said on the child's error output.
    FirstOf {
        /// In order of preference.
        candidates: Vec<PathBuf>,
        /// A name that is not in use, in a directory that everybody can write.
        temporary: PathBuf,
    },
}

/// What to run, and as what.
#[derive(Debug, Default)]
pub struct ChildSpec {
    /// Program and arguments. A program without `/` is looked for in `PATH` of `env`.
    pub argv: Vec<OsString>,
    /// Another file to execute than the first of `argv`.
    pub executable: Option<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// User and groups; `None` keeps those of the hub.
    pub identity: Option<Identity>,
    /// Where it starts, after user and groups are set.
    pub directory: WorkingDirectory,
    /// Standard output and error; `None` discards them.
    pub output: Option<OwnedFd>,
    /// File mode mask; `None` keeps that of the hub.
    pub umask: Option<u32>,
    /// Soft and hard limit of open files, if the hub has changed its own.
    pub open_files: Option<(u64, u64)>,
}

/// A child could not be made or did not reach its program.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// A string that a program cannot be given, or nothing to run.
    #[error("{0}")]
    Spec(&'static str),
    /// Before the fork, or in it.
    #[error("a process cannot be made: {0}")]
    Fork(#[source] io::Error),
    /// Between fork and exec.
    #[error("{stage} failed: {errno}")]
    Setup {
        /// What the child was doing.
        stage: Stage,
        /// The reason.
        errno: Errno,
    },
    /// The child ended at the gate.
    #[error("the process ended before it was released")]
    Gone,
    /// The pipes between hub and child failed.
    #[error("the process cannot be talked to: {0}")]
    Pipe(#[source] io::Error),
}

/// Children that we have to wait for ourselves, so that the reaper of strangers leaves them alone.
static OWN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The numbers of our children that have not been waited for.
pub(crate) fn own_children() -> MutexGuard<'static, BTreeSet<u32>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forks a child that waits for its release. Needs the async runtime. Does not ask the name service and does not
/// wait for the child, but copies page tables.
///
/// # Errors
/// [`ChildError`] if the specification cannot be used or no process can be made.
pub fn spawn(spec: &ChildSpec) -> Result<GatedChild, ChildError> {
    let plan = plan::Plan::new(spec)?;
    let forked = plan.fork()?;
    let child = Child::hold(forked.pid)?;
    Ok(GatedChild { child: Some(child), gate: forked.gate, status: forked.status, released: false })
}

/// A child at the gate. Dropping it ends the child.
#[derive(Debug)]
pub struct GatedChild {
    child: Option<Child>,
    gate: OwnedFd,
    status: OwnedFd,
    released: bool,
}

impl GatedChild {
    /// The process number.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::pid)
    }

    /// Start in clock ticks after boot.
    pub fn start_time(&self) -> u64 {
        self.child.as_ref().map_or(0, Child::start_time)
    }

    /// Opens the gate and waits until the program is executed. Dropping the future kills the child.
    ///
    /// # Errors
    /// [`ChildError::Setup`] says at which step the child failed; it has ended then.
    pub async fn release(mut self) -> Result<Child, ChildError> {
        self.released = true;
        nix::unistd::write(&self.gate, &[1]).map_err(|_| ChildError::Gone)?;
        let status = self.status.try_clone().map_err(ChildError::Pipe)?;
        let mut status = tokio::net::unix::pipe::Receiver::from_owned_fd(status).map_err(ChildError::Pipe)?;
        let mut report = Vec::new();
        status.read_to_end(&mut report).await.map_err(ChildError::Pipe)?;
        let child = self.child.take().ok_or(ChildError::Gone)?;
        match run::Report::parse(&report) {
            None => Ok(child),
            Some(report) => {
                child.wait().await;
                Err(ChildError::Setup { stage: report.stage, errno: report.errno })
            }
        }
    }
}

impl Drop for GatedChild {
    fn drop(&mut self) {
        let Some(child) = self.child.take() else { return };
        if self.released {
            // It may hang in a file system, so nobody waits here for its end.
            std::thread::spawn(move || child.kill_and_reap());
        } else {
            child.kill_and_reap();
        }
    }
}

/// A child that runs its program. Dropping it neither ends nor reaps the child.
pub struct Child {
    held: PidFd,
    start_time: u64,
    exit: Mutex<Option<Exit>>,
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Child").field(&self.held.pid()).finish()
    }
}

impl Child {
    fn hold(pid: u32) -> Result<Self, ChildError> {
        let held = PidFd::open(pid);
        let start = stat(pid).and_then(|stat| stat.ok_or_else(|| io::ErrorKind::NotFound.into()));
        match (held, start) {
            (Ok(held), Ok(stat)) => Ok(Self { held, start_time: stat.start_time, exit: Mutex::new(None) }),
            (Err(error), _) | (_, Err(error)) => {
                // The gate closes with the caller's descriptors, so the child ends by itself; nothing else waits.
                own_children().remove(&pid);
                Err(ChildError::Fork(error))
            }
        }
    }

    /// The process number.
    pub fn pid(&self) -> u32 {
        self.held.pid()
    }

    /// Start in clock ticks after boot.
    pub fn start_time(&self) -> u64 {
        self.start_time
    }

    /// Sends a signal. `Ok(false)` if the process has ended.
    ///
    /// # Errors
    /// If we may not.
    pub fn signal(&self, signal: Signal) -> io::Result<bool> {
        self.held.signal(signal)
    }

    /// How it ended, if it has; reaps it.
    pub fn try_wait(&self) -> Option<Exit> {
        self.reap(WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG)
    }

    fn reap(&self, flags: WaitPidFlag) -> Option<Exit> {
        let mut exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        if exit.is_none() {
            *exit = match waitid(Id::PIDFd(self.held.borrow()), flags) {
                Ok(WaitStatus::Exited(_, code)) => Some(Exit::Code(code)),
                Ok(WaitStatus::Signaled(_, signal, _)) => Some(Exit::Signal(signal as i32)),
                Ok(_) | Err(Errno::EINTR) => None,
                Err(_) => Some(Exit::Unknown),
            };
            if exit.is_some() {
                own_children().remove(&self.held.pid());
            }
        }
        *exit
    }

    /// Waits until it has ended, and reaps it. Any number of tasks may wait.
    pub async fn wait(&self) -> Exit {
        loop {
            if let Some(exit) = self.try_wait() {
                return exit;
            }
            if self.held.ended().await.is_err() {
                return Exit::Unknown;
            }
        }
    }

    fn kill_and_reap(&self) {
        let _ = self.signal(Signal::SIGKILL);
        while self.reap(WaitPidFlag::WEXITED).is_none() {}
    }
}
