//! The seam: what the hub asks of a spawner.

use std::time::Duration;

use async_trait::async_trait;
use perijove_model::{ServerName, UserName};

use crate::error::SetupError;
use crate::error::SpawnError;
use crate::launch::{Launch, ProcessRecord, ServerState, Settings, Started, Stopped, Target};
use crate::options::seconds;

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

impl Timing {
    /// The options of these names, as they are configured.
    pub fn of_options(start_timeout: i64, http_timeout: i64, poll_interval: i64, poll_jitter: f64) -> Self {
        Self::new(seconds(start_timeout), seconds(http_timeout), seconds(poll_interval), poll_jitter)
    }

    /// An interval of nothing means never.
    pub(crate) fn new(start: Duration, answer: Duration, poll_interval: Duration, poll_jitter: f64) -> Self {
        let poll_interval = Some(poll_interval).filter(|interval| !interval.is_zero());
        Self { start, answer, poll_interval, poll_jitter }
    }
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

    /// Gets ready for the first start, once the hub serves.
    ///
    /// # Errors
    /// [`SetupError`] if no server can ever be started: the hub must end.
    async fn warm_up(&self) -> Result<(), SetupError> {
        Ok(())
    }

    /// Whether launches and targets must say all about the user and the server.
    fn needs_facts(&self) -> bool {
        false
    }

    /// Whether nothing of a server runs that the journal was not told of, so that a server without state and process
    /// need not be stopped.
    fn journals(&self) -> bool {
        true
    }

    /// Whether there is a form for options, or a function that may make one, that the hub's settings do not know of.
    fn has_options_form(&self) -> bool {
        false
    }

    /// Whether a start ends by itself when `Spawner.start_timeout` is over.
    fn keeps_start_timeout(&self) -> bool {
        false
    }

    /// Starts a server and returns when its process runs, not when it answers. Dropping the future gives the
    /// start up and leaves nothing behind.
    ///
    /// # Errors
    /// [`SpawnError`]: nothing of the server runs.
    async fn start(&self, launch: &Launch, journal: &dyn Journal) -> Result<Started, SpawnError>;

    /// Says how a start goes on, until it is dropped. Runs beside [`start`](Self::start) and the wait for the answer.
    async fn progress(&self, user: &UserName, server: &ServerName, journal: &dyn Journal) {
        let _ = (user, server);
        journal.progress(ProgressEvent {
            progress: Some(50),
            message: "Spawning server...".to_owned(),
            html_message: None,
        });
        std::future::pending().await
    }

    /// A start has ended, well or not.
    async fn start_ended(&self, user: &UserName, server: &ServerName) {
        let _ = (user, server);
    }

    /// Where a server that runs is, if the spawner knows better than the database: scheme, host and port.
    async fn url(&self, target: &Target) -> Option<String> {
        let _ = target;
        None
    }

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
    async fn stop(&self, target: &Target, now: bool) -> Result<Stopped, SpawnError>;

    /// The server has stopped and the database knows. Returns the state that stays.
    async fn after_stop(&self, target: &Target) -> ServerState {
        let _ = target;
        ServerState::new()
    }

    /// The server, which does not run, is about to get another name.
    ///
    /// # Errors
    /// [`SpawnError`] prevents that.
    async fn rename(&self, target: &Target, new_name: &ServerName) -> Result<(), SpawnError> {
        let _ = (target, new_name);
        Ok(())
    }

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
