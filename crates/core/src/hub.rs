//! The hub: everything that the services below share.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use perijove_authenticators::{Authenticator, Features, Policy};
use perijove_crypto::auth_state::CryptKeeper;
use perijove_model::ServerName;
use perijove_proxy::Routes;
use perijove_spawners::Spawner;
use perijove_store::{self as store, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activity::Activity;
use crate::app_hooks::AppHooks;
use crate::attempts::Attempts;
use crate::events::EventLog;
use crate::groups::KnownGroups;
use crate::hooks::Hooks;
use crate::identity::Identities;
use crate::internal_tls::InternalCertificates;
use crate::metrics::Metrics;
use crate::refresh::Refreshed;
use crate::scopes::Scopes;
use crate::servers::registry::{LiveServer, Registry};
use crate::servers::state::ServerState;
use crate::settings::Settings;
use crate::user_list::KnownLists;

/// The parts a hub is made of.
pub struct Parts {
    /// Resolved settings.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// Who may log in, and how.
    pub authenticator: Arc<dyn Authenticator>,
    /// The allow and admin rules.
    pub policy: Arc<Policy>,
    /// How servers are started.
    pub spawner: Arc<dyn Spawner>,
    /// The proxy's routes.
    pub routes: Arc<dyn Routes>,
    /// Functions of the configuration.
    pub hooks: Arc<dyn Hooks>,
    /// Functions of `c.JupyterHub`.
    pub app_hooks: Arc<dyn AppHooks>,
    /// Where events go.
    pub events: Arc<dyn EventLog>,
    /// Numbers for Prometheus.
    pub metrics: Arc<Metrics>,
    /// What scopes mean here.
    pub scopes: Arc<Scopes>,
    /// Encryption of `auth_state`; `None` where it is not enabled.
    pub crypt: Option<CryptKeeper>,
    /// What signs certificates for servers and services, where they must have one.
    pub certificates: Option<Arc<InternalCertificates>>,
    /// The client that asks servers whether they are up.
    pub http: reqwest::Client,
    /// The time. A parameter, so that tests can set it.
    pub clock: fn() -> DateTime<Utc>,
}

/// The hub. Its methods, one `impl` block a topic, are the services that pages and endpoints call.
pub struct Hub {
    /// Resolved settings.
    pub settings: Settings,
    /// Turns tokens and cookies into identities.
    pub identities: Identities,
    /// Implicit activity, before it is written.
    pub activity: Activity,
    /// The allow and admin rules.
    pub policy: Arc<Policy>,
    /// Who may log in, and how.
    pub authenticator: Arc<dyn Authenticator>,
    /// Numbers for Prometheus.
    pub metrics: Arc<Metrics>,
    /// What the authenticator does besides logins.
    pub(crate) features: Features,
    pub(crate) refreshed: Refreshed,
    pub(crate) known_lists: KnownLists,
    pub(crate) known_groups: KnownGroups,
    /// The roles of the configuration and of the authenticator's start.
    pub(crate) configured_roles: OnceLock<BTreeSet<String>>,
    pub(crate) store: Store,
    pub(crate) spawner: Arc<dyn Spawner>,
    pub(crate) routes: Arc<dyn Routes>,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) app_hooks: Arc<dyn AppHooks>,
    pub(crate) events: Arc<dyn EventLog>,
    pub(crate) scopes: Arc<Scopes>,
    pub(crate) crypt: Option<CryptKeeper>,
    pub(crate) certificates: Option<Arc<InternalCertificates>>,
    pub(crate) http: reqwest::Client,
    pub(crate) servers: Registry,
    pub(crate) menu: ArcSwap<Vec<store::Service>>,
    pub(crate) attempts: Attempts,
    pub(crate) failures_in_a_row: AtomicU64,
    pub(crate) stop_servers: AtomicBool,
    stop_proxy: AtomicBool,
    pub(crate) gave_up: AtomicBool,
    pub(crate) tasks: TaskTracker,
    pub(crate) service_tasks: TaskTracker,
    pub(crate) services_end: CancellationToken,
    pub(crate) shutdown: CancellationToken,
    clock: fn() -> DateTime<Utc>,
}

impl Hub {
    /// Puts a hub together. Nothing runs until [`Hub::prepare`] and [`Hub::run`].
    pub fn new(parts: Parts, shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            identities: Identities::new(parts.store.clone(), parts.scopes.clone()),
            activity: Activity::new(parts.settings.activity_resolution),
            store: parts.store,
            features: parts.authenticator.features(),
            refreshed: Refreshed::default(),
            known_lists: KnownLists::default(),
            known_groups: KnownGroups::default(),
            configured_roles: OnceLock::new(),
            authenticator: parts.authenticator,
            policy: parts.policy,
            spawner: parts.spawner,
            routes: parts.routes,
            hooks: parts.hooks,
            app_hooks: parts.app_hooks,
            events: parts.events,
            metrics: parts.metrics,
            scopes: parts.scopes,
            crypt: parts.crypt,
            certificates: parts.certificates,
            http: parts.http,
            servers: Registry::default(),
            menu: ArcSwap::default(),
            attempts: Attempts::default(),
            failures_in_a_row: AtomicU64::new(0),
            stop_servers: AtomicBool::new(parts.settings.servers.cleanup_servers),
            stop_proxy: AtomicBool::new(parts.settings.cleanup_proxy),
            gave_up: AtomicBool::new(false),
            tasks: TaskTracker::new(),
            service_tasks: TaskTracker::new(),
            services_end: CancellationToken::new(),
            shutdown,
            clock: parts.clock,
            settings: parts.settings,
        })
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Asks the whole hub to end.
    pub fn request_shutdown(&self) {
        self.shutdown.cancel();
    }

    /// The same, as `POST /api/shutdown` asks: whether servers and proxy end too, where that differs
    /// from the configuration.
    pub fn request_shutdown_with(&self, servers: Option<bool>, proxy: Option<bool>) {
        if let Some(servers) = servers {
            self.stop_servers.store(servers, Ordering::Relaxed);
        }
        if let Some(proxy) = proxy {
            self.stop_proxy.store(proxy, Ordering::Relaxed);
        }
        self.shutdown.cancel();
    }

    /// Whether the proxy ends with the hub.
    pub fn stops_proxy(&self) -> bool {
        self.stop_proxy.load(Ordering::Relaxed)
    }

    /// Ends the hub because of something that an administrator must mend.
    pub fn give_up(&self) {
        self.gave_up.store(true, Ordering::Relaxed);
        self.request_shutdown();
    }

    /// Resolves when the hub begins to end.
    pub fn shutdown_begun(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.shutdown.clone().cancelled_owned()
    }

    /// Runs a task that the end of the hub waits for. It must end by itself once [`Hub::shutdown_begun`] has.
    pub fn run_task(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Gets the spawner ready for its first start. A hub whose spawner can start nothing ends.
    pub async fn warm_up(&self) {
        if let Err(error) = self.spawner.warm_up().await {
            tracing::error!("no server can be started: {error}");
            self.give_up();
        }
    }

    /// True if the hub ended itself because too many starts failed in a row.
    pub fn gave_up(&self) -> bool {
        self.gave_up.load(Ordering::Relaxed)
    }

    /// What this process knows of a server that is more than stopped.
    pub fn live_server(&self, user_id: i64, server: &ServerName) -> Option<Arc<LiveServer>> {
        self.servers.get(&(user_id, server.clone()))
    }

    /// The servers that something is being done with, by user and name, and what: the REST API's `pending` word.
    pub fn pending_servers(&self) -> Vec<((i64, ServerName), &'static str)> {
        self.servers.pending()
    }

    /// The state of a server as this process knows it.
    pub fn server_state(&self, user_id: i64, server: &ServerName) -> ServerState {
        self.servers.state(&(user_id, server.clone()))
    }

    /// Upstream's class names of authenticator and spawner, for `GET /api/info`.
    pub fn class_names(&self) -> (String, String) {
        (self.authenticator.upstream_class().to_owned(), self.spawner.upstream_class().to_owned())
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("settings", &self.settings).finish_non_exhaustive()
    }
}
