//! Tokens that the configuration gives to users and services.

use perijove_crypto::token::{self, HashedToken};
use perijove_model::name::ServiceName;
use perijove_store as store;
use secrecy::{ExposeSecret, SecretString};

use super::Seed;
use crate::activity::Subject;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::scopes::HUB_CLIENT;
use crate::tokens::default_token_scopes;

/// A token that the configuration gives to somebody.
#[derive(Debug, Clone)]
pub struct TokenSeed {
    /// The token.
    pub token: SecretString,
    /// Whose it is.
    pub owner: TokenSeedOwner,
}

/// Whose a token of the configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSeedOwner {
    /// A user, who is made if need be.
    User(String),
    /// A service, which is made if need be.
    Service(ServiceName),
}

impl Hub {
    /// Adds the tokens that are not there yet. Their hashes take many rounds, since nobody knows how
    /// good the tokens are; each is worked out outside of any transaction.
    pub(super) async fn seed_tokens(&self, seed: &Seed) -> Result<()> {
        for token in &seed.tokens {
            self.seed_token(token, seed.trust_given_tokens).await?;
        }
        Ok(())
    }

    /// Adds one token, unless it is there already, whosever it is.
    pub(crate) async fn seed_token(&self, token: &TokenSeed, trusted: bool) -> Result<()> {
        if self.has_token(&token.token).await? { Ok(()) } else { self.add_token(token, trusted).await }
    }

    async fn has_token(&self, token: &SecretString) -> Result<bool> {
        let plain = token.expose_secret();
        let mut tx = self.store.read().await?;
        let candidates = tx.tokens().by_prefix(token::prefix(plain)).await?;
        drop(tx);
        let matches =
            |row: &store::ApiToken| HashedToken::parse(&row.hashed).is_ok_and(|hashed| hashed.verify(plain));
        Ok(candidates.iter().any(matches))
    }

    async fn add_token(&self, seed: &TokenSeed, trusted: bool) -> Result<()> {
        let plain = seed.token.expose_secret();
        let whose = match &seed.owner {
            TokenSeedOwner::User(name) => format!("user {name}"),
            TokenSeedOwner::Service(name) => format!("service {name}"),
        };
        token::check_given(plain)
            .map_err(|error| Error::Invalid(format!("the token of the {whose}: {error}")))?;
        let rounds = if trusted { token::ROUNDS_FOR_GENERATED } else { token::ROUNDS_FOR_GIVEN };
        let hashed = token::hash(plain, rounds).to_string();
        let mut tx = self.store.begin().await?;
        let (user_id, service_id) = match &seed.owner {
            TokenSeedOwner::User(name) => (Some(self.seed_user_without_roles(&mut tx, name).await?.id), None),
            TokenSeedOwner::Service(name) => (None, Some(ensure_service(&mut tx, name).await?)),
        };
        let mut row = store::ApiToken {
            user_id,
            service_id,
            prefix: token::prefix(plain).to_owned(),
            hashed,
            client_id: Some(HUB_CLIENT.into()),
            created: Some(self.now()),
            note: Some("from config".into()),
            scopes: default_token_scopes(&mut tx).await?,
            ..store::ApiToken::default()
        };
        tx.tokens().insert(&mut row).await?;
        self.activity.forget(Subject::Token(row.id));
        tx.commit().await?;
        tracing::info!("Adding API token for {whose}");
        Ok(())
    }
}

async fn ensure_service(tx: &mut store::Tx, name: &ServiceName) -> Result<i64> {
    if let Some(known) = tx.services().by_name(name.as_str()).await? {
        return Ok(known.id);
    }
    tracing::warn!("service {name} is not in c.JupyterHub.services, creating it implicitly");
    let mut row = store::Service { name: name.to_string(), ..store::Service::default() };
    tx.services().insert(&mut row).await?;
    Ok(row.id)
}
