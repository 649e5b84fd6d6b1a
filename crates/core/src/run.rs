//! What the hub does on its own: activity written in groups, routes checked, expired rows purged;
//! and what happens at the end.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use perijove_model::UserName;
use perijove_proxy::RouteEntry;
use perijove_store::Tx;

use crate::activity::{Pending, Subject};
use crate::error::Result;
use crate::hub::Hub;
use crate::identity::{Identity, Principal};

/// How often expired tokens and codes are deleted.
const PURGE_EVERY: Duration = Duration::from_secs(300);
/// Requests with a token of this note are the server's doing, not its user's.
const SERVER_NOTE: &str = "Server at ";

impl Hub {
    /// Starts the hub's own tasks. They end at shutdown.
    pub fn run(self: &Arc<Self>) {
        let activity = Duration::from_secs(self.settings.activity_resolution.max(1));
        self.every(activity, "writing activity", |hub| async move { hub.write_activity().await });
        let routes = Duration::from_secs(self.settings.last_activity_interval.max(1));
        self.every(routes, "checking routes", |hub| async move { hub.check_routes().await });
        self.watch_usage();
        self.every(PURGE_EVERY, "purging expired rows", |hub| async move { hub.purge_expired().await });
    }

    pub(crate) fn every<F>(
        self: &Arc<Self>,
        period: Duration,
        what: &'static str,
        job: impl Fn(Arc<Self>) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<()>> + Send,
    {
        let hub = self.clone();
        self.tasks.spawn(async move {
            let mut ticks = tokio::time::interval(period);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            ticks.tick().await;
            loop {
                tokio::select! {
                    () = hub.shutdown.cancelled() => return,
                    _ = ticks.tick() => (),
                }
                if let Err(error) = job(hub.clone()).await {
                    tracing::error!("{what} failed: {error}");
                }
            }
        });
    }

    /// Notes that somebody used a token.
    pub fn note_token_activity(&self, identity: &Identity) {
        let now = self.now();
        let Some(token) = &identity.token else { return };
        self.activity.touch(Subject::Token(token.id), token.last_activity, now);
        let by_server = token.note.as_deref().is_some_and(|note| note.starts_with(SERVER_NOTE));
        if !by_server {
            self.note_user_activity(identity);
        }
    }

    /// Notes that a user is there.
    pub fn note_user_activity(&self, identity: &Identity) {
        if let Principal::User(user) = &identity.principal {
            self.activity.touch(Subject::User(user.row.id), user.row.last_activity, self.now());
        }
    }

    /// Writes the activity noted so far, in one transaction.
    pub async fn write_activity(&self) -> Result<()> {
        let pending = self.activity.drain();
        if pending.is_empty() {
            return Ok(());
        }
        let Pending { users, tokens, spawners } = &pending;
        let rows = |map: &std::collections::HashMap<i64, chrono::DateTime<chrono::Utc>>| -> Vec<_> {
            map.iter().map(|(id, time)| (*id, *time)).collect()
        };
        let mut tx = self.store.begin().await?;
        tx.users().set_activity(&rows(users)).await?;
        tx.tokens().set_activity(&rows(tokens)).await?;
        tx.spawners().set_activity(&rows(spawners)).await?;
        tx.commit().await?;
        self.activity.written(&pending);
        Ok(())
    }

    /// Takes over the activity that the proxy has seen on servers' routes.
    pub(crate) async fn note_route_activity(&self, routes: &BTreeMap<String, RouteEntry>) -> Result<()> {
        for route in routes.values() {
            let text = |key: &str| route.data.get(key).and_then(serde_json::Value::as_str);
            let (Some(user), Some(server), Some(time)) =
                (text("user"), text("server_name"), route.last_activity)
            else {
                continue;
            };
            let Some(user) = self.find_user(user).await? else { continue };
            self.activity.record(Subject::User(user.row.id), user.row.last_activity, time);
            if let Some(spawner) = user.spawner(server) {
                self.activity.record(Subject::Spawner(spawner.row.id), spawner.row.last_activity, time);
            }
        }
        self.write_activity().await
    }

    pub(crate) async fn user_name(&self, user_id: i64) -> Result<Option<UserName>> {
        let mut tx = self.store.read().await?;
        Ok(tx.users().find(user_id).await?.map(|user| UserName::from_stored(user.name)))
    }

    async fn purge_expired(&self) -> Result<()> {
        let mut tx = self.store.begin().await?;
        self.purge_expired_in(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes tokens, OAuth codes, shares and share codes that have ended. Returns how many.
    pub(crate) async fn purge_expired_in(&self, tx: &mut Tx) -> Result<u64> {
        let now = self.now();
        let tokens = tx.tokens().purge_expired(now).await?;
        let codes = tx.oauth().purge_codes(now.timestamp()).await?;
        Ok(tokens + codes + tx.shares().purge_expired(now).await?)
    }

    /// Stops the services that the hub runs, and all servers, if they end with the hub. Pages still
    /// answer meanwhile.
    pub async fn close_servers(self: &Arc<Self>) {
        // From now on nothing new starts.
        self.shutdown.cancel();
        self.close_services().await;
        if !self.stop_servers.load(Ordering::Relaxed) {
            tracing::info!("Leaving single-user servers running");
            return self.interrupt_starts().await;
        }
        if let Err(error) = self.stop_all_servers().await {
            tracing::error!("the servers could not be stopped: {error}");
        }
    }

    /// Ends the rest in order: tasks, activity, database.
    pub async fn close(self: &Arc<Self>) -> Result<()> {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.events.close().await;
        self.write_activity().await?;
        self.store.close().await?;
        Ok(())
    }
}
