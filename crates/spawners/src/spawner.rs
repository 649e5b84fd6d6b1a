//! The seam: what the hub asks of a spawner.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::SpawnError;
use crate::launch::{Launch, ProcessRecord, ServerState, Settings, Started, Target};

/// Whether a server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// It runs.
    Running,
    /// It does not run; the exit code if it is known, negative for a signal.
    Stopped(Option<i32>),
    /// That cannot be found out now, and why. Never a reason to stop or forget a server.
    Unknown(String),
}

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExitReport {
    /// The exit code if it is known, negative for a signal.
    pub code: Option<i32>,
    /// The last lines that it wrote.
    pub output: String,
}

/// A line for the spawn progress page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProgressEvent {
    /// 0 to 100, or `None` to leave the bar.
    pub progress: Option<u8>,
    /// Plain text.
    pub message: String,
    /// HTML instead of the text, if there is any.
    pub html_message: Option<String>,
}

/// How long the hub has patience with one server, hooks considered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// `Spawner.start_timeout`: until the spawner's start has returned.
    pub start: Duration,
    /// `Spawner.http_timeout`: from then until the server answers.
    pub answer: Duration,
    /// `Spawner.poll_interval`; `None` for never.
    pub poll_interval: Option<Duration>,
    /// `Spawner.poll_jitter`: the fraction by which intervals vary.
    pub poll_jitter: f64,
}

/// Where a spawner reports while it starts a server.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Commits how the server can be found again. A spawner calls this before anything of the server runs: what
    /// is not committed does not run.
    ///
    /// # Errors
    /// [`SpawnError::Journal`]: the start must be given up.
    async fn started(&self, state: &ServerState, process: Option<&ProcessRecord>) -> Result<(), SpawnError>;

    /// Something for the progress page.
    fn progress(&self, event: ProgressEvent);
}

/// Starts, watches and stops servers. One instance per hub; what belongs to one server is in the arguments.
#[async_trait]
pub trait Spawner: Send + Sync {
    /// Import string of the class that this stands for, as `/hub/api/info` shows it.
    fn upstream_class(&self) -> &str;

    /// The configured options, before hooks.
    fn settings(&self) -> Settings;

    /// Starts a server and returns when its process runs, not when it answers. Dropping the future gives the
    /// start up and leaves nothing behind.
    ///
    /// # Errors
    /// [`SpawnError`]: nothing of the server runs.
    async fn start(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started, SpawnError>;

    /// Whether the server runs. Cheap.
    async fn poll(&self, target: &Target) -> Poll;

    /// The record of a server that runs but has none, since JupyterHub started it.
    async fn adopt(&self, target: &Target) -> Option<ProcessRecord> {
        let _ = target;
        None
    }

    /// Stops the server, gracefully unless `now`, and returns when it no longer runs.
    ///
    /// # Errors
    /// [`SpawnError`] if it may still run.
    async fn stop(&self, target: &Target, now: bool) -> Result<(), SpawnError>;

    /// Returns when the server has ended; never, if that can only be found out by [`poll`](Self::poll).
    async fn wait(&self, target: &Target) -> ExitReport {
        let _ = target;
        std::future::pending().await
    }

    /// The last lines that the server wrote, if the hub has them.
    async fn last_output(&self, target: &Target) -> String {
        let _ = target;
        String::new()
    }

    /// A server is deleted for good.
    async fn delete_forever(&self, target: &Target) {
        let _ = target;
    }
}
