//! The field's words as types: names, slugs, scopes, roles, configuration values and REST models.
//!
//! Everything here is pure: no IO, no clock, no async. Crates above parse what comes from outside into these
//! types once, at the edge, and pass them on.

pub mod api;
pub mod name;
pub mod path;
pub mod role;
pub mod scope;
pub mod slug;
pub mod value;

pub use name::{GroupName, NameError, RoleName, ServerName, ServiceName, UserName};
pub use value::Value;
