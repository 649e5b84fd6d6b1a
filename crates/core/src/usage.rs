//! How much the hub is used, for those who watch it.

use chrono::TimeDelta;

use crate::error::Result;
use crate::hub::Hub;

/// Counts of users and servers, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// Servers that are ready.
    pub running_servers: f64,
    /// All users.
    pub users: f64,
    /// Users who were active, by period.
    pub active_users: Vec<(&'static str, f64)>,
}

impl Hub {
    /// Counts users and servers.
    pub async fn usage(&self) -> Result<Usage> {
        let now = self.now();
        let mut tx = self.store.read().await?;
        let users = count(tx.users().count().await?);
        let mut active_users = Vec::new();
        for (period, days) in [("24h", 1), ("7d", 7), ("30d", 30)] {
            let since = now - TimeDelta::days(days);
            active_users.push((period, count(tx.users().count_active_since(since).await?)));
        }
        let running = u32::try_from(self.servers.counts().ready).unwrap_or(u32::MAX);
        Ok(Usage { running_servers: running.into(), users, active_users })
    }

    /// Whether a server of the user was more than stopped at any time since the hub began.
    pub fn knew_servers_of(&self, user_id: i64) -> bool {
        self.servers.knew_user(user_id)
    }
}

/// Prometheus knows floating-point numbers only.
fn count(number: i64) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
