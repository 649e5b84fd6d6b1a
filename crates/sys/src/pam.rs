//! PAM in helper processes.
//!
//! PAM modules block, leak, and change the process that they run in (`pam_loginuid` can be set once, `pam_limits`
//! and `pam_systemd` act on the caller). So the hub never loads libpam: each transaction runs in a fresh copy of this
//! program, which is told what to do over a socket pair, has a deadline, and ends afterwards. An open session keeps
//! its process until it is closed, also across a restart of the hub.

mod ffi;
mod helper;
mod protocol;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::process::{PidFd, stat};
pub use helper::helper_main;
use protocol::{Answer, Operation, Request};

/// The argument that makes this program a helper.
pub const HELPER_ARGUMENT: &str = "--pam-helper";

/// Set for helpers, so that the argument alone does nothing.
const HELPER_VARIABLE: &str = "PERIJOVE_PAM_HELPER";

/// Secrets of the hub that no module needs.
const HUB_SECRETS: [&str; 4] =
    ["JUPYTERHUB_CRYPT_KEY", "JPY_COOKIE_SECRET", "CONFIGPROXY_AUTH_TOKEN", "JUPYTERHUB_API_TOKEN"];

/// Steps of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the service's configuration.
    Start,
    /// Checking the password.
    Authenticate,
    /// Checking the account: expired, must change the password, not at this hour.
    Account,
    /// Opening or closing a session.
    Session,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Authenticate => "authentication",
            Self::Account => "account check",
            Self::Session => "session",
        })
    }
}

/// PAM's refusal: for the log only, since a user must not learn which of these it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The step that refused.
    pub stage: Stage,
    /// Linux-PAM's number.
    pub code: i32,
    /// Linux-PAM's text for the number.
    pub text: String,
    /// What modules said to the user, e.g. that the password has expired.
    pub said: Vec<String>,
}

/// What a refusal means to an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The password is wrong, or the account's password is locked.
    Password,
    /// There is no such account.
    NoAccount,
    /// The account or its password has expired.
    Expired,
    /// The password must be changed first.
    MustChange,
    /// A rule of the service forbids it.
    Forbidden,
    /// PAM itself is at fault: a module is missing, or may not read what it must.
    Setup,
}

impl Refusal {
    /// What it means.
    pub fn cause(&self) -> Cause {
        match self.code {
            7 | 11 => Cause::Password,
            10 => Cause::NoAccount,
            13 | 27 => Cause::Expired,
            12 => Cause::MustChange,
            6 => Cause::Forbidden,
            _ => Cause::Setup,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.cause() {
            Cause::Password => "wrong password, or the password is locked",
            Cause::NoAccount => "no such account",
            Cause::Expired => "the account has expired",
            Cause::MustChange => "the password must be changed first",
            Cause::Forbidden => "a rule of the service forbids it",
            Cause::Setup => "PAM could not do its work",
        };
        write!(f, "{meaning} (PAM {}: error {}, {})", self.stage, self.code, self.text)?;
        for said in &self.said {
            write!(f, "; {said}")?;
        }
        Ok(())
    }
}

/// A transaction that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum PamError {
    /// PAM said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The name or a secret has a zero byte or a character outside the encoding; PAM was not asked.
    #[error("the name or password cannot be given to PAM")]
    Unencodable,
    /// libpam is not installed.
    #[error("PAM is not available: {0}\nhint: install libpam (Debian: libpam0g, libpam-modules)")]
    Unavailable(String),
    /// No answer in time.
    #[error("PAM service {service:?} did not answer within {deadline:?}")]
    Deadline {
        /// The service.
        service: String,
        /// The time given.
        deadline: Duration,
    },
    /// The helper process could not be started or broke off; a module may have crashed it.
    #[error("the PAM helper process failed: {0}")]
    Helper(String),
}

/// How text becomes bytes for PAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
}

impl Encoding {
    /// The encoding of this Python name.
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "utf8" | "u8" | "utf" => Some(Self::Utf8),
            "latin1" | "latin" | "iso88591" | "l1" | "8859" | "cp819" => Some(Self::Latin1),
            "ascii" | "usascii" | "646" => Some(Self::Ascii),
            _ => None,
        }
    }

    fn encode(self, text: &str) -> Result<Vec<u8>, PamError> {
        let narrow = |limit: u32| -> Option<Vec<u8>> {
            text.chars().map(|c| u8::try_from(c).ok().filter(|_| u32::from(c) < limit)).collect()
        };
        let bytes = match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Latin1 => narrow(256),
            Self::Ascii => narrow(128),
        };
        bytes.filter(|bytes| !bytes.contains(&0)).ok_or(PamError::Unencodable)
    }
}

/// The program to run as helper.
#[derive(Debug, Clone)]
pub struct HelperProgram {
    /// The executable; its `main` must call [`helper_main`].
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl HelperProgram {
    /// This very program, even if its file has been replaced since.
    pub fn this_program() -> Self {
        Self { program: "/proc/self/exe".into(), arguments: vec![HELPER_ARGUMENT.into()] }
    }
}

/// How to talk to PAM.
#[derive(Debug, Clone)]
pub struct PamOptions {
    /// The helper.
    pub helper: HelperProgram,
    /// Name of the PAM service, a file in `/etc/pam.d`.
    pub service: String,
    /// Encoding of names and passwords.
    pub encoding: Encoding,
    /// How many helpers may run at once, sessions not counted.
    pub parallel: usize,
    /// How long a transaction may take, waiting for its turn included.
    pub deadline: Duration,
}

/// An open session: the process that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionProcess {
    /// Process number.
    pub pid: u32,
    /// Start in clock ticks after boot.
    pub start_time: u64,
}

/// A PAM service.
#[derive(Debug, Clone)]
pub struct Pam {
    options: Arc<PamOptions>,
    turn: Arc<Semaphore>,
}

impl Pam {
    /// Prepares; nothing is started yet.
    pub fn new(options: PamOptions) -> Self {
        let turn = Arc::new(Semaphore::new(options.parallel.max(1)));
        Self { options: Arc::new(options), turn }
    }

    /// Checks a password (and further secrets, in the order in which the service asks for them) and then the account,
    /// and refreshes the user's credentials. `user` goes to PAM as typed.
    ///
    /// # Errors
    /// [`PamError::Refused`] if PAM says no.
    pub async fn authenticate(&self, user: &str, secrets: &[&SecretString]) -> Result<(), PamError> {
        self.transact(Operation::Authenticate, user, secrets).await.map(drop)
    }

    /// Checks only that the account may log in now.
    ///
    /// # Errors
    /// [`PamError::Refused`] if PAM says no.
    pub async fn check_account(&self, user: &str) -> Result<(), PamError> {
        self.transact(Operation::CheckAccount, user, &[]).await.map(drop)
    }

    /// Opens a session in a process of its own, which holds it until [`close_session`](Self::close_session).
    ///
    /// # Errors
    /// [`PamError::Refused`] if PAM says no.
    pub async fn open_session(&self, user: &str) -> Result<SessionProcess, PamError> {
        let pid = self.transact(Operation::HoldSession, user, &[]).await?;
        let stat = stat(pid).ok().flatten();
        let stat = stat.ok_or_else(|| PamError::Helper("the session's process has ended".to_owned()))?;
        Ok(SessionProcess { pid, start_time: stat.start_time })
    }

    /// Closes a session, possibly one that an earlier run of the hub opened. If its process is gone, a new
    /// transaction closes what it left, as far as the modules can.
    ///
    /// # Errors
    /// [`PamError`] if the session may still be open.
    pub async fn close_session(&self, user: &str, session: SessionProcess) -> Result<(), PamError> {
        let failed = |error: io::Error| PamError::Helper(error.to_string());
        let Some(process) = PidFd::find(session.pid, session.start_time).map_err(failed)? else {
            return self.transact(Operation::CloseSession, user, &[]).await.map(drop);
        };
        process.signal(Signal::SIGTERM).map_err(failed)?;
        let ended = tokio::time::timeout(self.options.deadline, process.ended()).await;
        ended.map_err(|_| self.too_slow())?.map_err(failed)
    }

    fn too_slow(&self) -> PamError {
        PamError::Deadline { service: self.options.service.clone(), deadline: self.options.deadline }
    }

    async fn transact(
        &self,
        operation: Operation,
        user: &str,
        secrets: &[&SecretString],
    ) -> Result<u32, PamError> {
        let encoding = self.options.encoding;
        let request = Request {
            operation,
            service: encoding.encode(&self.options.service)?,
            user: encoding.encode(user)?,
            secrets: secrets
                .iter()
                .map(|secret| encoding.encode(secret.expose_secret()))
                .collect::<Result<_, _>>()?,
        };
        let transaction = async {
            let turn = self.turn.acquire().await.map_err(|error| PamError::Helper(error.to_string()))?;
            let answer = self.run_helper(&request).await.map_err(|error| PamError::Helper(error.to_string()));
            drop(turn);
            answer
        };
        let (pid, answer) =
            tokio::time::timeout(self.options.deadline, transaction).await.map_err(|_| self.too_slow())??;
        match answer {
            Answer::Done => Ok(pid),
            Answer::Refused(refusal) => Err(PamError::Refused(refusal)),
            Answer::Unavailable(cause) => Err(PamError::Unavailable(cause)),
        }
    }

    /// Runs one helper. Dropping the future kills it.
    async fn run_helper(&self, request: &Request) -> io::Result<(u32, Answer)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut ours = UnixStream::from_std(ours)?;
        let helper = &self.options.helper;
        let mut command = Command::new(&helper.program);
        command
            .args(&helper.arguments)
            .arg0("perijove-pam-helper")
            .env(HELPER_VARIABLE, "1")
            .current_dir("/")
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(request.operation != Operation::HoldSession);
        for name in HUB_SECRETS {
            command.env_remove(name);
        }
        let mut child = command.spawn()?;
        // The command holds the helper's end of the socket; without this, its end-of-file would never come.
        drop(command);
        let pid = child.id().ok_or_else(|| io::Error::other("it ended at once"))?;
        ours.write_all(&request.encode()).await?;
        let length = ours.read_u32_le().await?;
        let mut body = vec![0; protocol::checked_length(length)?];
        ours.read_exact(&mut body).await?;
        let answer = Answer::decode(&body).ok_or_else(|| io::Error::other("its answer makes no sense"))?;
        if request.operation != Operation::HoldSession {
            child.wait().await?;
        }
        Ok((pid, answer))
    }
}
