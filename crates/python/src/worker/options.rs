//! What a worker needs to start, and its start.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::error::WorkerError;
use crate::evaluation::{Evaluation, WireEvaluation};
use crate::hub_calls::Callee;
use crate::output::{OutputSink, log_sink};

/// How long to wait for the output of a configuration that failed.
const FAILURE_OUTPUT_WAIT: Duration = Duration::from_secs(1);

/// What a worker needs to start.
#[derive(Clone)]
pub struct WorkerOptions {
    /// The interpreter, from [`crate::interpreter::discover`].
    pub interpreter: PathBuf,
    /// The configuration files, executed in this order; later ones win. Absolute paths.
    pub config_files: Vec<PathBuf>,
    /// `sys.argv` of the configuration: the hub's command line.
    pub argv: Vec<String>,
    /// The environment; `None` inherits the hub's.
    pub env: Option<Vec<(OsString, OsString)>>,
    /// The working directory; `None` inherits the hub's.
    pub cwd: Option<PathBuf>,
    /// How long the files may take to run.
    pub evaluation_deadline: Duration,
    /// Receives what Python code prints.
    pub output: OutputSink,
}

impl WorkerOptions {
    /// Options that run `config_files` in this process's environment and log what they print.
    pub fn new(interpreter: impl Into<PathBuf>, config_files: Vec<PathBuf>) -> Self {
        Self {
            interpreter: interpreter.into(),
            config_files,
            argv: std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect(),
            env: None,
            cwd: None,
            evaluation_deadline: Duration::from_secs(300),
            output: log_sink(),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        if let Some(env) = &self.env {
            command.env_clear().envs(env.iter().map(|(name, value)| (name, value)));
        }
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
        }
        command
    }

    /// Starts the interpreter.
    pub(super) fn connect(&self, callee: &Callee) -> Result<Connection, WorkerError> {
        Connection::start(self.command(), &self.output, callee.clone())
            .map_err(|source| WorkerError::Start { path: self.interpreter.clone(), source })
    }

    /// Runs the configuration files; handles are numbered from `first_handle` on.
    pub(super) async fn evaluate(
        &self,
        connection: &Connection,
        first_handle: u64,
    ) -> Result<Evaluation, WorkerError> {
        let params = json!({
            "files": self.config_files,
            "argv": self.argv,
            "first_handle": first_handle,
        });
        let mut call = connection.call("evaluate", &params)?;
        let result = match timeout(self.evaluation_deadline, call.answer()).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => {
                connection.wait_for_end(FAILURE_OUTPUT_WAIT).await;
                return Err(error);
            }
            Err(_) => {
                connection.kill();
                let names: Vec<_> = self.config_files.iter().map(|path| path.display().to_string()).collect();
                let what = format!("the configuration {}", names.join(", "));
                return Err(WorkerError::Deadline { what, seconds: self.evaluation_deadline.as_secs_f64() });
            }
        };
        let wire: WireEvaluation =
            serde_json::from_value(result).map_err(|error| WorkerError::Protocol(error.to_string()))?;
        Ok(wire.into())
    }
}
