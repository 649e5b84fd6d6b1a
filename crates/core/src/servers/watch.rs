//! Watching a running server: its end is noticed at once, and it is polled as upstream polls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perijove_model::name::ServerName;
use perijove_spawners::{Poll, Target};
use rand::Rng;
use tracing::Instrument;

use super::registry::LiveServer;
use super::stop::Cause;
use crate::hub::Hub;
use crate::metrics::{POLL_RUNNING, POLL_STOPPED};
use crate::records::UserRecord;

impl Hub {
    /// Starts the task that notices the server's end.
    pub(super) fn watch_server(
        self: &Arc<Self>,
        user: Arc<UserRecord>,
        server: ServerName,
        live: Arc<LiveServer>,
        target: Target,
    ) {
        let task = live.new_task();
        if !live.state().is_ready() {
            // A stop came in between, and cancelled the task before this one.
            return;
        }
        let hub = self.clone();
        let span = tracing::info_span!("watch", user.name = %user.name, server.name = %server);
        let run = async move {
            let ended = tokio::select! {
                () = task.cancel.cancelled() => return,
                () = hub.shutdown.cancelled() => return,
                code = hub.wait_for_end(&target) => code,
            };
            let code = ended.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
            tracing::warn!("User {} server stopped, with exit code: {code}", user.name);
            hub.begin_stop(&user, &server, &live, Cause::Otherwise);
        };
        self.tasks.spawn(run.instrument(span));
    }

    /// Returns with the exit code once the server does not run any more.
    async fn wait_for_end(&self, target: &Target) -> Option<i32> {
        let timing = target.settings.timing();
        let polls = async {
            loop {
                match timing.poll_interval {
                    Some(every) => tokio::time::sleep(with_jitter(every, timing.poll_jitter)).await,
                    None => std::future::pending().await,
                }
                let began = Instant::now();
                match self.spawner.poll(target).await {
                    Poll::Running => (),
                    Poll::Stopped(code) => {
                        self.metrics.polls.observe([POLL_STOPPED], began.elapsed());
                        return code;
                    }
                    Poll::Unknown(why) => tracing::warn!("cannot tell whether the server runs: {why}"),
                }
            }
        };
        tokio::select! {
            report = self.spawner.wait(target) => report.code,
            code = polls => code,
        }
    }

    /// Polls a server that is thought to run; one that has died is stopped. True if it runs.
    pub async fn poll_and_notify(
        self: &Arc<Self>,
        user: &Arc<UserRecord>,
        server: &ServerName,
    ) -> crate::Result<bool> {
        let Some(live) = self.servers.get(&(user.row.id, server.clone())) else { return Ok(false) };
        if !live.state().is_ready() {
            return Ok(false);
        }
        let Some(target) = self.target(user, server).await? else { return Ok(false) };
        let began = Instant::now();
        let found = self.spawner.poll(&target).await;
        let label = if matches!(found, Poll::Stopped(_)) { POLL_STOPPED } else { POLL_RUNNING };
        self.metrics.polls.observe([label], began.elapsed());
        match found {
            Poll::Running | Poll::Unknown(_) => Ok(true),
            Poll::Stopped(_) => {
                self.stop_server_because(user, server, Cause::Otherwise).await?;
                Ok(false)
            }
        }
    }
}

/// The interval, a random part longer or shorter, so that servers started together are not polled together.
fn with_jitter(every: Duration, jitter: f64) -> Duration {
    let jitter = jitter.clamp(0.0, 1.0);
    let factor = 1.0 + jitter * rand::rng().random_range(-1.0..=1.0);
    every.mul_f64(factor).max(Duration::from_secs(1))
}
