//! After a restart: running servers are adopted, dead ones cleaned up, half-finished starts ended.
//!
//! Before the hub listens every known server gets its route back; whether it still runs is asked
//! afterwards, all at a time. The cost grows with running servers, not with users.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use perijove_model::name::ServerName;
use perijove_spawners::{Poll, Target};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::registry::LiveServer;
use super::start::log_name;
use super::state::{Event, ServerState, StartPhase};
use super::stop::Cause;
use crate::error::{Error, Result};
use crate::hub::Hub;
use crate::records::{UserRecord, address_url};

/// A server that the database says is running.
pub struct Found {
    user: Arc<UserRecord>,
    server: ServerName,
    live: Arc<LiveServer>,
    target: Target,
    /// None if the hub ended in the middle of the start.
    url: Option<String>,
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
            let url = address_url(&running.server);
            let server = ServerName::from_stored(running.spawner.name);
            let Some(target) = self.target_in(&mut tx, &user, &server).await? else { continue };
            match self.servers.claim((user.row.id, server.clone()), Event::Found) {
                Ok(live) => found.push(Found { user, server, live, target, url }),
                Err(refused) => tracing::error!("{refused}"),
            }
        }
        drop(tx);
        for one in &found {
            let Some(url) = &one.url else { continue };
            if let Err(error) = self.add_server_route(&one.user, &one.server, url).await {
                tracing::error!(user.name = %one.user.name, "the route of a running server cannot be added: {error}");
            }
        }
        Ok(found)
    }

    /// Looks at each of them, in tasks of their own; at most for `limit` the start waits for these,
    /// so that whoever asks the new hub is told what runs.
    pub async fn check_servers(self: &Arc<Self>, found: Vec<Found>, limit: Duration) {
        let (began, checks) = (Instant::now(), TaskTracker::new());
        for one in found {
            let hub = self.clone();
            let span = tracing::info_span!("check", user.name = %one.user.name, server.name = %one.server);
            let check = checks.track_future(async move { hub.check_server(one).await }.instrument(span));
            self.tasks.spawn(check);
        }
        checks.close();
        let (hub, all) = (self.clone(), checks.clone());
        self.tasks.spawn(async move {
            all.wait().await;
            hub.metrics.server_checks.observe(began.elapsed());
        });
        if timeout(limit, checks.wait()).await.is_err() {
            tracing::warn!(
                servers = checks.len(),
                "some servers do not answer within {} s (c.JupyterHub.init_spawners_timeout); \
                 they are checked further while the hub runs",
                limit.as_secs()
            );
        }
    }

    async fn check_server(self: &Arc<Self>, mut one: Found) {
        let name = log_name(&one.user, &one.server);
        if self.policy.is_blocked(one.user.name.as_str()) {
            tracing::warn!("Stopping spawner for blocked user: {}", one.user.name);
            return self.begin_stop(&one.user, &one.server, &one.live, Cause::Otherwise);
        }
        let Some(url) = one.url.take() else {
            tracing::warn!("{name} was being started when the hub ended; what there is of it is cleaned up");
            return self.begin_stop(&one.user, &one.server, &one.live, Cause::Otherwise);
        };
        match self.spawner.poll(&one.target).await {
            Poll::Stopped(_) => {
                tracing::warn!("{name} appears to have stopped while the Hub was down");
                return self.begin_stop(&one.user, &one.server, &one.live, Cause::Otherwise);
            }
            Poll::Unknown(why) => {
                // Whether it answers says nothing then, and it must not be stopped for that.
                tracing::warn!("cannot tell whether {name} runs, so it is left alone: {why}");
                return self.adopt_server(one);
            }
            Poll::Running => self.record_adopted(&mut one).await,
        }
        let url = self.corrected_url(&one, url).await;
        match self.wait_up(&one.target, &url).await {
            Ok(()) => {
                tracing::info!("{name} still running");
                self.adopt_server(one);
            }
            Err(error) => {
                tracing::error!("{name} runs but does not answer, so it is stopped: {error}");
                self.begin_stop(&one.user, &one.server, &one.live, Cause::Otherwise);
            }
        }
    }

    /// Where the server is, if its spawner knows better than the database.
    async fn corrected_url(self: &Arc<Self>, one: &Found, url: String) -> String {
        let Some(found) = self.spawner.url(&one.target).await else { return url };
        let origin = |url: &str| url::Url::parse(url).map(|url| url.origin().ascii_serialization());
        let Ok(found) = origin(&found) else { return url };
        if origin(&url).is_ok_and(|known| known == found) {
            return url;
        }
        tracing::warn!("{} had invalid url {url}. Updating to {found}", log_name(&one.user, &one.server));
        let server_id = one.user.spawner(one.server.as_str()).and_then(|spawner| spawner.row.server_id);
        let corrected = async {
            let server_id = server_id.ok_or_else(|| Error::internal("the server has no address"))?;
            self.record_address(server_id, &found).await?;
            self.add_server_route(&one.user, &one.server, &found).await
        };
        if let Err(error) = corrected.await {
            tracing::error!("the address of a running server cannot be corrected: {error}");
        }
        found
    }

    fn adopt_server(self: &Arc<Self>, one: Found) {
        if one.live.apply(Event::Answered).is_ok() {
            self.watch_server(one.user, one.server, one.live, one.target);
        }
    }

    /// Keeps a record of a server that JupyterHub started: its process number alone may be used again.
    async fn record_adopted(&self, one: &mut Found) {
        if one.target.process.is_some() {
            return;
        }
        one.target.process = self.spawner.adopt(&one.target).await;
        let Some(spawner) = one.user.spawner(one.server.as_str()) else { return };
        if one.target.process.is_none() {
            return;
        }
        let recorded = self.record_process(spawner.row.id, &one.target.state, one.target.process.as_ref());
        if let Err(error) = recorded.await {
            tracing::error!("a running server cannot be recorded: {error}");
        }
    }

    /// Ends starts that have no process yet, for a hub that leaves servers running. The others are
    /// found by the next hub.
    pub(crate) async fn interrupt_starts(self: &Arc<Self>) {
        for live in self.servers.all() {
            match live.state() {
                ServerState::Starting(StartPhase::Launching) => {
                    if let Err(error) = self.stop_live(&live).await {
                        tracing::error!("a start could not be interrupted: {error}");
                    }
                }
                ServerState::Starting(_) => drop(live.cancel_task()),
                _ => (),
            }
        }
    }

    /// Stops all servers, for a hub that ends with `cleanup_servers`.
    pub async fn stop_all_servers(self: &Arc<Self>) -> Result<()> {
        let mut stops = Vec::new();
        for live in self.servers.all() {
            let hub = self.clone();
            stops.push(tokio::spawn(async move { hub.stop_live(&live).await }));
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

    async fn stop_live(self: &Arc<Self>, live: &LiveServer) -> Result<()> {
        let mut tx = self.store.read().await?;
        let Some(row) = tx.users().find(live.key.0).await? else { return Ok(()) };
        let user = Arc::new(UserRecord::of_row(&mut tx, row).await?);
        drop(tx);
        self.stop_server_because(&user, &live.key.1, Cause::Otherwise).await.map(drop)
    }
}
