//! The hub of a test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::Utc;
use http::Method;
use perijove_authenticators::{Policy, PolicySettings};
use perijove_core::app_hooks::NoAppHooks;
use perijove_core::hooks::{Hooks, NoHooks};
use perijove_core::metrics::{Metrics, MetricsOptions};
use perijove_core::records::UserRecord;
use perijove_core::scopes::Scopes;
use perijove_core::settings::{ApiSettings, CookieSettings, PageSettings, ServerSettings, Settings};
use perijove_core::startup::{Seed, ServiceSeed, TokenSeed, TokenSeedOwner};
use perijove_core::tokens::{TokenOwner, TokenRequest};
use perijove_core::{Hub, Parts};
use perijove_crypto::cookie_secret::CookieSecret;
use perijove_http::{App, AppOptions, HubService, PluginOptions, Plugins};
use perijove_model::name::ServiceName;
use perijove_proxy::{RouteTable, Target};
use perijove_store::{Store, StoreOptions};
use perijove_web::{RenderOptions, Renderer};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::authenticator::{FakeAuthenticator, PASSWORD};
use crate::events::RecordedEvents;
use crate::request::TestRequest;
use crate::spawner::FakeSpawner;

/// A hub with everything that belongs to it.
pub struct TestHub {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Its HTTP side.
    pub service: HubService,
    /// Its plug-ins' handlers; nothing is served before [`Plugins::prepare`].
    pub plugins: Option<Arc<Plugins>>,
    /// Its spawner.
    pub spawner: Arc<FakeSpawner>,
    /// Its routes.
    pub routes: RouteTable,
    /// Its event log.
    pub events: Arc<RecordedEvents>,
    /// Its database.
    pub store: Store,
    rules: PolicySettings,
}

/// A hub being put together.
#[must_use]
pub struct TestHubBuilder {
    settings: Settings,
    seed: Seed,
    policy: PolicySettings,
    hooks: Arc<dyn Hooks>,
    plugins: Option<PluginOptions>,
    database: Option<String>,
}

impl TestHub {
    /// A hub below `/` on which everybody may log in, `admin` is an administrator, and the tokens
    /// of the service `admin-service` may do everything.
    pub fn builder() -> TestHubBuilder {
        let admins = BTreeSet::from(["admin".to_owned()]);
        let mut builder = TestHubBuilder {
            settings: settings("/"),
            seed: Seed { admin_users: admins.clone(), trust_given_tokens: true, ..Seed::default() },
            policy: PolicySettings { allow_all: true, admin_users: admins, ..PolicySettings::default() },
            hooks: Arc::new(NoHooks),
            plugins: None,
            database: None,
        };
        builder = builder.service("admin-service", |service| service.admin = true);
        builder
    }

    /// The same, finished.
    pub async fn new() -> Self {
        Self::builder().build().await
    }

    /// Another hub on the same database, as after `kill -9`: servers run on, routes are gone. The one
    /// before knows nothing of it and must not be used any more.
    pub async fn restarted(&self) -> Self {
        let settings = self.hub.settings.clone();
        let hub = assemble(
            settings,
            self.rules.clone(),
            self.store.clone(),
            self.spawner.clone(),
            Arc::new(NoHooks),
            None,
        )
        .await;
        hub.hub.add_hub_route().await.expect("a route");
        hub
    }

    /// The token of the service that may do everything.
    pub fn admin_token() -> String {
        token_of("admin-service")
    }

    /// The token of a service that the builder was told of.
    pub fn service_token(name: &str) -> String {
        token_of(name)
    }

    /// A request to it.
    pub fn request(&self, method: Method, path: &str) -> TestRequest<'_> {
        TestRequest::new(self, method, path)
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::GET, path)
    }

    /// `POST`.
    pub fn post(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::POST, path)
    }

    /// A user, made if need be.
    pub async fn user(&self, name: &str) -> Arc<UserRecord> {
        if let Some(user) = self.hub.find_user(name).await.expect("a database") {
            return user;
        }
        let name = self.hub.check_user_name(name).await.expect("a user's name");
        self.hub.create_user(&name, false).await.expect("a new user")
    }

    /// A token of a user, with all rights of that user.
    pub async fn token(&self, user: &str) -> String {
        self.token_with(user, TokenRequest::default()).await
    }

    /// A token with these scopes.
    pub async fn token_with_scopes(&self, user: &str, scopes: &[&str]) -> String {
        let scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
        self.token_with(user, TokenRequest { scopes, ..TokenRequest::default() }).await
    }

    async fn token_with(&self, user: &str, request: TokenRequest) -> String {
        let user = self.user(user).await;
        let (token, _) = self.hub.new_token(TokenOwner::User(&user), request).await.expect("a new token");
        token.expose_secret().to_owned()
    }

    /// The cookies of a browser in which this user has logged in through the form.
    pub async fn log_in(&self, user: &str) -> String {
        let prefix = &self.hub.settings.hub_prefix;
        let page = self.get(&format!("{prefix}login")).send().await;
        let xsrf = page.cookie_value("_xsrf");
        let answer = self
            .post(&format!("{prefix}login"))
            .cookies(&format!("_xsrf={xsrf}"))
            .form(&format!("username={user}&password={PASSWORD}&_xsrf={xsrf}"))
            .send()
            .await;
        let names = ["_xsrf", "jupyterhub-session-id", "jupyterhub-hub-login"];
        let cookies = names.map(|name| format!("{name}={}", answer.cookie_value(name)));
        cookies.join("; ")
    }
}

fn token_of(service: &str) -> String {
    format!("token-of-{service}")
}

impl TestHubBuilder {
    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Changes what the start writes.
    pub fn seed(mut self, change: impl FnOnce(&mut Seed)) -> Self {
        change(&mut self.seed);
        self
    }

    /// Changes who may log in.
    pub fn policy(mut self, change: impl FnOnce(&mut PolicySettings)) -> Self {
        change(&mut self.policy);
        self
    }

    /// Runs these functions around servers.
    pub fn hooks(mut self, hooks: Arc<dyn Hooks>) -> Self {
        self.hooks = hooks;
        self
    }

    /// Has request handlers of plug-ins.
    pub fn plugins(mut self, plugins: PluginOptions) -> Self {
        self.plugins = Some(plugins);
        self
    }

    /// Below another path, as `/p/`.
    pub fn base_url(mut self, base_url: &str) -> Self {
        self.settings = settings(base_url);
        self
    }

    /// Adds a service with a token.
    pub fn service(mut self, name: &str, change: impl FnOnce(&mut ServiceSeed)) -> Self {
        let name = ServiceName::parse(name).expect("a service's name");
        let token = token_of(name.as_str());
        let mut service =
            ServiceSeed { api_token: Some(token.clone().into()), ..ServiceSeed::named(name.clone()) };
        change(&mut service);
        self.seed.services.push(service);
        self.seed.tokens.push(TokenSeed { token: token.into(), owner: TokenSeedOwner::Service(name) });
        self
    }

    /// A database that others can open too; without, it is one in memory.
    pub fn database(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self
    }

    /// Puts it together.
    pub async fn build(self) -> TestHub {
        // Fails only where another test of this process was first.
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let options = StoreOptions { no_db: self.database.is_none(), ..StoreOptions::default() };
        let url = self.database.as_deref().unwrap_or("sqlite://");
        let store = Store::connect(url, options).await.expect("a database");
        let hub = assemble(self.settings, self.policy, store, Arc::default(), self.hooks, self.plugins).await;
        hub.hub.seed(&self.seed).await.expect("a seeded database");
        hub.hub.add_hub_route().await.expect("a route");
        hub
    }
}

async fn assemble(
    settings: Settings,
    rules: PolicySettings,
    store: Store,
    spawner: Arc<FakeSpawner>,
    hooks: Arc<dyn Hooks>,
    plugins: Option<PluginOptions>,
) -> TestHub {
    let authenticator = Arc::new(FakeAuthenticator);
    let policy = Policy::new(rules.clone(), authenticator.as_ref()).await.expect("a policy");
    let (routes, events) = (RouteTable::default(), Arc::new(RecordedEvents::default()));
    let renderer = Renderer::new(RenderOptions {
        base_url: settings.hub_prefix.clone(),
        prefix: settings.base_url.clone(),
        ..RenderOptions::default()
    });
    let parts = Parts {
        settings,
        store: store.clone(),
        authenticator,
        policy: Arc::new(policy),
        spawner: spawner.clone(),
        routes: Arc::new(routes.clone()),
        hooks,
        app_hooks: Arc::new(NoAppHooks),
        events: events.clone(),
        metrics: Arc::new(Metrics::new(MetricsOptions::default())),
        scopes: Arc::new(Scopes::default()),
        crypt: None,
        certificates: None,
        http: reqwest::Client::builder().no_proxy().build().expect("an HTTP client"),
        clock: Utc::now,
    };
    let hub = Hub::new(parts, CancellationToken::new());
    let app =
        App::new(hub.clone(), renderer.expect("templates"), AppOptions::default()).with_plugins(plugins);
    let plugins = app.plugins.clone();
    TestHub { hub, plugins, service: HubService::new(app), spawner, routes, events, store, rules }
}

fn settings(base_url: &str) -> Settings {
    let hub_prefix = format!("{base_url}hub/");
    let origin = "http://127.0.0.1:8081";
    Settings {
        hub_api_url: format!("{origin}{hub_prefix}api"),
        hub_connect_url: origin.into(),
        base_url: base_url.into(),
        hub_prefix,
        public_url: None,
        subdomains: None,
        hub_route: base_url.into(),
        cookie_secret: CookieSecret::generate(),
        cookies: CookieSettings {
            login_name: "jupyterhub-hub-login".into(),
            max_age_days: 14.0,
            host_prefix: false,
            options: Vec::new(),
            xsrf_options: Vec::new(),
        },
        servers: server_settings(),
        pages: PageSettings {
            default_url: String::new(),
            redirect_to_server: true,
            default_server_name: String::new(),
            shutdown_on_logout: false,
            implicit_spawn_seconds: 0.0,
            legacy_stopped_status: false,
        },
        api: ApiSettings {
            page_default_limit: 50,
            page_max_limit: 200,
            token_expires_in_max_seconds: 0,
            oauth_token_expires_in: 1_209_600,
            oauth_require_pkce: false,
            trust_given_tokens: true,
            legacy_password_tokens: false,
        },
        activity_resolution: 30,
        last_activity_interval: 300,
        service_check_interval: 0,
        hub_target: Target::local(origin),
        extra_routes: BTreeMap::new(),
        cleanup_proxy: true,
        manage_groups: false,
        authenticate_prometheus: true,
        hub_environment: BTreeMap::new(),
    }
}

fn server_settings() -> ServerSettings {
    ServerSettings {
        slow_spawn_timeout: 10.0,
        slow_stop_timeout: 10.0,
        concurrent_spawn_limit: 100,
        active_server_limit: 0,
        spawn_throttle_retry_range: (30, 60),
        consecutive_failure_limit: 0,
        allow_named_servers: true,
        named_server_limit_per_user: 0,
        allow_invalid_named_server_start: true,
        server_token_scopes: Vec::new(),
        oauth_client_allowed_scopes: Vec::new(),
        admin_access: false,
        cleanup_servers: true,
        options_form: None,
    }
}
