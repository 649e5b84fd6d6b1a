//! What can go wrong in the hub, in the terms of the caller.
//!
//! Each variant stands for one answer class. The messages of the client variants are shown to
//! the person who made the request; [`Error::Internal`] is logged and never shown.

use perijove_authenticators::AuthError;
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
    /// A server could not be started. The text is for the user.
    #[error("{0}")]
    SpawnFailed(String),
    /// A plug-in did not start a server, in its own words.
    #[error("{message}")]
    SpawnRefused {
        /// The HTTP status to answer with.
        status: u16,
        /// The text for the user.
        message: String,
        /// The same as HTML, if the plug-in gave that.
        html_message: Option<String>,
    },
    /// A hook or plug-in refused with an HTTP status of its own.
    #[error("{message}")]
    Status {
        /// The HTTP status to answer with.
        status: u16,
        /// The text for the user.
        message: String,
    },
    /// Something that is not the caller's fault. Logged, never shown.
    #[error("{0}")]
    Internal(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The result of an operation of the hub.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal of an authenticator with a status is an answer; anything else is for the log.
impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Denied { status, message } => Self::Status { status, message },
            other => Self::internal(other),
        }
    }
}

impl Error {
    /// A failure of the hub itself, with the text for the log.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }
}
