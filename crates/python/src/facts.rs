//! What the hub tells the worker about itself, its users, servers and requests, so that upstream's objects around
//! a hook say the truth.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use perijove_model::value::{Handle, Value};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

/// A class of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassName {
    /// A dotted import name, or the name of an entry point such as `pam`.
    Named(String),
    /// A class object that the configuration holds.
    Handle(Handle),
}

/// The hub, as `spawner.hub`, `user.settings` and `handler.settings` show it.
#[derive(Debug, Clone)]
pub struct HubFacts {
    /// Python's logging level from which records are sent: 10 debug, 20 information, 30 warning, 40 error.
    pub log_level: u32,
    /// Values that the command line, a TOML or JSON file set on top of the Python files: section, trait, value.
    pub overrides: Vec<(String, String, Value)>,
    /// The configured spawner class.
    pub spawner_class: ClassName,
    /// The configured authenticator class.
    pub authenticator_class: ClassName,
    /// What a proxy class in Python is made with.
    pub proxy: Option<ProxyFacts>,
    /// Whether its instance in the worker is the hub's authenticator, and not there for hooks only.
    pub authenticator_is_python: bool,
    /// The hub's own address.
    pub hub: HubServer,
    /// The settings that users and handlers read.
    pub settings: HubSettings,
    /// The database, as SQLAlchemy names it. Plug-ins and hooks find a session on it as `db`.
    pub database_url: SecretString,
    /// The file that what Python and its children print is appended to, for children that outlive the hub; `None`
    /// for the hub's log.
    pub output_file: Option<PathBuf>,
    /// How long code may block the process before it is replaced.
    pub stall_limit: Duration,
}

/// The hub's own address; empty text and 0 mean "not set".
#[derive(Debug, Clone, Default, Serialize)]
pub struct HubServer {
    /// The path of the hub with a slash at both ends, such as `/hub/`.
    pub base_url: String,
    /// Where the hub listens, if given as a URL.
    pub bind_url: String,
    /// Where servers find the hub, if given as a URL.
    pub connect_url: String,
    /// The address the hub listens on.
    pub ip: String,
    /// The port the hub listens on.
    pub port: u16,
    /// The host name or address that servers connect to, if it differs from `ip`.
    pub connect_ip: String,
    /// `scheme://host[:port]` of the public address.
    pub public_host: String,
    /// The hub's route.
    pub routespec: String,
    /// Its own files where internal TLS is on.
    #[serde(flatten)]
    pub tls: Option<HubCertificate>,
}

/// What upstream makes its proxy with.
#[derive(Debug, Clone)]
pub struct ProxyFacts {
    /// The configured class.
    pub class_name: ClassName,
    /// `JupyterHub.bind_url`: where it serves people.
    pub public_url: String,
    /// `JupyterHub.ssl_key`.
    pub ssl_key: String,
    /// `JupyterHub.ssl_cert`.
    pub ssl_cert: String,
    /// Attributes of the application that proxies read.
    pub app: ProxyAppFacts,
}

/// Attributes of upstream's application that proxies read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProxyAppFacts {
    /// `JupyterHub.subdomain_host`.
    pub subdomain_host: String,
    /// Whether everybody inside needs a certificate.
    pub internal_ssl: bool,
    /// By side (`proxy-api`, `proxy-client`), the proxy's own files.
    pub internal_proxy_certs: BTreeMap<String, HubCertificate>,
    /// By authority, the file of those whom its people trust.
    pub internal_trust_bundles: BTreeMap<String, PathBuf>,
}

/// The hub's certificate for connections inside.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct HubCertificate {
    /// The private key.
    pub keyfile: PathBuf,
    /// The certificate.
    pub certfile: PathBuf,
    /// Those whom the hub trusts.
    pub cafile: PathBuf,
}

/// Upstream's Tornado settings that objects around hooks read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HubSettings {
    /// The path before `/hub/` and `/user/`, with a slash at both ends.
    pub base_url: String,
    /// `JupyterHub.subdomain_host`.
    pub subdomain_host: String,
    /// The host name of `subdomain_host`.
    pub domain: String,
    /// `JupyterHub.public_url`.
    pub public_url: String,
    /// `JupyterHub.allow_named_servers`.
    pub allow_named_servers: bool,
    /// `JupyterHub.default_server_name`.
    pub default_server_name: String,
    /// `JupyterHub.admin_access`.
    pub admin_access: bool,
    /// `JupyterHub.redirect_to_server`.
    pub redirect_to_server: bool,
    /// The path of the login page.
    pub login_url: String,
    /// The path of the logout page.
    pub logout_url: String,
    /// Attributes of cookies: `tornado_settings["cookie_options"]`.
    pub cookie_options: Map<String, Json>,
    /// Whether cookies are named `__Host-…`.
    pub cookie_host_prefix_enabled: bool,
    /// `JupyterHub.trusted_alt_names`.
    pub trusted_alt_names: Vec<String>,
    /// Whether everybody inside needs a certificate.
    pub internal_ssl: bool,
    /// The folder of certificates.
    pub internal_certs_location: Option<String>,
    /// By authority, the file of those whom its people trust.
    pub internal_trust_bundles: BTreeMap<String, PathBuf>,
}

/// A group of a user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupFacts {
    /// The name.
    pub name: String,
    /// The properties, a dictionary.
    pub properties: Value,
}

/// A user, as `spawner.user` and `handler.current_user` show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserFacts {
    /// The row's number.
    pub id: i64,
    /// The name.
    pub name: String,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// The groups.
    pub groups: Vec<GroupFacts>,
    /// The names of the roles.
    pub roles: Vec<String>,
    /// When the user was created.
    pub created: Option<DateTime<Utc>>,
    /// The last activity.
    pub last_activity: Option<DateTime<Utc>>,
    /// What `await user.get_auth_state()` gives: the decrypted state, or `Value::None`.
    pub auth_state: Value,
}

/// A service, as `handler.current_user` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceFacts {
    /// The name.
    pub name: String,
    /// Whether it has the rights of an administrator.
    pub admin: bool,
}

/// A request, as `handler` and `handler.request` show it.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// The method.
    pub method: String,
    /// Path and query as received.
    pub uri: String,
    /// `http` or `https`.
    pub protocol: String,
    /// The host that the client named.
    pub host: String,
    /// The client's address, after trusted proxies.
    pub remote_ip: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body, or what a hook may see of it.
    pub body: Vec<u8>,
    /// Who is logged in.
    pub user: Option<UserFacts>,
    /// The service that sends it, where no user does.
    pub service: Option<ServiceFacts>,
    /// The expanded scopes of the request.
    pub scopes: Vec<String>,
}

impl Serialize for RequestFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value = serde_json::json!({
            "method": self.method,
            "uri": self.uri,
            "protocol": self.protocol,
            "host": self.host,
            "remote_ip": self.remote_ip,
            "headers": self.headers,
            "user": self.user,
            "service": self.service,
            "scopes": self.scopes,
        });
        if let Some(object) = value.as_object_mut() {
            object.insert("body".to_owned(), Value::Bytes(self.body.clone()).to_json());
        }
        value.serialize(serializer)
    }
}

/// The address of a running server, as `spawner.server` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ServerFacts {
    /// `http` or `https`.
    pub proto: String,
    /// The address.
    pub ip: String,
    /// The port, 0 before it is known.
    pub port: u16,
    /// The path, such as `/user/NAME/`.
    pub base_url: String,
}

/// A server, as the `spawner` argument of hooks shows it.
#[derive(Debug, Clone, Serialize)]
pub struct SpawnerFacts {
    /// The owner.
    pub user: UserFacts,
    /// The server's name, empty for the default server.
    pub name: String,
    /// The name that pages show.
    pub display_name: String,
    /// The stored state of the spawner, a dictionary or `Value::None`.
    pub state: Value,
    /// What the user asked for, a dictionary.
    pub user_options: Value,
    /// The server's token, once there is one.
    #[serde(serialize_with = "exposed")]
    pub api_token: Option<SecretString>,
    /// The server's address from the beginning of a start to the end of a stop.
    pub server: Option<ServerFacts>,
    /// When it was started.
    pub started: Option<DateTime<Utc>>,
    /// Its last activity.
    pub last_activity: Option<DateTime<Utc>>,
    /// The request that asked for the server, if one did.
    pub handler: Option<RequestFacts>,
}

fn exposed<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}
