//! Rows that belong together, read together.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use perijove_model::scope::Owner;
use perijove_model::{ServerName, UserName};
use perijove_store::{self as store, Grants, Tx, UserWithGrants};

use crate::error::Result;

/// A user with everything that pages, models and scopes need of it.
#[derive(Debug, Clone)]
pub struct UserRecord {
    /// The row.
    pub row: store::User,
    /// The name, parsed.
    pub name: UserName,
    /// Roles, groups and shares.
    pub grants: Grants,
    /// All servers by name, running or not, with the address of those that run.
    pub spawners: Vec<SpawnerRecord>,
}

/// Times of activity that were written.
#[derive(Debug)]
pub(crate) struct Times {
    /// The user's.
    pub(crate) user: Option<DateTime<Utc>>,
    /// Those of servers, by primary key.
    pub(crate) servers: Vec<(i64, DateTime<Utc>)>,
}

/// A server's row and, while it runs, its address.
#[derive(Debug, Clone)]
pub struct SpawnerRecord {
    /// The row.
    pub row: store::Spawner,
    /// The name, parsed.
    pub name: ServerName,
    /// Where it listens, while it runs.
    pub server: Option<store::Server>,
}

impl UserRecord {
    /// Adds the servers to what one joined query brought.
    pub async fn load(tx: &mut Tx, found: UserWithGrants) -> Result<Self> {
        let UserWithGrants { user, grants } = found;
        let rows = tx.spawners().with_addresses(&[user.id]).await?;
        let mut spawners: Vec<SpawnerRecord> = rows
            .into_iter()
            .map(|(row, server)| SpawnerRecord {
                name: ServerName::from_stored(row.name.clone()),
                row,
                server,
            })
            .collect();
        spawners.sort_by(|a, b| a.row.name.cmp(&b.row.name));
        Ok(Self { name: UserName::from_stored(user.name.clone()), row: user, grants, spawners })
    }

    /// Reads many users by row, in as many statements as one.
    pub async fn of_rows(tx: &mut Tx, rows: Vec<store::User>) -> Result<Vec<Self>> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut grants = tx.users().grants_of(&ids).await?;
        let mut spawners: BTreeMap<i64, Vec<SpawnerRecord>> = BTreeMap::new();
        for (row, server) in tx.spawners().with_addresses(&ids).await? {
            let Some(user_id) = row.user_id else { continue };
            let name = ServerName::from_stored(row.name.clone());
            spawners.entry(user_id).or_default().push(SpawnerRecord { row, name, server });
        }
        let record = |row: store::User| {
            let mut spawners = spawners.remove(&row.id).unwrap_or_default();
            spawners.sort_by(|a, b| a.row.name.cmp(&b.row.name));
            let grants = grants.remove(&row.id).unwrap_or_default();
            Self { name: UserName::from_stored(row.name.clone()), row, grants, spawners }
        };
        Ok(rows.into_iter().map(record).collect())
    }

    /// Reads a user by row.
    pub async fn of_row(tx: &mut Tx, user: store::User) -> Result<Self> {
        let grants = tx.users().grants(user.id).await?;
        Self::load(tx, UserWithGrants { user, grants }).await
    }

    /// The same with these times, as the database gives them back.
    pub(crate) fn with_times(&self, times: &Times) -> Self {
        let mut changed = self.clone();
        let stored = |time: DateTime<Utc>| Some(time.trunc_subsecs(6));
        if let Some(time) = times.user {
            changed.row.last_activity = stored(time);
        }
        for (id, time) in &times.servers {
            for spawner in changed.spawners.iter_mut().filter(|spawner| spawner.row.id == *id) {
                spawner.row.last_activity = stored(*time);
            }
        }
        changed
    }

    /// One of the user's servers.
    pub fn spawner(&self, name: &str) -> Option<&SpawnerRecord> {
        self.spawners.iter().find(|spawner| spawner.row.name == name)
    }

    /// One of the user's servers as messages name it: `ada:lab`, and the default server `ada`.
    pub fn server_log_name(&self, server: &str) -> String {
        if server.is_empty() { self.name.to_string() } else { format!("{}:{server}", self.name) }
    }

    /// The user as scopes are expanded for.
    pub fn owner(&self) -> Owner<'_> {
        Owner::user(&self.row.name)
    }

    /// Names of the roles that the user itself has, in the order of the database.
    pub fn role_names(&self) -> Vec<&str> {
        self.grants.roles.iter().map(|role| role.name.as_str()).collect()
    }
}

impl SpawnerRecord {
    /// Every user has a default server, whether or not it has a row.
    pub fn default_without_row() -> Self {
        let row = store::Spawner { display_name: Some(String::new()), ..store::Spawner::default() };
        Self { row, name: ServerName::default(), server: None }
    }

    /// The URL that requests are forwarded to, without path. None while a start has not got one yet.
    pub fn target(&self) -> Option<String> {
        self.server.as_ref().and_then(address_url)
    }
}

/// [`server_url`] of a single-user server; None for the row of a start that was not told yet where the
/// server listens.
pub fn address_url(server: &store::Server) -> Option<String> {
    let known = server.proto == "http+unix" || server.port.is_some_and(|port| port != 0);
    known.then(|| server_url(server))
}

/// `proto://ip:port` of a server's row. A Unix socket's path is kept, quoted, in `ip`.
pub fn server_url(server: &store::Server) -> String {
    if server.proto == "http+unix" {
        return format!("http+unix://{}", server.ip);
    }
    let ip = match server.ip.as_str() {
        "" | "0.0.0.0" | "*" => "127.0.0.1",
        "::" => "::1",
        ip => ip,
    };
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    match server.port {
        Some(port) => format!("{}://{host}:{port}", server.proto),
        None => format!("{}://{host}", server.proto),
    }
}
