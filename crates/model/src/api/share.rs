//! Shared access to servers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Timestamp;
use super::user::double;

/// A user or group by name only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Name)]
pub struct NameModel {
    /// The name.
    pub name: String,
}

/// A server as those see it with whom it is shared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = SharedServer)]
pub struct SharedServerModel {
    /// The owner.
    pub user: NameModel,
    /// The server's name, empty for the default server.
    pub name: String,
    /// Path of the server, or its URL where users have subdomains.
    pub url: String,
    /// Public URL, if the hub knows its own.
    pub full_url: Option<String>,
    /// Whether it answers requests.
    pub ready: bool,
}

/// One share: a server with a user or a group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Share)]
pub struct ShareModel {
    /// What is shared.
    pub server: SharedServerModel,
    /// What the others may do.
    pub scopes: Vec<String>,
    /// With which user.
    pub user: Option<NameModel>,
    /// With which group.
    pub group: Option<NameModel>,
    /// `user` or `group`.
    pub kind: String,
    /// When it was shared.
    pub created_at: Option<Timestamp>,
}

/// A code that makes a share for whoever redeems it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ShareCode)]
pub struct ShareCodeModel {
    /// What is shared.
    pub server: SharedServerModel,
    /// What the others may do.
    pub scopes: Vec<String>,
    /// `sc_` and the row's number.
    pub id: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// How often it was redeemed.
    pub exchange_count: i64,
    /// When it was last redeemed.
    pub last_exchanged_at: Option<Timestamp>,
    /// The secret; only in the answer that creates the code, as are the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Path on which it is redeemed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_url: Option<String>,
    /// Public URL on which it is redeemed, if the hub knows its own.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "double")]
    pub full_accept_url: Option<Option<String>>,
}
