//! How much the hub is used, for those who watch it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use perijove_model::ServerName;

use crate::error::Result;
use crate::hub::Hub;
use crate::metrics::{LoopOptions, PERIODS, Usage};

impl Hub {
    /// Counts users and servers.
    pub async fn usage(&self) -> Result<Usage> {
        let mut tx = self.store.read().await?;
        let users = count(tx.users().count().await?);
        let running_servers = u64::try_from(self.servers.counts().ready).unwrap_or(u64::MAX);
        Ok(Usage { running_servers, users })
    }

    /// Whether upstream would keep an object of this server, and show empty options and an empty state where the
    /// row has none.
    pub fn knew_server(&self, user_id: i64, server: &ServerName) -> bool {
        self.servers.knows(&(user_id, server.clone()))
    }

    /// Starts what is measured now and then.
    pub(crate) fn watch_usage(self: &Arc<Self>) {
        if let Some(every) = self.metrics.options.active_users_every {
            let hub = self.clone();
            self.tasks.spawn(async move {
                if let Err(error) = hub.count_active_users().await {
                    tracing::error!("counting active users failed: {error}");
                }
            });
            self.every(every, "counting active users", |hub| async move { hub.count_active_users().await });
        }
        if let Some(options) = self.metrics.options.event_loop {
            let hub = self.clone();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = hub.shutdown.cancelled() => (),
                    () = hub.measure_event_loop(options) => (),
                }
            });
        }
    }

    async fn count_active_users(&self) -> Result<()> {
        let now = self.now();
        let mut counts = [0; PERIODS.len()];
        let mut tx = self.store.read().await?;
        for (slot, (period, days)) in counts.iter_mut().zip(PERIODS) {
            *slot = count(tx.users().count_active_since(now - TimeDelta::days(days)).await?);
            tracing::info!("Found {slot} active users in the last {period}");
        }
        self.metrics.set_active_users(counts);
        Ok(())
    }

    /// How much later than asked for a task wakes. A pause that is shorter than two intervals cannot be
    /// told from none.
    async fn measure_event_loop(&self, options: LoopOptions) {
        let mut last = Instant::now();
        loop {
            tokio::time::sleep(options.every).await;
            let now = Instant::now();
            let passed = now.saturating_duration_since(last);
            last = now;
            let pause = pause(passed, options.every);
            if pause >= options.warn_from.max(options.every * 2) {
                tracing::warn!("Event loop was unresponsive for at least {:.2}s!", pause.as_secs_f64());
            }
            self.metrics.event_loop.observe(pause);
        }
    }
}

fn pause(passed: Duration, every: Duration) -> Duration {
    if passed < every * 2 { every } else { passed.saturating_sub(every) }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_pauses_cannot_be_told_from_none() {
        let every = Duration::from_millis(50);
        assert_eq!(pause(Duration::from_millis(99), every), every);
        assert_eq!(pause(Duration::from_millis(170), every), Duration::from_millis(120));
    }
}
