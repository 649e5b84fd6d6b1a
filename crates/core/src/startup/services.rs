//! Services of the configuration: their rows, addresses and OAuth clients.

use std::collections::BTreeMap;
use std::fmt;

use perijove_crypto::token::{self, HashedToken};
use perijove_model::name::ServiceName;
use perijove_model::scope::{ClientResource, access_scopes, check_scopes_exist};
use perijove_store::{self as store, Holder, Tx};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::Seed;
use crate::error::{Error, Result};
use crate::hub::Hub;

/// A service of `JupyterHub.services`.
#[derive(Debug, Clone)]
pub struct ServiceSeed {
    /// Its name.
    pub name: ServiceName,
    /// The administrator flag.
    pub admin: bool,
    /// Where it listens, as it is configured; `None` if it has no pages.
    pub url: Option<String>,
    /// Its own token, if the configuration gives one.
    pub api_token: Option<SecretString>,
    /// Free-form information.
    pub info: Map<String, Value>,
    /// Whether the menu shows it.
    pub display: bool,
    /// Seconds to wait until it answers.
    pub timeout: u32,
    /// How users log in to it.
    pub oauth: ServiceOAuth,
    /// How it is run; `None` if somebody else runs it.
    pub process: Option<ServiceProcess>,
}

/// How users log in to a service.
#[derive(Debug, Clone, Default)]
pub struct ServiceOAuth {
    /// The client's identifier, where it is not `service-NAME`.
    pub client_id: Option<String>,
    /// Where the browser is sent back to, where that is not `/services/NAME/oauth_callback`.
    pub redirect_uri: Option<String>,
    /// Whether users are not asked.
    pub no_confirm: bool,
    /// What the client may ask for.
    pub allowed_scopes: Vec<String>,
    /// Roles whose scopes it may ask for, where it lists no scopes.
    pub roles: Vec<String>,
}

/// How the hub runs a service.
#[derive(Clone)]
pub struct ServiceProcess {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Working directory; `None` for the hub's.
    pub cwd: Option<String>,
    /// Variables besides those that the hub sets.
    pub environment: BTreeMap<String, String>,
    /// The account that it runs as; `None` for the hub's.
    pub user: Option<String>,
}

/// Without the environment, which may hold secrets.
impl fmt::Debug for ServiceProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceProcess").field("command", &self.command).finish_non_exhaustive()
    }
}

impl ServiceSeed {
    /// A service of this name and nothing else.
    pub fn named(name: ServiceName) -> Self {
        Self {
            name,
            admin: false,
            url: None,
            api_token: None,
            info: Map::new(),
            display: true,
            timeout: 30,
            oauth: ServiceOAuth::default(),
            process: None,
        }
    }

    /// The identifier of its OAuth client.
    pub fn client_id(&self) -> String {
        self.oauth.client_id.clone().unwrap_or_else(|| format!("service-{}", self.name))
    }

    /// Whether users can log in to it: it has an address, or the configuration says so.
    pub fn has_oauth(&self) -> bool {
        let oauth = &self.oauth;
        self.url.is_some() || oauth.client_id.is_some() || oauth.redirect_uri.is_some() || oauth.no_confirm
    }
}

impl Hub {
    /// Writes the services that are configured and deletes those that are not any more. Services
    /// that were added at run time are left alone.
    pub(super) async fn seed_services(&self, tx: &mut Tx, seed: &Seed) -> Result<()> {
        for spec in &seed.services {
            self.seed_service(tx, spec).await?;
        }
        for service in tx.services().all().await? {
            let configured = seed.services.iter().any(|spec| spec.name.as_str() == service.name);
            if service.from_config && !configured {
                tracing::info!("deleting the service {}, which is not configured any more", service.name);
                tx.services().delete(service.id).await?;
            }
        }
        Ok(())
    }

    async fn seed_service(&self, tx: &mut Tx, spec: &ServiceSeed) -> Result<()> {
        let known = tx.services().by_name(spec.name.as_str()).await?.unwrap_or_default();
        if !known.from_config {
            tracing::error!(
                "The service {} from the config file is trying to modify a runtime-created service with the same name",
                spec.name
            );
            return Ok(());
        }
        self.write_service(tx, spec, known).await.map(drop)
    }

    /// Writes a service with its address, its OAuth client and its role. `row` is what is there of it.
    pub(crate) async fn write_service(
        &self,
        tx: &mut Tx,
        spec: &ServiceSeed,
        mut row: store::Service,
    ) -> Result<store::Service> {
        let is_new = row.id == 0;
        row.name = spec.name.to_string();
        row.admin = spec.admin;
        row.url.clone_from(&spec.url);
        row.oauth_client_allowed_scopes.clone_from(&spec.oauth.allowed_scopes);
        // Upstream writes down only what is configured, and `GET /user` shows the row.
        row.info = (!spec.info.is_empty()).then(|| Value::Object(spec.info.clone()));
        row.display = (!spec.display).then_some(false);
        row.oauth_no_confirm = Some(spec.oauth.no_confirm);
        row.timeout = spec.timeout.into();
        let process = spec.process.as_ref();
        row.command = process.map(|process| process.command.clone()).unwrap_or_default();
        row.cwd = process.and_then(|process| process.cwd.clone());
        row.environment = process.map(|process| {
            Value::Object(
                process
                    .environment
                    .iter()
                    .map(|(name, value)| (name.clone(), value.as_str().into()))
                    .collect(),
            )
        });
        row.user = process.and_then(|process| process.user.clone());
        row.server_id = self.seed_service_address(tx, spec, row.server_id).await?;
        row.oauth_client_id = self.seed_service_client(tx, spec, row.oauth_client_id).await?;
        tx.services().upsert(&mut row).await?;
        if is_new && spec.admin {
            tracing::warn!(
                "Service {} sets admin: True. hint: give it the scopes that it needs by a role in c.JupyterHub.load_roles",
                spec.name
            );
            if let Some(admin) = tx.roles().by_name("admin").await? {
                tx.roles().grant(Holder::Service(row.id), admin.id, false).await?;
            }
        }
        Ok(row)
    }

    async fn seed_service_address(
        &self,
        tx: &mut Tx,
        spec: &ServiceSeed,
        known: Option<i64>,
    ) -> Result<Option<i64>> {
        let Some(url) = &spec.url else {
            if let Some(id) = known {
                tx.servers().delete(id).await?;
            }
            return Ok(None);
        };
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = parsed.ok_or_else(|| {
            Error::Invalid(format!("the url of the service {}, {url:?}, is no http or https URL", spec.name))
        })?;
        let mut server = store::Server {
            id: known.unwrap_or_default(),
            proto: url.scheme().to_owned(),
            ip: url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().map(i64::from),
            base_url: self.settings.service_path(spec.name.as_str()),
            cookie_name: spec.client_id(),
        };
        if known.is_none() || !tx.servers().update(&server).await? {
            tx.servers().insert(&mut server).await?;
        }
        Ok(Some(server.id))
    }

    /// The client keeps its row, and with it the tokens that users gave it.
    async fn seed_service_client(
        &self,
        tx: &mut Tx,
        spec: &ServiceSeed,
        known: Option<String>,
    ) -> Result<Option<String>> {
        let client_id = spec.client_id();
        if let Some(old) = known.filter(|old| !spec.has_oauth() || *old != client_id) {
            tracing::warn!("deleting the unused OAuth client {old} of the service {}", spec.name);
            tx.oauth().delete_client(&old).await?;
        }
        if !spec.has_oauth() {
            return Ok(None);
        }
        let callback = || self.settings.service_url(spec.name.as_str()) + "oauth_callback";
        let default_uri = spec.url.as_ref().map(|_| callback());
        let redirect_uri = spec.oauth.redirect_uri.clone().or(default_uri).ok_or_else(|| {
            Error::Invalid(format!(
                "the service {} has OAuth configured, but neither a url nor an oauth_redirect_uri",
                spec.name
            ))
        })?;
        let mut client = tx.oauth().client(&client_id).await?.unwrap_or_default();
        let is_new = client.identifier.is_empty();
        client.identifier.clone_from(&client_id);
        client.redirect_uri = Some(redirect_uri);
        client.description = Some(format!("JupyterHub service {}", spec.name));
        client.allowed_scopes = self.service_client_scopes(tx, spec).await?;
        if is_new || (spec.api_token.is_none() && spec.process.is_none()) {
            // Nobody knows a secret of such a client, or it is told once the client is there.
            client.secret = Some(String::new());
        }
        if is_new {
            tx.oauth().insert_client(&mut client).await?;
        } else {
            tx.oauth().update_client(&client).await?;
        }
        Ok(Some(client_id))
    }

    async fn service_client_scopes(&self, tx: &mut Tx, spec: &ServiceSeed) -> Result<Vec<String>> {
        let mut scopes: std::collections::BTreeSet<String> =
            spec.oauth.allowed_scopes.iter().cloned().collect();
        if scopes.is_empty() {
            let names: Vec<&str> = spec.oauth.roles.iter().map(String::as_str).collect();
            scopes.extend(tx.roles().by_names(&names).await?.into_iter().flat_map(|role| role.scopes));
        } else if !spec.oauth.roles.is_empty() {
            tracing::warn!("Ignoring oauth_roles for {}: oauth_client_allowed_scopes is set", spec.name);
        }
        if let Err(error) = check_scopes_exist(scopes.iter().map(String::as_str), &self.scopes.custom) {
            // Upstream starts too; the scope gives nothing.
            tracing::warn!("the service {}: {error}", spec.name);
        }
        scopes.extend(access_scopes(ClientResource::Service(spec.name.as_str())));
        Ok(scopes.into_iter().collect())
    }

    /// Makes the configured token of each service the secret of its OAuth client. A service that the
    /// hub runs without such a token gets a new secret with each start of its own.
    pub(crate) async fn seed_secrets(&self, services: &[ServiceSeed]) -> Result<()> {
        for spec in services.iter().filter(|spec| spec.has_oauth()) {
            if let Some(secret) = &spec.api_token {
                self.set_client_secret(&spec.client_id(), secret, token::ROUNDS_FOR_GIVEN).await?;
            }
        }
        Ok(())
    }

    /// Changes the secret of an OAuth client, unless it is that already.
    pub(crate) async fn set_client_secret(
        &self,
        client_id: &str,
        secret: &SecretString,
        rounds: u32,
    ) -> Result<()> {
        let mut tx = self.store.read().await?;
        let Some(mut client) = tx.oauth().client(client_id).await? else { return Ok(()) };
        drop(tx);
        let known = client.secret.as_deref().and_then(|stored| HashedToken::parse(stored).ok());
        if known.is_some_and(|known| known.verify(secret.expose_secret())) {
            return Ok(());
        }
        client.secret = Some(token::hash(secret.expose_secret(), rounds).to_string());
        let mut tx = self.store.begin().await?;
        tx.oauth().update_client(&client).await?;
        Ok(tx.commit().await?)
    }
}
