//! Users: found, made, changed, deleted.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use perijove_crypto::token;
use perijove_model::name::{ServerName, UserName};
use perijove_model::value::repr_of_text;
use perijove_store::{self as store, Holder, Tx};

use crate::activity::Subject;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::identity::Principal;
use crate::records::{Times, UserRecord};

/// What `PATCH /users/NAME` may change.
#[derive(Debug, Default)]
pub struct UserChanges {
    /// A new name.
    pub name: Option<String>,
    /// Administrator or not.
    pub admin: Option<bool>,
    /// New `auth_state`.
    pub auth_state: Option<serde_json::Value>,
    /// Takes the user out of every group.
    pub no_groups: bool,
    /// Takes every role away.
    pub no_roles: bool,
}

/// How often rows are inserted again when somebody else was faster.
const INSERTS_AT_MOST: u32 = 5;

impl Hub {
    /// A user by name.
    pub async fn find_user(&self, name: &str) -> Result<Option<Arc<UserRecord>>> {
        self.identities.user(name).await
    }

    /// The name under which the hub knows a user, whom an administrator called `name`.
    pub async fn normalize_user_name(&self, name: &str) -> Result<String> {
        Ok(self.authenticator.normalize_username(name, &self.policy).await?)
    }

    /// Normalises and checks a name that an administrator gave.
    pub async fn check_user_name(&self, name: &str) -> Result<UserName> {
        self.check_new_user_name(&self.normalize_user_name(name).await?).await
    }

    /// Checks a name that the path of a request gives: it is taken as it is.
    pub async fn check_new_user_name(&self, name: &str) -> Result<UserName> {
        checked_name(name, self.authenticator.validate_username(name, &self.policy).await?)
    }

    /// The same for names of the configuration, which a Python authenticator has normalised and checked already.
    pub(crate) fn check_configured_name(&self, name: &str) -> Result<UserName> {
        let normal = self.policy.normalize_username(name);
        checked_name(&normal, self.policy.validate_username(&normal))
    }

    /// The same for the name that a login brought: it is as it is to be, and a map of names applies once only.
    pub(crate) fn check_login_name(&self, name: &str) -> Result<UserName> {
        checked_name(name, self.policy.validate_username(name))
    }

    /// Makes a user and tells the authenticator. The row is not kept if that refuses.
    ///
    /// # Errors
    /// [`Error::Conflict`] if there is such a user, [`Error::Invalid`] if the authenticator refuses.
    pub async fn create_user(&self, name: &UserName, admin: bool) -> Result<Arc<UserRecord>> {
        let made = self.create_users(std::slice::from_ref(name), admin).await?.pop();
        made.ok_or_else(|| Error::Conflict(format!("User {name} already exists")))
    }

    /// Makes those of these users that do not exist, and tells the authenticator of each.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the authenticator refuses one: neither that one's row is kept nor those after it.
    pub async fn create_users(&self, names: &[UserName], admin: bool) -> Result<Vec<Arc<UserRecord>>> {
        let mut tries = 0;
        let rows = loop {
            tries += 1;
            match self.insert_users(names, admin).await {
                // On PostgreSQL and MySQL somebody else may make the same users at the same time.
                Err(Error::Store(error)) if error.is_conflict() && tries < INSERTS_AT_MOST => (),
                made => break made?,
            }
        };
        for (position, row) in rows.iter().enumerate() {
            let name = UserName::from_stored(row.name.clone());
            if let Err(refusal) = self.authenticator.add_user(&name, &self.policy).await {
                tracing::error!(user.name = %name, "failed to create user: {refusal}");
                let mut tx = self.store.begin().await?;
                for unwanted in rows.iter().skip(position) {
                    tx.users().delete(unwanted.id).await?;
                }
                tx.commit().await?;
                return Err(Error::Invalid(format!("Failed to create user: {name}")));
            }
        }
        let mut tx = self.store.read().await?;
        Ok(UserRecord::of_rows(&mut tx, rows).await?.into_iter().map(Arc::new).collect())
    }

    /// The rows of those that are new.
    async fn insert_users(&self, names: &[UserName], admin: bool) -> Result<Vec<store::User>> {
        let mut tx = self.store.begin().await?;
        let texts: Vec<&str> = names.iter().map(UserName::as_str).collect();
        let known: HashSet<String> =
            tx.users().by_names(&texts).await?.into_iter().map(|row| row.name).collect();
        let roles = DefaultRoles::read(&mut tx).await?;
        let mut rows = Vec::new();
        for name in names.iter().filter(|name| !known.contains(name.as_str())) {
            let row = insert_user_without_roles(&mut tx, name, admin, self.now()).await?;
            roles.assign(&mut tx, &row, &[]).await?;
            // SQLite gives the number of a deleted row away again.
            self.activity.forget(Subject::User(row.id));
            rows.push(row);
        }
        tx.commit().await?;
        Ok(rows)
    }

    /// Deletes a user whose servers are stopped, with everything that is theirs.
    ///
    /// # Errors
    /// [`Error::Invalid`] while a server of theirs is active.
    pub async fn delete_user(self: &Arc<Self>, user: &Arc<UserRecord>, by: &Principal) -> Result<()> {
        if by.user().is_some_and(|caller| caller.row.id == user.row.id) {
            return Err(Error::Invalid("Cannot delete yourself!".into()));
        }
        let busy = || Error::Invalid(format!("User {} is being deleted", user.name));
        let _leaving = self.servers.leave(user.row.id).ok_or_else(busy)?;
        // The record may be older than a start: what runs is what this process knows.
        for server in self.servers.of_user(user.row.id) {
            self.stop_before_delete(user, &server.key.1).await?;
        }
        let user_now = self.find_user(user.row.name.as_str()).await?;
        for server in user_now.as_deref().map(|user| user.spawners.as_slice()).unwrap_or_default() {
            if let Some(target) = self.target(user, &server.name).await? {
                self.spawner.delete_forever(&target).await;
            }
        }
        self.authenticator.delete_user(&user.name).await;
        let mut tx = self.store.begin().await?;
        tx.users().delete(user.row.id).await?;
        tx.commit().await?;
        self.servers.forget_user(user.row.id);
        self.activity.forget(Subject::User(user.row.id));
        Ok(())
    }

    async fn stop_before_delete(self: &Arc<Self>, user: &Arc<UserRecord>, server: &ServerName) -> Result<()> {
        let busy =
            || Error::Invalid(format!("{}'s server is in the process of stopping, please wait.", user.name));
        let state = self.server_state(user.row.id, server);
        if state.pending() == Some("stop") {
            return Err(busy());
        }
        if state.is_active() && self.stop_server(user, server).await? == crate::servers::Outcome::Pending {
            return Err(busy());
        }
        Ok(())
    }

    /// Renames a user, changes its administrator flag or `auth_state`.
    pub async fn change_user(
        &self,
        user: &UserRecord,
        changes: UserChanges,
        by: &Principal,
    ) -> Result<Arc<UserRecord>> {
        let mut new_name = None;
        if let Some(name) = changes.name.filter(|name| *name != user.row.name) {
            let normal = self.normalize_user_name(&name).await?;
            let refused = |_| Error::Invalid(format!("Invalid username: {}", repr_of_text(&normal)));
            let name = self.check_new_user_name(&normal).await.map_err(refused)?;
            if self.find_user(name.as_str()).await?.is_some() {
                return Err(Error::Invalid(format!("User {name} already exists, username must be unique")));
            }
            new_name = Some(name.to_string());
        }
        if !by.is_admin() {
            if user.row.admin {
                return Err(Error::Forbidden("Only admins can modify other admins".into()));
            }
            if changes.admin == Some(true) {
                return Err(Error::Forbidden("Only admins can grant admin permissions".into()));
            }
        }
        let encrypted = self.encrypt_auth_state(changes.auth_state.as_ref())?;
        let mut tx = self.store.begin().await?;
        // What is not changed is as it is now, not as it was when the request began.
        let gone = || Error::NotFound(format!("There is no user {} any more", user.name));
        tx.users().lock(user.row.id).await?;
        let mut row = tx.users().find(user.row.id).await?.ok_or_else(gone)?;
        if let Some(name) = new_name {
            row.name = name;
        }
        if encrypted.is_some() {
            row.encrypted_auth_state = encrypted;
        }
        if let Some(admin) = changes.admin {
            row.admin = admin;
        }
        if let Err(error) = tx.users().update(&row).await {
            let exists = format!("User {} already exists, username must be unique", row.name);
            return Err(if error.is_conflict() { Error::Invalid(exists) } else { error.into() });
        }
        if changes.admin.is_some() {
            assign_default_roles(&mut tx, &row).await?;
        }
        if changes.no_groups {
            for group in tx.groups().of_user(row.id).await? {
                tx.groups().remove_user(group.id, row.id).await?;
            }
        }
        if changes.no_roles {
            for role in tx.roles().for_user(row.id).await? {
                tx.roles().strip(Holder::User(row.id), role.id).await?;
            }
        }
        tx.commit().await?;
        tracing::info!(user.name = %row.name, by = by.name(), "user changed");
        self.find_user(&row.name).await?.ok_or_else(gone)
    }

    /// Ends a login session: its tokens are revoked, and, where configured, the user's servers stopped.
    pub async fn log_out(self: &Arc<Self>, user: &Arc<UserRecord>, session_id: Option<&str>) -> Result<()> {
        if self.settings.pages.shutdown_on_logout {
            for server in self.servers.of_user(user.row.id) {
                // A server that cannot be stopped must not keep its user logged in.
                if let Err(error) = self.stop_server(user, &server.key.1).await {
                    tracing::error!(user.name = %user.name, "stopping a server at logout failed: {error}");
                }
            }
        }
        let Some(session_id) = session_id else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        let revoked = tx.tokens().delete_for_session(user.row.id, session_id).await?;
        tx.commit().await?;
        tracing::debug!(user.name = %user.name, revoked, "tokens of the session deleted");
        Ok(())
    }

    /// Records activity that a server posted; committed when this returns. Older times change nothing.
    pub async fn post_activity(
        &self,
        user: &UserRecord,
        of_user: Option<DateTime<Utc>>,
        of_servers: &BTreeMap<String, DateTime<Utc>>,
    ) -> Result<()> {
        let servers: Vec<(i64, DateTime<Utc>)> = of_servers
            .iter()
            .filter_map(|(name, time)| user.spawner(name).map(|spawner| (spawner.row.id, *time)))
            .collect();
        let users: Vec<(i64, DateTime<Utc>)> = of_user.map(|time| (user.row.id, time)).into_iter().collect();
        let mut tx = self.store.begin().await?;
        let moved = tx.users().set_activity(&users).await? + tx.spawners().set_activity(&servers).await?;
        let commit = tx.commit_keeping_facts().await?;
        // Where some were later already, what there is now is for the database to say.
        let all = usize::try_from(moved) == Ok(users.len() + servers.len());
        let times = all.then_some(Times { user: of_user, servers });
        self.identities.times_written(user, times.as_ref(), commit);
        Ok(())
    }

    /// Encrypts `auth_state`; `None` where there is none or it is not enabled.
    pub(crate) fn encrypt_auth_state(&self, state: Option<&serde_json::Value>) -> Result<Option<Vec<u8>>> {
        match (state, &self.crypt) {
            (Some(state), Some(crypt)) => Ok(Some(crypt.encrypt(state).map_err(Error::internal)?)),
            (Some(_), None) => Err(Error::Invalid("auth_state is not enabled".into())),
            (None, _) => Ok(None),
        }
    }

    /// Decrypts a user's `auth_state`. What cannot be decrypted (a lost key) counts as none.
    pub fn auth_state(&self, user: &store::User) -> Option<serde_json::Value> {
        let encrypted = user.encrypted_auth_state.as_deref()?;
        match self.crypt.as_ref()?.decrypt(encrypted) {
            Ok(state) => Some(state),
            Err(error) => {
                tracing::warn!(user.name = %user.name, "auth_state cannot be decrypted: {error}");
                None
            }
        }
    }
}

fn checked_name(name: &str, is_valid: bool) -> Result<UserName> {
    let parsed = UserName::parse(name).ok().filter(|_| is_valid);
    parsed.ok_or_else(|| Error::Invalid(format!("Invalid username: {name}")))
}

/// Adds a user's row with the default roles.
pub(crate) async fn insert_user(
    tx: &mut Tx,
    name: &UserName,
    admin: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<store::User> {
    let row = insert_user_without_roles(tx, name, admin, now).await?;
    assign_default_roles(tx, &row).await?;
    Ok(row)
}

/// Adds a user's row.
pub(crate) async fn insert_user_without_roles(
    tx: &mut Tx,
    name: &UserName,
    admin: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<store::User> {
    use secrecy::ExposeSecret;
    let cookie_id = token::generate().expose_secret().to_owned();
    let mut row = store::User {
        name: name.to_string(),
        admin,
        created: Some(now),
        cookie_id,
        ..store::User::default()
    };
    tx.users().insert(&mut row).await?;
    Ok(row)
}

/// Gives a user the roles `user` and, for administrators only, `admin`.
pub(crate) async fn assign_default_roles(tx: &mut Tx, user: &store::User) -> Result<()> {
    let held: Vec<i64> = tx.roles().for_user(user.id).await?.into_iter().map(|role| role.id).collect();
    DefaultRoles::read(tx).await?.assign(tx, user, &held).await
}

/// The roles that users have without being given them, by primary key.
struct DefaultRoles {
    user: Option<i64>,
    admin: Option<i64>,
}

impl DefaultRoles {
    async fn read(tx: &mut Tx) -> Result<Self> {
        let mut id = async |name| Ok::<_, Error>(tx.roles().by_name(name).await?.map(|role| role.id));
        Ok(Self { user: id("user").await?, admin: id("admin").await? })
    }

    /// `held` are the roles that the user has.
    async fn assign(&self, tx: &mut Tx, user: &store::User, held: &[i64]) -> Result<()> {
        let holder = Holder::User(user.id);
        if let Some(role) = self.admin {
            match (user.admin, held.contains(&role)) {
                (true, false) => tx.roles().grant(holder, role, false).await?,
                (false, true) => tx.roles().strip(holder, role).await?,
                _ => false,
            };
        }
        if let Some(role) = self.user.filter(|role| !held.contains(role)) {
            tx.roles().grant(holder, role, false).await?;
        }
        Ok(())
    }
}
