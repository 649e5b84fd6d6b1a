//! What the provider asks of the database.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perijove_crypto::token::HashedToken;
use perijove_model::scope::{ClientResource, ScopeSet};
use secrecy::{ExposeSecret, SecretString};

/// A registered OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The public `client_id`.
    pub identifier: String,
    /// What users see.
    pub description: String,
    /// The hash of its secret; `None` if it has none, or one that cannot be read. Such a client is not served.
    pub secret: Option<HashedToken>,
    /// Where browsers are sent back to: a path on this host, or a URI.
    pub redirect_uri: String,
    /// The raw scopes that it may ask for.
    pub allowed_scopes: Vec<String>,
    /// What it stands for; `None` if that is gone.
    pub of: Option<ClientOf>,
}

/// What a client stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientOf {
    /// A service.
    Service(String),
    /// A user's server.
    Server {
        /// The owner.
        user: String,
        /// The server's name, empty for the default server.
        server: String,
        /// The groups that the owner is in.
        owner_groups: Vec<String>,
    },
}

impl ClientOf {
    /// The same for the expansion of scopes.
    pub fn resource(&self) -> ClientResource<'_> {
        match self {
            Self::Service(name) => ClientResource::Service(name),
            Self::Server { user, server, .. } => ClientResource::Server { user, server },
        }
    }
}

/// An authorization code, about to be stored or as it was stored. `Debug` shows neither code nor challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// The code; 30 letters and digits.
    pub code: String,
    /// The client that it is for.
    pub client_id: String,
    /// The user who agreed.
    pub user_id: i64,
    /// What the user agreed to: raw scopes.
    pub scopes: Vec<String>,
    /// The client's redirection address.
    pub redirect_uri: String,
    /// The user's browser session.
    pub session_id: Option<String>,
    /// The last second of its life, in seconds since 1970; `None` for no end.
    pub expires_at: Option<i64>,
    /// PKCE challenge.
    pub code_challenge: Option<String>,
    /// PKCE method: `S256` or `plain`.
    pub code_challenge_method: Option<String>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("client_id", &self.client_id)
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// An access token to be stored. It is random: one round of hashing is enough.
#[derive(Debug)]
pub struct NewToken {
    /// The secret; 30 letters and digits.
    pub token: SecretString,
    /// Its owner.
    pub user_id: i64,
    /// The client that asked for it.
    pub client_id: String,
    /// What it may do: raw scopes.
    pub scopes: Vec<String>,
    /// The user's browser session, with whose logout it ends.
    pub session_id: Option<String>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// The database, as far as the provider needs it. Each method may be a transaction of its own: none has to stay open
/// between calls, and none must, since secrets are hashed in between.
#[async_trait]
pub trait OAuthStore: Send {
    /// What can go wrong.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The client with this identifier.
    async fn client(&mut self, identifier: &str) -> Result<Option<Client>, Self::Error>;

    /// The raw scopes of these roles together; `None` unless all of them exist.
    async fn scopes_of_roles(&mut self, roles: &ScopeSet) -> Result<Option<ScopeSet>, Self::Error>;

    /// The groups of a user by name.
    async fn groups_of(&mut self, user: &str) -> Result<BTreeSet<String>, Self::Error>;

    /// The raw scopes of all tokens that the user has given to the client before.
    async fn granted_before(&mut self, user_id: i64, client_id: &str) -> Result<ScopeSet, Self::Error>;

    /// Stores a new code.
    async fn insert_code(&mut self, code: Code) -> Result<(), Self::Error>;

    /// The stored code, expired or not.
    async fn code(&mut self, code: &str) -> Result<Option<Code>, Self::Error>;

    /// Deletes the code and stores the token in one transaction. `false`, and nothing stored, if the code is gone:
    /// of two requests with one code only one gets a token.
    async fn redeem(&mut self, code: &Code, token: NewToken) -> Result<bool, Self::Error>;

    /// Whether a client's secret is the right one. Takes a millisecond of processor time; an implementation can
    /// move it off the event loop.
    async fn secret_matches(&mut self, hashed: &HashedToken, secret: &SecretString) -> bool {
        hashed.verify(secret.expose_secret())
    }
}
