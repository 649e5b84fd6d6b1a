//! What two sets of expanded scopes have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::ScopeSet;
use super::parsed::{Kind, Names, Reach, parse, unparse, user_of_server};

/// Tells who is in which group, for scopes with a filter `!group=…`.
pub trait GroupMembership {
    /// Whether the user is in any of these groups.
    fn is_member(&self, user: &str, groups: &BTreeSet<String>) -> bool;
}

/// Nobody is known to be in a group; an intersection is then never wider than the true one.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGroups;

impl GroupMembership for NoGroups {
    fn is_member(&self, _user: &str, _groups: &BTreeSet<String>) -> bool {
        false
    }
}

/// The groups of some users, read beforehand; see [`users_to_look_up`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownGroups(pub BTreeMap<String, BTreeSet<String>>);

impl KnownGroups {
    /// The groups of one user.
    pub fn of<S: Into<String>>(user: impl Into<String>, groups: impl IntoIterator<Item = S>) -> Self {
        Self(BTreeMap::from([(user.into(), groups.into_iter().map(Into::into).collect())]))
    }
}

impl GroupMembership for KnownGroups {
    fn is_member(&self, user: &str, groups: &BTreeSet<String>) -> bool {
        self.0.get(user).is_some_and(|own| !own.is_disjoint(groups))
    }
}

/// The scopes that both expanded sets grant. Never wider than either side, commutative, and `intersect(a, a)` is
/// `a` without overlaps. A user filter includes the user's servers; a group filter includes the members and their
/// servers, as far as `groups` knows them. Two different group filters have nothing in common, even if the groups
/// share members.
pub fn intersect(a: &ScopeSet, b: &ScopeSet, groups: &dyn GroupMembership) -> ScopeSet {
    let parsed_a = parse(a.iter().map(String::as_str));
    let mut parsed_b = parse(b.iter().map(String::as_str));
    let mut common = BTreeMap::new();
    for (base, reach_a) in parsed_a {
        let Some(reach_b) = parsed_b.remove(&base) else {
            continue;
        };
        let reach = match (reach_a, reach_b) {
            (Reach::All, other) | (other, Reach::All) => other,
            (Reach::Only(a), Reach::Only(b)) => Reach::Only(intersect_names(&a, &b, groups)),
        };
        common.insert(base, reach);
    }
    unparse(&common)
}

fn intersect_names(a: &Names, b: &Names, groups: &dyn GroupMembership) -> Names {
    let mut common = Names::default();
    for kind in Kind::ALL {
        *common.of_mut(kind) = a.of(kind).intersection(b.of(kind)).cloned().collect();
    }
    for (a, b) in [(a, b), (b, a)] {
        for server in &a.servers {
            let user = user_of_server(server);
            if b.users.contains(user) || in_groups(user, b, groups) {
                common.servers.insert(server.clone());
            }
        }
        for user in &a.users {
            if in_groups(user, b, groups) {
                common.users.insert(user.clone());
            }
        }
    }
    common
}

fn in_groups(user: &str, names: &Names, groups: &dyn GroupMembership) -> bool {
    !names.groups.is_empty() && groups.is_member(user, &names.groups)
}

/// The users whose groups decide [`intersect`] of these two sets: read their groups first and pass them as
/// [`KnownGroups`]. Mostly empty, since a group filter must meet a user or server filter of the same scope.
pub fn users_to_look_up(a: &ScopeSet, b: &ScopeSet) -> BTreeSet<String> {
    let mut users = BTreeSet::new();
    let has_group_filter = |scopes: &ScopeSet| scopes.iter().any(|scope| scope.contains("!group="));
    if !has_group_filter(a) && !has_group_filter(b) {
        return users;
    }
    let (a, b) = (parse(a.iter().map(String::as_str)), parse(b.iter().map(String::as_str)));
    for (base, reach_a) in &a {
        let (Reach::Only(a), Some(Reach::Only(b))) = (reach_a, b.get(base)) else {
            continue;
        };
        for (a, b) in [(a, b), (b, a)] {
            if !b.groups.is_empty() {
                users.extend(a.users.difference(&b.users).cloned());
                let servers =
                    a.servers.difference(&b.servers).map(|server| user_of_server(server).to_owned());
                users.extend(servers.filter(|user| !b.users.contains(user)));
            }
        }
    }
    users
}
