//! Which scopes a client gets: what it asks for, what it may ask for, what the user has.

use std::collections::BTreeMap;

use perijove_model::scope::{
    CustomScopes, KnownGroups, Resolved, ScopeSet, access_scopes, check_scopes_exist, expand_scopes,
    raw_identify_scopes, resolve_requested, users_to_look_up,
};

use crate::provider::Subject;
use crate::store::{Client, OAuthStore};

/// The scopes that every token of the client has: to identify its owner and to use what the client stands for.
pub(crate) fn required_scopes(client: &Client) -> ScopeSet {
    let mut scopes = raw_identify_scopes();
    if let Some(of) = &client.of {
        scopes.append(&mut access_scopes(of.resource()));
    }
    scopes
}

/// What the client gets if it names no scopes: all that it may ask for. Scopes that are no longer defined are left
/// out, so that a changed configuration does not lock users out of their servers.
fn default_scopes(client: &Client, custom: &CustomScopes) -> ScopeSet {
    let exists = |scope: &&String| check_scopes_exist([scope.as_str()], custom).is_ok();
    client.allowed_scopes.iter().filter(exists).cloned().collect()
}

/// The scopes of a request, with those that are required; `None` if one does not exist or the client may not ask
/// for it. The names of roles stand for their scopes, if all names are roles; `identify`, of old, for nothing.
pub(crate) async fn of_request<S: OAuthStore + ?Sized>(
    store: &mut S,
    asked: Option<ScopeSet>,
    client: &Client,
    subject: &Subject<'_>,
    custom: &CustomScopes,
) -> Result<Option<ScopeSet>, S::Error> {
    let mut requested = asked.unwrap_or_else(|| default_scopes(client, custom));
    requested.remove("identify");
    if check_scopes_exist(requested.iter().map(String::as_str), custom).is_err() {
        let Some(scopes) = store.scopes_of_roles(&requested).await? else {
            return Ok(None);
        };
        requested = scopes;
    }
    requested.append(&mut required_scopes(client));
    let mut allowed: ScopeSet = client.allowed_scopes.iter().cloned().collect();
    allowed.append(&mut required_scopes(client));
    let resolved = resolve(store, &requested, &allowed, client, subject, custom).await?;
    Ok(resolved.disallowed.is_empty().then_some(requested))
}

/// The part of the scopes that the user has to give.
pub(crate) async fn of_user<S: OAuthStore + ?Sized>(
    store: &mut S,
    requested: &ScopeSet,
    client: &Client,
    subject: &Subject<'_>,
    custom: &CustomScopes,
) -> Result<ScopeSet, S::Error> {
    let mut have = subject.raw_scopes.clone();
    have.insert("inherit".to_owned());
    have.append(&mut required_scopes(client));
    Ok(resolve(store, requested, &have, client, subject, custom).await?.allowed)
}

async fn resolve<S: OAuthStore + ?Sized>(
    store: &mut S,
    requested: &ScopeSet,
    have: &ScopeSet,
    client: &Client,
    subject: &Subject<'_>,
    custom: &CustomScopes,
) -> Result<Resolved, S::Error> {
    let (owner, resource) = (subject.owner(), client.of.as_ref().map(|of| of.resource()));
    let expand =
        |scopes: &ScopeSet| expand_scopes(scopes.iter().map(String::as_str), Some(owner), resource, custom);
    let mut groups = BTreeMap::new();
    if !requested.is_subset(have) {
        for user in users_to_look_up(&expand(requested), &expand(have)) {
            let of_user = store.groups_of(&user).await?;
            groups.insert(user, of_user);
        }
    }
    Ok(resolve_requested(requested, have, owner, resource, &KnownGroups(groups), custom))
}
