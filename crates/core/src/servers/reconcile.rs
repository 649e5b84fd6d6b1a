//! After a restart: running servers are adopted, dead ones cleaned up, half-finished starts ended.
//!
//! Before the hub listens every known server gets its route back; whether it still runs is asked
//! afterwards, all at a time. The cost grows with running servers, not with users.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use perijove_model::name::ServerName;
use perijove_spawners::Poll;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::registry::LiveServer;
use super::start::log_name;
use super::state::Event;
use crate::error::Result;
use crate::hub::Hub;
use crate::records::{UserRecord, server_url};

/// A server that the database says is running.
pub struct Found {
    user: Arc<UserRecord>,
    server: ServerName,
    live: Arc<LiveServer>,
    url: String,
}

impl Hub {
    /// Registers all servers that the database says are running, and gives them their routes.
    pub async fn find_servers(self: &Arc<Self>) -> Result<Vec<Found>> {
        let mut users: HashMap<i64, Arc<UserRecord>> = HashMap::new();
        let mut found = Vec::new();
        let mut tx = self.store.read().await?;
        for running in tx.spawners().running().await? {
            let Some(user_id) = running.spawner.user_id else { continue };
            let user = match users.get(&user_id) {
                Some(user) => user.clone(),
                None => {
                    let Some(row) = tx.users().find(user_id).await? else { continue };
                    let user = Arc::new(UserRecord::of_row(&mut tx, row).await?);
                    users.insert(user_id, user.clone());
                    user
                }
            };
            let (server, url) = (ServerName::from_stored(running.spawner.name), server_url(&running.server));
            let live = self.servers.entry((user.row.id, server.clone()));
            if let Err(refused) = live.apply(Event::Found) {
                tracing::error!("{refused}");
                continue;
            }
            found.push(Found { user, server, live, url });
        }
        drop(tx);
        for one in &found {
            if let Err(error) = self.add_server_route(&one.user, &one.server, &one.url).await {
                tracing::error!(user.name = %one.user.name, "the route of a running server cannot be added: {error}");
            }
        }
        Ok(found)
    }

    /// Looks at each of them, in tasks of their own; at most for `limit` the start waits for these,
    /// so that whoever asks the new hub is told what runs.
    pub async fn check_servers(self: &Arc<Self>, found: Vec<Found>, limit: Duration) {
        let checks = TaskTracker::new();
        for one in found {
            let hub = self.clone();
            let span = tracing::info_span!("check", user.name = %one.user.name, server.name = %one.server);
            let check = checks.track_future(
                async move {
                    if let Err(error) = hub.check_server(&one).await {
                        tracing::error!("checking a server failed: {error}");
                        hub.begin_stop(&one.user, &one.server, &one.live);
                    }
                }
                .instrument(span),
            );
            self.tasks.spawn(check);
        }
        checks.close();
        if timeout(limit, checks.wait()).await.is_err() {
            tracing::warn!(
                servers = checks.len(),
                "some servers do not answer within {} s (c.JupyterHub.init_spawners_timeout); \
                 they are checked further while the hub runs",
                limit.as_secs()
            );
        }
    }

    async fn check_server(self: &Arc<Self>, one: &Found) -> Result<()> {
        let Some(mut target) = self.target(&one.user, &one.server).await? else { return Ok(()) };
        if self.policy.is_blocked(one.user.name.as_str()) {
            tracing::warn!("Stopping spawner for blocked user: {}", one.user.name);
            self.begin_stop(&one.user, &one.server, &one.live);
            return Ok(());
        }
        match self.spawner.poll(&target).await {
            Poll::Stopped(_) => {
                tracing::warn!(
                    "{} appears to have stopped while the Hub was down",
                    log_name(&one.user, &one.server)
                );
                self.begin_stop(&one.user, &one.server, &one.live);
                return Ok(());
            }
            Poll::Unknown(why) => {
                tracing::warn!("cannot tell whether the server runs, so it is left alone: {why}");
            }
            Poll::Running => {
                if target.process.is_none() {
                    target.process = self.spawner.adopt(&target).await;
                    if let Some(process) = &target.process
                        && let Some(spawner) = one.user.spawner(one.server.as_str())
                    {
                        self.record_process(spawner.row.id, &target.state, Some(process)).await?;
                    }
                }
            }
        }
        self.wait_up(&target, &one.url, &target.base_url).await?;
        if one.live.apply(Event::Answered).is_ok() {
            tracing::info!("{} still running", log_name(&one.user, &one.server));
            self.watch_server(one.user.clone(), one.server.clone(), one.live.clone(), target);
        }
        Ok(())
    }

    /// Stops all servers, for a hub that ends with `cleanup_servers`.
    pub async fn stop_all_servers(self: &Arc<Self>) -> Result<()> {
        let mut stops = Vec::new();
        for live in self.servers.all() {
            let mut tx = self.store.read().await?;
            let Some(row) = tx.users().find(live.key.0).await? else { continue };
            let user = Arc::new(UserRecord::of_row(&mut tx, row).await?);
            drop(tx);
            let (hub, server) = (self.clone(), live.key.1.clone());
            stops.push(tokio::spawn(async move { hub.stop_server(&user, &server).await }));
        }
        for stop in stops {
            match stop.await {
                Ok(Ok(_)) => (),
                Ok(Err(error)) => tracing::error!("a server could not be stopped: {error}"),
                Err(panic) => tracing::error!("stopping a server broke: {panic}"),
            }
        }
        Ok(())
    }
}
