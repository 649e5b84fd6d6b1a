//! Opening a database and beginning transactions.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Local};

use crate::backend::{Backend, Pool, prepare, sqlite};
use crate::error::StoreError;
use crate::revision::Plan;
use crate::rows::TokenWithOwner;
use crate::tx::Tx;
use crate::url::DatabaseUrl;

/// A database, open. Clones are the same database.
#[derive(Clone)]
pub struct Store {
    pool: Arc<Pool>,
    name: Arc<str>,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Use a database in memory, whatever the URL says (`--no-db`).
    pub no_db: bool,
    /// Upgrade a database of JupyterHub 5; an SQLite file is backed up first.
    pub upgrade: bool,
    /// How long to wait for another process that has SQLite's lock, and for a turn to write.
    pub busy_timeout: Duration,
    /// How many connections to PostgreSQL or MySQL may be open.
    pub max_connections: u32,
    /// How long to wait for a connection to PostgreSQL or MySQL.
    pub connect_timeout: Duration,
    /// The local time, for the names of backups.
    pub clock: fn() -> DateTime<Local>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            no_db: false,
            upgrade: false,
            busy_timeout: Duration::from_secs(10),
            max_connections: 10,
            connect_timeout: Duration::from_secs(10),
            clock: Local::now,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("database", &self.name).finish()
    }
}

impl Store {
    /// Opens the database that a `db_url` in SQLAlchemy's form names, and makes it fit for use: an empty one gets the
    /// schema, one of JupyterHub 6.1.1 is taken as it is, one of JupyterHub 5 is upgraded if the options say so, and
    /// all others are refused and left untouched.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let url = if options.no_db { DatabaseUrl::Memory } else { DatabaseUrl::parse(url)? };
        let name: Arc<str> = url.to_string().into();
        let pool = match &url {
            DatabaseUrl::Memory => open_sqlite(sqlite::Location::memory()?, &name, &options).await?,
            DatabaseUrl::SqliteFile(path) => {
                open_sqlite(sqlite::Location::file(path.clone()), &name, &options).await?
            }
            DatabaseUrl::Postgres(server) => Pool::postgres(server, &name, &options).await?,
            DatabaseUrl::MySql(server) => Pool::mysql(server, &name, &options).await?,
        };
        Ok(Self { pool: Arc::new(pool), name })
    }

    /// The kind of database.
    #[must_use]
    pub fn kind(&self) -> Backend {
        self.pool.backend()
    }

    /// The database's URL without its password, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Begins a transaction that may write. On SQLite it is alone in this until it ends.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(Tx::new(self.pool.begin().await?, true))
    }

    /// Begins a transaction that only reads, all of it from one state of the database. It need not be committed.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(Tx::new(self.pool.read().await?, false))
    }

    /// A number that is different whenever anybody, this process included, has committed a change in between; None
    /// where the database has no such number, and nothing that decides access may be cached.
    ///
    /// It is true at a moment after the call began. To fill a cache, ask first and read after: what is read may be
    /// newer than the number says, never older.
    pub async fn data_version(&self) -> Result<Option<u64>, StoreError> {
        match &*self.pool {
            Pool::Sqlite(pool) => pool.data_version().map(Some),
            Pool::Postgres(_) | Pool::MySql(_) => Ok(None),
        }
    }

    /// The same, but for commits of this process that were [confirmed](FactsKept::confirm) to change no facts. Facts are
    /// all that the database holds but times of activity, and tokens added to those that there were.
    pub async fn facts_version(&self) -> Result<Option<u64>, StoreError> {
        match &*self.pool {
            Pool::Sqlite(pool) => pool.facts_version().map(Some),
            Pool::Postgres(_) | Pool::MySql(_) => Ok(None),
        }
    }

    /// [`Store::read`], with the [`Store::facts_version`] of the very state that is read; None also where somebody
    /// commits at this moment.
    pub async fn read_at_version(&self) -> Result<(Tx, Option<u64>), StoreError> {
        let (connection, version) = self.pool.read_at_version().await?;
        Ok((Tx::new(connection, false), version))
    }

    /// [`Tokens::resolve_by_prefix`](crate::Tokens::resolve_by_prefix) in a statement by itself, without the round
    /// trips that a transaction costs on PostgreSQL and MySQL.
    pub async fn resolve_by_prefix(&self, prefix: &str) -> Result<Vec<TokenWithOwner>, StoreError> {
        crate::repository::resolve_by_prefix(&self.pool, prefix).await
    }

    /// Waits for the transactions that are under way and closes the database; SQLite's write-ahead log goes into the
    /// database file. Transactions that begin later fail with [`StoreError::Closed`].
    pub async fn close(&self) -> Result<(), StoreError> {
        self.pool.close().await
    }
}

/// A commit of what [is no fact](Store::facts_version). What is kept under the version before it may count after it
/// too, once what the commit did change has been dropped from it.
#[must_use = "what is kept counts no more until this is confirmed"]
pub struct FactsKept(pub(crate) Option<sqlite::SameFacts>);

impl FactsKept {
    /// The version of the facts that stayed; None where others have changed them, or there are no versions.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.0.as_ref().map(sqlite::SameFacts::facts_version)
    }

    /// Says that nothing of the former facts is kept that the commit has changed. Does nothing where another process
    /// has committed meanwhile, and where databases have no versions.
    pub fn confirm(self) {
        if let Some(same) = self.0 {
            same.confirm();
        }
    }
}

async fn open_sqlite(
    location: sqlite::Location,
    name: &str,
    options: &StoreOptions,
) -> Result<Pool, StoreError> {
    let found = location.look()?;
    let plan = found
        .as_ref()
        .map_or(Ok(Plan::Create), |found| found.plan(name, Backend::Sqlite, options.upgrade))?;
    match plan {
        Plan::Create => location.create_file()?,
        Plan::Upgrade => {
            let time = (options.clock)().format("%Y-%m-%d-%H%M%S").to_string();
            let copy = location.back_up(&time)?;
            tracing::info!(database = name, backup = %copy.display(), "upgrading the database");
        }
        Plan::Use { .. } => {}
    }
    let pool = sqlite::Pool::open(location, options.busy_timeout)?;
    // What was seen may have changed since: the decision that counts is made under the lock.
    pool.set_up(|connection| prepare(&sqlite::inspect(connection)?, name, options, Backend::Sqlite)).await?;
    Ok(Pool::Sqlite(pool))
}
