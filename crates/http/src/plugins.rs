//! Request handlers of plug-ins: which requests are theirs, and what they answer.
//!
//! A Python process serves them on a Unix socket ([`PluginWorker`]). Handlers of an authenticator come before the
//! hub's own routes, as upstream has it, and those of the configuration after them. They decide themselves who
//! may use them: the guard of the hub's routes is not in front of them.

mod forward;
mod patterns;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use crate::app::App;
use patterns::Rules;
pub use patterns::{Pattern, Patterns};

/// How long a request waits for the process to be there again, or to be there at first.
const PATIENCE: Duration = Duration::from_secs(60);

/// The Python process, as seen from here.
#[async_trait]
pub trait PluginWorker: Send + Sync {
    /// Makes it serve on the socket; which paths are its.
    async fn serve(&self) -> Result<Patterns, String>;
    /// Called when it left a request unanswered: replaces it if it is stuck.
    async fn check(&self);
}

/// How plug-ins are served.
#[derive(Clone)]
pub struct PluginOptions {
    /// The process.
    pub worker: Arc<dyn PluginWorker>,
    /// Its socket.
    pub socket: PathBuf,
    /// Whether the authenticator is a Python one, so that any path may be its.
    pub with_authenticator: bool,
    /// After how long without a word, beyond what a request may wait for a server, the process is looked at. Ten times as
    /// long a handler may take to begin its answer.
    pub answer_time: Duration,
}

/// What is known of the handlers.
pub struct Plugins {
    options: PluginOptions,
    state: watch::Sender<Known>,
    /// How often the process was made to serve; held while it is made to.
    served: Mutex<u64>,
    /// The last serving that left a request without an answer: nothing more is sent to it, since its process may be
    /// about to end while its socket still takes connections.
    broken: AtomicU64,
}

#[derive(Clone)]
enum Known {
    /// Python is still importing.
    NotYet,
    Rules(u64, Arc<Rules>),
    /// It cannot be served. The log says why.
    Never,
}

impl Plugins {
    /// Nothing is asked of Python until [`Plugins::prepare`].
    pub fn new(options: PluginOptions) -> Self {
        Self {
            options,
            state: watch::Sender::new(Known::NotYet),
            served: Mutex::new(0),
            broken: AtomicU64::new(0),
        }
    }

    /// Makes the process serve. Takes seconds, because it imports JupyterHub.
    ///
    /// # Errors
    /// What Python says against it. Requests for handlers are answered with 503 then.
    pub async fn prepare(&self) -> Result<(), String> {
        let prepared = self.serve_after(0).await;
        if prepared.is_err() {
            self.state.send_replace(Known::Never);
        }
        prepared
    }

    /// Makes the process serve, unless somebody has done so since it was served for the `seen`th time.
    async fn serve_after(&self, seen: u64) -> Result<(), String> {
        let mut served = self.served.lock().await;
        if *served > seen {
            return Ok(());
        }
        let patterns = self.options.worker.serve().await?;
        *served += 1;
        self.state.send_replace(Known::Rules(*served, Arc::new(Rules::new(patterns))));
        Ok(())
    }

    /// The rules, once they are known.
    async fn known(&self) -> Option<(u64, Arc<Rules>)> {
        let mut state = self.state.subscribe();
        let known = timeout(PATIENCE, state.wait_for(|known| !matches!(known, Known::NotYet))).await;
        match &*known.ok()?.ok()? {
            Known::Rules(served, rules) => Some((*served, rules.clone())),
            Known::NotYet | Known::Never => None,
        }
    }

    /// Notes that a serving left a request without an answer.
    fn broke(&self, served: u64) {
        self.broken.fetch_max(served, Ordering::Relaxed);
    }

    fn is_broken(&self, served: u64) -> bool {
        self.broken.load(Ordering::Relaxed) >= served
    }

    fn knows_yet(&self) -> bool {
        !matches!(*self.state.borrow(), Known::NotYet)
    }
}

impl std::fmt::Debug for Plugins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugins").field("socket", &self.options.socket).finish_non_exhaustive()
    }
}

/// What a request is for.
enum Claim {
    Ours,
    Theirs(forward::Target),
    /// It may be theirs, but they are not there.
    Nobody,
}

/// Answers a request that an authenticator's handler claims; gives back any other.
pub async fn before_routes(app: &App, request: Request) -> Result<Response, Request> {
    let Some(plugins) = app.plugins.as_ref().filter(|plugins| plugins.options.with_authenticator) else {
        return Err(request);
    };
    let path = request.uri().path();
    // Programs and files need not wait for Python to be imported.
    if !plugins.knows_yet() && needs_no_python(&app.hub.settings.hub_prefix, path) {
        return Err(request);
    }
    match claim(plugins, path, |rules, path| rules.of_authenticator(path)).await {
        Claim::Ours => Err(request),
        Claim::Theirs(target) => Ok(forward::answer(app, plugins, target, request).await),
        Claim::Nobody if path.starts_with(&app.hub.settings.hub_prefix) => {
            Ok(forward::unavailable(app, request).await)
        }
        Claim::Nobody => Err(request),
    }
}

/// Runs in front of the answer to what no route of ours serves.
pub async fn after_routes(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(plugins) = &app.plugins else { return next.run(request).await };
    let path = request.uri().path();
    if !path.starts_with(app.hub.settings.hub_prefix.trim_end_matches('/')) {
        return next.run(request).await;
    }
    match claim(plugins, path, |rules, path| rules.extra(path)).await {
        Claim::Ours => next.run(request).await,
        Claim::Theirs(target) => forward::answer(&app, plugins, target, request).await,
        Claim::Nobody => forward::unavailable(&app, request).await,
    }
}

async fn claim(plugins: &Plugins, path: &str, find: impl Fn(&Rules, &str) -> Option<&'static str>) -> Claim {
    let Some((served, rules)) = plugins.known().await else { return Claim::Nobody };
    match find(&rules, path) {
        Some(handler) => Claim::Theirs(forward::Target { served, handler }),
        None => Claim::Ours,
    }
}

fn needs_no_python(hub_prefix: &str, path: &str) -> bool {
    path.strip_prefix(hub_prefix).is_none_or(|rest| {
        ["api/", "static/"].iter().any(|prefix| rest.starts_with(prefix))
            || matches!(rest, "health" | "logo" | "metrics")
    })
}
