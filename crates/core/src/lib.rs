//! What the hub does: users, groups, tokens, servers, activity, and what happens at start and end.
//!
//! Pages and endpoints call one method of [`Hub`] each. Nothing above this crate talks to a
//! spawner, a table or the route table itself.

pub mod activity;
pub mod app_hooks;
mod attempts;
pub mod error;
pub mod events;
pub mod groups;
pub mod hooks;
pub mod hub;
pub mod identity;
pub mod internal_tls;
pub mod metrics;
pub mod records;
pub mod refresh;
pub mod scopes;
pub mod servers;
pub mod services;
pub mod settings;
pub mod shares;
mod shelf;
pub mod startup;
pub mod subdomains;
pub mod tokens;
pub mod urls;
pub mod usage;
pub mod user_list;
pub mod users;

mod login;
mod managed_roles;
mod oauth;
mod routing;
mod run;
mod sessions;

pub use error::{Error, Result};
pub use hub::{Hub, Parts};
pub use routing::ExtraRoutes;

/// The version of JupyterHub whose behaviour this is.
pub const UPSTREAM_VERSION: &str = "6.1.1";
