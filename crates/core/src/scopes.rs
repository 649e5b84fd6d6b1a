//! The scopes of users, services and tokens: what the database says, expanded.

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::scope::{
    self, ClientResource, CustomScopes, KnownGroups, Owner, ScopeSet, expand_scopes, users_to_look_up,
};
use perijove_store::{self as store, ClientTarget, Grants, Tx};

use crate::error::Result;

/// The OAuth client that owns tokens which the hub itself gives out.
pub const HUB_CLIENT: &str = "jupyterhub";

/// What scopes mean on this hub.
#[derive(Debug, Default)]
pub struct Scopes {
    /// `c.JupyterHub.custom_scopes`.
    pub custom: CustomScopes,
}

impl Scopes {
    /// What an owner holds through roles, their groups' roles, and what others share with them.
    pub fn held(&self, owner: Owner<'_>, grants: &Grants) -> ScopeSet {
        let mut expanded = self.expand(raw_role_scopes(grants), owner, None);
        for share in &grants.shares {
            expanded.extend(self.expand(shared(share).iter().map(String::as_str), owner, None));
        }
        expanded
    }

    /// What an owner's tokens can be good for at the most. Upstream's tokens have less of shares than their owner in a
    /// browser: nothing of shares with groups, and of those with the user the scopes as they were granted, without
    /// what these imply.
    pub fn held_for_tokens(&self, owner: Owner<'_>, grants: &Grants) -> ScopeSet {
        let mut expanded = self.expand(raw_role_scopes(grants), owner, None);
        for share in grants.shares.iter().filter(|share| share.group.is_none()) {
            expanded.append(&mut shared(share));
        }
        expanded
    }

    /// Expands raw scopes for `owner`.
    pub fn expand<'a>(
        &self,
        raw: impl IntoIterator<Item = &'a str>,
        owner: Owner<'_>,
        client: Option<ClientResource<'_>>,
    ) -> ScopeSet {
        expand_scopes(raw, Some(owner), client, &self.custom)
    }

    /// What a token with these raw scopes may do: never more than its owner.
    pub async fn of_token(
        &self,
        tx: &mut Tx,
        raw: &[String],
        owner: Owner<'_>,
        client: Option<&ClientTarget>,
        held: &ScopeSet,
    ) -> Result<ScopeSet> {
        // The usual case, for which nothing need be expanded.
        if raw.iter().any(|name| name == "inherit") {
            return Ok(held.clone());
        }
        let client = client.map(resource);
        let wanted = self.expand(raw.iter().map(String::as_str), owner, client);
        let groups = groups_for(tx, &wanted, held).await?;
        let raw = raw.iter().map(String::as_str);
        Ok(scope::token_scopes(raw, owner, client, held, &groups, &self.custom))
    }
}

/// A share's scopes, about the server as it is named now.
fn shared(share: &store::SharedServer) -> ScopeSet {
    let stored = share.scopes.iter().map(String::as_str);
    scope::follow_server(stored, &share.owner_name, &share.server_name)
}

/// The resource that an OAuth client of the database stands for.
pub fn resource(client: &ClientTarget) -> ClientResource<'_> {
    match client {
        ClientTarget::Server { user, server } => ClientResource::Server { user, server },
        ClientTarget::Service(name) => ClientResource::Service(name),
    }
}

/// Raw scopes of roles, of the owner and of the owner's groups.
pub fn raw_role_scopes(grants: &Grants) -> impl Iterator<Item = &str> {
    let roles = grants.roles.iter().chain(&grants.group_roles);
    roles.flat_map(|role: &store::Role| role.scopes.iter().map(String::as_str))
}

/// The group memberships that an intersection of these two sets asks for.
pub async fn groups_for(tx: &mut Tx, a: &ScopeSet, b: &ScopeSet) -> Result<KnownGroups> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in users_to_look_up(a, b) {
        let groups = tx.groups().names_of_user(&name).await?;
        known.insert(name, groups.into_iter().collect());
    }
    Ok(KnownGroups(known))
}
