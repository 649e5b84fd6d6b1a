//! What can go wrong in the hub, in the terms of the caller.
//!
//! Each variant stands for one answer class. The messages of the client variants are shown to
//! the person who made the request; [`Error::Internal`] is logged and never shown.

use perijove_authenticators::AuthError;
use perijove_spawners::SpawnError;
use perijove_store::StoreError;

/// The failure of one operation of the hub.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is malformed or impossible in the present state.
    #[error("{0}")]
    Invalid(String),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or the caller may not know of it.
    #[error("{0}")]
    NotFound(String),
    /// The thing to be made is there already.
    #[error("{0}")]
    Conflict(String),
    /// Too much is going on; `retry_after` is in seconds.
    #[error("{message}")]
    Busy {
        /// What to tell the user.
        message: String,
        /// Seconds after which a new try makes sense, for the `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// A server could not be started, or a hook or plug-in refused: with a status and words of its own.
    #[error("{}", .0.text())]
    Status(Failure),
    /// Something that is not the caller's fault. Logged, never shown.
    #[error("{0}")]
    Internal(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody is told of a failure that has a status of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status to answer with.
    pub status: u16,
    /// The text for the user; empty where nobody wrote one.
    pub message: String,
    /// What a plug-in's exception has besides.
    pub exception: Option<Box<Exception>>,
}

/// What an exception of a plug-in says besides its words for the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The same as HTML.
    pub html_message: Option<String>,
    /// What it wants in the answer's head.
    pub headers: Vec<(String, String)>,
    /// Its text, if it has no status, so that nobody meant it to be an answer. Pages and the REST API do not show it; the
    /// progress of a start does, and so does the form to whoever filled it in, as upstream's.
    pub unexpected: Option<String>,
}

impl Failure {
    /// The text for the user, or else that of the unexpected exception.
    pub fn text(&self) -> &str {
        let exception = self.exception.as_deref().filter(|_| self.message.is_empty());
        exception.and_then(|exception| exception.unexpected.as_deref()).unwrap_or(&self.message)
    }

    /// The text for the user as HTML, where a plug-in gave that.
    pub fn html_message(&self) -> Option<&str> {
        self.exception.as_deref().and_then(|exception| exception.html_message.as_deref())
    }
}

/// The result of an operation of the hub.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal of an authenticator with a status is an answer; anything else is for the log.
impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Denied { status, message } => Self::status(status, message),
            other => Self::internal(other),
        }
    }
}

/// What the user is told of a spawner's failure; all of it goes to the log.
impl From<SpawnError> for Error {
    fn from(error: SpawnError) -> Self {
        tracing::error!("{error}");
        let mut message = error.user_message();
        if let SpawnError::Exited { output, .. } = &error {
            message = format!("{message}\n{output}");
        }
        let status = error.status();
        let exception = match error {
            SpawnError::Plugin { html_message, headers, unexpected, .. } => {
                Some(Box::new(Exception { html_message, headers, unexpected: unexpected.map(String::from) }))
            }
            _ => None,
        };
        Self::Status(Failure { status, message, exception })
    }
}

impl Error {
    /// A failure with a status and a text for the user.
    pub fn status(status: u16, message: impl Into<String>) -> Self {
        Self::Status(Failure { status, message: message.into(), exception: None })
    }

    /// A server could not be started, for the reason that the user is told.
    pub fn spawn_failed(message: impl Into<String>) -> Self {
        Self::status(500, message)
    }

    /// A failure of the hub itself, with the text for the log.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }
}
