//! Stopping a server, and cleaning up after one that is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perijove_model::name::ServerName;
use perijove_spawners::{Stopped, Target};
use tokio::time::timeout;
use tracing::Instrument;

use super::Outcome;
use super::registry::LiveServer;
use super::start::log_name;
use super::state::{Event, ServerState};
use crate::error::{Error, Result};
use crate::events::ServerAction;
use crate::hub::Hub;
use crate::metrics::outcome;
use crate::records::UserRecord;

/// How often, and with which pauses, the database is told that a server has stopped.
const RECORD_TRIES: usize = 12;
const RECORD_PAUSE: Duration = Duration::from_secs(5);

/// Why a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody wants it so. Only this counts for metrics and the event log, as upstream.
    Asked,
    /// It ended, is not wanted any more, or the hub ends.
    Otherwise,
}

impl Hub {
    /// Stops a server and waits for that as long as a request may wait. A server that is stopped
    /// already is [`Outcome::Done`]; one that is starting is interrupted.
    ///
    /// # Errors
    /// [`Error::Invalid`] while the server is being renamed; [`Error::Internal`] if it could not be
    /// stopped, and may still run.
    pub async fn stop_server(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
    ) -> Result<Outcome> {
        self.stop_server_because(user, server, Cause::Asked).await
    }

    /// The same with a limit of its own.
    ///
    /// # Errors
    /// Those of [`Hub::stop_server`].
    pub async fn stop_server_within(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
        patience: Duration,
    ) -> Result<Outcome> {
        self.stop_and_wait(user, server, Cause::Asked, patience).await
    }

    /// The same, also where nobody asked for it.
    pub(super) async fn stop_server_because(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
        cause: Cause,
    ) -> Result<Outcome> {
        let patience = Duration::from_secs_f64(self.settings.servers.slow_stop_timeout.max(0.0));
        self.stop_and_wait(user, server, cause, patience).await
    }

    async fn stop_and_wait(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
        cause: Cause,
        patience: Duration,
    ) -> Result<Outcome> {
        let key = (user.row.id, server.clone());
        let Some(live) = self.servers.get(&key) else {
            self.servers.know(&key);
            return Ok(Outcome::Done);
        };
        self.settle(&live).await;
        let failed_stops = live.failed_stops();
        match live.state() {
            ServerState::Stopped | ServerState::Failed(_) => return Ok(Outcome::Done),
            ServerState::Renaming => {
                return Err(Error::Invalid("Cannot stop a server while it is being renamed".into()));
            }
            ServerState::Stopping | ServerState::CleaningUp(_) => (),
            ServerState::Starting(_) | ServerState::Ready | ServerState::Checking => {
                self.begin_stop(user, server, &live, cause);
            }
        }
        let mut states = live.watch();
        match timeout(patience, states.wait_for(|state| !state.is_stopping())).await {
            Ok(_) if live.failed_stops() > failed_stops => {
                let name = log_name(user, server);
                Err(Error::internal(format!("the server {name} could not be stopped and may still run")))
            }
            Ok(_) => Ok(Outcome::Done),
            Err(_) => {
                tracing::warn!(user.name = %user.name, server.name = %server, "the server is slow to stop");
                Ok(Outcome::Pending)
            }
        }
    }

    /// Claims the server and stops it in a task of its own. Of two callers only one does it.
    pub(super) fn begin_stop(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
        live: &Arc<LiveServer>,
        cause: Cause,
    ) {
        if live.apply(Event::StopRequested).is_err() {
            return;
        }
        let former = live.cancel_task();
        let (hub, user, server, live) = (self.clone(), user.clone(), server.clone(), live.clone());
        let span = tracing::info_span!("stop", user.name = %user.name, server.name = %server);
        let run = async move {
            let began = Instant::now();
            // A start that is interrupted may be in the middle of something that is cleaned up here.
            if let Some(former) = former {
                former.cancelled().await;
            }
            let cleaned = hub.clean_up(&user, &server).await;
            if cause == Cause::Asked {
                hub.metrics.stops.observe([outcome(&cleaned)], began.elapsed());
            }
            if let Err(error) = cleaned {
                tracing::error!("stopping the server failed: {error}");
                return hub.keep_unstopped(&user, &server, &live).await;
            }
            tracing::info!(
                "User {} server took {:.3} seconds to stop",
                log_name(&user, &server),
                began.elapsed().as_secs_f64()
            );
            if cause == Cause::Asked {
                hub.record_event(ServerAction::Stop, &user, &server);
            }
            if let Err(refused) = live.apply(Event::StopDone) {
                tracing::error!("{refused}");
            }
            hub.servers.forget_stopped(&live.key);
        };
        self.tasks.spawn(run.instrument(span));
    }

    /// A server that may still run is a running server: routed, watched, and to be stopped again.
    pub(super) async fn keep_unstopped(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
        live: &Arc<LiveServer>,
    ) {
        let target = self.target(user, server).await;
        match self.target_url(user.row.id, server).await {
            Ok(Some(url)) => {
                if let Err(error) = self.add_server_route(user, server, &url).await {
                    tracing::error!("the route of a server that still runs cannot be added again: {error}");
                }
            }
            Ok(None) => (),
            Err(error) => tracing::error!("the address of a server that still runs is not known: {error}"),
        }
        live.count_failed_stop();
        if let Err(refused) = live.apply(Event::StopFailed) {
            tracing::error!("{refused}");
        }
        match target {
            Ok(Some(target)) => self.watch_server(user.clone(), server.clone(), live.clone(), target),
            Ok(None) => tracing::warn!("a server that still runs is not in the database any more"),
            Err(error) => tracing::error!("a server that still runs cannot be watched: {error}"),
        }
    }

    /// Route, process, rows, hook: everything of a server that shall be gone.
    ///
    /// # Errors
    /// If the process may still run, or the database still says so. A route that could not be removed
    /// is no error: the next check of the routes removes it.
    pub(super) async fn clean_up(&self, user: &Arc<UserRecord>, server: &ServerName) -> Result<()> {
        if let Err(error) = self.remove_server_route(user, server).await {
            tracing::error!("the route of a server that is stopped cannot be removed: {error}");
        }
        let target = self.target(user, server).await?;
        let stopped = match &target {
            Some(target) => self.stop_process(target).await?,
            None => Stopped::default(),
        };
        self.record_stopped_at_last(user, server, stopped).await?;
        if let Some(target) = &target {
            self.keep_state(user, server, self.spawner.after_stop(target).await).await;
        }
        if let Err(error) = self.hooks.after_stop(&self.hook_target(user, server)).await {
            tracing::error!("post_stop_hook failed: {error}");
        }
        self.close_session(user, server).await;
        Ok(())
    }

    async fn stop_process(&self, target: &Target) -> Result<Stopped> {
        let nothing_runs = target.state.is_empty() && target.process.is_none();
        if nothing_runs && self.spawner.journals() {
            return Ok(Stopped::default());
        }
        self.spawner.stop(target, false).await.map_err(Error::internal)
    }

    /// Stores what a spawner wants to know at the next start.
    async fn keep_state(
        &self,
        user: &UserRecord,
        server: &ServerName,
        state: perijove_spawners::ServerState,
    ) {
        if state.is_empty() {
            return;
        }
        if let Err(error) = self.record_kept_state(user.row.id, server, state).await {
            tracing::error!("the state that a stopped server keeps cannot be stored: {error}");
        }
    }

    /// Writes that the process is gone. A database that is away for a moment is asked again, since
    /// until it knows, the server counts as stopping.
    async fn record_stopped_at_last(
        &self,
        user: &UserRecord,
        server: &ServerName,
        stopped: Stopped,
    ) -> Result<()> {
        for _ in 1..RECORD_TRIES {
            let Err(error) = self.record_stopped(user.row.id, server, stopped).await else { return Ok(()) };
            tracing::error!("a server has stopped, but the database cannot be told; trying again: {error}");
            if self.shutdown.run_until_cancelled(tokio::time::sleep(RECORD_PAUSE)).await.is_none() {
                break;
            }
        }
        self.record_stopped(user.row.id, server, stopped).await
    }
}
