//! Why a server could not be started or stopped.

/// A server could not be started or stopped. `Display` is for the log and for admins; users see
/// [`SpawnError::user_message`].
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The configuration, or a value that a hook set, cannot be used for this server.
    #[error("{option}: {problem}")]
    Config {
        /// The trait, e.g. `Spawner.cmd`.
        option: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// There is no system account of the user's name.
    #[error(
        "there is no system account {user:?}\n\
         hint: create the account, or set c.LocalAuthenticator.create_system_users = True; the next start works \
         without a restart of the hub"
    )]
    NoAccount {
        /// The user.
        user: String,
    },
    /// The account database does not answer.
    #[error("looking up the system account of {user:?} failed: {cause}")]
    AccountLookup {
        /// The user.
        user: String,
        /// Why.
        cause: String,
    },
    /// The process could not be made, or the command could not be executed.
    #[error("{problem}")]
    Launch {
        /// What failed and what to do.
        problem: String,
    },
    /// The process ended before the server answered.
    #[error("the server process ended early, {status}; its last output:\n{output}")]
    Exited {
        /// `exit status 1`, `killed by signal 9`, …
        status: String,
        /// The last lines that it wrote.
        output: String,
    },
    /// The server could not be recorded, so it was not started.
    #[error("recording the server failed: {0}")]
    Journal(String),
    /// A signal or a look at the process failed.
    #[error("{0}")]
    Process(String),
    /// A Python plug-in or hook raised an exception.
    #[error("{cause}")]
    Plugin {
        /// HTTP status; 500 unless the exception has one.
        status: u16,
        /// Text for the user, if the exception has one.
        message: String,
        /// The same as HTML, if the exception has one.
        html_message: Option<String>,
        /// Headers that the exception wants on the answer.
        headers: Vec<(String, String)>,
        /// The text of an exception that is no answer: it has no status.
        unexpected: Option<Box<str>>,
        /// The exception with its traceback, for the log.
        cause: String,
    },
    /// A policy refuses the start (upstream's `SpawnException`) or a plug-in raised an HTTP error.
    #[error("{status} {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Text for the user.
        message: String,
        /// Label for metrics.
        reason: String,
    },
}

impl SpawnError {
    /// What the user may see. Admins also see `Display`.
    pub fn user_message(&self) -> String {
        match self {
            Self::NoAccount { user } | Self::AccountLookup { user, .. } => {
                format!("There is no usable system account for the user {user}.")
            }
            Self::Exited { status, .. } => {
                format!("The server process ended before it was ready ({status}).")
            }
            Self::Refused { message, .. } | Self::Plugin { message, .. } => message.clone(),
            Self::Config { .. } | Self::Launch { .. } | Self::Journal(_) | Self::Process(_) => {
                "The server could not be started.".to_owned()
            }
        }
    }

    /// HTTP status for a request that waits for the start.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused { status, .. } | Self::Plugin { status, .. } => *status,
            _ => 500,
        }
    }
}

/// The configuration of a spawner cannot be used: the start of the hub must end.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A value breaks a rule, or asks for something that cannot be honoured.
    #[error("{option}: {problem}")]
    Invalid {
        /// The option.
        option: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The spawner class, or the Python that runs it, cannot be used.
    #[error("c.JupyterHub.spawner_class: {0}")]
    Python(String),
    /// No native implementation has this name.
    #[error("there is no native spawner {0:?}")]
    Unknown(String),
    /// The configuration cannot be read.
    #[error("{0}")]
    Config(String),
}
