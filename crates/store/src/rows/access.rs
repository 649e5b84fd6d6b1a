//! Answers of joined queries: who a token or a cookie belongs to, and what was granted to them.

use chrono::{DateTime, Utc};

use super::{ApiToken, Role, Server, Spawner, User};

/// Everything that decides what a user or service may do, as it stands in the database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grants {
    /// Roles of the user or service itself.
    pub roles: Vec<Role>,
    /// Names of the user's groups, sorted.
    pub groups: Vec<String>,
    /// Roles of these groups, each once.
    pub group_roles: Vec<Role>,
    /// Servers shared with the user, or with one of their groups; expired shares included, as upstream counts them
    /// until they are purged.
    pub shares: Vec<SharedServer>,
}

/// One share as an authorisation decision needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedServer {
    /// Scopes of the share.
    pub scopes: Vec<String>,
    /// When it ends; None for never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Owner of the server.
    pub owner_name: String,
    /// Name of the server; empty for the default server.
    pub server_name: String,
    /// The group it was given to; None if it was given to the user.
    pub group: Option<String>,
}

/// Whose token it is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenOwner {
    /// A user.
    User(Box<User>),
    /// A service.
    Service {
        /// `services.id`.
        id: i64,
        /// Its name.
        name: String,
        /// Its old-style administrator flag.
        admin: bool,
    },
}

/// What an OAuth client stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientTarget {
    /// A user's server.
    Server {
        /// The server's owner.
        user: String,
        /// Its name; empty for the default server.
        server: String,
    },
    /// A service.
    Service(String),
}

/// A token with all that is needed to authorise a request with it.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenWithOwner {
    /// The token.
    pub token: ApiToken,
    /// Its owner; a row without one authorises nothing.
    pub owner: Option<TokenOwner>,
    /// What the token's OAuth client stands for; None for the client `jupyterhub`.
    pub client: Option<ClientTarget>,
    /// What was granted to the owner.
    pub grants: Grants,
}

/// A user with all that is needed to authorise a request of theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct UserWithGrants {
    /// The user.
    pub user: User,
    /// What was granted to them.
    pub grants: Grants,
}

/// A spawner that has an address, which upstream calls active: starting, running or stopping.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningSpawner {
    /// The spawner.
    pub spawner: Spawner,
    /// Its address.
    pub server: Server,
    /// Name of its owner.
    pub user_name: String,
}
