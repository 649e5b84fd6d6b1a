//! Which authenticator lets people in: a native one, or the Python class itself.

use std::sync::Arc;

use anyhow::Context;
use perijove_authenticators::{self as authenticators, Authenticator, Finding, Policy, Severity};
use perijove_config::Loaded;
use perijove_crypto::auth_state::CryptKeeper;
use perijove_model::role::RoleSpec;
use perijove_store::Store;

use crate::plugins::why_python;
use crate::python_authenticator;
use crate::python_hooks::AroundServers;
use crate::sections::Sections;

/// The variable that holds the keys of `auth_state`.
const CRYPT_KEY_VARIABLE: &str = "JUPYTERHUB_CRYPT_KEY";

/// The authenticator in use, and what it decides besides.
pub struct Chosen {
    /// The authenticator.
    pub authenticator: Arc<dyn Authenticator>,
    /// Its rules.
    pub policy: Policy,
    /// Encryption of `auth_state`; `None` where it is not enabled.
    pub crypt: Option<CryptKeeper>,
    /// Whether it decides group membership.
    pub manage_groups: bool,
    /// Whether users whose names it does not accept are deleted at start.
    pub delete_invalid_users: bool,
    /// Its roles, if it manages them.
    pub managed_roles: Option<Vec<RoleSpec>>,
    /// What it does around servers, if it runs in Python.
    pub around_servers: Option<AroundServers>,
}

/// Builds it, and logs what is odd about its rules. The worker has been told about the hub.
///
/// # Errors
/// A configuration that makes a start impossible.
pub async fn choose(loaded: &Loaded, sections: &Sections, store: &Store) -> anyhow::Result<Chosen> {
    let name = sections.classes.authenticator.class.name();
    let is_native = authenticators::registry::find(name).is_some();
    let chosen = match why_python(&sections.classes.authenticator, is_native) {
        Some(reason) => python(loaded, sections, store, &reason).await?,
        None => native(loaded, sections).await?,
    };
    let Chosen { authenticator, policy, .. } = &chosen;
    for Finding { severity, message } in policy.findings().into_iter().chain(authenticator.findings(policy)) {
        match severity {
            Severity::Warning => tracing::warn!("{message}"),
            Severity::Error => tracing::error!("{message}"),
        }
    }
    Ok(chosen)
}

async fn native(loaded: &Loaded, sections: &Sections) -> anyhow::Result<Chosen> {
    let name = sections.classes.authenticator.class.name();
    let context = authenticators::registry::Context {
        worker: loaded.worker.clone(),
        hub_prefix: sections.addresses.hub_prefix.clone(),
        ..authenticators::registry::Context::default()
    };
    let (authenticator, policy) = authenticators::registry::build(name, &loaded.config, &context).await?;
    tracing::info!("Using Authenticator: {} (native)", authenticator.upstream_class());
    Ok(Chosen {
        authenticator: Arc::from(authenticator),
        policy,
        crypt: crypt_keeper(sections, sections.enable_auth_state)?,
        manage_groups: sections.manage_groups,
        delete_invalid_users: sections.delete_invalid_users,
        managed_roles: None,
        around_servers: None,
    })
}

async fn python(loaded: &Loaded, sections: &Sections, store: &Store, reason: &str) -> anyhow::Result<Chosen> {
    let worker = loaded.worker.clone().context("there is no Python worker for the authenticator")?;
    let started = python_authenticator::start(worker, store.clone(), &sections.addresses.hub_prefix).await?;
    let description = &started.description;
    tracing::info!("Using Authenticator: {} (Python: {reason})", description.class_name);
    let crypt = crypt_keeper(sections, description.enable_auth_state)?;
    started.set_crypt(crypt.clone());
    let around_servers = AroundServers {
        before: description.overrides("pre_spawn_start"),
        after: description.overrides("post_spawn_stop"),
    };
    Ok(Chosen {
        crypt,
        around_servers: Some(around_servers),
        manage_groups: description.manage_groups,
        delete_invalid_users: description.delete_invalid_users,
        authenticator: started.authenticator,
        policy: started.policy,
        managed_roles: started.managed_roles,
    })
}

fn crypt_keeper(sections: &Sections, is_enabled: bool) -> anyhow::Result<Option<CryptKeeper>> {
    if !is_enabled {
        return Ok(None);
    }
    let keeper = match &sections.crypt.keys {
        Some(keys) => CryptKeeper::new(keys.expose()).context("c.CryptKeeper.keys"),
        None => {
            CryptKeeper::from_environment(sections.environment.get(CRYPT_KEY_VARIABLE).unwrap_or_default())
                .context("c.Authenticator.enable_auth_state is on")
        }
    };
    keeper.map(Some)
}
