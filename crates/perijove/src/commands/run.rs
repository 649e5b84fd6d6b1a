//! Running the hub.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use perijove_config::Loaded;
use perijove_core::Hub;
use perijove_http::{App, HubService};
use perijove_proxy::serve_local;
use perijove_sys::reaper::Reaper;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::hub_calls::CallsOf;
use crate::internal_tls::InternalTls;
use crate::pid_file::PidFile;
use crate::plugin_handlers::PluginHandlers;
use crate::proxying::Proxying;
use crate::sections::Sections;
use crate::{leftover_proxy, parts, proxying, signals};

/// How long Python may take to import JupyterHub.
const WARM_UP_DEADLINE: Duration = Duration::from_secs(120);

/// Runs the hub until a signal, `POST /api/shutdown`, or too many failed starts in a row end it.
pub async fn run(loaded: Loaded) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    parts::install_log(&loaded)?;
    tracing::info!(
        "Running Perijove {}, compatible with JupyterHub {}",
        env!("CARGO_PKG_VERSION"),
        perijove_core::UPSTREAM_VERSION
    );
    parts::log_warnings(&loaded);
    parts::apply_process_settings(&loaded)?;
    let sections = Sections::read(&loaded)?;
    warn_of_password_tokens(&sections);
    let internal = InternalTls::prepare(&sections)?;
    let proxying = Proxying::choose(&loaded, &sections, internal.as_ref())?;
    let shutdown = CancellationToken::new();
    signals::take(shutdown.clone()).context("signals cannot be handled")?;
    leftover_proxy::end(&sections.proxy.pid_file).await;
    let (hub_listener, public_listeners) =
        proxying::bind_all(&sections, &proxying, internal.as_ref()).await?.split();
    // Not before: where another hub has the addresses, the pid file is that one's.
    let _pid_file = PidFile::write(&sections.hub.pid_file)?;
    let parts = parts::build(&loaded, &sections, &proxying, internal.as_ref()).await?;
    let hub = Hub::new(parts.hub, shutdown.clone());
    if let Some(worker) = &loaded.worker {
        worker.answer_calls(CallsOf::new(&hub));
    }
    hub.seed(&parts.seed).await?;
    let python_proxy = proxying.python();
    if let Some(proxy) = &python_proxy {
        proxy.start().await?;
    }
    hub.add_hub_route().await?;
    let found = hub.find_servers().await?;
    hub.check_routes().await?;
    hub.check_servers(found, check_limit(sections.hub.init_spawners_timeout)).await;

    let handlers = parts.handlers;
    let app = App::new(hub.clone(), parts.renderer, parts.app)
        .with_plugins(handlers.as_ref().map(PluginHandlers::options));
    let plugins = app.plugins.clone();
    let service = Arc::new(HubService::new(app));
    let (tasks, serving) = (TaskTracker::new(), CancellationToken::new());
    let options = proxying.options(&sections, internal.as_ref())?;
    tasks.spawn(serve_local(service.clone(), hub_listener, options.clone(), serving.clone()));
    proxying.serve(service, public_listeners, options, &tasks, &serving)?;
    hub.start_services(&parts.seed.services).await?;
    hub.run();
    reap_strangers(&tasks, &serving);
    if let (Some(handlers), Some(plugins)) = (&handlers, plugins) {
        handlers.start(&hub, plugins);
    }
    warm_up(&loaded, &hub);
    hub.metrics.hub_start.observe(began.elapsed());
    tracing::info!("JupyterHub is now running at {}", sections.shown_url());
    tracing::debug!(duration_ms = began.elapsed().as_secs_f64() * 1000.0, "started");

    shutdown.cancelled().await;
    let code = finish(&hub, &serving, &tasks).await?;
    if let Some(proxy) = python_proxy.filter(|_| hub.stops_proxy()) {
        proxy.stop().await;
    }
    Ok(code)
}

fn warn_of_password_tokens(sections: &Sections) {
    if sections.hub.legacy_password_tokens {
        tracing::warn!(
            "c.JupyterHub.legacy_password_tokens is on: POST /hub/api/authorizations/token gives tokens for passwords, \
             as JupyterHub 1.x did. hint: let scripts make tokens with `perijove token` or POST /hub/api/users/NAME/tokens"
        );
    }
}

/// How long the start waits for running servers to answer; below zero, as upstream, for a day.
fn check_limit(seconds: i64) -> Duration {
    u64::try_from(seconds).map_or(Duration::from_secs(86_400), |seconds| Duration::from_secs(seconds.max(1)))
}

/// Imports what Python needs, which takes seconds, before the first function or plug-in is called.
fn warm_up(loaded: &Loaded, hub: &Arc<Hub>) {
    let (worker, hub) = (loaded.worker.clone(), hub.clone());
    tokio::spawn(async move {
        if let Some(worker) = worker {
            match worker.warm_up(WARM_UP_DEADLINE).await {
                Ok(version) => tracing::debug!("the Python worker has imported JupyterHub {version}"),
                Err(error) => tracing::warn!("functions of the configuration cannot be called: {error}"),
            }
        }
        hub.warm_up().await;
    });
}

/// As process 1 of a container, or as a subreaper, this process inherits the orphans of its servers.
fn reap_strangers(tasks: &TaskTracker, serving: &CancellationToken) {
    if !perijove_sys::reaper::is_needed() {
        return;
    }
    let serving = serving.clone();
    tasks.spawn(async move {
        if let Some(Err(error)) = serving.run_until_cancelled(Reaper::default().run()).await {
            tracing::error!("orphans of servers stay as zombies: {error}");
        }
    });
}

/// Servers end first, while their pages still answer; then the listeners; then the database.
async fn finish(
    hub: &Arc<Hub>,
    serving: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<ExitCode> {
    tracing::info!("shutting down");
    hub.close_servers().await;
    serving.cancel();
    tasks.close();
    tasks.wait().await;
    hub.close().await?;
    let failed = hub.gave_up();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
