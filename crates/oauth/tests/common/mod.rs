//! A hub in memory, with the users, roles and clients of `golden/vectors.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use perijove_crypto::token;
use perijove_model::role::default_roles;
use perijove_model::scope::{Authorisation, CustomScopes, Owner, ScopeSet, expand_scopes};
use perijove_oauth::{Client, ClientOf, Code, NewToken, OAuthStore, Provider, ProviderSettings, Subject};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Fixtures {
    pub users: BTreeMap<String, Vec<String>>,
    pub roles: BTreeMap<String, ScopeSet>,
    pub groups: BTreeMap<String, Vec<String>>,
    pub clients: BTreeMap<String, ClientSpec>,
}

#[derive(Deserialize)]
pub struct ClientSpec {
    service: Option<String>,
    user: Option<String>,
    #[serde(default)]
    server: String,
    secret: String,
    redirect_uri: String,
    allowed_scopes: Vec<String>,
}

impl ClientSpec {
    fn client(&self, identifier: &str) -> Client {
        let server = |user: &String| ClientOf::Server {
            user: user.clone(),
            server: self.server.clone(),
            owner_groups: Vec::new(),
        };
        let secret = (!self.secret.is_empty()).then(|| token::hash(&self.secret, 1));
        Client {
            identifier: identifier.to_owned(),
            description: format!("Client {identifier}"),
            secret,
            redirect_uri: self.redirect_uri.clone(),
            allowed_scopes: self.allowed_scopes.clone(),
            of: self.service.clone().map(ClientOf::Service).or_else(|| self.user.as_ref().map(server)),
        }
    }
}

pub fn fixtures() -> Fixtures {
    serde_json::from_str(include_str!("../golden/vectors.json")).unwrap()
}

/// The database.
#[derive(Default)]
pub struct Memory {
    pub clients: BTreeMap<String, Client>,
    pub roles: BTreeMap<String, ScopeSet>,
    pub groups: BTreeMap<String, Vec<String>>,
    pub granted: BTreeMap<(i64, String), ScopeSet>,
    pub codes: Vec<Code>,
    pub tokens: Vec<NewToken>,
}

impl Memory {
    pub fn new() -> Self {
        let fixtures = fixtures();
        let clients = fixtures.clients.iter().map(|(name, spec)| (name.clone(), spec.client(name)));
        Self { clients: clients.collect(), roles: fixtures.roles, groups: fixtures.groups, ..Self::default() }
    }
}

#[async_trait]
impl OAuthStore for Memory {
    type Error = Infallible;

    async fn client(&mut self, identifier: &str) -> Result<Option<Client>, Infallible> {
        Ok(self.clients.get(identifier).cloned())
    }

    async fn scopes_of_roles(&mut self, roles: &ScopeSet) -> Result<Option<ScopeSet>, Infallible> {
        let scopes: Option<Vec<&ScopeSet>> = roles.iter().map(|role| self.roles.get(role)).collect();
        Ok(scopes.map(|scopes| scopes.into_iter().flatten().cloned().collect()))
    }

    async fn groups_of(&mut self, user: &str) -> Result<BTreeSet<String>, Infallible> {
        let of_user = self.groups.iter().filter(|(_, members)| members.iter().any(|member| member == user));
        Ok(of_user.map(|(group, _)| group.clone()).collect())
    }

    async fn granted_before(&mut self, user_id: i64, client_id: &str) -> Result<ScopeSet, Infallible> {
        Ok(self.granted.get(&(user_id, client_id.to_owned())).cloned().unwrap_or_default())
    }

    async fn insert_code(&mut self, code: Code) -> Result<(), Infallible> {
        self.codes.push(code);
        Ok(())
    }

    async fn code(&mut self, code: &str) -> Result<Option<Code>, Infallible> {
        Ok(self.codes.iter().find(|row| row.code == code).cloned())
    }

    async fn redeem(&mut self, code: &Code, token: NewToken) -> Result<bool, Infallible> {
        let before = self.codes.len();
        self.codes.retain(|row| row.code != code.code);
        let found = self.codes.len() < before;
        if found {
            self.tokens.push(token);
        }
        Ok(found)
    }
}

/// A user with the scopes of their roles.
pub struct User {
    pub name: String,
    pub raw_scopes: ScopeSet,
    pub authorisation: Authorisation,
}

impl User {
    pub fn with_roles(name: &str, roles: &[String]) -> Self {
        let known = fixtures().roles;
        let of_default = |role: &String| {
            let default = default_roles().into_iter().find(|default| default.name == role.as_str());
            default.and_then(|default| default.scopes).unwrap_or_default()
        };
        let raw_scopes: ScopeSet = roles
            .iter()
            .flat_map(|role| {
                known.get(role).map_or_else(|| of_default(role), |own| own.iter().cloned().collect())
            })
            .collect();
        let raw = raw_scopes.iter().map(String::as_str);
        let expanded = expand_scopes(raw, Some(Owner::user(name)), None, &CustomScopes::default());
        Self { name: name.to_owned(), raw_scopes, authorisation: Authorisation::from_set(expanded) }
    }

    pub fn of_fixtures(name: &str) -> Self {
        Self::with_roles(name, &fixtures().users[name])
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject { id: 1, name: &self.name, raw_scopes: &self.raw_scopes, authorisation: &self.authorisation }
    }
}

pub fn provider(require_pkce: bool) -> Provider {
    Provider::new(ProviderSettings {
        require_pkce,
        token_lifetime: TimeDelta::seconds(1_209_600),
        no_confirm: BTreeSet::new(),
        custom_scopes: Arc::new(CustomScopes::default()),
    })
}

pub fn now() -> DateTime<Utc> {
    Utc.timestamp_opt(1_800_000_000, 0).unwrap()
}
