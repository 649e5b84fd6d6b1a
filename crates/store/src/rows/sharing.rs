//! Shares of servers with users and groups, and the codes that turn into shares.

use chrono::{DateTime, Utc};

use super::record;

record! {
    /// Access to one server, given to one user or one group.
    #[derive(Default)]
    pub struct Share in SHARES {
        /// To whom, if it is a user.
        pub user_id: Option<i64>,
        /// To whom, if it is a group.
        pub group_id: Option<i64>,
        /// Primary key; 0 before the insertion.
        pub id: i64,
        /// When it was first granted.
        pub created_at: DateTime<Utc>,
        /// What is granted; each scope with the filter `!server=owner/name`.
        pub scopes: Vec<String>,
        /// When it ends; NULL for never.
        pub expires_at: Option<DateTime<Utc>>,
        /// The server's owner.
        pub owner_id: Option<i64>,
        /// The server.
        pub spawner_id: Option<i64>,
    }
}

record! {
    /// A code that whoever holds it may exchange for a [`Share`]; only its hash is kept.
    #[derive(Default)]
    pub struct ShareCode in SHARE_CODES {
        /// `sha512:rounds:salt:hexdigest`.
        pub hashed: String => hidden,
        /// The first four characters, by which rows are found.
        pub prefix: String,
        /// How often it was exchanged.
        pub exchange_count: i64,
        /// When it was last exchanged.
        pub last_exchanged_at: Option<DateTime<Utc>>,
        /// Primary key; 0 before the insertion. Shown as `sc_<id>`.
        pub id: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// What it grants.
        pub scopes: Vec<String>,
        /// When it ends.
        pub expires_at: Option<DateTime<Utc>>,
        /// The server's owner.
        pub owner_id: Option<i64>,
        /// The server.
        pub spawner_id: Option<i64>,
    }
}

/// A [`Share`] with the names that its API model shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareDetails {
    /// The row.
    pub share: Share,
    /// Name of the server's owner.
    pub owner_name: String,
    /// Name of the server; empty for the default server.
    pub server_name: String,
    /// Name of the user it is given to.
    pub user_name: Option<String>,
    /// Name of the group it is given to.
    pub group_name: Option<String>,
}

/// A [`ShareCode`] with the names that its API model shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareCodeDetails {
    /// The row.
    pub code: ShareCode,
    /// Name of the server's owner.
    pub owner_name: String,
    /// Name of the server; empty for the default server.
    pub server_name: String,
}
