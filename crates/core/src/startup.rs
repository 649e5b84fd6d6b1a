//! What a start writes: roles, users, groups and the hub's own OAuth client.
//!
//! All of it is in the database before the hub listens, because it decides who may do what.

use std::collections::{BTreeMap, BTreeSet};

use perijove_model::name::{GroupName, UserName};
use perijove_model::role::{self, RoleSpec};
use perijove_store::{self as store, Holder, HolderKind, Tx};

use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::scopes::HUB_CLIENT;
use crate::users::{assign_default_roles, insert_user};

/// What the configuration says about users, groups and roles.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    /// `Authenticator.admin_users`.
    pub admin_users: BTreeSet<String>,
    /// `Authenticator.allowed_users`: known to the hub from the start.
    pub allowed_users: BTreeSet<String>,
    /// `JupyterHub.load_groups`.
    pub groups: BTreeMap<String, GroupSeed>,
    /// `JupyterHub.load_roles`.
    pub roles: Vec<RoleSpec>,
    /// `JupyterHub.extra_user_scopes`.
    pub extra_user_scopes: Vec<String>,
    /// `JupyterHub.api_tokens`: token → user.
    pub api_tokens: BTreeMap<String, String>,
}

/// A group of `load_groups`.
#[derive(Debug, Clone, Default)]
pub struct GroupSeed {
    /// Its members.
    pub users: Vec<String>,
    /// Its properties.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

impl Hub {
    /// Brings roles, users and groups in step with the configuration, as 6.1.1's start does: roles
    /// that are neither default nor configured are removed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid user name, role or scope: the hub must not start.
    pub async fn seed(&self, seed: &Seed) -> Result<()> {
        let mut tx = self.store.begin().await?;
        self.seed_client(&mut tx).await?;
        self.seed_roles(&mut tx, seed).await?;
        self.seed_users(&mut tx, seed).await?;
        self.seed_groups(&mut tx, seed).await?;
        self.seed_assignments(&mut tx, seed).await?;
        sync_admins(&mut tx, seed).await?;
        let purged = tx.tokens().purge_expired(self.now()).await?;
        tx.commit().await?;
        if purged > 0 {
            tracing::debug!(purged, "expired tokens deleted");
        }
        Ok(())
    }

    async fn seed_client(&self, tx: &mut Tx) -> Result<()> {
        if tx.oauth().client(HUB_CLIENT).await?.is_none() {
            let mut client = store::OAuthClient {
                identifier: HUB_CLIENT.into(),
                secret: Some(String::new()),
                redirect_uri: Some(String::new()),
                description: Some("JupyterHub".into()),
                ..store::OAuthClient::default()
            };
            tx.oauth().insert_client(&mut client).await?;
        }
        Ok(())
    }

    async fn seed_roles(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        let roles =
            role::merge_with_defaults(seed.roles.clone(), &seed.extra_user_scopes, &self.scopes.custom)
                .map_err(|error| Error::Invalid(error.to_string()))?;
        for existing in tx.roles().all().await? {
            if !existing.managed_by_auth && !roles.iter().any(|role| role.name.as_str() == existing.name) {
                tracing::warn!(role.name = %existing.name, "deleting a role that is not configured any more");
                tx.roles().delete(existing.id).await?;
            }
        }
        for spec in &roles {
            self.seed_role(tx, spec).await?;
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
                    ..store::Role::default()
                };
                tx.roles().insert(&mut new).await?;
            }
            Some(mut row) if row.scopes != scopes || row.description != spec.description => {
                tracing::info!(role.name = %spec.name, "role changed by the configuration");
                row.scopes = scopes;
                row.description.clone_from(&spec.description);
                tx.roles().update(&row).await?;
            }
            Some(_) => (),
        }
        Ok(())
    }

    async fn seed_users(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        for (names, admin) in [(&seed.admin_users, true), (&seed.allowed_users, false)] {
            for name in names {
                let user = self.seed_user(tx, name).await?;
                if admin && !user.admin {
                    let user = store::User { admin: true, ..user };
                    tx.users().set_admin(user.id, true).await?;
                    assign_default_roles(tx, &user).await?;
                }
            }
        }
        Ok(())
    }

    async fn seed_user(&self, tx: &mut Tx, name: &str) -> Result<store::User> {
        let name: UserName = self
            .check_user_name(name)
            .map_err(|_| Error::Invalid(format!("username {name:?} in the configuration is not valid")))?;
        let user = match tx.users().by_name(name.as_str()).await? {
            Some(user) => user,
            None => insert_user(tx, &name, false, self.now()).await?,
        };
        assign_default_roles(tx, &user).await?;
        Ok(user)
    }

    async fn seed_groups(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        for (name, group) in &seed.groups {
            let name = GroupName::parse(name).map_err(|error| Error::Invalid(error.to_string()))?;
            let row = ensure_group(tx, name.as_str()).await?;
            if !group.properties.is_empty() {
                let properties = serde_json::Value::Object(group.properties.clone());
                tx.groups().set_properties(row.id, Some(&properties)).await?;
            }
            for user in &group.users {
                let user = self.seed_user(tx, user).await?;
                tx.groups().add_user(row.id, user.id).await?;
            }
        }
        Ok(())
    }

    /// Memberships that a role's entry lists are exactly that list; those that it does not mention
    /// are emptied, except the users of the role `user` and whoever has the role `admin`.
    async fn seed_assignments(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        for spec in &seed.roles {
            let Some(role) = tx.roles().by_name(spec.name.as_str()).await? else { continue };
            let keeps = |kind: HolderKind| match kind {
                HolderKind::User => spec.users.is_none() && matches!(spec.name.as_str(), "user" | "admin"),
                HolderKind::Service => spec.services.is_none() && spec.name.as_str() == "admin",
                HolderKind::Group => false,
            };
            let mut wanted = BTreeSet::new();
            for name in spec.users.iter().flatten() {
                wanted.insert(Holder::User(self.seed_user(tx, name).await?.id));
            }
            for name in spec.groups.iter().flatten() {
                wanted.insert(Holder::Group(ensure_group(tx, name).await?.id));
            }
            for name in spec.services.iter().flatten() {
                let service = tx.services().by_name(name).await?.ok_or_else(|| {
                    Error::Invalid(format!(
                        "role {} names the service {name}, which JupyterHub.services lacks",
                        spec.name
                    ))
                })?;
                wanted.insert(Holder::Service(service.id));
            }
            for kind in [HolderKind::User, HolderKind::Group, HolderKind::Service] {
                for held in tx.roles().assignments(kind).await? {
                    if held.role_id == role.id && !wanted.contains(&held.holder) && !keeps(kind) {
                        tx.roles().strip(held.holder, role.id).await?;
                    }
                }
            }
            for holder in wanted {
                tx.roles().grant(holder, role.id, false).await?;
            }
        }
        Ok(())
    }
}

pub(crate) async fn ensure_group(tx: &mut Tx, name: &str) -> Result<store::Group> {
    if let Some(row) = tx.groups().by_name(name).await? {
        return Ok(row);
    }
    let mut row = store::Group { name: name.to_owned(), ..store::Group::default() };
    tx.groups().insert(&mut row).await?;
    Ok(row)
}

/// The `admin` flag and the role `admin` mean the same: whoever has one gets the other, unless the
/// configuration lists the role's members, which then decide.
async fn sync_admins(tx: &mut Tx, seed: &Seed) -> Result<()> {
    let Some(admin) = tx.roles().by_name("admin").await? else { return Ok(()) };
    let listed = seed.roles.iter().any(|spec| spec.name.as_str() == "admin" && spec.users.is_some());
    let holders: BTreeSet<i64> = tx
        .roles()
        .assignments(HolderKind::User)
        .await?
        .into_iter()
        .filter(|held| held.role_id == admin.id)
        .filter_map(|held| match held.holder {
            Holder::User(id) => Some(id),
            Holder::Group(_) | Holder::Service(_) => None,
        })
        .collect();
    for id in &holders {
        tx.users().set_admin(*id, true).await?;
    }
    for user in tx.users().admins().await? {
        if holders.contains(&user.id) {
            continue;
        }
        if listed {
            tracing::warn!(user.name = %user.name, "not an administrator any more: not in the role admin");
            tx.users().set_admin(user.id, false).await?;
        } else {
            tx.roles().grant(Holder::User(user.id), admin.id, false).await?;
        }
    }
    Ok(())
}
