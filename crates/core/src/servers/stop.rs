//! Stopping a server, and cleaning up after one that is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perijove_model::name::ServerName;
use serde_json::Value;
use tokio::time::timeout;
use tracing::Instrument;

use super::Outcome;
use super::registry::LiveServer;
use super::start::log_name;
use super::state::{Event, ServerState};
use crate::error::{Error, Result};
use crate::hooks::HookTarget;
use crate::hub::Hub;
use crate::records::UserRecord;

impl Hub {
    /// Stops a server and waits for that as long as a request may wait. A server that is stopped
    /// already is [`Outcome::Done`]; one that is starting is interrupted.
    ///
    /// # Errors
    /// [`Error::Invalid`] while the server is being renamed.
    pub async fn stop_server(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
    ) -> Result<Outcome> {
        let key = (user.row.id, server.clone());
        let Some(live) = self.servers.get(&key) else { return Ok(Outcome::Done) };
        self.settle(&live).await;
        match live.state() {
            ServerState::Stopped | ServerState::Failed(_) => return Ok(Outcome::Done),
            ServerState::Renaming => {
                return Err(Error::Invalid("Cannot stop a server while it is being renamed".into()));
            }
            ServerState::Stopping => (),
            ServerState::Starting(_) | ServerState::Ready | ServerState::Checking => {
                self.begin_stop(user, server, &live);
            }
        }
        let mut states = live.watch();
        let limit = Duration::from_secs_f64(self.settings.servers.slow_stop_timeout.max(0.0));
        match timeout(limit, states.wait_for(|state| *state != ServerState::Stopping)).await {
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
    ) {
        if live.apply(Event::StopRequested).is_err() {
            return;
        }
        live.cancel_task();
        let (hub, user, server, live) = (self.clone(), user.clone(), server.clone(), live.clone());
        let span = tracing::info_span!("stop", user.name = %user.name, server.name = %server);
        let run = async move {
            let began = Instant::now();
            match hub.clean_up(&user, &server).await {
                Ok(()) => tracing::info!(
                    "User {} server took {:.3} seconds to stop",
                    log_name(&user, &server),
                    began.elapsed().as_secs_f64()
                ),
                Err(error) => tracing::error!("stopping the server failed: {error}"),
            }
            if let Err(refused) = live.apply(Event::StopDone) {
                tracing::error!("{refused}");
            }
            hub.servers.forget_stopped(&live.key);
        };
        self.tasks.spawn(run.instrument(span));
    }

    /// Route, process, rows, hook: everything of a server that shall be gone. Each step is tried
    /// even if one before it failed; the first failure is reported.
    pub(super) async fn clean_up(&self, user: &Arc<UserRecord>, server: &ServerName) -> Result<()> {
        let route = self.remove_server_route(user, server).await;
        let stopped = self.stop_process(user, server).await;
        let options = user.spawner(server.as_str()).and_then(|spawner| spawner.row.user_options.clone());
        if stopped.is_ok() {
            self.record_stopped(user.row.id, server).await?;
            let options = options.unwrap_or(Value::Null);
            let auth_state = self.auth_state(&user.row);
            let target = HookTarget {
                user,
                server_name: server.as_str(),
                user_options: &options,
                auth_state: auth_state.as_ref(),
            };
            if let Err(error) = self.hooks.after_stop(&target).await {
                tracing::error!("post_stop_hook failed: {error}");
            }
            self.close_session(user, server).await;
        }
        route.and(stopped)
    }

    async fn stop_process(&self, user: &UserRecord, server: &ServerName) -> Result<()> {
        let Some(target) = self.target(user, server).await? else { return Ok(()) };
        if target.state.is_empty() && target.process.is_none() {
            return Ok(());
        }
        self.spawner.stop(&target, false).await.map_err(Error::internal)
    }
}
