//! Expanded scopes by base name and filter: the form in which they are compared.

use std::collections::{BTreeMap, BTreeSet};

use super::ScopeSet;

/// What a filter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Server,
    Group,
    Service,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::User, Self::Server, Self::Group, Self::Service];

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Server => "server",
            Self::Group => "group",
            Self::Service => "service",
        }
    }
}

/// The names that filters of one base scope allow. Server names are written `user/server`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Names {
    pub(super) users: BTreeSet<String>,
    pub(super) servers: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
    pub(super) services: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(&self, kind: Kind) -> &BTreeSet<String> {
        match kind {
            Kind::User => &self.users,
            Kind::Server => &self.servers,
            Kind::Group => &self.groups,
            Kind::Service => &self.services,
        }
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut BTreeSet<String> {
        match kind {
            Kind::User => &mut self.users,
            Kind::Server => &mut self.servers,
            Kind::Group => &mut self.groups,
            Kind::Service => &mut self.services,
        }
    }
}

/// How far a base scope reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    All,
    Only(Names),
}

/// The user part of `user/server`.
pub(super) fn user_of_server(server: &str) -> &str {
    server.split_once('/').map_or(server, |(user, _)| user)
}

/// Splits a scope into base and filter. A `!` with nothing behind it is no filter, as upstream has it.
pub(super) fn split(scope: &str) -> (&str, Option<&str>) {
    match scope.split_once('!') {
        Some((base, filter)) if !filter.is_empty() => (base, Some(filter)),
        Some((base, _)) => (base, None),
        None => (scope, None),
    }
}

/// Groups expanded scopes by base. A scope with a filter that names nothing, or of a kind that does not exist,
/// reaches nothing.
pub(super) fn parse<'a>(scopes: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Reach> {
    let mut parsed: BTreeMap<String, Reach> = BTreeMap::new();
    for scope in scopes {
        let (base, filter) = split(scope);
        let Some(filter) = filter else {
            parsed.insert(base.to_owned(), Reach::All);
            continue;
        };
        let (kind, name) = filter.split_once('=').unwrap_or((filter, ""));
        let Some(kind) = Kind::parse(kind).filter(|_| !name.is_empty()) else {
            continue;
        };
        if !parsed.contains_key(base) {
            parsed.insert(base.to_owned(), Reach::Only(Names::default()));
        }
        if let Some(Reach::Only(names)) = parsed.get_mut(base) {
            names.of_mut(kind).insert(name.to_owned());
        }
    }
    parsed
}

/// Writes parsed scopes back as a set.
pub(super) fn unparse(parsed: &BTreeMap<String, Reach>) -> ScopeSet {
    let mut scopes = ScopeSet::new();
    for (base, reach) in parsed {
        match reach {
            Reach::All => {
                scopes.insert(base.clone());
            }
            Reach::Only(names) => {
                for kind in Kind::ALL {
                    scopes
                        .extend(names.of(kind).iter().map(|name| format!("{base}!{}={name}", kind.as_str())));
                }
            }
        }
    }
    scopes
}

/// Drops expanded scopes that others in the set include: `a!user=x` beside `a`.
pub fn reduce(expanded: &ScopeSet) -> ScopeSet {
    unparse(&parse(expanded.iter().map(String::as_str)))
}
