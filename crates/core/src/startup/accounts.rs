//! Users and groups of the configuration, and the accounts of users that the database has.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use perijove_authenticators::AddUserError;
use perijove_model::name::{GroupName, UserName};
use perijove_store::{self as store, Holder, HolderKind, Tx};

use super::Seed;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::users::{insert_user, insert_user_without_roles};

impl Hub {
    /// Makes the configured users. One who is known keeps their roles, and an administrator gets the flag, as
    /// upstream: what follows from these is [`Hub::grant_user_role`] and `sync_admins`.
    pub(super) async fn seed_users(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        let names = seed.admin_users.iter().chain(&seed.allowed_users);
        let mut known = self.configured_users(tx, names).await?;
        for name in &seed.admin_users {
            let name = self.configured_name(name)?;
            match known.get(name.as_str()) {
                Some(user) if user.admin => (),
                Some(user) => drop(tx.users().set_admin(user.id, true).await?),
                None => {
                    let user = insert_user(tx, &name, true, self.now()).await?;
                    known.insert(name.to_string(), user);
                }
            }
        }
        for name in &seed.allowed_users {
            let name = self.configured_name(name)?;
            if !known.contains_key(name.as_str()) {
                let user = insert_user_without_roles(tx, &name, false, self.now()).await?;
                known.insert(name.to_string(), user);
            }
        }
        tx.users().complete_created(self.now()).await?;
        Ok(())
    }

    /// Gives the role `user` to those whom `allowed_users` lets in, if it has anybody: upstream's set then has every
    /// user of the database too where `allow_existing_users` is on.
    pub(super) async fn grant_user_role(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        let Some(role) = tx.roles().by_name("user").await? else { return Ok(()) };
        if self.policy.allow_existing_users() && !self.policy.allow_all() {
            tx.roles().grant_to_users_without(role.id).await?;
        }
        let allowed = self.configured_users(tx, seed.allowed_users.iter()).await?;
        let ids: Vec<i64> = allowed.values().map(|user| user.id).collect();
        let held = tx.roles().names_of(HolderKind::User, &ids).await?;
        let have: HashSet<i64> =
            held.into_iter().filter(|(_, name)| *name == role.name).map(|(id, _)| id).collect();
        for id in ids.into_iter().filter(|id| !have.contains(id)) {
            tx.roles().grant(Holder::User(id), role.id, false).await?;
        }
        Ok(())
    }

    /// Those of the configured users that the database has: a few statements for all, since there may be thousands.
    async fn configured_users(
        &self,
        tx: &mut Tx,
        names: impl Iterator<Item = &String>,
    ) -> Result<BTreeMap<String, store::User>> {
        let names: BTreeSet<String> = names.map(|name| self.policy.normalize_username(name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let users = tx.users().by_names(&names).await?;
        Ok(users.into_iter().map(|user| (user.name.clone(), user)).collect())
    }

    /// A user whom a group or role of the configuration names. Only one who is new gets the default roles.
    pub(super) async fn seed_user(&self, tx: &mut Tx, name: &str) -> Result<store::User> {
        let name = self.configured_name(name)?;
        match tx.users().by_name(name.as_str()).await? {
            Some(user) => Ok(user),
            None => insert_user(tx, &name, false, self.now()).await,
        }
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
                tx.roles().strip(Holder::User(user.id), role.id).await?;
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
