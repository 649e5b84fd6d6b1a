//! What can go wrong with the worker, and the exceptions that Python code raised in it.

use std::path::PathBuf;

use serde::Deserialize;

use crate::evaluation::SourceLocation;

/// An exception raised by the configuration, a hook or a plug-in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{}{kind}: {message}", place(.location.as_ref()))]
pub struct PythonError {
    /// The exception's type; with its module unless it is a built-in.
    #[serde(rename = "type")]
    pub kind: String,
    /// `str(exception)`.
    #[serde(skip)]
    pub message: String,
    /// The traceback as Python prints it, without the worker's own frames; for logs, never for users.
    pub traceback: String,
    /// The deepest line inside the configuration, else the deepest line of all.
    pub location: Option<SourceLocation>,
    /// The status of a `web.HTTPError`.
    #[serde(rename = "status_code")]
    pub status: Option<u16>,
    /// The reason phrase of a `web.HTTPError`.
    pub reason: Option<String>,
    /// The text that a `web.HTTPError` wants logged; JupyterHub shows it on its error page.
    pub log_message: Option<String>,
    /// The headers that a `web.HTTPError` wants on the answer.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// `jupyterhub_message`: text for the user.
    #[serde(rename = "jupyterhub_message")]
    pub user_message: Option<String>,
    /// `jupyterhub_html_message`: HTML for the user.
    #[serde(rename = "jupyterhub_html_message")]
    pub user_html_message: Option<String>,
    /// The status asked for, if the code called `sys.exit`.
    pub exit_status: Option<i32>,
}

impl PythonError {
    /// What upstream shows of the exception: its first text for people that is not empty.
    pub fn user_text(&self) -> Option<&str> {
        let texts = [&self.user_message, &self.log_message, &self.reason];
        texts.into_iter().flatten().map(String::as_str).find(|text| !text.is_empty())
    }
}

fn place(location: Option<&SourceLocation>) -> String {
    location.map_or_else(String::new, |location| format!("{location}: "))
}

/// Why the worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// No Python interpreter was found.
    #[error(
        "no Python interpreter was found, and {needed_for} needs one\nhint: install python3, or name an interpreter with --python or PERIJOVE_PYTHON"
    )]
    NoInterpreter {
        /// What it is needed for.
        needed_for: String,
    },
    /// The named interpreter is not there or not executable.
    #[error(
        "the Python interpreter {path} named by {origin} is not an executable file\nhint: name an existing one, for example --python=/usr/bin/python3"
    )]
    BadInterpreter {
        /// The path as it was given.
        path: PathBuf,
        /// Which setting named it.
        origin: &'static str,
    },
    /// The interpreter could not be started.
    #[error("cannot start the Python interpreter {path}: {source}")]
    Start {
        /// The interpreter.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration, a hook or a plug-in raised an exception.
    #[error(transparent)]
    Python(Box<PythonError>),
    /// The worker ended without an answer.
    #[error("the Python worker ended ({status}) before it answered{}", last_output(.output))]
    Died {
        /// How it ended.
        status: String,
        /// The last lines that it printed.
        output: String,
    },
    /// The call did not return in time.
    #[error("{what} did not return within {seconds} seconds")]
    Deadline {
        /// What was called.
        what: String,
        /// The deadline, in seconds.
        seconds: f64,
    },
    /// What the handle names is gone: the worker was restarted and the configuration no longer has it.
    #[error(
        "{description} is no longer there: the configuration changed since the hub started\nhint: restart the hub"
    )]
    HandleGone {
        /// What the handle named.
        description: String,
    },
    /// The worker said something that this version does not understand.
    #[error("unexpected answer from the Python worker: {0}")]
    Protocol(String),
}

fn last_output(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!(". Its last output:\n{output}") }
}

impl WorkerError {
    /// The exception, if Python code raised one.
    pub fn as_python(&self) -> Option<&PythonError> {
        match self {
            Self::Python(error) => Some(error),
            _ => None,
        }
    }

    /// The failure for the log, with the traceback of an exception.
    pub fn explained(&self) -> String {
        match self {
            Self::Python(exception) => format!("{exception}\n{}", exception.traceback.trim_end()),
            other => other.to_string(),
        }
    }
}
