//! Scopes: what a user, service or token may do, and to what.
//!
//! A *raw* scope is what a role or a request names: `servers`, `read:users!user=ann`, `self`, `access:servers!server`.
//! [`expand_scopes`] turns raw scopes into *expanded* ones: subscopes are listed, metascopes and the filters
//! `!user`, `!service`, `!server` are resolved for an owner. [`intersect`] keeps what two expanded sets have in
//! common; [`Authorisation`] answers questions about one expanded set. All rules are JupyterHub 6.1.1's.
//!
//! A scope that is not defined (a custom scope of a role from an earlier configuration) grants nothing and is left
//! out by the expansion.

mod authorisation;
mod custom;
mod definitions;
mod describe;
mod expand;
mod intersect;
mod parsed;
mod request;
mod share;
mod validate;

use std::collections::BTreeSet;

pub use authorisation::{Authorisation, Resource, ScopeFilter, SharedScopes};
pub use custom::{CustomScope, CustomScopeError, CustomScopes};
pub use definitions::{ScopeDefinition, definition, definitions};
pub use describe::{ScopeDescription, describe_scopes};
pub use expand::{ClientResource, access_scopes, expand_scopes, identify_scopes, raw_identify_scopes};
pub use intersect::{GroupMembership, KnownGroups, NoGroups, intersect, users_to_look_up};
pub use parsed::reduce;
pub use request::{Resolved, excess_scopes, resolve_requested, token_scopes};
pub use share::{ShareScopeError, follow_server, limit_to_server};
pub use validate::{ScopeError, check_scopes_exist};

/// A set of scopes, raw or expanded.
pub type ScopeSet = BTreeSet<String>;

/// Which kind of account owns a token or holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnerKind {
    /// A person.
    User,
    /// A program.
    Service,
}

/// The account for which scopes are expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner<'a> {
    /// User or service.
    pub kind: OwnerKind,
    /// Its name.
    pub name: &'a str,
}

impl<'a> Owner<'a> {
    /// A user.
    pub fn user(name: &'a str) -> Self {
        Self { kind: OwnerKind::User, name }
    }

    /// A service.
    pub fn service(name: &'a str) -> Self {
        Self { kind: OwnerKind::Service, name }
    }
}

#[cfg(test)]
mod tests;
