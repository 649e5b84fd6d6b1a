//! The OAuth provider over the database: servers and services ask here who a browser's user is.
//!
//! The provider itself is [`perijove_oauth`]; this is what it asks of the database, each question a
//! transaction of its own, and what it is told about the user and the settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use perijove_crypto::token::{self, HashedToken};
use perijove_model::scope::ScopeSet;
use perijove_oauth::{
    AuthorizeError, AuthorizeRequest, Client, ClientOf, Code, NewToken, OAuthStore, Provider,
    ProviderSettings, Review, Subject, TokenAnswer, TokenError, TokenRequest, random_secret,
};
use perijove_store::{self as store, ClientTarget};
use secrecy::{ExposeSecret, SecretString};

use crate::activity;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::identity::Identity;
use crate::records::UserRecord;
use crate::scopes::raw_role_scopes;

/// The database, as the provider sees it.
struct Database<'a> {
    hub: &'a Hub,
}

impl Hub {
    /// Checks what an application asks of a user, and says what the user has to confirm.
    ///
    /// # Errors
    /// [`AuthorizeError`] says for each case what the browser gets.
    pub async fn review_authorization(
        &self,
        identity: &Identity,
        request: &AuthorizeRequest,
    ) -> std::result::Result<Review, AuthorizeError<Error>> {
        let provider = self.provider_for(request.client_id()).await.map_err(AuthorizeError::Store)?;
        let user = user_of(identity).map_err(AuthorizeError::Store)?;
        let raw_scopes = raw_scopes(user);
        provider.review(&mut Database { hub: self }, request, &subject(identity, user, &raw_scopes)).await
    }

    /// Gives an application a code for the scopes that the user agreed to; returns where the
    /// browser goes with it.
    ///
    /// # Errors
    /// As [`Hub::review_authorization`].
    pub async fn grant_authorization(
        &self,
        identity: &Identity,
        request: &AuthorizeRequest,
        chosen: ScopeSet,
        session_id: Option<&str>,
    ) -> std::result::Result<String, AuthorizeError<Error>> {
        let provider = self.provider_for(request.client_id()).await.map_err(AuthorizeError::Store)?;
        let user = user_of(identity).map_err(AuthorizeError::Store)?;
        let raw_scopes = raw_scopes(user);
        let subject = subject(identity, user, &raw_scopes);
        let code = random_secret(&mut rand::rng());
        provider
            .grant(&mut Database { hub: self }, request, chosen, &subject, session_id, code, self.now())
            .await
    }

    /// Exchanges an application's code for a token.
    ///
    /// # Errors
    /// [`TokenError::Refused`] is the answer to the application.
    pub async fn exchange_code(
        &self,
        request: &TokenRequest,
    ) -> std::result::Result<TokenAnswer, TokenError<Error>> {
        let token = random_secret(&mut rand::rng());
        let provider = Provider::new(self.provider_settings(BTreeSet::new()));
        provider.exchange(&mut Database { hub: self }, request, token, self.now()).await
    }

    /// The provider, told whether the administrator spares users of this client the confirmation.
    async fn provider_for(&self, client_id: Option<&str>) -> Result<Provider> {
        let mut no_confirm = BTreeSet::new();
        if let Some(client_id) = client_id {
            let mut tx = self.store.read().await?;
            let service = tx.services().by_oauth_client(client_id).await?;
            if service.is_some_and(|service| service.oauth_no_confirm == Some(true)) {
                no_confirm.insert(client_id.to_owned());
            }
        }
        Ok(Provider::new(self.provider_settings(no_confirm)))
    }

    fn provider_settings(&self, no_confirm: BTreeSet<String>) -> ProviderSettings {
        let seconds = self.settings.api.oauth_token_expires_in;
        ProviderSettings {
            require_pkce: self.settings.api.oauth_require_pkce,
            token_lifetime: TimeDelta::try_seconds(seconds).unwrap_or(TimeDelta::MAX),
            no_confirm,
            custom_scopes: Arc::new(self.scopes.custom.clone()),
        }
    }
}

fn user_of(identity: &Identity) -> Result<&Arc<UserRecord>> {
    identity.principal.user().ok_or_else(|| Error::Forbidden("Only users can authorize applications.".into()))
}

fn raw_scopes(user: &UserRecord) -> ScopeSet {
    raw_role_scopes(&user.grants).map(str::to_owned).collect()
}

fn subject<'a>(identity: &'a Identity, user: &'a UserRecord, raw_scopes: &'a ScopeSet) -> Subject<'a> {
    Subject { id: user.row.id, name: &user.row.name, raw_scopes, authorisation: &identity.authorisation }
}

#[async_trait]
impl OAuthStore for Database<'_> {
    type Error = Error;

    async fn client(&mut self, identifier: &str) -> Result<Option<Client>> {
        let mut tx = self.hub.store.read().await?;
        let Some(row) = tx.oauth().client(identifier).await? else { return Ok(None) };
        let of = match tx.oauth().client_target(identifier).await? {
            None => None,
            Some(ClientTarget::Service(name)) => Some(ClientOf::Service(name)),
            Some(ClientTarget::Server { user, server }) => {
                let owner_groups = tx.groups().names_of_user(&user).await?;
                Some(ClientOf::Server { user, server, owner_groups })
            }
        };
        Ok(Some(Client {
            description: row
                .description
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| row.identifier.clone()),
            identifier: row.identifier,
            // A secret that is no hash is nobody's: the hub's own client has an empty one.
            secret: row.secret.and_then(|secret| HashedToken::parse(&secret).ok()),
            redirect_uri: row.redirect_uri.unwrap_or_default(),
            allowed_scopes: row.allowed_scopes,
            of,
        }))
    }

    async fn scopes_of_roles(&mut self, roles: &ScopeSet) -> Result<Option<ScopeSet>> {
        let names: Vec<&str> = roles.iter().map(String::as_str).collect();
        let mut tx = self.hub.store.read().await?;
        let found = tx.roles().by_names(&names).await?;
        if found.len() < names.len() {
            return Ok(None);
        }
        Ok(Some(found.into_iter().flat_map(|role| role.scopes).collect()))
    }

    async fn groups_of(&mut self, user: &str) -> Result<BTreeSet<String>> {
        let mut tx = self.hub.store.read().await?;
        Ok(tx.groups().names_of_user(user).await?.into_iter().collect())
    }

    async fn granted_before(&mut self, user_id: i64, client_id: &str) -> Result<ScopeSet> {
        let mut tx = self.hub.store.read().await?;
        let tokens = tx.tokens().list_for_user_and_client(user_id, client_id).await?;
        Ok(tokens.into_iter().flat_map(|token| token.scopes).collect())
    }

    async fn insert_code(&mut self, code: Code) -> Result<()> {
        let mut row = store::OAuthCode {
            id: 0,
            client_id: Some(code.client_id),
            code: code.code,
            expires_at: code.expires_at,
            redirect_uri: Some(code.redirect_uri),
            session_id: code.session_id,
            user_id: Some(code.user_id),
            scopes: code.scopes,
            code_challenge: code.code_challenge,
            code_challenge_method: code.code_challenge_method,
        };
        let mut tx = self.hub.store.begin().await?;
        tx.oauth().insert_code(&mut row).await?;
        Ok(tx.commit().await?)
    }

    async fn code(&mut self, code: &str) -> Result<Option<Code>> {
        let mut tx = self.hub.store.read().await?;
        let found = tx.oauth().code(code).await?;
        // A code without user or client belongs to somebody who is gone.
        Ok(found.and_then(|row| {
            Some(Code {
                client_id: row.client_id?,
                user_id: row.user_id?,
                code: row.code,
                scopes: row.scopes,
                redirect_uri: row.redirect_uri.unwrap_or_default(),
                session_id: row.session_id,
                expires_at: row.expires_at,
                code_challenge: row.code_challenge,
                code_challenge_method: row.code_challenge_method,
            })
        }))
    }

    async fn redeem(&mut self, code: &Code, new: NewToken) -> Result<bool> {
        let plain = new.token.expose_secret();
        let mut row = store::ApiToken {
            user_id: Some(new.user_id),
            prefix: token::prefix(plain).to_owned(),
            hashed: token::hash(plain, token::ROUNDS_FOR_GENERATED).to_string(),
            client_id: Some(new.client_id),
            session_id: new.session_id,
            created: Some(self.hub.now()),
            expires_at: Some(new.expires_at),
            note: Some(String::new()),
            scopes: new.scopes,
            ..store::ApiToken::default()
        };
        let mut tx = self.hub.store.begin().await?;
        let Some(stored) = tx.oauth().code(&code.code).await? else { return Ok(false) };
        if !tx.oauth().delete_code(stored.id).await? {
            return Ok(false);
        }
        tx.tokens().insert(&mut row).await?;
        self.hub.activity.forget(activity::Subject::Token(row.id));
        tx.commit().await?;
        Ok(true)
    }

    async fn secret_matches(&mut self, hashed: &HashedToken, secret: &SecretString) -> bool {
        // A service's secret is hashed thousands of times: not on a thread that serves requests.
        let (hashed, secret) = (hashed.clone(), secret.clone());
        let verified = tokio::task::spawn_blocking(move || hashed.verify(secret.expose_secret())).await;
        verified.unwrap_or(false)
    }
}
