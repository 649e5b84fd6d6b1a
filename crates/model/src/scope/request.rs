//! Scopes of tokens: what a token may do, and what of a request can be granted.

use super::intersect::{GroupMembership, intersect};
use super::{
    ClientResource, CustomScopes, Owner, ScopeSet, access_scopes, check_scopes_exist, expand_scopes,
    identify_scopes, reduce,
};

/// The outcome of a request for scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// Raw scopes, or expanded parts of them, that can be granted.
    pub allowed: ScopeSet,
    /// Requested scopes that were not granted in full.
    pub disallowed: ScopeSet,
}

/// What a token may do.
///
/// `raw` are the token's own scopes, `owner_scopes` the expanded ones of its owner, `client` the server or service
/// whose OAuth client issued it (`None` for tokens of the hub itself). A token with `inherit` may do what its owner
/// may; others may identify their owner, use their client's resource, and do what both raw and owner's scopes grant.
pub fn token_scopes<'a>(
    raw: impl IntoIterator<Item = &'a str>,
    owner: Owner<'_>,
    client: Option<ClientResource<'_>>,
    owner_scopes: &ScopeSet,
    groups: &dyn GroupMembership,
    custom: &CustomScopes,
) -> ScopeSet {
    let raw: Vec<&str> = raw.into_iter().collect();
    if raw.contains(&"inherit") {
        return owner_scopes.clone();
    }
    let mut expanded = expand_scopes(raw, Some(owner), client, custom);
    if let Some(client) = client {
        expanded.append(&mut access_scopes(client));
    }
    expanded.append(&mut identify_scopes(owner));
    intersect(&reduce(&expanded), owner_scopes, groups)
}

/// The expanded scopes of a wish that its owner does not hold; a token with these must be refused. `inherit` is
/// always fine.
pub fn excess_scopes<'a>(
    raw: impl IntoIterator<Item = &'a str>,
    owner: Owner<'_>,
    client: Option<ClientResource<'_>>,
    owner_scopes: &ScopeSet,
    groups: &dyn GroupMembership,
    custom: &CustomScopes,
) -> ScopeSet {
    let raw: Vec<&str> = raw.into_iter().filter(|scope| *scope != "inherit").collect();
    let wanted = expand_scopes(raw.iter().copied(), Some(owner), client, custom);
    let granted = intersect(&wanted, owner_scopes, groups);
    let mut excess: ScopeSet = wanted.difference(&granted).cloned().collect();
    // `!user=` names nobody, so that nobody can have it.
    excess.extend(raw.into_iter().filter(|scope| scope.ends_with('=')).map(str::to_owned));
    excess
}

/// Decides which requested scopes (raw) can be granted to a client of `owner`, out of those that are `have` (raw).
///
/// A scope held literally is granted; another is granted if all that it expands to is held; if only a part is held,
/// that expanded part is granted and the scope itself counts as disallowed.
pub fn resolve_requested(
    requested: &ScopeSet,
    have: &ScopeSet,
    owner: Owner<'_>,
    client: Option<ClientResource<'_>>,
    groups: &dyn GroupMembership,
    custom: &CustomScopes,
) -> Resolved {
    let mut allowed: ScopeSet = requested.intersection(have).cloned().collect();
    let mut disallowed: ScopeSet = requested.difference(have).cloned().collect();
    if disallowed.is_empty() {
        return Resolved { allowed, disallowed };
    }
    let expand =
        |scopes: &ScopeSet| expand_scopes(scopes.iter().map(String::as_str), Some(owner), client, custom);
    let expanded_have = expand(have);
    let mut expanded_allowed = expand(&allowed);
    for scope in disallowed.clone() {
        if check_scopes_exist([scope.as_str()], custom).is_err() {
            continue;
        }
        let mut wanted = expand(&ScopeSet::from([scope.clone()]));
        wanted.retain(|scope| !expanded_allowed.contains(scope));
        let mut granted = intersect(&wanted, &expanded_have, groups);
        if granted == wanted {
            disallowed.remove(&scope);
            allowed.insert(scope);
        } else if granted.is_empty() {
            continue;
        } else {
            allowed.append(&mut granted);
        }
        expanded_allowed = expand(&allowed);
    }
    Resolved { allowed, disallowed }
}
