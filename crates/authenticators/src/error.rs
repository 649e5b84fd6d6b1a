//! What can go wrong besides a wrong password.

/// The authenticator could not decide. Its text is for the log; the user sees a general message, except for
/// [`AuthError::Denied`].
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The authenticator refuses with words meant for the user (a hook or plug-in raised an HTTP error).
    #[error("{status} {message}")]
    Denied {
        /// HTTP status to answer with.
        status: u16,
        /// Text for the user.
        message: String,
    },
    /// Something that the authenticator depends on does not answer in time or at all.
    #[error("{what} is not available: {cause}")]
    Unavailable {
        /// What was asked, e.g. `PAM service login`.
        what: String,
        /// Why there is no answer.
        cause: String,
    },
    /// A system account or group could not be looked up.
    #[error("looking up {what} failed: {cause}")]
    Lookup {
        /// What was looked up.
        what: String,
        /// Why that failed.
        cause: String,
    },
    /// The authenticator answered with something that it must not answer.
    #[error("the authenticator's answer cannot be used: {0}")]
    Answer(String),
    /// A Python plug-in or hook failed.
    #[error("{hook} failed: {cause}")]
    Plugin {
        /// Which method or hook.
        hook: String,
        /// The exception, with its traceback for the log.
        cause: String,
    },
}

/// A user cannot be added; the user row must not stay. The REST API answers 400.
#[derive(Debug, thiserror::Error)]
pub enum AddUserError {
    /// The name breaks a rule.
    #[error("invalid user name {0:?}")]
    InvalidName(String),
    /// There is no such system account and none is to be made.
    #[error(
        "there is no system account {0:?}\n\
         hint: create it, or set c.LocalAuthenticator.create_system_users = True"
    )]
    NoAccount(String),
    /// The command that makes the account failed.
    #[error("making the system account {name:?} failed: {cause}")]
    CreateFailed {
        /// The account.
        name: String,
        /// The command's output or error.
        cause: String,
    },
    /// A Python authenticator raised an exception.
    #[error("{0}")]
    Refused(String),
    /// The authenticator could not decide.
    #[error(transparent)]
    Failed(#[from] AuthError),
}

/// The configuration of an authenticator cannot be used: the start must end.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A value breaks a rule that spans more than its type.
    #[error("{option}: {problem}")]
    Invalid {
        /// The option, e.g. `SharedPasswordAuthenticator.user_password`.
        option: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A configured user name breaks a rule.
    #[error("user name {name:?} in {option} is not valid")]
    InvalidUser {
        /// The option.
        option: String,
        /// The name.
        name: String,
    },
    /// The Python class cannot be imported, made or used.
    #[error("the authenticator cannot be used: {0}")]
    Plugin(String),
    /// No native implementation has this name.
    #[error("there is no native authenticator {0:?}")]
    Unknown(String),
    /// The configuration cannot be read.
    #[error("{0}")]
    Config(String),
    /// A configured user name could not be normalised.
    #[error(transparent)]
    Failed(#[from] AuthError),
}
