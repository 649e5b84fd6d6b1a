//! What a spawner is told about one server, and what it answers.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use perijove_model::{ServerName, UserName, Value as PythonValue};
use perijove_python::SpawnerFacts;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::SpawnError;
use crate::spawner::Timing;

/// `Spawner.state` in the database: what upstream's spawner of the same name would store, so that JupyterHub can
/// adopt our servers and we can adopt its servers.
pub type ServerState = Map<String, Value>;

/// What is known about the hub and one server when its environment is computed.
#[derive(Clone)]
pub struct SpawnFacts {
    /// The owner.
    pub user: UserName,
    /// The server; empty for the default one.
    pub server: ServerName,
    /// URL of the hub's API as servers reach it, e.g. `http://127.0.0.1:8081/hub/api`.
    pub hub_api_url: String,
    /// Path of the hub, with `/hub/` at its end.
    pub hub_base_url: String,
    /// `https://hub.example.org` with subdomains, else empty.
    pub hub_public_host: String,
    /// `User.url` upstream: the path `/user/NAME/`, with scheme and host in front when subdomains are used.
    pub user_url: String,
    /// Path of this server, `/user/NAME/` or `/user/NAME/SERVER/`.
    pub server_base_url: String,
    /// `jupyterhub-user-NAME[-SERVER]`
    pub oauth_client_id: String,
    /// The server's own token.
    pub api_token: SecretString,
    /// Scopes that give access to this server.
    pub oauth_access_scopes: Vec<String>,
    /// `Spawner.oauth_client_allowed_scopes`, resolved if it is a function.
    pub oauth_client_allowed_scopes: Vec<String>,
    /// `tornado_settings["cookie_options"]`
    pub cookie_options: Map<String, Value>,
    /// Whether cookie names carry the `__Host-` prefix.
    pub cookie_host_prefix_enabled: bool,
    /// The old `JupyterHub.admin_access`.
    pub admin_access: bool,
    /// Public URL of this server, or empty.
    pub public_url: String,
    /// Public URL of the hub, or empty.
    pub public_hub_url: String,
    /// Certificates when internal TLS is on.
    pub internal_tls: Option<InternalTls>,
    /// Values of `Spawner.environment` entries that are functions, called beforehand.
    pub called_environment: BTreeMap<String, String>,
    /// The hub's own environment, of which `env_keep` is taken.
    pub hub_environment: BTreeMap<String, String>,
}

/// Certificate files for internal TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalTls {
    /// The private key.
    pub keyfile: String,
    /// The certificate.
    pub certfile: String,
    /// Authorities that the server trusts.
    pub cafile: String,
}

impl InternalTls {
    /// How a server or service is told.
    pub fn variables(&self) -> [(String, String); 3] {
        [
            ("JUPYTERHUB_SSL_KEYFILE".to_owned(), self.keyfile.clone()),
            ("JUPYTERHUB_SSL_CERTFILE".to_owned(), self.certfile.clone()),
            ("JUPYTERHUB_SSL_CLIENT_CA".to_owned(), self.cafile.clone()),
        ]
    }
}

/// A spawner's own options, understood by it alone.
pub trait Options: Any + Send + Sync {
    /// The options after functions of the configuration have set these traits of the server's Python twin.
    ///
    /// # Errors
    /// [`SpawnError::Config`] for a trait that cannot take effect: the launch must be given up.
    fn changed(
        &self,
        facts: &mut SpawnFacts,
        changes: &[(String, PythonValue)],
    ) -> Result<Settings, SpawnError>;

    /// The value of a trait; `None` if there is no such trait.
    fn value(&self, name: &str) -> Option<PythonValue>;

    /// What a trait makes of a text, as on the command line; `None` if that is no value of it.
    fn parsed(&self, name: &str, text: &str) -> Option<PythonValue>;

    /// How long the hub has patience with the server.
    fn timing(&self) -> Timing;
}

/// The options of a spawner for one launch: the configuration and what hooks changed. Made by
/// [`Spawner::settings`](crate::Spawner::settings), understood by the same spawner.
#[derive(Clone)]
pub struct Settings(Arc<dyn Options>);

impl Settings {
    /// Wraps a spawner's own options.
    pub fn new<T: Options>(options: T) -> Self {
        Self(Arc::new(options))
    }

    /// The options, if they are of this type.
    pub fn get<T: Options>(&self) -> Option<&T> {
        let any: &dyn Any = self.0.as_ref();
        any.downcast_ref()
    }

    /// The value of a trait; `None` if there is no such trait.
    pub fn value(&self, name: &str) -> Option<PythonValue> {
        self.0.value(name)
    }

    /// What a trait makes of a text, as on the command line; `None` if that is no value of it.
    pub fn parsed(&self, name: &str, text: &str) -> Option<PythonValue> {
        self.0.parsed(name, text)
    }

    /// How long the hub has patience with the server.
    pub fn timing(&self) -> Timing {
        self.0.timing()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings")
    }
}

/// One start of a server.
#[derive(Clone)]
pub struct Launch {
    /// Who, where, and with which tokens.
    pub facts: SpawnFacts,
    /// The options for this launch.
    pub settings: Settings,
    /// What the user chose in the form.
    pub user_options: Map<String, Value>,
    /// State that a former launch left (`will_resume`).
    pub state: ServerState,
    /// User and server as Python sees them, if the spawner [`needs_facts`](crate::Spawner::needs_facts).
    pub shown: Option<Arc<SpawnerFacts>>,
}

impl Launch {
    /// Applies the traits that functions of the configuration set on the server's Python twin.
    ///
    /// # Errors
    /// [`SpawnError::Config`] for a trait that cannot take effect: the launch must be given up.
    pub fn apply(&mut self, changes: &[(String, PythonValue)]) -> Result<(), SpawnError> {
        self.settings = self.settings.0.changed(&mut self.facts, changes)?;
        Ok(())
    }
}

/// A process that outlives the hub: its number counts only together with its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// Process id.
    pub pid: u32,
    /// Start of the process in clock ticks after boot (field 22 of `/proc/PID/stat`).
    pub start_time: u64,
    /// `/proc/sys/kernel/random/boot_id`
    pub boot_id: String,
}

/// A server that was started or may be running.
#[derive(Debug, Clone)]
pub struct Target {
    /// The owner.
    pub user: UserName,
    /// The server; empty for the default one.
    pub server: ServerName,
    /// Path of the server, `JUPYTERHUB_SERVICE_PREFIX` in its environment.
    pub base_url: String,
    /// `Spawner.state` of the database.
    pub state: ServerState,
    /// Our own record; `None` for a server that JupyterHub started.
    pub process: Option<ProcessRecord>,
    /// The options, for timeouts.
    pub settings: Settings,
    /// User and server as Python sees them, if the spawner [`needs_facts`](crate::Spawner::needs_facts).
    pub shown: Option<Arc<SpawnerFacts>>,
}

/// A started server.
#[derive(Debug, Clone)]
pub struct Started {
    /// Scheme, host and port of the server, without a path.
    pub url: String,
    /// What to store as `Spawner.state`.
    pub state: ServerState,
    /// Our own record, if it is a process of this machine.
    pub process: Option<ProcessRecord>,
    /// Where its output goes, if that is a file of the hub's.
    pub log_file: Option<PathBuf>,
    /// The token that the server uses, if it is not the one that it was given: a resumed server keeps its own.
    pub api_token: Option<SecretString>,
    /// The options from now on, if the start has changed them.
    pub settings: Option<Settings>,
}

/// A stopped server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stopped {
    /// The next start goes on with what there is (`Spawner.will_resume`), so that the token must stay valid.
    pub will_resume: bool,
}
