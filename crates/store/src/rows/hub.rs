//! Users, groups, roles, servers, spawners, services, tokens, and the OAuth provider's tables.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::record;

record! {
    /// An address where a single-user server or a service listens.
    #[derive(Default)]
    pub struct Server in SERVERS {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// `http` or `https`.
        pub proto: String,
        /// Host name or address; empty for "this machine".
        pub ip: String,
        /// TCP port.
        pub port: Option<i64>,
        /// URL path, with a slash at both ends.
        pub base_url: String,
        /// Name of the login cookie.
        pub cookie_name: String,
    }
}

record! {
    /// A named collection of scopes.
    #[derive(Default)]
    pub struct Role in ROLES {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// Unique name.
        pub name: String,
        /// Text for people.
        pub description: Option<String>,
        /// Unexpanded scopes.
        pub scopes: Vec<String>,
        /// True if the authenticator defined this role.
        pub managed_by_auth: bool,
    }
}

record! {
    /// A group of users.
    #[derive(Default)]
    pub struct Group in GROUPS {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// Unique name.
        pub name: String,
        /// Free-form JSON object that administrators attach.
        pub properties: Option<Value>,
    }
}

record! {
    /// A person who may log in.
    #[derive(Default)]
    pub struct User in USERS {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// Unique name.
        pub name: String,
        /// What the authenticator says about the person (JSON object).
        pub user_info: Option<Value>,
        /// True for administrators; upstream also grants them the role `admin`.
        pub admin: bool,
        /// When the row was made.
        pub created: Option<DateTime<Utc>>,
        /// Last activity of the person or of one of their servers.
        pub last_activity: Option<DateTime<Utc>>,
        /// The value inside the signed login cookie; a new one logs the person out everywhere.
        pub cookie_id: String => hidden,
        /// Unused by upstream since servers have names.
        pub state: Option<Value>,
        /// `auth_state`, encrypted with Fernet.
        pub encrypted_auth_state: Option<Vec<u8>> => hidden,
    }
}

record! {
    /// An OAuth client: a server, a service, or `jupyterhub` itself.
    #[derive(Default)]
    pub struct OAuthClient in OAUTH_CLIENTS {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// The public client id.
        pub identifier: String,
        /// Text for the confirmation page.
        pub description: Option<String>,
        /// Hash of the client's secret.
        pub secret: Option<String> => hidden,
        /// The only address that codes are sent to.
        pub redirect_uri: Option<String>,
        /// What the client may ask for.
        pub allowed_scopes: Vec<String>,
    }
}

record! {
    /// What the hub keeps of one named server of a user, running or not.
    #[derive(Default)]
    pub struct Spawner in SPAWNERS {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// The owner.
        pub user_id: Option<i64>,
        /// Its address while it is active; NULL when stopped.
        pub server_id: Option<i64>,
        /// What the spawner class needs to find the server again (JSON object).
        pub state: Option<Value>,
        /// Server name; empty for the default server.
        pub name: String,
        /// Name for people.
        pub display_name: Option<String>,
        /// When it was last started.
        pub started: Option<DateTime<Utc>>,
        /// Last activity of this server.
        pub last_activity: Option<DateTime<Utc>>,
        /// What the user chose in the spawn form (JSON object).
        pub user_options: Option<Value>,
        /// Its OAuth client.
        pub oauth_client_id: Option<String>,
    }
}

record! {
    /// A service, from the configuration or added at run time.
    pub struct Service in SERVICES {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// Unique name.
        pub name: String,
        /// Old-style administrator flag.
        pub admin: bool,
        /// Where the service answers.
        pub url: Option<String>,
        /// Scopes that users may be asked for on its behalf.
        pub oauth_client_allowed_scopes: Vec<String>,
        /// Free-form JSON object for the services page.
        pub info: Option<Value>,
        /// Whether the services menu shows it.
        pub display: Option<bool>,
        /// Whether the confirmation page is skipped.
        pub oauth_no_confirm: Option<bool>,
        /// Command line of a managed service.
        pub command: Vec<String>,
        /// Working directory of a managed service.
        pub cwd: Option<String>,
        /// Environment of a managed service (JSON object).
        pub environment: Option<Value>,
        /// System user that a managed service runs as.
        pub user: Option<String>,
        /// Seconds to wait for a managed service.
        pub timeout: i64,
        /// False if it was added at run time through the REST API.
        pub from_config: bool,
        /// Its address (column `_server_id`).
        pub server_id: Option<i64>,
        /// Process id of a managed service.
        pub pid: Option<i64>,
        /// Its OAuth client.
        pub oauth_client_id: Option<String>,
    }
}

impl Default for Service {
    /// Upstream's column defaults: `from_config` true, `timeout` 30.
    fn default() -> Self {
        Self {
            id: 0,
            name: String::new(),
            admin: false,
            url: None,
            oauth_client_allowed_scopes: Vec::new(),
            info: None,
            display: None,
            oauth_no_confirm: None,
            command: Vec::new(),
            cwd: None,
            environment: None,
            user: None,
            timeout: 30,
            from_config: true,
            server_id: None,
            pid: None,
            oauth_client_id: None,
        }
    }
}

record! {
    /// An authorization code, waiting to be exchanged for a token.
    #[derive(Default)]
    pub struct OAuthCode in OAUTH_CODES {
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// The client it was made for.
        pub client_id: Option<String>,
        /// The code itself.
        pub code: String => hidden,
        /// End of life in seconds since 1970.
        pub expires_at: Option<i64>,
        /// Where it was sent to.
        pub redirect_uri: Option<String>,
        /// Browser session that asked for it.
        pub session_id: Option<String> => hidden,
        /// The user who agreed.
        pub user_id: Option<i64>,
        /// What the user agreed to.
        pub scopes: Vec<String>,
        /// PKCE challenge.
        pub code_challenge: Option<String> => hidden,
        /// PKCE method, `S256`.
        pub code_challenge_method: Option<String>,
    }
}

record! {
    /// A token for the REST API, of a user or of a service; only its hash is kept.
    #[derive(Default)]
    pub struct ApiToken in API_TOKENS {
        /// Owner, if it is a user.
        pub user_id: Option<i64>,
        /// Owner, if it is a service.
        pub service_id: Option<i64>,
        /// Primary key; 0 before the insertion. Shown as `a<id>`.
        pub id: i64,
        /// `sha512:rounds:salt:hexdigest`.
        pub hashed: String => hidden,
        /// The first four characters, by which rows are found.
        pub prefix: String,
        /// The OAuth client that issued it; `jupyterhub` for all others.
        pub client_id: Option<String>,
        /// Browser session that it belongs to.
        pub session_id: Option<String> => hidden,
        /// When it was made.
        pub created: Option<DateTime<Utc>>,
        /// When it ends; NULL for never.
        pub expires_at: Option<DateTime<Utc>>,
        /// When it was last used.
        pub last_activity: Option<DateTime<Utc>>,
        /// Text for people.
        pub note: Option<String>,
        /// Unexpanded scopes.
        pub scopes: Vec<String>,
    }
}
