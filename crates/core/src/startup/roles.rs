//! Roles of the configuration, and who has them.

use std::collections::BTreeSet;

use perijove_model::role::{self, RoleSpec};
use perijove_store::{self as store, Holder, HolderKind, Tx};

use super::{Seed, TokenSeedOwner, ensure_group};
use crate::error::{Error, Result};
use crate::hub::Hub;

impl Hub {
    /// Writes the roles. True if there were users and no roles before: a database of JupyterHub 1.x.
    pub(super) async fn seed_roles(&self, tx: &mut Tx, seed: &Seed) -> Result<bool> {
        check_managed(seed)?;
        let loaded: Vec<RoleSpec> = loaded(seed).cloned().collect();
        let names = loaded.iter().map(|role| role.name.to_string()).collect();
        let _ = self.configured_roles.set(names);
        let roles = role::merge_with_defaults(loaded, &seed.extra_user_scopes, &self.scopes.custom)
            .map_err(|error| Error::Invalid(error.to_string()))?;
        let before = tx.roles().all().await?;
        let is_upgrade = before.is_empty() && tx.users().count().await? > 0;
        for existing in before {
            let stays = |role: &RoleSpec| {
                role.managed == existing.managed_by_auth && role.name.as_str() == existing.name
            };
            let may_go = !existing.managed_by_auth || seed.resets_managed_roles;
            if may_go && !roles.iter().any(stays) {
                tracing::warn!(role.name = %existing.name, "deleting a role that is not configured any more");
                tx.roles().delete(existing.id).await?;
            }
        }
        for spec in &roles {
            self.seed_role(tx, spec).await?;
        }
        Ok(is_upgrade)
    }

    /// Gives the default role to users who have none at all, at the first start with a database from before there
    /// were roles. Upstream does so at that start only: later, no role is what somebody decided. Administrators have
    /// the role `admin` by now, which is all that upstream gives to one who is configured.
    pub(super) async fn seed_first_roles(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        // Those whom only a token names count too; otherwise they are made later, and have no role.
        for token in &seed.tokens {
            if let TokenSeedOwner::User(name) = &token.owner {
                self.seed_user_without_roles(tx, name).await?;
            }
        }
        let Some(role) = tx.roles().by_name("user").await? else { return Ok(()) };
        let users = tx.roles().grant_to_users_without_any(role.id).await?;
        if users > 0 {
            tracing::warn!(
                users,
                "No roles found; assuming hub upgrade. Initializing default roles for all users"
            );
        }
        Ok(())
    }

    async fn seed_role(&self, tx: &mut Tx, spec: &RoleSpec) -> Result<()> {
        let scopes = spec.scopes.clone().unwrap_or_default();
        match tx.roles().by_name(spec.name.as_str()).await? {
            None => {
                let mut new = store::Role {
                    name: spec.name.to_string(),
                    description: spec.description.clone(),
                    scopes,
                    managed_by_auth: spec.managed,
                    ..store::Role::default()
                };
                tx.roles().insert(&mut new).await?;
            }
            Some(mut row) if !same_set(&row.scopes, &scopes) || row.description != spec.description => {
                // JupyterHub writes its own descriptions of the default roles at each of its starts.
                if !same_set(&row.scopes, &scopes) {
                    tracing::info!(role.name = %spec.name, "role changed by the configuration");
                }
                row.scopes = scopes;
                row.description.clone_from(&spec.description);
                tx.roles().update(&row).await?;
            }
            Some(_) => (),
        }
        Ok(())
    }

    /// Memberships that a role's entry lists are exactly that list; those that it does not mention
    /// are emptied, except the users of the role `user`, and the administrators, who keep their flag.
    pub(super) async fn seed_assignments(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        let mut stale = stale_assignments(tx, seed).await?;
        for spec in loaded(seed) {
            let Some(role) = tx.roles().by_name(spec.name.as_str()).await? else { continue };
            let mut wanted = BTreeSet::new();
            let mut names: (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>) = Default::default();
            for name in listed_users(seed, spec).into_iter().flatten() {
                let user = self.seed_user(tx, &name).await?;
                wanted.insert(Holder::User(user.id));
                names.0.insert(user.name);
            }
            for name in spec.groups.iter().flatten() {
                wanted.insert(Holder::Group(ensure_group(tx, name).await?.id));
                names.1.insert(name.clone());
            }
            for name in spec.services.iter().flatten() {
                let service = tx.services().by_name(name).await?.ok_or_else(|| {
                    Error::Invalid(format!(
                        "c.JupyterHub.load_roles: {} names the service {name}, which c.JupyterHub.services lacks",
                        spec.name
                    ))
                })?;
                wanted.insert(Holder::Service(service.id));
                names.2.insert(name.clone());
            }
            let keeps_users = (spec.name.as_str() == "user" || spec.managed) && spec.users.is_none();
            if spec.managed {
                stale.retain(|found| {
                    let is_kept = match found.holder {
                        Holder::User(_) if spec.users.is_none() => true,
                        holder => wanted.contains(&holder),
                    };
                    found.role_id != role.id || !is_kept
                });
            }
            strip_others(tx, role.id, &names, keeps_users).await?;
            for holder in wanted {
                tx.roles().grant(holder, role.id, spec.managed).await?;
            }
        }
        for found in stale {
            tx.roles().strip(found.holder, found.role_id).await?;
        }
        Ok(())
    }
}

/// The roles of the configuration, then those of the authenticator.
fn loaded(seed: &Seed) -> impl Iterator<Item = &RoleSpec> {
    seed.roles.iter().chain(seed.managed_roles.iter().flatten())
}

/// Where the authenticator manages roles, the configuration gives none to users and groups.
fn check_managed(seed: &Seed) -> Result<()> {
    let gives = |role: &&RoleSpec| {
        let is_given = |names: &Option<Vec<String>>| names.as_ref().is_some_and(|names| !names.is_empty());
        is_given(&role.users) || is_given(&role.groups)
    };
    match seed.roles.iter().find(gives).filter(|_| seed.managed_roles.is_some()) {
        None => Ok(()),
        Some(role) => Err(Error::Invalid(format!(
            "When authenticator manages roles, `load_roles` can not be used for assigning roles to users nor groups. \
             Offending role: {}",
            role.name
        ))),
    }
}

/// What the authenticator gave before this start, if a start takes it away.
async fn stale_assignments(tx: &mut Tx, seed: &Seed) -> Result<Vec<store::Assignment>> {
    let mut stale = Vec::new();
    if seed.resets_managed_roles {
        for kind in [HolderKind::User, HolderKind::Group, HolderKind::Service] {
            let held = tx.roles().assignments(kind).await?;
            stale.extend(held.into_iter().filter(|found| found.managed_by_auth));
        }
    }
    Ok(stale)
}

fn same_set(one: &[String], other: &[String]) -> bool {
    let set = |scopes: &[String]| scopes.iter().cloned().collect::<BTreeSet<_>>();
    set(one) == set(other)
}

/// The users that a role's entry lists. An entry of the role `admin` has the users of
/// `Authenticator.admin_users` too, and is a list then even if it has no key `users`.
fn listed_users(seed: &Seed, spec: &RoleSpec) -> Option<Vec<String>> {
    if spec.name.as_str() != "admin" || seed.admin_users.is_empty() {
        return spec.users.clone();
    }
    Some(spec.users.iter().flatten().chain(&seed.admin_users).cloned().collect())
}

/// Takes a role from all users, groups and services but these.
async fn strip_others(
    tx: &mut Tx,
    role_id: i64,
    (users, groups, services): &(BTreeSet<String>, BTreeSet<String>, BTreeSet<String>),
    keeps_users: bool,
) -> Result<()> {
    let held = tx.roles().holders(role_id).await?;
    let mut stripped = Vec::new();
    for name in held.users.iter().filter(|name| !keeps_users && !users.contains(*name)) {
        stripped.extend(tx.users().by_name(name).await?.map(|user| Holder::User(user.id)));
    }
    for name in held.groups.iter().filter(|name| !groups.contains(*name)) {
        stripped.extend(tx.groups().by_name(name).await?.map(|group| Holder::Group(group.id)));
    }
    for name in held.services.iter().filter(|name| !services.contains(*name)) {
        stripped.extend(tx.services().by_name(name).await?.map(|service| Holder::Service(service.id)));
    }
    for holder in stripped {
        tx.roles().strip(holder, role_id).await?;
    }
    Ok(())
}

/// The `admin` flag and the role `admin` mean the same: whoever has one gets the other, unless the
/// configuration lists the role's members, which then decide.
pub(super) async fn sync_admins(tx: &mut Tx, seed: &Seed) -> Result<()> {
    let Some(admin) = tx.roles().by_name("admin").await? else { return Ok(()) };
    let spec = loaded(seed).find(|spec| spec.name.as_str() == "admin");
    let users_listed = spec.is_some_and(|spec| listed_users(seed, spec).is_some());
    let services_listed = spec.is_some_and(|spec| spec.services.is_some());
    let held = tx.roles().holders(admin.id).await?;
    for name in &held.users {
        if let Some(user) = tx.users().by_name(name).await?.filter(|user| !user.admin) {
            tracing::info!("Setting admin=True on {name}");
            tx.users().set_admin(user.id, true).await?;
        }
    }
    for user in tx.users().admins().await?.into_iter().filter(|user| !held.users.contains(&user.name)) {
        if users_listed {
            tracing::warn!("Removing admin=True from {}", user.name);
            tx.users().set_admin(user.id, false).await?;
        } else {
            tx.roles().grant(Holder::User(user.id), admin.id, false).await?;
        }
    }
    for mut service in tx.services().all().await? {
        let holds = held.services.contains(&service.name);
        if service.admin && !holds && !services_listed {
            tx.roles().grant(Holder::Service(service.id), admin.id, false).await?;
        } else if service.admin != holds {
            service.admin = holds;
            tx.services().update(&service).await?;
        }
    }
    Ok(())
}
