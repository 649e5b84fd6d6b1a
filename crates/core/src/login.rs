//! Logging in: from a form's content to a user in the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use perijove_authenticators::{
    self as authenticators, AuthError, AuthModel, KnownUsers, LoginRefusal, LoginRequest, ManagedGroups,
};

use crate::activity::Subject;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::managed_roles::sync_roles;
use crate::metrics::{LOGIN_FAILURE, LOGIN_SUCCESS};
use crate::records::UserRecord;
use crate::users::{assign_default_roles, insert_user};

impl Hub {
    /// Tries to log somebody in. `None` means: wrong name or password, or not allowed; the cause is
    /// in the log only.
    ///
    /// # Errors
    /// [`Error::Status`] where an authenticator or hook refused with a message of its own.
    pub async fn login(&self, request: &LoginRequest) -> Result<Option<Arc<UserRecord>>> {
        let began = Instant::now();
        let Some(model) = self.authenticate(request).await? else {
            self.count_login(false, began.elapsed());
            return Ok(None);
        };
        let user = self.keep_login(model).await?;
        self.count_login(true, began.elapsed());
        tracing::info!("User logged in: {}", user.name);
        Ok(Some(user))
    }

    /// The same for a program that sends a name and a password, which may guess only so often.
    ///
    /// # Errors
    /// As [`Hub::login`], and [`Error::Busy`] after too many failures.
    pub async fn login_by_program(
        &self,
        request: &LoginRequest,
        address: &str,
    ) -> Result<Option<Arc<UserRecord>>> {
        let keys = [format!("address {address}"), format!("user {}", request.logged_username())];
        if let Err(wait) = self.attempts.begin(&keys, Instant::now()) {
            tracing::warn!(
                remote.address = address,
                "too many failed logins for {}",
                one_line(&request.logged_username())
            );
            return Err(Error::Busy {
                message: "Too many failed logins. Try again later.".into(),
                retry_after: Some(wait.as_secs().max(1)),
            });
        }
        let user = self.login(request).await?;
        if user.is_some() {
            self.attempts.succeeded(&keys);
        }
        Ok(user)
    }

    /// Only asks the authenticator; nothing is written.
    pub async fn authenticate(&self, request: &LoginRequest) -> Result<Option<AuthModel>> {
        match authenticators::login(self.authenticator.as_ref(), &self.policy, request, self).await {
            Ok(model) => Ok(Some(model)),
            Err(LoginRefusal::Failed(error)) => Err(error.into()),
            Err(refusal) => {
                if let LoginRefusal::NotAllowed { nobody_allowed: true, .. } = &refusal {
                    tracing::warn!(
                        "nobody is allowed to log in. hint: set c.Authenticator.allowed_users, or \
                         c.Authenticator.allow_all = True, in the configuration"
                    );
                }
                // The line that filters for fail2ban look for, which no name may forge another of.
                let name = one_line(&request.logged_username());
                let address = request.remote_addr.map(|address| address.to_string());
                tracing::warn!(remote.address = address, cause = %refusal, "Failed login for {name}");
                Ok(None)
            }
        }
    }

    /// Writes a login that the authenticator, or a plug-in's own page, has made and checked.
    ///
    /// # Errors
    /// As [`Hub::persist_login`].
    pub async fn keep_login(&self, model: AuthModel) -> Result<Arc<UserRecord>> {
        let user = self.persist_login(model).await?;
        self.refreshed.note(user.row.id, Instant::now());
        Ok(user)
    }

    /// Counts an attempt to log in.
    pub fn count_login(&self, succeeded: bool, took: Duration) {
        let status = if succeeded { LOGIN_SUCCESS } else { LOGIN_FAILURE };
        self.metrics.logins.observe([status], took);
    }

    /// Keeps a user's `auth_state`, encrypted; `None` removes it. Nothing is kept where it is not enabled.
    ///
    /// # Errors
    /// If it cannot be encrypted or written.
    pub async fn save_auth_state(&self, user: &UserRecord, state: Option<&serde_json::Value>) -> Result<()> {
        let state = if self.crypt.is_some() { state } else { None };
        let encrypted = self.encrypt_auth_state(state)?;
        let mut tx = self.store.begin().await?;
        let Some(mut row) = tx.users().by_name(&user.row.name).await? else {
            return Err(Error::NotFound(format!("No such user: {}", user.name)));
        };
        row.encrypted_auth_state = encrypted;
        tx.users().update(&row).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes what a login or refresh brought: the user, its administrator flag, groups, roles and
    /// `auth_state`. Who calls this has checked that the user may log in.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that no user may have; [`Error::Status`] for roles that are none; those of the
    /// database.
    pub async fn persist_login(&self, model: AuthModel) -> Result<Arc<UserRecord>> {
        let name = self.check_login_name(&model.name)?;
        if self.find_user(name.as_str()).await?.is_none() {
            match self.create_user(&name, model.admin.unwrap_or(false)).await {
                // The same user logs in twice at the same time.
                Ok(_) | Err(Error::Conflict(_)) => (),
                Err(error) => return Err(error),
            }
        }
        let known = self.find_user(name.as_str()).await?;
        let auth_state = self.reconciled_auth_state(&model, known.as_deref()).await?;
        let encrypted = self.encrypt_auth_state(auth_state.as_ref())?;
        let roles = self.roles_of(&model)?;
        let mut tx = self.store.begin().await?;
        if let Some(known) = known {
            tx.users().lock(known.row.id).await?;
        }
        let mut row = match tx.users().by_name(name.as_str()).await? {
            Some(row) => row,
            None => {
                let row = insert_user(&mut tx, &name, false, self.now()).await?;
                self.activity.forget(Subject::User(row.id));
                row
            }
        };
        let before = row.clone();
        if let Some(admin) = model.admin {
            row.admin = admin;
        }
        if model.user_info.is_some() {
            row.user_info = model.user_info;
        }
        row.encrypted_auth_state = encrypted;
        if row != before {
            tx.users().update(&row).await?;
        }
        assign_default_roles(&mut tx, &row).await?;
        if self.settings.manage_groups {
            match &model.groups {
                ManagedGroups::Exactly(groups) => sync_groups(&mut tx, row.id, groups).await?,
                ManagedGroups::Unchanged => (),
                ManagedGroups::Unspecified => {
                    return Err(Error::internal(format!(
                        "Authenticator.manage_groups is on, but the authenticator says nothing of {name}'s groups"
                    )));
                }
            }
        }
        if let Some(roles) = roles {
            sync_roles(self, &mut tx, &row, &roles).await?;
        }
        tx.commit().await?;
        self.find_user(name.as_str()).await?.ok_or_else(|| Error::internal("a user vanished during login"))
    }

    /// The `auth_state` to keep; `None` where it is not enabled.
    async fn reconciled_auth_state(
        &self,
        model: &AuthModel,
        known: Option<&UserRecord>,
    ) -> Result<Option<serde_json::Value>> {
        if self.crypt.is_none() {
            return Ok(None);
        }
        if !self.features.reconciles_auth_state {
            return Ok(model.auth_state.clone());
        }
        let existing = known.and_then(|user| self.auth_state(&user.row));
        Ok(self.authenticator.reconcile_auth_state(model, existing.as_ref()).await?)
    }
}

/// A name that somebody typed, for the log.
fn one_line(name: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    name.chars().map(shown).collect()
}

/// Makes the user a member of exactly these groups; groups that are new are made.
async fn sync_groups(tx: &mut perijove_store::Tx, user_id: i64, names: &[String]) -> Result<()> {
    for group in tx.groups().of_user(user_id).await? {
        if !names.contains(&group.name) {
            tx.groups().remove_user(group.id, user_id).await?;
        }
    }
    for name in names {
        let group = crate::startup::ensure_group(tx, name).await?;
        tx.groups().add_user(group.id, user_id).await?;
    }
    Ok(())
}

#[async_trait]
impl KnownUsers for Hub {
    async fn is_known(&self, name: &str) -> std::result::Result<bool, AuthError> {
        let lookup =
            |error: Error| AuthError::Lookup { what: format!("user {name:?}"), cause: error.to_string() };
        Ok(self.find_user(name).await.map_err(lookup)?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_forge_no_lines() {
        assert_eq!(one_line("zoë"), "zoë");
        assert_eq!(one_line("a\nFailed login for b"), "a\\nFailed login for b");
    }
}
