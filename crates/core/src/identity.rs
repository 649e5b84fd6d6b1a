//! Who makes a request, and what they may do.
//!
//! The database is the truth on every request: another process may write at any time and tells
//! nobody. On SQLite one number shows whether anything changed; while it has not,
//! what was read before is still true and is answered from memory. Writing down activity, the most
//! frequent change, is this process's own, so it takes away what is kept of the users concerned
//! alone. On PostgreSQL and MySQL nothing is kept: one joined query a request.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use perijove_crypto::token::{self, Fingerprint, HashedToken};
use perijove_model::scope::{self, Authorisation, Owner};
use perijove_store::{
    self as store, ClientTarget, FactsKept, Grants, Store, TokenOwner, TokenWithOwner, Tx, UserWithGrants,
};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};
use crate::records::{Times, UserRecord};
use crate::scopes::Scopes;

mod cache;

use cache::{Cache, Kept, Lookup};

/// How many tokens with hashes of many rounds are remembered: those of the configuration are few.
const VERIFIED_AT_MOST: usize = 1_000;

/// A service as a request's author.
#[derive(Debug, Clone)]
pub struct ServiceRecord {
    /// The row's number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its administrator flag.
    pub admin: bool,
    /// Its roles.
    pub grants: Grants,
}

/// The owner of a session or token.
#[derive(Debug, Clone)]
pub enum Principal {
    /// A person.
    User(Arc<UserRecord>),
    /// A program.
    Service(Arc<ServiceRecord>),
}

impl Principal {
    /// The name.
    pub fn name(&self) -> &str {
        match self {
            Self::User(user) => &user.row.name,
            Self::Service(service) => &service.name,
        }
    }

    /// True for administrators.
    pub fn is_admin(&self) -> bool {
        match self {
            Self::User(user) => user.row.admin,
            Self::Service(service) => service.admin,
        }
    }

    /// The user, if it is one.
    pub fn user(&self) -> Option<&Arc<UserRecord>> {
        match self {
            Self::User(user) => Some(user),
            Self::Service(_) => None,
        }
    }

    /// Name and kind, as scopes are expanded for.
    pub fn owner(&self) -> Owner<'_> {
        match self {
            Self::User(user) => user.owner(),
            Self::Service(service) => Owner::service(&service.name),
        }
    }

    /// Roles, groups and shares.
    pub fn grants(&self) -> &Grants {
        match self {
            Self::User(user) => &user.grants,
            Self::Service(service) => &service.grants,
        }
    }
}

/// An authenticated request's owner and scopes.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Whose session or token it is.
    pub principal: Principal,
    /// What may be done with it.
    pub authorisation: Authorisation,
    /// The token, if one was used; `None` for a cookie.
    pub token: Option<Arc<store::ApiToken>>,
    /// See [`Identity::identifying`]. Kept, since it is what `GET /user` asks for.
    identifying: Arc<OnceLock<Authorisation>>,
}

impl Identity {
    fn new(principal: Principal, authorisation: Authorisation, token: Option<Arc<store::ApiToken>>) -> Self {
        Self { principal, authorisation, token, identifying: Arc::default() }
    }

    fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.token.as_deref().is_some_and(|token| is_expired(token, now))
    }

    /// What may be done with it, and seeing who its owner is, which every token may.
    pub fn identifying(&self) -> &Authorisation {
        self.identifying.get_or_init(|| {
            let identify = scope::identify_scopes(self.principal.owner());
            let held = self.authorisation.scopes();
            if identify.is_subset(held) {
                return self.authorisation.clone();
            }
            Authorisation::from_set(held.union(&identify).cloned().collect())
        })
    }
}

/// Turns tokens and cookies into identities.
#[derive(Debug)]
pub struct Identities {
    store: Store,
    scopes: Arc<Scopes>,
    cache: Cache<KnownToken, Identity, Arc<UserRecord>>,
    /// Tokens whose hash takes long, by a hash of the token.
    verified: RwLock<HashMap<u64, Verified>>,
    /// Tokens are kept under this hash, so that no table of secrets lies in memory.
    hasher: RandomState,
}

/// A token that was checked against its row before, with the row's hash for the next time.
#[derive(Debug, Clone)]
struct KnownToken {
    digest: Fingerprint,
    identity: Identity,
}

/// A token that was found to belong to a stored hash. Whether the row still has that hash is asked each time.
#[derive(Debug)]
struct Verified {
    digest: Fingerprint,
    stored: String,
}

impl Identities {
    /// Reads through `store`.
    pub fn new(store: Store, scopes: Arc<Scopes>) -> Self {
        let (cache, verified) = (Cache::default(), RwLock::default());
        Self { store, scopes, cache, verified, hasher: RandomState::new() }
    }

    /// The owner of an API token; `None` if there is no such token, or it has expired.
    pub async fn of_token(&self, token: &SecretString, now: DateTime<Utc>) -> Result<Option<Identity>> {
        let version = self.store.facts_version().await?;
        let plain = token.expose_secret();
        let key = self.hasher.hash_one(plain);
        // Several tokens may share a key; the hash decides. Where it has expired, a new row may have the same token.
        let is_it = |known: &KnownToken| known.digest.matches(plain) && !known.identity.has_expired(now);
        let identity = |known: &KnownToken| is_it(known).then(|| known.identity.clone());
        let turn = match self.cache.find(version, |kept| &kept.tokens, &key, identity) {
            Lookup::Found(identity) => return Ok(Some(identity)),
            Lookup::Missing { turn } => turn,
        };
        // Boxed, here and below: the future of a request that finds what it needs in memory stays small, and with it
        // what each request copies.
        let Some(identity) = Box::pin(self.read_token(token, now)).await? else { return Ok(None) };
        let user_id = identity.principal.user().map(|user| user.row.id);
        let value = KnownToken { digest: Fingerprint::of(plain), identity: identity.clone() };
        self.cache.keep(version, |kept| &mut kept.tokens, key, Kept { turn, user_id, value });
        Ok(Some(identity))
    }

    async fn read_token(&self, token: &SecretString, now: DateTime<Utc>) -> Result<Option<Identity>> {
        let candidates = self.store.resolve_by_prefix(token::prefix(token.expose_secret())).await?;
        let Some(found) = self.matching(candidates, token, now).await? else { return Ok(None) };
        let mut tx = self.store.read().await?;
        self.identity_of_token(&mut tx, found).await
    }

    /// The owner of a login cookie with this (verified) content.
    pub async fn of_cookie(&self, cookie_id: &str) -> Result<Option<Identity>> {
        let version = self.store.facts_version().await?;
        let found = |identity: &Identity| Some(identity.clone());
        let turn = match self.cache.find(version, |kept| &kept.cookies, cookie_id, found) {
            Lookup::Found(identity) => return Ok(Some(identity)),
            Lookup::Missing { turn } => turn,
        };
        let Some(user) = Box::pin(self.read_cookie(cookie_id)).await? else { return Ok(None) };
        let user_id = Some(user.row.id);
        let identity = self.of_user(Arc::new(user));
        let kept = Kept { turn, user_id, value: identity.clone() };
        self.cache.keep(version, |kept| &mut kept.cookies, cookie_id.to_owned(), kept);
        Ok(Some(identity))
    }

    async fn read_cookie(&self, cookie_id: &str) -> Result<Option<UserRecord>> {
        let mut tx = self.store.read().await?;
        let Some(found) = tx.users().resolve_by_cookie_id(cookie_id).await? else { return Ok(None) };
        Ok(Some(UserRecord::load(&mut tx, found).await?))
    }

    /// A user by name, as of now.
    pub async fn user(&self, name: &str) -> Result<Option<Arc<UserRecord>>> {
        let version = self.store.facts_version().await?;
        let found = |user: &Arc<UserRecord>| Some(user.clone());
        let turn = match self.cache.find(version, |kept| &kept.users, name, found) {
            Lookup::Found(user) => return Ok(Some(user)),
            Lookup::Missing { turn } => turn,
        };
        let Some(user) = Box::pin(self.read_user(name)).await? else { return Ok(None) };
        let user = Arc::new(user);
        let kept = Kept { turn, user_id: Some(user.row.id), value: user.clone() };
        self.cache.keep(version, |kept| &mut kept.users, name.to_owned(), kept);
        Ok(Some(user))
    }

    /// Takes note of a commit that changed times of activity of a user and the user's servers and nothing else: to
    /// `times`, or to what is to be read again.
    pub(crate) fn times_written(&self, user: &UserRecord, times: Option<&Times>, commit: FactsKept) {
        let change = |kept: &Arc<UserRecord>| times.map(|times| Arc::new(kept.with_times(times)));
        self.cache.change_user((user.row.id, &user.row.name), commit.version(), change);
        // Not before: whoever finds the version unchanged must not find the user so.
        commit.confirm();
    }

    async fn read_user(&self, name: &str) -> Result<Option<UserRecord>> {
        let mut tx = self.store.read().await?;
        let Some(found) = tx.users().resolve_by_name(name).await? else { return Ok(None) };
        Ok(Some(UserRecord::load(&mut tx, found).await?))
    }

    /// The identity of a user who proved to be one by cookie, login, or `auth` in a request's body.
    pub fn of_user(&self, user: Arc<UserRecord>) -> Identity {
        let held = self.scopes.held(user.owner(), &user.grants);
        Identity::new(Principal::User(user), Authorisation::from_set(held), None)
    }

    /// `None` where the token has lost its owner or its OAuth client: such rows grant nothing.
    async fn identity_of_token(&self, tx: &mut Tx, found: TokenWithOwner) -> Result<Option<Identity>> {
        let TokenWithOwner { token, owner, client, grants } = found;
        if token.client_id.is_none() {
            return Ok(None);
        }
        let principal = match owner {
            None => return Ok(None),
            Some(TokenOwner::User(user)) => {
                let user = UserRecord::load(tx, UserWithGrants { user: *user, grants }).await?;
                Principal::User(Arc::new(user))
            }
            Some(TokenOwner::Service { id, name, admin }) => {
                Principal::Service(Arc::new(ServiceRecord { id, name, admin, grants }))
            }
        };
        let scopes = self.scopes_of_token(tx, &token, client.as_ref(), &principal).await?;
        Ok(Some(Identity::new(principal, scopes, Some(Arc::new(token)))))
    }

    /// What a token of `principal` may do.
    pub async fn scopes_of_token(
        &self,
        tx: &mut Tx,
        token: &store::ApiToken,
        client: Option<&ClientTarget>,
        principal: &Principal,
    ) -> Result<Authorisation> {
        let held = self.scopes.held_for_tokens(principal.owner(), principal.grants());
        let scopes = self.scopes.of_token(tx, &token.scopes, principal.owner(), client, &held).await?;
        Ok(Authorisation::from_set(scopes))
    }

    /// The row whose hash is that of the token. No transaction is open meanwhile.
    async fn matching(
        &self,
        candidates: Vec<TokenWithOwner>,
        token: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<Option<TokenWithOwner>> {
        for candidate in candidates.into_iter().filter(|candidate| !is_expired(&candidate.token, now)) {
            if self.verifies(&candidate.token.hashed, token).await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Whether a token belongs to a stored hash. Hashes of many rounds do not hold up other requests, and are made once
    /// for each token that is right.
    async fn verifies(&self, stored: &str, token: &SecretString) -> Result<bool> {
        let Ok(hashed) = HashedToken::parse(stored) else { return Ok(false) };
        let plain = token.expose_secret();
        if hashed.rounds() <= token::ROUNDS_FOR_GENERATED {
            return Ok(hashed.verify(plain));
        }
        let key = self.hasher.hash_one(plain);
        let is_known = |known: &Verified| known.stored == stored && known.digest.matches(plain);
        if self.verified.read().unwrap_or_else(PoisonError::into_inner).get(&key).is_some_and(is_known) {
            return Ok(true);
        }
        let token = token.clone();
        let verified = tokio::task::spawn_blocking(move || {
            hashed.verify(token.expose_secret()).then(|| Fingerprint::of(token.expose_secret()))
        });
        let Some(digest) = verified.await.map_err(Error::internal)? else { return Ok(false) };
        let mut known = self.verified.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= VERIFIED_AT_MOST {
            known.clear();
        }
        known.insert(key, Verified { digest, stored: stored.to_owned() });
        Ok(true)
    }
}

fn is_expired(token: &store::ApiToken, now: DateTime<Utc>) -> bool {
    token.expires_at.is_some_and(|expires| expires < now)
}
