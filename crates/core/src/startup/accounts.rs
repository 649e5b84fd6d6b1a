//! Users and groups of the configuration, and the accounts of users that the database has.

use std::collections::{BTreeMap, BTreeSet};

use perijove_authenticators::AddUserError;
use perijove_model::name::{GroupName, UserName};
use perijove_store::{self as store, Tx};

use super::Seed;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::users::{assign_default_roles, insert_user, insert_user_without_roles};

impl Hub {
    pub(super) async fn seed_users(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        let settled = self.settled_users(tx, seed).await?;
        for (names, admin) in [(&seed.admin_users, true), (&seed.allowed_users, false)] {
            for name in names {
                if settled
                    .get(&self.policy.normalize_username(name))
                    .is_some_and(|is_admin| *is_admin || !admin)
                {
                    continue;
                }
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

    /// The configured users that a start has nothing to write for, and whether each is an administrator:
    /// a few statements for all, since there may be thousands.
    async fn settled_users(&self, tx: &mut Tx, seed: &Seed) -> Result<BTreeMap<String, bool>> {
        let names: BTreeSet<String> = seed
            .admin_users
            .iter()
            .chain(&seed.allowed_users)
            .filter_map(|name| Some(self.check_configured_name(name).ok()?.to_string()))
            .collect();
        let mut holders = Vec::new();
        for role in ["user", "admin"] {
            let held = match tx.roles().by_name(role).await? {
                Some(role) => tx.roles().holders(role.id).await?.users,
                None => return Ok(BTreeMap::new()),
            };
            holders.push(held.into_iter().collect::<BTreeSet<String>>());
        }
        let [with_role, with_admin] = holders.as_slice() else { return Ok(BTreeMap::new()) };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let users = tx.users().by_names(&names).await?.into_iter();
        let settled = users
            .filter(|user| with_role.contains(&user.name) && user.admin == with_admin.contains(&user.name));
        Ok(settled.map(|user| (user.name, user.admin)).collect())
    }

    pub(super) async fn seed_user(&self, tx: &mut Tx, name: &str) -> Result<store::User> {
        let name = self.configured_name(name)?;
        let user = match tx.users().by_name(name.as_str()).await? {
            Some(user) => user,
            None => insert_user(tx, &name, false, self.now()).await?,
        };
        assign_default_roles(tx, &user).await?;
        Ok(user)
    }

    /// A user who is made without any role, as upstream makes those of `api_tokens`: roles come with the first login.
    pub(super) async fn seed_user_without_roles(&self, tx: &mut Tx, name: &str) -> Result<store::User> {
        let name = self.configured_name(name)?;
        match tx.users().by_name(name.as_str()).await? {
            Some(user) => Ok(user),
            None => insert_user_without_roles(tx, &name, false, self.now()).await,
        }
    }

    fn configured_name(&self, name: &str) -> Result<UserName> {
        self.check_configured_name(name)
            .map_err(|_| Error::Invalid(format!("username {name:?} in the configuration is not valid")))
    }

    pub(super) async fn seed_groups(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        if self.settings.manage_groups && !seed.groups.is_empty() {
            return Err(Error::Invalid(
                "c.JupyterHub.load_groups and c.Authenticator.manage_groups exclude each other: the authenticator \
                 decides who is in which group"
                    .into(),
            ));
        }
        for (name, group) in &seed.groups {
            let name = GroupName::parse(name).map_err(|error| Error::Invalid(error.to_string()))?;
            let row = ensure_group(tx, name.as_str()).await?;
            if let Some(properties) = &group.properties {
                let properties = serde_json::Value::Object(properties.clone());
                if row.properties.as_ref() != Some(&properties) {
                    tx.groups().set_properties(row.id, Some(&properties)).await?;
                }
            }
            for user in &group.users {
                let user = self.seed_user(tx, user).await?;
                tx.groups().add_user(row.id, user.id).await?;
            }
        }
        Ok(())
    }

    /// Users that the configuration blocks keep nothing that their tokens and cookies could use.
    pub(super) async fn strip_blocked_users(&self, tx: &mut Tx) -> Result<()> {
        for name in self.policy.blocked_users() {
            let Some(user) = tx.users().by_name(name).await? else { continue };
            if user.admin {
                tracing::warn!("Removing admin permissions from blocked user {name}");
                tx.users().set_admin(user.id, false).await?;
            }
            for role in tx.roles().for_user(user.id).await? {
                tracing::warn!("Removing blocked user {name} from the role {}", role.name);
                tx.roles().strip(store::Holder::User(user.id), role.id).await?;
            }
            for group in tx.groups().of_user(user.id).await? {
                tracing::warn!("Removing blocked user {name} from the group {}", group.name);
                tx.groups().remove_user(group.id, user.id).await?;
            }
        }
        Ok(())
    }

    /// Tells the authenticator of every user that the database has, where it makes accounts or
    /// invalid users are to be deleted; otherwise a start need not look at all users.
    pub(super) async fn add_accounts(&self, delete_invalid: bool) -> Result<()> {
        if !self.authenticator.adds_accounts() && !delete_invalid {
            return Ok(());
        }
        let mut tx = self.store.read().await?;
        let names = tx.users().names().await?;
        drop(tx);
        for name in names.into_iter().filter(|name| !self.policy.is_blocked(name)) {
            let user = UserName::from_stored(name);
            let Err(refusal) = self.authenticator.add_user(&user, &self.policy).await else { continue };
            tracing::error!(user.name = %user, "Error adding user {user} already in db: {refusal}");
            if matches!(refusal, AddUserError::Failed(_)) {
                // It is not known whether there is an account, so nothing follows.
                continue;
            }
            if !delete_invalid {
                tracing::warn!(
                    "hint: c.Authenticator.delete_invalid_users = True deletes such users at start"
                );
                continue;
            }
            tracing::warn!(user.name = %user, "Deleting invalid user {user} from the Hub database");
            let mut tx = self.store.begin().await?;
            if let Some(row) = tx.users().by_name(user.as_str()).await? {
                tx.users().delete(row.id).await?;
            }
            tx.commit().await?;
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
