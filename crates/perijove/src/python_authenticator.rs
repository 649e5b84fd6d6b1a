//! An authenticator class in Python: made in the worker, and told what the hub knows of users.

use std::sync::{Arc, OnceLock};

use anyhow::Context;
use async_trait::async_trait;
use perijove_authenticators::{
    AuthError, Authenticator, Description, Policy, PythonAuthenticator, UserDirectory,
};
use perijove_core::hooks;
use perijove_core::records::UserRecord;
use perijove_crypto::auth_state::CryptKeeper;
use perijove_model::UserName;
use perijove_model::role::RoleSpec;
use perijove_python::{UserFacts, Worker};
use perijove_store::Store;

/// A Python authenticator, and what the hub is made of besides.
pub struct Started {
    /// The authenticator.
    pub authenticator: Arc<PythonAuthenticator>,
    /// Its rules.
    pub policy: Policy,
    /// What it says of itself.
    pub description: Description,
    /// Its roles, if it manages them.
    pub managed_roles: Option<Vec<RoleSpec>>,
    users: Arc<Users>,
}

/// Makes the instance. The worker has been told about the hub, and the database has its tables.
///
/// # Errors
/// A class that cannot be made ends the start.
pub async fn start(worker: Worker, store: Store, hub_prefix: &str) -> anyhow::Result<Started> {
    let users = Arc::new(Users { store, crypt: OnceLock::new() });
    let authenticator = PythonAuthenticator::start(worker, users.clone(), hub_prefix).await?;
    let policy = authenticator.policy()?;
    let description = authenticator.description().clone();
    let managed_roles = if description.features.manages_roles {
        Some(authenticator.managed_roles().await.context("Authenticator.load_managed_roles")?)
    } else {
        None
    };
    Ok(Started { authenticator: Arc::new(authenticator), policy, description, managed_roles, users })
}

impl Started {
    /// From now on users are shown with their `auth_state`.
    pub fn set_crypt(&self, crypt: Option<CryptKeeper>) {
        let _ = self.users.crypt.set(crypt);
    }
}

/// Users as Python sees them.
struct Users {
    store: Store,
    crypt: OnceLock<Option<CryptKeeper>>,
}

#[async_trait]
impl UserDirectory for Users {
    async fn facts(&self, name: &UserName) -> Result<Option<UserFacts>, AuthError> {
        let lookup = |error: String| AuthError::Lookup { what: format!("user {name}"), cause: error };
        self.read(name).await.map_err(|error| lookup(error.to_string()))
    }
}

impl Users {
    async fn read(&self, name: &UserName) -> Result<Option<UserFacts>, perijove_core::Error> {
        let mut tx = self.store.read().await?;
        let Some(row) = tx.users().by_name(name.as_str()).await? else { return Ok(None) };
        let groups = tx.groups().of_user(row.id).await?;
        let user = UserRecord::of_row(&mut tx, row).await?;
        let crypt = self.crypt.get().and_then(Option::as_ref);
        let state = user.row.encrypted_auth_state.as_deref().zip(crypt);
        let state = state.and_then(|(encrypted, crypt)| crypt.decrypt(encrypted).ok());
        Ok(Some(hooks::user_facts(&user, &groups, state.as_ref())))
    }
}
