//! Perijove's database: the only crate that knows SQL.
//!
//! The schema is that of JupyterHub 6.1.1 (Alembic revision `f460b0348206`) on SQLite, PostgreSQL or MySQL/MariaDB,
//! used in place, so that either hub opens what the other wrote. What is Perijove's alone lives in tables named
//! `perijove_…`.
//!
//! A [`Store`] is opened with [`Store::connect`]. All work happens in a [`Tx`]: [`Store::read`] gives a snapshot that
//! cannot write, [`Store::begin`] a transaction that can; it counts only after [`Tx::commit`], and dropping it undoes
//! it. The rows are plain structs, reached through one repository per table group: `tx.users()`, `tx.tokens()`, ….
//!
//! On SQLite statements run on the calling thread (they take microseconds, a thread hop takes longer); beginning to
//! write waits without blocking, and only the disk's flush at commit goes to the blocking pool.

mod backend;
mod cell;
mod error;
mod param;
mod repository;
mod revision;
mod rows;
mod schema;
mod statement;
mod store;
mod tx;
mod url;

pub use backend::Backend;
pub use error::StoreError;
pub use repository::{
    Assignment, Groups, Holder, HolderKind, Holders, OAuth, Own, Page, Roles, Servers, Services, ShareFilter,
    ShareWith, Shares, Spawners, Tokens, UserQuery, UserSort, UserState, Users, VisibleUsers,
};
pub use rows::{
    ApiToken, ClientTarget, Grants, Group, OAuthClient, OAuthCode, Process, Role, RunningSpawner, Server,
    Service, Share, ShareCode, ShareCodeDetails, ShareDetails, SharedServer, Spawner, TokenOwner,
    TokenWithOwner, User, UserWithGrants,
};
pub use store::{FactsKept, Store, StoreOptions};
pub use tx::Tx;
pub use url::{DatabaseUrl, UrlError};

/// The Alembic revision that databases have and get: the head of JupyterHub 6.1.1.
pub const SCHEMA_REVISION: &str = schema::HEAD;
