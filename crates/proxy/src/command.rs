//! `perijove proxy`: the proxy as a process of its own, with configurable-http-proxy's command line.

mod arguments;
mod embedded;
mod pages;
mod redirect;
mod setup;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::listener::ListenError;
use crate::target::TargetError;
use crate::tls::TlsError;

use arguments::Arguments;
pub use arguments::LogLevel;
pub use embedded::{EmbeddedCommand, ExtraListeners};

/// Status that CHP ends with after a signal.
const ENDED_BY_SIGNAL: u8 = 2;

/// Secrets that CHP takes from the environment.
#[derive(Clone, Debug, Default)]
pub struct ProxySecrets {
    /// `CONFIGPROXY_AUTH_TOKEN`: the token of the REST API.
    pub auth_token: Option<SecretString>,
    /// `CONFIGPROXY_SSL_KEY_PASSPHRASE`: opens `--ssl-key`.
    pub ssl_key_passphrase: Option<SecretString>,
    /// `CONFIGPROXY_API_SSL_KEY_PASSPHRASE`: opens `--api-ssl-key`.
    pub api_ssl_key_passphrase: Option<SecretString>,
}

impl ProxySecrets {
    /// Reads them from the environment of this process.
    #[must_use]
    pub fn from_environment() -> Self {
        let secret = |name| std::env::var(name).ok().filter(|text| !text.is_empty()).map(SecretString::from);
        Self {
            auth_token: secret("CONFIGPROXY_AUTH_TOKEN"),
            ssl_key_passphrase: secret("CONFIGPROXY_SSL_KEY_PASSPHRASE"),
            api_ssl_key_passphrase: secret("CONFIGPROXY_API_SSL_KEY_PASSPHRASE"),
        }
    }
}

/// Why the proxy does not start.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Options that exclude each other, or an option that is not supported.
    #[error("{0}")]
    Options(String),
    /// A target is wrong.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// TLS files or options are wrong.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The pid file cannot be written.
    #[error("cannot write the pid file {path}: {source}")]
    PidFile {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// A parsed command line.
#[derive(Debug)]
pub struct ProxyCommand {
    arguments: Arguments,
    secrets: ProxySecrets,
}

impl ProxyCommand {
    /// Parses a command line, whose first element is the command's name.
    ///
    /// # Errors
    /// For what CHP would not take either, and for `--help` and `--version`: the error prints itself.
    pub fn parse(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
        secrets: ProxySecrets,
    ) -> Result<Self, clap::Error> {
        Ok(Self { arguments: Arguments::try_parse_from(arguments)?, secrets })
    }

    /// What `--log-level` says, for the caller to set up its log.
    #[must_use]
    pub fn log_level(&self) -> LogLevel {
        self.arguments.log_level
    }

    /// Runs the proxy until `shutdown`.
    ///
    /// # Errors
    /// When it cannot start.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), CommandError> {
        let setup = setup::Setup::new(&self.arguments, &self.secrets)?;
        let listeners = setup::Listeners::bind(&self.arguments, &self.secrets).await?;
        let pid_file = self.arguments.pid_file.clone().map(PidFile::write).transpose()?;
        setup.serve(listeners, shutdown).await;
        drop(pid_file);
        Ok(())
    }

    /// Runs the proxy until SIGINT or SIGTERM and gives the exit status: 1 if it cannot start, 2 after a signal, as CHP's.
    pub async fn run_until_signal(self) -> ExitCode {
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::error!("signals cannot be handled");
            return ExitCode::FAILURE;
        };
        let signalled = async move {
            tokio::select! {
                _ = interrupt.recv() => tracing::warn!("interrupted"),
                _ = terminate.recv() => tracing::warn!("terminated"),
            }
            stop.cancel();
        };
        let (run, ()) = tokio::join!(
            async {
                let run = self.run(shutdown.clone()).await;
                shutdown.cancel();
                run
            },
            async {
                tokio::select! {
                    () = signalled => {}
                    () = shutdown.cancelled() => {}
                }
            }
        );
        match run {
            Ok(()) => ExitCode::from(ENDED_BY_SIGNAL),
            Err(error) => {
                tracing::error!(%error, "the proxy does not start");
                ExitCode::FAILURE
            }
        }
    }
}

/// Parses `arguments` (the first is the command's name), runs the proxy until SIGINT or SIGTERM, and gives the exit status:
/// 1 if it cannot start, 2 after a signal, as CHP's. The caller has set up logging and the TLS provider.
pub async fn run_proxy_command(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    match ProxyCommand::parse(arguments, ProxySecrets::from_environment()) {
        Ok(command) => command.run_until_signal().await,
        Err(error) => {
            // There is nowhere to tell that the terminal is gone.
            let _ = error.print();
            ExitCode::from(u8::from(error.use_stderr()))
        }
    }
}

/// The file with our process id; removed at the end.
struct PidFile(PathBuf);

impl PidFile {
    fn write(path: PathBuf) -> Result<Self, CommandError> {
        let wrong = |source| CommandError::PidFile { path: path.display().to_string(), source };
        std::fs::write(&path, std::process::id().to_string()).map_err(wrong)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(self.path()) {
            tracing::debug!(%error, path = %self.path().display(), "cannot remove the pid file");
        }
    }
}
