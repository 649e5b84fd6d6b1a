//! Services that are added and removed while the hub runs, through the REST API.
//!
//! Only somebody else can run such a service: the hub starts no command that came over the network.

use std::sync::Arc;

use perijove_crypto::token;
use perijove_model::role::default_roles;
use perijove_store as store;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::ListedService;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::identity::Principal;
use crate::scopes::HUB_CLIENT;
use crate::startup::{ServiceSeed, TokenSeed, TokenSeedOwner};
use crate::tokens::TokenOwner;

/// A service that somebody asks for.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The service.
    pub seed: ServiceSeed,
    /// Fields that are only kept: of a service that somebody else runs, the hub uses none of them.
    pub kept: KeptFields,
}

/// What of a service is written down and not used.
#[derive(Debug, Clone, Default)]
pub struct KeptFields {
    /// Working directory.
    pub cwd: Option<String>,
    /// Environment.
    pub environment: Option<Map<String, Value>>,
    /// System account.
    pub user: Option<String>,
    /// `info`, also where it is empty.
    pub info: Option<Map<String, Value>>,
    /// `display`, also where it is the default.
    pub display: Option<bool>,
}

impl Hub {
    /// Adds a service and returns once it answers, or does not within the time that it has.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a name that is taken; [`Error::Invalid`] for rights that `maker` does not
    /// have, and for a service that cannot be. Nothing of it is left then.
    pub async fn register_service(
        self: &Arc<Self>,
        maker: &Principal,
        wanted: &Registration,
    ) -> Result<ListedService> {
        let name = wanted.seed.name.as_str();
        let failed = |error: Error| match error {
            Error::Invalid(cause) => {
                tracing::error!("Failed to create service {name}: {cause}");
                Error::Invalid(format!("Failed to create service {name}"))
            }
            other => other,
        };
        self.check_maker(maker, &wanted.seed).await?;
        if let Some(given) = &wanted.seed.api_token {
            token::check_given(given.expose_secret())
                .map_err(|error| failed(Error::Invalid(error.to_string())))?;
        }
        let row = self.write_registration(wanted).await.map_err(failed)?;
        if let Err(error) = self.finish_registration(&wanted.seed).await {
            self.forget_service(&row).await?;
            return Err(failed(error));
        }
        if wanted.seed.oauth.no_confirm {
            tracing::warn!(
                "Allowing service {name} to complete OAuth without confirmation on an authorization web page"
            );
        }
        self.refresh_menu().await?;
        if row.server_id.is_some() {
            tracing::info!("Adding external service {name} at {}", row.url.as_deref().unwrap_or_default());
            self.wait_for_service(&row).await;
        }
        let listed = self.find_service(name).await?.filter(|listed| listed.row.id == row.id);
        listed.ok_or_else(|| Error::NotFound(format!("Service {name} was deleted meanwhile")))
    }

    /// Removes a service that was added at run time, with its tokens, its OAuth client and its route.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Status`] 405 for a service of the configuration.
    pub async fn unregister_service(&self, name: &str) -> Result<()> {
        let mut tx = self.store.read().await?;
        let row = tx.services().by_name(name).await?;
        drop(tx);
        let row = row.ok_or_else(|| Error::NotFound(format!("Service {name} does not exist")))?;
        if row.from_config {
            let message = format!("Service {name} is not modifiable at runtime");
            return Err(Error::status(405, message));
        }
        // Of several requests at the same time one deletes it.
        if !self.forget_service(&row).await? {
            return Err(Error::NotFound(format!("Service {name} does not exist")));
        }
        self.refresh_menu().await?;
        tracing::info!("deleted the service {name}");
        Ok(())
    }

    /// Nobody gives a service, or lets it ask for, more than they have themselves.
    async fn check_maker(&self, maker: &Principal, seed: &ServiceSeed) -> Result<()> {
        let mut wanted = seed.oauth.allowed_scopes.clone();
        if seed.admin {
            let admin = default_roles().into_iter().find(|role| role.name == "admin");
            wanted.extend(admin.and_then(|role| role.scopes).unwrap_or_default());
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let owner = match maker {
            Principal::User(user) => TokenOwner::User(user),
            Principal::Service(service) => TokenOwner::Service(service),
        };
        let mut tx = self.store.read().await?;
        self.check_token_scopes(&mut tx, owner, HUB_CLIENT, &wanted).await
    }

    async fn write_registration(&self, wanted: &Registration) -> Result<store::Service> {
        let seed = &wanted.seed;
        let taken = || Error::Conflict(format!("Service {} already exists", seed.name));
        let mut tx = self.store.begin().await?;
        if tx.services().by_name(seed.name.as_str()).await?.is_some() {
            return Err(taken());
        }
        if seed.has_oauth() && tx.oauth().client(&seed.client_id()).await?.is_some() {
            return Err(Error::Invalid(format!("there is an OAuth client {} already", seed.client_id())));
        }
        let new = store::Service { from_config: false, ..store::Service::default() };
        let written = match self.write_service(&mut tx, seed, new).await {
            Err(Error::Store(error)) if error.is_conflict() => return Err(taken()),
            other => other?,
        };
        let kept = wanted.kept.clone();
        let row = store::Service {
            cwd: kept.cwd,
            environment: kept.environment.map(Value::Object),
            user: kept.user,
            info: kept.info.map(Value::Object),
            display: kept.display,
            ..written
        };
        tx.services().update(&row).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Secret, token and route, which are no part of the transaction: hashes take their time.
    async fn finish_registration(&self, seed: &ServiceSeed) -> Result<()> {
        self.seed_secrets(std::slice::from_ref(seed)).await?;
        if let Some(token) = &seed.api_token {
            let owner = TokenSeedOwner::Service(seed.name.clone());
            let token = TokenSeed { token: token.clone(), owner };
            self.seed_token(&token, self.settings.api.trust_given_tokens).await?;
        }
        let spec = self.settings.service_route(seed.name.as_str());
        let mut routes = self.service_routes().await?.into_iter();
        if let Some((spec, (target, data))) = routes.find(|(known, _)| *known == spec) {
            self.routes.add(&spec, &target, data).await.map_err(Error::internal)?;
        }
        Ok(())
    }

    /// Deletes the row and the route. False if somebody else has.
    async fn forget_service(&self, row: &store::Service) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let deleted = tx.services().delete(row.id).await?;
        tx.commit().await?;
        if deleted && row.server_id.is_some() {
            let spec = self.settings.service_route(&row.name);
            if let Err(error) = self.routes.delete(&spec).await {
                tracing::error!("the route of the service {} cannot be removed: {error}", row.name);
            }
        }
        Ok(deleted)
    }
}
