//! Starting a server, from the request to the route.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use perijove_model::name::ServerName;
use perijove_python::RequestFacts;
use perijove_spawners::Target;
use rand::Rng;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::Instrument;

use super::Outcome;
use super::progress::ProgressEvent;
use super::record::PreparedStart;
use super::registry::{LiveServer, TaskHandle};
use super::state::{Event, ServerState};
use crate::error::{Error, Failure, Result};
use crate::events::{ServerAction, ServerEvent};
use crate::hub::Hub;
use crate::records::UserRecord;

/// A start that somebody asks for.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// Which server; empty for the default one.
    pub server: ServerName,
    /// What the server is called on pages.
    pub display_name: String,
    /// Options from the form or the API; `None` for those of the last start.
    pub options: Option<Value>,
    /// The request that asks, where hooks or the spawner [want it](Hub::wants_requests).
    pub handler: Option<Arc<RequestFacts>>,
}

impl Hub {
    /// Starts a server and waits for it as long as a request may wait.
    ///
    /// # Errors
    /// [`Error::Busy`] at a limit; [`Error::Invalid`] if the server is active already;
    /// [`Error::Status`] if the start failed meanwhile.
    pub async fn start_server(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        request: StartRequest,
    ) -> Result<Outcome> {
        let patience = Duration::from_secs_f64(self.settings.servers.slow_spawn_timeout.max(0.0));
        self.start_server_within(user, request, patience).await
    }

    /// The same with a limit of its own: pages lead on to the progress page after a moment.
    pub async fn start_server_within(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        request: StartRequest,
        patience: Duration,
    ) -> Result<Outcome> {
        let began = Instant::now();
        let (live, task) = self.claim_for_start(user, &request.server, began).await?;
        let failed_stops = live.failed_stops();
        live.progress.clear();
        live.progress.push(ProgressEvent::new(0, "Server requested"));
        let (hub, user, live_task) = (self.clone(), user.clone(), live.clone());
        let span = tracing::info_span!("start", user.name = %user.name, server.name = %request.server);
        let (recorded, is_recorded) = oneshot::channel();
        let run = async move {
            // What it writes it writes to the end, so that a stop finds either all of it or nothing.
            let prepared = match hub.settings.check_user_host(&user.name) {
                Ok(()) => hub.prepare_start(&user, &request, recorded).await,
                Err(error) => Err(error),
            };
            let start = async { hub.run_start(&user, &request, prepared?, &live_task).await };
            if let Some(outcome) = task.cancel.run_until_cancelled(start).await {
                hub.spawner.start_ended(&user.name, &request.server).await;
                hub.count_start(&outcome, began);
                hub.end_start(&user, &request.server, &live_task, outcome).await;
            }
            drop(task);
        };
        self.tasks.spawn(run.instrument(span));
        // Whoever is answered finds the server, pending. A failure ends the wait too.
        let _ = is_recorded.await;
        wait_for_start(&live, failed_stops, patience).await
    }

    /// Makes the server ours if it may start now.
    async fn claim_for_start(
        &self,
        user: &UserRecord,
        server: &ServerName,
        began: Instant,
    ) -> Result<(Arc<LiveServer>, TaskHandle)> {
        let key = (user.row.id, server.clone());
        if let Some(live) = self.servers.get(&key) {
            self.settle(&live).await;
        }
        let count = |reason| self.metrics.starts.observe([reason, "failure"], began.elapsed());
        self.check_limits().inspect_err(|error| {
            let throttled = matches!(error, Error::Busy { retry_after: Some(_), .. });
            count(if throttled { "throttled" } else { "too-many-users" });
        })?;
        let (live, task) = self.servers.claim_start(key).map_err(|refused| {
            if refused.state.pending().is_some() {
                count("already-pending");
            }
            Error::Invalid(format!("{}:{server} is {}", user.name, refused.state))
        })?;
        // Asked after the claim: whoever ends the hub or deletes the user says so first and looks
        // for servers afterwards, so that one of the two sees the other.
        let refusal = if self.shutdown.is_cancelled() {
            Error::Busy { message: "The hub is shutting down.".into(), retry_after: None }
        } else if self.servers.is_leaving(user.row.id) {
            Error::Invalid(format!("User {} is being deleted", user.name))
        } else {
            return Ok((live, task));
        };
        self.servers.give_back(&live).map_err(Error::internal)?;
        Err(refusal)
    }

    /// A server found at start-up and not looked at yet is neither started nor stopped before it was.
    pub(super) async fn settle(&self, live: &LiveServer) {
        let mut states = live.watch();
        // Fails only if the sender is gone, and then there is nothing to wait for.
        let _state = states.wait_for(|state| *state != ServerState::Checking).await;
    }

    fn check_limits(&self) -> Result<()> {
        let limits = &self.settings.servers;
        let counts = self.servers.counts();
        if limits.concurrent_spawn_limit > 0 && counts.starting >= limits.concurrent_spawn_limit {
            let (low, high) = limits.spawn_throttle_retry_range;
            let seconds = rand::rng().random_range(low..=high.max(low));
            tracing::warn!(starting = counts.starting, "too many starts at a time, asking a user to wait");
            return Err(Error::Busy {
                message: format!(
                    "Too many users trying to log in right now. Try again in {}.",
                    rounded(seconds)
                ),
                retry_after: Some(seconds),
            });
        }
        if limits.active_server_limit > 0 && counts.active >= limits.active_server_limit {
            tracing::info!(active = counts.active, "no space for another server");
            return Err(Error::Busy {
                message: "Active user limit exceeded. Try again in a few minutes.".into(),
                retry_after: None,
            });
        }
        Ok(())
    }

    /// The start itself. Whatever it began is cleaned up by [`Hub::end_start`].
    async fn run_start(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        request: &StartRequest,
        prepared: PreparedStart,
        live: &Arc<LiveServer>,
    ) -> Result<()> {
        let began = Instant::now();
        let (target, url) = {
            let reports = self.report_progress(&user.name, &request.server, live, prepared.spawner.id);
            tokio::select! {
                // A start that is polled first has said whose server it is before there is progress.
                biased;
                answered = self.launch_and_wait(user, request, &prepared, live) => answered?,
                () = reports => return Err(Error::internal("the spawner's progress has ended before the start")),
            }
        };
        advance(live, Event::Answered)?;
        self.record_event(ServerAction::Start, user, &request.server);
        self.add_server_route(user, &request.server, &url).await?;
        advance(live, Event::Routed)?;
        tracing::info!(
            "User {} took {:.3} seconds to start",
            log_name(user, &request.server),
            began.elapsed().as_secs_f64()
        );
        self.watch_server(user.clone(), request.server.clone(), live.clone(), target);
        Ok(())
    }

    /// From the hooks to the server's first answer: what there is now, and where.
    async fn launch_and_wait(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        request: &StartRequest,
        prepared: &PreparedStart,
        live: &Arc<LiveServer>,
    ) -> Result<(Target, String)> {
        let target = self.launch(user, request, prepared, live).await?;
        advance(live, Event::Launched)?;
        let url = self.target_url(user.row.id, &request.server).await?;
        let url = url.ok_or_else(|| Error::internal("the address of the server is not in the database"))?;
        self.wait_up(&target, &url).await?;
        Ok((target, url))
    }

    fn count_start(&self, outcome: &Result<()>, began: Instant) {
        let status = match outcome {
            Ok(()) => "success",
            // Refused, and nothing is broken.
            Err(Error::Status(Failure { status: ..500, .. })) => "failure",
            Err(_) => "error",
        };
        self.metrics.starts.observe(["", status], began.elapsed());
    }

    /// Tells the event log.
    pub(super) fn record_event(&self, action: ServerAction, user: &UserRecord, server: &ServerName) {
        let (user, server) = (user.row.name.clone(), server.to_string());
        self.events.record(ServerEvent { time: self.now(), action, user, server });
    }

    async fn end_start(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
        live: &Arc<LiveServer>,
        outcome: Result<()>,
    ) {
        let error = match outcome {
            Ok(()) => {
                self.failures_in_a_row.store(0, Ordering::Relaxed);
                return;
            }
            Err(error) => error,
        };
        let failure = failure_of(&error);
        tracing::error!("Error starting {}: {error}", log_name(user, server));
        let counts = failure.status >= 500;
        // Refused only where somebody has asked for a stop meanwhile, which cleans up once this has ended.
        if live.apply(Event::StartFailed(failure)).is_ok() {
            match self.clean_up(user, server).await {
                Ok(()) => drop(live.apply(Event::StopDone)),
                Err(error) => {
                    tracing::error!("cleaning up after a failed start failed too: {error}");
                    self.keep_unstopped(user, server, live).await;
                }
            }
        }
        if counts {
            self.count_failure();
        }
    }

    fn count_failure(&self) {
        let failures = self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        let limit = self.settings.servers.consecutive_failure_limit;
        if limit == 0 {
            return;
        }
        if failures >= limit {
            tracing::error!(failures, "Aborting due to {failures} consecutive spawn failures");
            self.give_up();
        } else if failures > 1 {
            tracing::warn!(failures, limit, "{failures} consecutive spawns failed; the hub ends at {limit}");
        }
    }
}

async fn wait_for_start(live: &LiveServer, failed_stops: u64, patience: Duration) -> Result<Outcome> {
    let mut states = live.watch();
    let ended = states.wait_for(|state| !state.start_goes_on());
    let state = match timeout(patience, ended).await {
        Ok(Ok(state)) => state.clone(),
        Ok(Err(_)) | Err(_) => return Ok(Outcome::Pending),
    };
    match state {
        ServerState::Failed(failure) => Err(Error::Status(failure)),
        _ if live.failed_stops() > failed_stops => Err(Error::spawn_failed(
            "The start of the server failed, and it could not be stopped either. The hub's log has the cause.",
        )),
        _ => Ok(Outcome::Done),
    }
}

/// `user` or `user:server`, as upstream's log has it.
pub(super) fn log_name(user: &UserRecord, server: &ServerName) -> String {
    user.server_log_name(server.as_str())
}

fn advance(live: &LiveServer, event: Event) -> Result<()> {
    live.apply(event).map(drop).map_err(Error::internal)
}

fn failure_of(error: &Error) -> Failure {
    let (status, message) = match error {
        Error::Status(failure) => return failure.clone(),
        Error::Invalid(message) => (500, message.clone()),
        // Its user was deleted meanwhile.
        Error::NotFound(message) => (404, message.clone()),
        _ => (
            500,
            "Your server could not be started. Its administrator finds the cause in the log.".to_owned(),
        ),
    };
    Failure { status, message, exception: None }
}

/// A waiting time in words: tens of seconds, or minutes.
fn rounded(seconds: u64) -> String {
    if seconds <= 90 {
        format!("{}0 seconds", seconds.div_ceil(10))
    } else {
        format!("{} minutes", (seconds + 30) / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_read_well() {
        assert_eq!(rounded(31), "40 seconds");
        assert_eq!(rounded(90), "90 seconds");
        assert_eq!(rounded(100), "2 minutes");
    }
}
