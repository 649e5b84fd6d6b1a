//! From raw scopes to expanded ones.

use super::parsed::{parse, split, unparse};
use super::{CustomScopes, Owner, OwnerKind, ScopeSet, definitions};

/// What an OAuth client stands for: the service or the user's server that issued a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientResource<'a> {
    /// A service.
    Service(&'a str),
    /// One server of a user.
    Server {
        /// The owner of the server.
        user: &'a str,
        /// The server's name, empty for the default server.
        server: &'a str,
    },
}

/// What the metascope `self` stands for, for a user, each with the filter `!user=<name>`.
const SELF_SCOPES: [&str; 7] =
    ["read:users", "users:shares", "read:shares", "users:activity", "servers", "tokens", "access:servers"];

/// The replacements of the filters `!user`, `!service` and `!server`.
#[derive(Default)]
struct Targets {
    user: Option<String>,
    service: Option<String>,
    server: Option<String>,
}

impl Targets {
    fn new(owner: Option<Owner<'_>>, client: Option<ClientResource<'_>>) -> Self {
        let mut targets = Self::default();
        match owner {
            Some(Owner { kind: OwnerKind::User, name }) => targets.user = Some(format!("user={name}")),
            Some(Owner { kind: OwnerKind::Service, name }) => {
                targets.service = Some(format!("service={name}"))
            }
            None => {}
        }
        match client {
            Some(ClientResource::Service(name)) => targets.service = Some(format!("service={name}")),
            Some(ClientResource::Server { user, server }) => {
                targets.server = Some(format!("server={user}/{server}"));
            }
            None => {}
        }
        targets
    }

    /// The filter to write: itself unless it is one of the three to resolve; `None` if it has no target.
    fn resolve<'a>(&'a self, filter: &'a str) -> Option<&'a str> {
        match filter {
            "user" => self.user.as_deref(),
            "service" => self.service.as_deref(),
            "server" => self.server.as_deref(),
            other => Some(other),
        }
    }
}

/// Expands raw scopes for an owner.
///
/// Subscopes are added with their parent's filter, `self` becomes the user's own resources, `!user`, `!service`
/// and `!server` name the owner or the client's resource. What cannot be resolved (`self` for a service, `!server`
/// without a server) and what is not defined is left out. `inherit` stays as it is: see
/// [`token_scopes`](super::token_scopes). A server filter does not reach user models, so `read:servers!server=a/b`
/// does not imply `read:users:name`.
pub fn expand_scopes<'a>(
    scopes: impl IntoIterator<Item = &'a str>,
    owner: Option<Owner<'_>>,
    client: Option<ClientResource<'_>>,
    custom: &CustomScopes,
) -> ScopeSet {
    let targets = Targets::new(owner, client);
    let mut expanded = ScopeSet::new();
    let mut has_self = false;
    for scope in scopes {
        let (base, filter) = split(scope);
        has_self |= base == "self" && filter.is_none();
        let predefined = definitions::closure(base);
        if predefined.is_empty() {
            add(&mut expanded, &custom.closure(base), filter, &targets);
        } else {
            add(&mut expanded, predefined, filter, &targets);
        }
    }
    if has_self {
        expanded.remove("self");
        if targets.user.is_some() {
            for scope in SELF_SCOPES {
                add(&mut expanded, definitions::closure(scope), Some("user"), &targets);
            }
        }
    }
    unparse(&parse(expanded.iter().map(String::as_str)))
}

fn add(expanded: &mut ScopeSet, bases: &[&str], filter: Option<&str>, targets: &Targets) {
    let Some(filter) = filter else {
        expanded.extend(bases.iter().map(|base| (*base).to_owned()));
        return;
    };
    let Some(resolved) = targets.resolve(filter) else {
        return;
    };
    for base in bases {
        if !(filter.starts_with("server") && base.starts_with("read:user")) {
            expanded.insert(format!("{base}!{resolved}"));
        }
    }
}

/// The scopes that let a token tell who its owner is; every token has them.
pub fn identify_scopes(owner: Owner<'_>) -> ScopeSet {
    let name = owner.name;
    match owner.kind {
        OwnerKind::User => {
            ["name", "groups"].into_iter().map(|field| format!("read:users:{field}!user={name}")).collect()
        }
        OwnerKind::Service => ScopeSet::from([format!("read:services:name!service={name}")]),
    }
}

/// The same for whoever will own a token, before the owner is known: raw scopes with the filter `!user`.
pub fn raw_identify_scopes() -> ScopeSet {
    ScopeSet::from(["read:users:name!user".to_owned(), "read:users:groups!user".to_owned()])
}

/// The scope needed to use the server or service of an OAuth client.
pub fn access_scopes(resource: ClientResource<'_>) -> ScopeSet {
    ScopeSet::from([match resource {
        ClientResource::Service(name) => format!("access:services!service={name}"),
        ClientResource::Server { user, server } => format!("access:servers!server={user}/{server}"),
    }])
}
