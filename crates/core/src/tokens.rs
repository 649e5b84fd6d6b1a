//! API tokens: made, listed, revoked.

use chrono::{DateTime, TimeDelta, Utc};
use perijove_crypto::token;
use perijove_model::scope::{self, Owner};
use perijove_store::{self as store, Tx};
use secrecy::{ExposeSecret, SecretString};

use crate::activity::Subject;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::identity::{Principal, ServiceRecord};
use crate::records::UserRecord;
use crate::scopes::{self, HUB_CLIENT};

/// What a new token shall be.
#[derive(Debug, Default)]
pub struct TokenRequest {
    /// What the token is for.
    pub note: String,
    /// Its scopes; `None` for those of the role `token`.
    pub scopes: Option<Vec<String>>,
    /// Roles whose scopes it gets. Excludes `scopes`.
    pub roles: Option<Vec<String>>,
    /// Its life in seconds; `None` for ever.
    pub expires_in: Option<i64>,
    /// The OAuth client that owns it; `None` for the hub itself.
    pub client_id: Option<String>,
    /// The login session it belongs to.
    pub session_id: Option<String>,
    /// The token itself, where somebody else has made it; nobody knows how guessable it is.
    pub given: Option<SecretString>,
}

/// Whose token.
#[derive(Debug, Clone, Copy)]
pub enum TokenOwner<'a> {
    /// A user's.
    User(&'a UserRecord),
    /// A service's.
    Service(&'a ServiceRecord),
}

impl Hub {
    /// Makes a token and returns it with its row. It is shown once: only its hash is kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] for unknown scopes or roles, scopes wider than the owner's, or a bad expiry.
    pub async fn new_token(
        &self,
        owner: TokenOwner<'_>,
        request: TokenRequest,
    ) -> Result<(SecretString, store::ApiToken)> {
        let mut tx = self.store.begin().await?;
        let made = self.new_token_in(&mut tx, owner, request).await?;
        // Nothing that is kept knows the tokens that somebody has.
        tx.commit_keeping_facts().await?.confirm();
        Ok(made)
    }

    /// The row of a token.
    pub(crate) async fn token_row_in(
        &self,
        tx: &mut Tx,
        plain: &SecretString,
    ) -> Result<Option<store::ApiToken>> {
        let plain = plain.expose_secret();
        let rows = tx.tokens().by_prefix(token::prefix(plain)).await?;
        let is_it = |row: &store::ApiToken| {
            token::HashedToken::parse(&row.hashed).is_ok_and(|hashed| hashed.verify(plain))
        };
        Ok(rows.into_iter().find(is_it))
    }

    /// The same inside a transaction.
    pub(crate) async fn new_token_in(
        &self,
        tx: &mut Tx,
        owner: TokenOwner<'_>,
        request: TokenRequest,
    ) -> Result<(SecretString, store::ApiToken)> {
        let raw = raw_scopes(tx, &request).await?;
        let client_id = request.client_id.as_deref().unwrap_or(HUB_CLIENT);
        self.check_token_scopes(tx, owner, client_id, &raw).await?;
        let now = self.now();
        let (plain, rounds) = match request.given {
            Some(given) => (given, token::ROUNDS_FOR_GIVEN),
            None => (token::generate(), token::ROUNDS_FOR_GENERATED),
        };
        let hashed = token::hash(plain.expose_secret(), rounds);
        let (user_id, service_id) = match owner {
            TokenOwner::User(user) => (Some(user.row.id), None),
            TokenOwner::Service(service) => (None, Some(service.id)),
        };
        let mut row = store::ApiToken {
            user_id,
            service_id,
            prefix: token::prefix(plain.expose_secret()).to_owned(),
            hashed: hashed.to_string(),
            client_id: Some(client_id.to_owned()),
            session_id: request.session_id,
            created: Some(now),
            expires_at: expiry(request.expires_in, now)?,
            note: Some(request.note),
            scopes: raw,
            ..store::ApiToken::default()
        };
        tx.tokens().insert(&mut row).await?;
        // SQLite gives the number of a deleted row away again.
        self.activity.forget(Subject::Token(row.id));
        Ok((plain, row))
    }

    /// Checks that there are such scopes, and that `owner` holds them.
    pub(crate) async fn check_token_scopes(
        &self,
        tx: &mut Tx,
        owner: TokenOwner<'_>,
        client_id: &str,
        raw: &[String],
    ) -> Result<()> {
        let names = || raw.iter().map(String::as_str);
        scope::check_scopes_exist(names(), &self.scopes.custom)
            .map_err(|error| Error::Invalid(error.to_answer("token")))?;
        if raw.iter().all(|name| name == "inherit") {
            return Ok(());
        }
        let (principal, held, kind) = match owner {
            TokenOwner::User(user) => (user.owner(), self.scopes.held(user.owner(), &user.grants), "User"),
            TokenOwner::Service(service) => {
                let principal = Owner::service(&service.name);
                (principal, self.scopes.held(principal, &service.grants), "Service")
            }
        };
        let target = tx.oauth().client_target(client_id).await?;
        let client = target.as_ref().map(scopes::resource);
        let wanted = self.scopes.expand(names(), principal, client);
        let groups = scopes::groups_for(tx, &wanted, &held).await?;
        let excess = scope::excess_scopes(names(), principal, client, &held, &groups, &self.scopes.custom);
        if excess.is_empty() {
            return Ok(());
        }
        let excess: Vec<String> = excess.into_iter().collect();
        let name = principal.name;
        Err(Error::Invalid(format!(
            "Not assigning requested scopes {} not held by {kind} {name}",
            excess.join(",")
        )))
    }

    /// The expanded scopes of a token's row, as its model shows them, and what its OAuth client is called there.
    pub async fn token_shown(
        &self,
        principal: &Principal,
        token: &store::ApiToken,
    ) -> Result<(Vec<String>, String)> {
        let client_id = token.client_id.as_deref().unwrap_or_default();
        let mut tx = self.store.read().await?;
        let client = match client_id {
            // It stands for nothing else.
            "" | HUB_CLIENT => None,
            client_id => tx.oauth().client_target(client_id).await?,
        };
        let scopes = self.identities.scopes_of_token(&mut tx, token, client.as_ref(), principal).await?;
        let description = description_of(&mut tx, client_id).await?;
        Ok((scopes.scopes().iter().cloned().collect(), description))
    }

    /// What the OAuth client of a token is called on pages and in models.
    pub async fn client_description(&self, client_id: &str) -> Result<String> {
        description_of(&mut self.store.read().await?, client_id).await
    }

    /// A user's live tokens, oldest activity first. Expired ones are deleted on the way.
    pub async fn user_tokens(&self, user: &UserRecord) -> Result<Vec<store::ApiToken>> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let mut tokens = tx.tokens().list_for_user(user.row.id).await?;
        drop(tx);
        let before = tokens.len();
        tokens.retain(|token| token.expires_at.is_none_or(|expires| expires >= now));
        if tokens.len() < before {
            let mut tx = self.store.begin().await?;
            tx.tokens().purge_expired(now).await?;
            tx.commit().await?;
        }
        for token in &mut tokens {
            token.last_activity = self.activity.merged(Subject::Token(token.id), token.last_activity);
        }
        tokens.sort_by_key(|token| token.last_activity.or(token.created));
        Ok(tokens)
    }

    /// Deletes a token; one that an OAuth client was given takes all of that client's tokens with it.
    pub async fn delete_token(&self, user: &UserRecord, token: &store::ApiToken) -> Result<()> {
        let mut tx = self.store.begin().await?;
        match token.client_id.as_deref() {
            Some(client_id) if client_id != HUB_CLIENT => {
                tx.tokens().delete_for_user_and_client(user.row.id, client_id).await?;
            }
            _ => {
                tx.tokens().delete(token.id).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// A live token by value, for `GET /authorizations/token/…` and for tests of scripts.
    pub async fn find_user_token(&self, user: &UserRecord, token_id: i64) -> Result<Option<store::ApiToken>> {
        let mut tx = self.store.read().await?;
        let found = tx.tokens().find(token_id).await?;
        Ok(found.filter(|token| token.user_id == Some(user.row.id)))
    }
}

async fn description_of(tx: &mut Tx, client_id: &str) -> Result<String> {
    let client = tx.oauth().client(client_id).await?;
    let description = client.and_then(|client| client.description).filter(|text| !text.is_empty());
    Ok(description.unwrap_or_else(|| client_id.to_owned()))
}

/// The scopes of a token that names none: those of the role `token`.
pub(crate) async fn default_token_scopes(tx: &mut Tx) -> Result<Vec<String>> {
    raw_scopes(tx, &TokenRequest::default()).await
}

async fn raw_scopes(tx: &mut Tx, request: &TokenRequest) -> Result<Vec<String>> {
    let role_names = match (&request.scopes, &request.roles) {
        (Some(_), Some(_)) => {
            return Err(Error::Invalid(
                "Can only assign one of scopes or roles when creating tokens.".into(),
            ));
        }
        (Some(scopes), None) => return Ok(scopes.clone()),
        (None, Some(roles)) => roles.clone(),
        (None, None) => vec!["token".to_owned()],
    };
    let mut raw = Vec::new();
    for name in role_names {
        match tx.roles().by_name(&name).await? {
            Some(role) => raw.extend(role.scopes),
            None if request.roles.is_none() => raw.push("inherit".to_owned()),
            None => return Err(Error::Invalid(format!("No such role: {name}"))),
        }
    }
    raw.sort();
    raw.dedup();
    Ok(raw)
}

fn expiry(expires_in: Option<i64>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let Some(seconds) = expires_in else { return Ok(None) };
    if seconds < 1 {
        return Err(Error::Invalid(format!("expires_in must be a positive integer or null, not {seconds}")));
    }
    let life = TimeDelta::try_seconds(seconds).and_then(|life| now.checked_add_signed(life));
    life.map(Some).ok_or_else(|| Error::Invalid(format!("expires_in is too large: {seconds}")))
}
