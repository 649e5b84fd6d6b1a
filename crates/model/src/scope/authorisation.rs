//! Questions about one request's expanded scopes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::ScopeSet;
use super::intersect::{GroupMembership, NoGroups};
use super::parsed::{Kind, Names, Reach, parse, split, user_of_server};

/// What a request wants to touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// Nothing in particular: needs the scope without filter.
    Global,
    /// A user.
    User {
        /// The user's name.
        name: &'a str,
        /// The groups that the user is in.
        groups: &'a [String],
    },
    /// A user's server.
    Server {
        /// The owner's name.
        user: &'a str,
        /// The groups that the owner is in.
        groups: &'a [String],
        /// The server's name, empty for the default server.
        server: &'a str,
    },
    /// A group.
    Group(&'a str),
    /// A service.
    Service(&'a str),
}

/// How far a scope reaches: what a list must be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeFilter<'a> {
    /// Everything.
    All,
    /// Only what one of these names.
    Only {
        /// These users.
        users: &'a BTreeSet<String>,
        /// These groups, and their members.
        groups: &'a BTreeSet<String>,
        /// These servers, as `user/server`.
        servers: &'a BTreeSet<String>,
        /// These services.
        services: &'a BTreeSet<String>,
    },
}

#[derive(Debug, Default)]
struct Inner {
    scopes: ScopeSet,
    parsed: BTreeMap<String, Reach>,
    json: OnceLock<Option<Box<RawValue>>>,
}

/// The expanded scopes of one request, ready to be asked. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Authorisation(Arc<Inner>);

/// Expanded scopes as models show them. What is kept of a token is kept with its scopes as JSON, since each
/// single-user server asks for its own at every request.
#[derive(Debug, Clone)]
pub struct SharedScopes(Authorisation);

impl PartialEq for SharedScopes {
    fn eq(&self, other: &Self) -> bool {
        self.0.scopes() == other.0.scopes()
    }
}

impl Serialize for SharedScopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = &*self.0.0;
        match inner.json.get_or_init(|| to_raw_value(&inner.scopes).ok()) {
            Some(json) => json.serialize(serializer),
            None => inner.scopes.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SharedScopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ScopeSet::deserialize(deserializer).map(|scopes| Self(Authorisation::from_set(scopes)))
    }
}

impl Authorisation {
    /// Reads expanded scopes. Filters that were not resolved grant nothing.
    pub fn parse(expanded: &ScopeSet) -> Self {
        Self::from_set(expanded.clone())
    }

    /// The same, taking the set.
    pub fn from_set(expanded: ScopeSet) -> Self {
        let parsed = parse(expanded.iter().map(String::as_str));
        Self(Arc::new(Inner { scopes: expanded, parsed, json: OnceLock::new() }))
    }

    /// Nothing is allowed.
    pub fn none() -> Self {
        Self::default()
    }

    /// The expanded scopes.
    pub fn scopes(&self) -> &ScopeSet {
        &self.0.scopes
    }

    /// The expanded scopes, for those who show them: not copied.
    pub fn shared_scopes(&self) -> SharedScopes {
        SharedScopes(self.clone())
    }

    /// Whether the scope is there, with or without filter.
    pub fn has_any(&self, scope: &str) -> bool {
        self.0.parsed.contains_key(scope)
    }

    /// Whether the scope is there without filter.
    pub fn is_unfiltered(&self, scope: &str) -> bool {
        matches!(self.0.parsed.get(scope), Some(Reach::All))
    }

    /// How far the scope reaches; `None` if it is not there.
    pub fn filter(&self, scope: &str) -> Option<ScopeFilter<'_>> {
        self.0.parsed.get(scope).map(|reach| match reach {
            Reach::All => ScopeFilter::All,
            Reach::Only(Names { users, servers, groups, services }) => {
                ScopeFilter::Only { users, groups, servers, services }
            }
        })
    }

    /// Whether the scope reaches the resource: named itself, a server through its owner, a user or server through
    /// one of the user's groups.
    pub fn allows(&self, scope: &str, resource: &Resource<'_>) -> bool {
        self.filter(scope).is_some_and(|filter| filter.allows(resource))
    }

    /// Whether a full expanded scope is granted: `read:hub`, `access:servers!server=ann/lab`. Group filters on
    /// users and servers are not seen; use [`Authorisation::has_scope_with`] where they matter.
    pub fn has_scope(&self, full: &str) -> bool {
        self.has_scope_with(full, &NoGroups)
    }

    /// The same with the group memberships that the caller knows. A filter that is not resolved (`!user`) or is of
    /// no known kind is not granted.
    pub fn has_scope_with(&self, full: &str, groups: &dyn GroupMembership) -> bool {
        let (base, filter) = split(full);
        let names = match (self.0.parsed.get(base), filter) {
            (None, _) | (Some(Reach::Only(_)), None) => return false,
            (Some(Reach::All), None) => return true,
            (Some(Reach::All), Some(_)) => None,
            (Some(Reach::Only(names)), Some(_)) => Some(names),
        };
        let (kind, name) = filter.and_then(|filter| filter.split_once('=')).unwrap_or_default();
        let Some(kind) = Kind::parse(kind).filter(|_| !name.is_empty()) else {
            return false;
        };
        let Some(names) = names else {
            return true;
        };
        let member = |user| !names.groups.is_empty() && groups.is_member(user, &names.groups);
        names.of(kind).contains(name)
            || match kind {
                Kind::User => member(name),
                Kind::Server => names.users.contains(user_of_server(name)) || member(user_of_server(name)),
                Kind::Group | Kind::Service => false,
            }
    }
}

impl ScopeFilter<'_> {
    /// Whether the resource is within reach.
    ///
    /// Upstream also takes a server whose bare name equals a filter's `user/server`, which no valid filter can.
    pub fn allows(&self, resource: &Resource<'_>) -> bool {
        let Self::Only { users, groups, servers, services } = self else {
            return true;
        };
        let in_group = |own: &[String]| own.iter().any(|group| groups.contains(group));
        match *resource {
            Resource::Global => false,
            Resource::User { name, groups } => users.contains(name) || in_group(groups),
            Resource::Server { user, groups, server } => {
                users.contains(user)
                    || (!servers.is_empty() && servers.contains(&format!("{user}/{server}")))
                    || in_group(groups)
            }
            Resource::Group(name) => groups.contains(name),
            Resource::Service(name) => services.contains(name),
        }
    }
}
