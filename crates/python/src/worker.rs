//! The worker as the hub sees it: started once, called with deadlines, replaced when it dies or stalls.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use perijove_model::value::{Handle, Value};
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::error::WorkerError;
use crate::evaluation::{Evaluation, WireEvaluation};
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

    fn connect(&self) -> Result<Connection, WorkerError> {
        Connection::start(self.command(), &self.output)
            .map_err(|source| WorkerError::Start { path: self.interpreter.clone(), source })
    }

    async fn evaluate(&self, connection: &Connection) -> Result<Evaluation, WorkerError> {
        let params = json!({ "files": self.config_files, "argv": self.argv });
        let answer = timeout(self.evaluation_deadline, connection.request("evaluate", params)).await;
        let result = match answer {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => {
                connection.wait_for_end(FAILURE_OUTPUT_WAIT).await;
                return Err(error);
            }
            Err(_) => {
                connection.kill();
                let what = format!("the configuration {}", self.config_files_text());
                return Err(WorkerError::Deadline { what, seconds: self.evaluation_deadline.as_secs() });
            }
        };
        let wire: WireEvaluation =
            serde_json::from_value(result).map_err(|error| WorkerError::Protocol(error.to_string()))?;
        Ok(wire.into())
    }

    fn config_files_text(&self) -> String {
        let names: Vec<_> = self.config_files.iter().map(|path| path.display().to_string()).collect();
        names.join(", ")
    }
}

/// A Python process that holds what the configuration could not say in plain values. Cheap to clone; the process
/// ends with the last clone.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    options: WorkerOptions,
    connection: Connection,
}

impl Worker {
    /// Runs the configuration files. The worker is `None` if everything they set is plain: no Python remains.
    ///
    /// Needs a Tokio runtime that lives as long as the worker.
    ///
    /// # Errors
    /// [`WorkerError::Python`] for a syntax error, an exception or `sys.exit` in the files, with file and line;
    /// [`WorkerError::Deadline`] if they take too long; the others if the interpreter does not work.
    pub async fn start(options: WorkerOptions) -> Result<(Option<Self>, Evaluation), WorkerError> {
        let connection = options.connect()?;
        let evaluation = options.evaluate(&connection).await?;
        if !evaluation.has_handles {
            return Ok((None, evaluation));
        }
        Ok((Some(Self { inner: Arc::new(Inner { options, connection }) }), evaluation))
    }

    /// Calls a function of the configuration with plain arguments; an awaitable result is awaited.
    ///
    /// # Errors
    /// [`WorkerError::Python`] if it raises, [`WorkerError::Deadline`] if it does not return in time.
    pub async fn call(
        &self,
        function: &Handle,
        args: &[Value],
        deadline: Duration,
    ) -> Result<Value, WorkerError> {
        let params = json!({ "handle": function.id, "args": args });
        let answer = timeout(deadline, self.inner.connection.request("call", params)).await;
        let result = answer.map_err(|_| WorkerError::Deadline {
            what: function.description.clone(),
            seconds: deadline.as_secs(),
        })??;
        Value::from_json(&result).map_err(|error| WorkerError::Protocol(error.to_string()))
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("interpreter", &self.inner.options.interpreter).finish_non_exhaustive()
    }
}
