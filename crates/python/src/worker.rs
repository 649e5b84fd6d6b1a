//! The worker as the hub sees it: started once, called with deadlines, replaced when it dies or stalls.

mod events;
mod handlers;
mod hooks;
mod options;
mod own_spawner;
mod workers;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use perijove_model::value::Handle;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

pub use self::handlers::{HandlerPattern, HandlerPatterns, HandlerServer};
pub use self::hooks::{Argument, Outcome, Response, SpawnerStep};
pub use self::options::WorkerOptions;
pub use self::own_spawner::{OwnSpawnerStep, SpawnerClass, SpawnerTiming, StartedServer};
pub use self::workers::Workers;
use crate::connection::Connection;
use crate::error::WorkerError;
use crate::evaluation::Evaluation;
use crate::facts::{ClassName, HubFacts};
use crate::hub_calls::{Callee, HubCalls};
use crate::reconcile::{Reconciliation, Renumbered, reconcile};

/// How many handles one process may number. A replacement starts above, so that no number has two meanings.
const NUMBERS_PER_PROCESS: u64 = 1 << 32;
/// How long the worker may take to note what it is told.
const SETUP_DEADLINE: Duration = Duration::from_secs(30);

/// A Python process that holds what the configuration could not say in plain values. Cheap to clone; the process
/// ends with the last clone.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    options: WorkerOptions,
    first: Evaluation,
    hub: Mutex<Option<HubFacts>>,
    callee: Callee,
    live: tokio::sync::Mutex<Live>,
}

/// The present process.
struct Live {
    /// `None` before the first call.
    connection: Option<Arc<Connection>>,
    numbers: Numbers,
}

/// What the present process calls the objects that handles name.
#[derive(Clone)]
struct Numbers {
    /// The first number that this process gives out.
    first: u64,
    /// The numbers of the first evaluation's handles, if this is not the first process.
    renumbered: Option<Arc<Renumbered>>,
}

impl Numbers {
    fn current(&self, handle: &Handle) -> Result<u64, WorkerError> {
        let own = self.first..self.first.saturating_add(NUMBERS_PER_PROCESS);
        let renumbered = || self.renumbered.as_ref().and_then(|numbers| numbers.get(&handle.id).copied());
        if own.contains(&handle.id) { Some(handle.id) } else { renumbered() }
            .ok_or_else(|| WorkerError::HandleGone { description: handle.description.clone() })
    }
}

impl Worker {
    /// Runs the configuration files. The worker is `None` if everything they set is plain: no Python remains.
    ///
    /// # Errors
    /// Those of [`Worker::evaluate`].
    pub async fn start(options: WorkerOptions) -> Result<(Option<Self>, Evaluation), WorkerError> {
        let (worker, evaluation) = Self::evaluate(options).await?;
        Ok((Some(worker).filter(|_| evaluation.has_handles), evaluation))
    }

    /// Runs the configuration files, of which there may be none. The process stays until the worker is dropped, for
    /// plug-ins that the files name by their import strings.
    ///
    /// Needs a Tokio runtime that lives as long as the worker.
    ///
    /// # Errors
    /// [`WorkerError::Python`] for a syntax error, an exception or `sys.exit` in the files, with file and line;
    /// [`WorkerError::Deadline`] if they take too long; the others if the interpreter does not work.
    pub async fn evaluate(options: WorkerOptions) -> Result<(Self, Evaluation), WorkerError> {
        let callee = Callee::default();
        let connection = options.connect(&callee)?;
        let evaluation = options.evaluate(&connection, 1).await?;
        let numbers = Numbers { first: 1, renumbered: None };
        let live = Live { connection: Some(Arc::new(connection)), numbers };
        let inner = Inner {
            options,
            first: evaluation.clone(),
            hub: Mutex::default(),
            callee,
            live: tokio::sync::Mutex::new(live),
        };
        Ok((Self { inner: Arc::new(inner) }, evaluation))
    }

    /// Tells the worker about the hub. Hooks that work on spawners, users, handlers or the authenticator need
    /// this; it is repeated for every process that replaces this one.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn configure(&self, hub: HubFacts) -> Result<(), WorkerError> {
        let (connection, numbers) = self.live().await?;
        tell(&connection, &numbers, &hub).await?;
        *self.inner.hub.lock().unwrap_or_else(PoisonError::into_inner) = Some(hub);
        Ok(())
    }

    /// Lets Python code call the hub. The first `calls` stays.
    pub fn answer_calls(&self, calls: Arc<dyn HubCalls>) {
        self.inner.callee.set(calls);
    }

    /// Imports upstream's classes, which takes seconds, so that the first hook need not wait for it. Call it once
    /// the hub serves. Returns the version of JupyterHub in the interpreter.
    ///
    /// # Errors
    /// Those of [`Worker::call`].
    pub async fn warm_up(&self, deadline: Duration) -> Result<String, WorkerError> {
        let (connection, _) = self.live().await?;
        let version = connection.request("warm_up", &json!({}), deadline, "importing jupyterhub").await?;
        Ok(version.as_str().unwrap_or_default().to_owned())
    }

    /// The present process, started again if the last one is gone.
    async fn live(&self) -> Result<(Arc<Connection>, Numbers), WorkerError> {
        let mut live = self.inner.live.lock().await;
        if let Some(connection) = &live.connection {
            if !connection.has_ended() {
                return Ok((Arc::clone(connection), live.numbers.clone()));
            }
            tracing::warn!("the Python worker has ended; the configuration is evaluated again");
        }
        let first = live.numbers.first.saturating_add(NUMBERS_PER_PROCESS);
        let (connection, numbers) = self.start_again(first).await?;
        *live = Live { connection: Some(Arc::clone(&connection)), numbers: numbers.clone() };
        Ok((connection, numbers))
    }

    /// Another worker with the same configuration, whose process starts with the first call. It is to be told about
    /// the hub by [`Worker::configure_when_started`].
    pub(crate) fn replica(&self) -> Self {
        let numbers = Numbers { first: 1, renumbered: None };
        let inner = Inner {
            options: self.inner.options.clone(),
            first: self.inner.first.clone(),
            hub: Mutex::default(),
            callee: self.inner.callee.clone(),
            live: tokio::sync::Mutex::new(Live { connection: None, numbers }),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether both are the same worker.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Tells the process about the hub: now if it runs, else when it starts.
    pub(crate) async fn configure_when_started(&self, hub: &HubFacts) -> Result<(), WorkerError> {
        let runs = self.inner.live.lock().await.connection.is_some();
        if runs {
            return self.configure(hub.clone()).await;
        }
        *self.inner.hub.lock().unwrap_or_else(PoisonError::into_inner) = Some(hub.clone());
        Ok(())
    }

    async fn start_again(&self, first: u64) -> Result<(Arc<Connection>, Numbers), WorkerError> {
        let options = &self.inner.options;
        let connection = Arc::new(options.connect(&self.inner.callee)?);
        let second = options.evaluate(&connection, first).await?;
        let Reconciliation { handles, replace, remove, lost } = reconcile(&self.inner.first, &second);
        for option in &lost {
            tracing::error!(
                option,
                "the configuration has another function here than when the hub started; it is not used until the hub restarts"
            );
        }
        let changed = replace.iter().map(|(section, name, _)| (section, name));
        for (section, name) in changed.chain(remove.iter().map(|(section, name)| (section, name))) {
            tracing::warn!(
                option = format!("{section}.{name}"),
                "changed since the hub started; the old value stays"
            );
        }
        let numbers = Numbers { first, renumbered: Some(Arc::new(handles)) };
        let amend = json!({ "replace": replace, "remove": remove });
        connection.request("amend", &amend, SETUP_DEADLINE, "restoring the configuration").await?;
        let hub = self.inner.hub.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hub) = hub {
            tell(&connection, &numbers, &hub).await?;
        }
        Ok((connection, numbers))
    }
}

/// Sends the facts about the hub.
async fn tell(connection: &Arc<Connection>, numbers: &Numbers, hub: &HubFacts) -> Result<(), WorkerError> {
    let class = |name: &ClassName| -> Result<Json, WorkerError> {
        match name {
            ClassName::Named(name) => Ok(json!(name)),
            ClassName::Handle(handle) => Ok(json!(numbers.current(handle)?)),
        }
    };
    let proxy = match &hub.proxy {
        Some(facts) => json!({
            "class": class(&facts.class_name)?,
            "public_url": facts.public_url,
            "ssl_key": facts.ssl_key,
            "ssl_cert": facts.ssl_cert,
            "app": facts.app,
        }),
        None => Json::Null,
    };
    let configure = json!({
        "log_level": hub.log_level,
        "spawner_class": class(&hub.spawner_class)?,
        "authenticator_class": class(&hub.authenticator_class)?,
        "proxy": proxy,
        "authenticator_is_python": hub.authenticator_is_python,
        "hub": hub.hub,
        "settings": hub.settings,
        "database_url": hub.database_url.expose_secret(),
        "output_file": hub.output_file,
    });
    let overrides = hub
        .overrides
        .iter()
        .map(|(section, name, value)| Ok(json!([section, name, hooks::renumber(value, numbers)?])));
    let overrides: Vec<Json> = overrides.collect::<Result<_, WorkerError>>()?;
    let amend = json!({ "remove": [], "replace": overrides });
    connection.request("amend", &amend, SETUP_DEADLINE, "telling the worker the configuration").await?;
    connection.request("configure", &configure, SETUP_DEADLINE, "telling the worker about the hub").await?;
    connection.watch_for_stalls(hub.stall_limit);
    Ok(())
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("interpreter", &self.inner.options.interpreter).finish_non_exhaustive()
    }
}
