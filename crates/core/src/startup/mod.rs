//! What a start writes: roles, users, groups, services, tokens and the hub's own OAuth client.
//!
//! All of it is in the database before the hub listens, because it decides who may do what.

mod accounts;
mod roles;
mod services;
mod tokens;

use std::collections::BTreeSet;

use perijove_model::role::RoleSpec;
use perijove_store::{self as store, Tx};

use crate::error::Result;
use crate::hub::Hub;
use crate::scopes::HUB_CLIENT;

pub(crate) use accounts::ensure_group;
pub use services::{ServiceOAuth, ServiceProcess, ServiceSeed};
pub use tokens::{TokenSeed, TokenSeedOwner};

/// What the configuration says about users, groups, roles, services and tokens.
#[derive(Debug, Clone, Default)]
pub struct Seed {
    /// `Authenticator.admin_users`.
    pub admin_users: BTreeSet<String>,
    /// `Authenticator.allowed_users`: known to the hub from the start.
    pub allowed_users: BTreeSet<String>,
    /// `JupyterHub.load_groups`.
    pub groups: Vec<(String, GroupSeed)>,
    /// `JupyterHub.load_roles`.
    pub roles: Vec<RoleSpec>,
    /// `JupyterHub.extra_user_scopes`.
    pub extra_user_scopes: Vec<String>,
    /// `JupyterHub.services`.
    pub services: Vec<ServiceSeed>,
    /// `JupyterHub.api_tokens`, `service_tokens`, and the tokens of services.
    pub tokens: Vec<TokenSeed>,
    /// `JupyterHub.trust_user_provided_tokens`: their hashes may be cheap ones.
    pub trust_given_tokens: bool,
    /// What the authenticator says of roles (`manage_roles`); `None` where it does not manage them.
    pub managed_roles: Option<Vec<RoleSpec>>,
    /// `Authenticator.reset_managed_roles_on_startup`.
    pub resets_managed_roles: bool,
    /// `Authenticator.delete_invalid_users`.
    pub delete_invalid_users: bool,
}

/// A group of `load_groups`.
#[derive(Debug, Clone, Default)]
pub struct GroupSeed {
    /// Its members.
    pub users: Vec<String>,
    /// Its properties; `None` leaves those that it has.
    pub properties: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Hub {
    /// Brings the database in step with the configuration, as 6.1.1's start does: roles that are
    /// neither default nor configured are removed, and so are services that are not configured any
    /// more; blocked users lose every right.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for an invalid user name, role, scope, service or token: the hub
    /// must not start.
    pub async fn seed(&self, seed: &Seed) -> Result<()> {
        let mut tx = self.store.begin().await?;
        self.seed_client(&mut tx).await?;
        let is_upgrade = self.seed_roles(&mut tx, seed).await?;
        self.seed_users(&mut tx, seed).await?;
        self.seed_groups(&mut tx, seed).await?;
        self.seed_services(&mut tx, seed).await?;
        self.seed_assignments(&mut tx, seed).await?;
        self.grant_user_role(&mut tx, seed).await?;
        roles::sync_admins(&mut tx, seed).await?;
        if is_upgrade {
            self.seed_first_roles(&mut tx, seed).await?;
        }
        self.strip_blocked_users(&mut tx).await?;
        let purged = self.purge_expired_in(&mut tx).await?;
        tx.commit().await?;
        if purged > 0 {
            tracing::debug!(purged, "expired rows deleted");
        }
        // Hashing takes its time, so that it happens outside of a transaction.
        self.seed_secrets(&seed.services).await?;
        self.seed_tokens(seed).await?;
        self.add_accounts(seed.delete_invalid_users).await
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
}
