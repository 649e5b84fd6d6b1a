//! The provider and what it is told about the hub and the user.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use perijove_model::scope::{Authorisation, CustomScopes, Owner, ScopeSet};
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString};
use secrecy::SecretString;

/// Length of codes and access tokens, as oauthlib makes them.
const SECRET_LENGTH: usize = 30;

/// What an administrator can configure.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Whether clients must use PKCE (`JupyterHub.oauth_require_pkce`).
    pub require_pkce: bool,
    /// Life of access tokens (`JupyterHub.oauth_token_expires_in`).
    pub token_lifetime: TimeDelta,
    /// Clients whose users are not asked (services with `oauth_no_confirm`).
    pub no_confirm: BTreeSet<String>,
    /// The custom scopes.
    pub custom_scopes: Arc<CustomScopes>,
}

/// The OAuth 2 provider. It has no state of its own.
#[derive(Debug, Clone)]
pub struct Provider {
    pub(crate) settings: ProviderSettings,
}

impl Provider {
    /// A provider with these settings.
    pub fn new(settings: ProviderSettings) -> Self {
        Self { settings }
    }
}

/// The user at the authorization endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The row's number.
    pub id: i64,
    /// The name.
    pub name: &'a str,
    /// The raw scopes of the user's roles and of the roles of the user's groups.
    pub raw_scopes: &'a ScopeSet,
    /// What the user may do.
    pub authorisation: &'a Authorisation,
}

impl<'a> Subject<'a> {
    pub(crate) fn owner(&self) -> Owner<'a> {
        Owner::user(self.name)
    }
}

/// A new code or access token: 30 random letters and digits.
pub fn random_secret<R: CryptoRng + ?Sized>(rng: &mut R) -> SecretString {
    Alphanumeric.sample_string(rng, SECRET_LENGTH).into()
}
