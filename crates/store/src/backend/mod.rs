//! The three kinds of database behind one face.

mod mysql;
mod postgres;
mod server;
pub(crate) mod sqlite;

pub(crate) use server::prepare;

use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::Param;

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// SQLite, in a file or in memory.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    MySql,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
        })
    }
}

/// Where transactions come from.
pub(crate) enum Pool {
    /// SQLite.
    Sqlite(sqlite::Pool),
    /// PostgreSQL.
    Postgres(sqlx::PgPool),
    /// MySQL or MariaDB.
    MySql(sqlx::MySqlPool),
}

/// A connection with an open transaction.
pub(crate) enum Connection {
    /// SQLite.
    Sqlite(sqlite::Transaction),
    /// PostgreSQL.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    /// MySQL or MariaDB.
    MySql(sqlx::Transaction<'static, sqlx::MySql>),
}

impl Pool {
    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
            Self::MySql(_) => Backend::MySql,
        }
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Connection, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(pool.begin().await?),
            Self::Postgres(pool) => Connection::Postgres(pool.begin().await.map_err(postgres::error)?),
            Self::MySql(pool) => Connection::MySql(pool.begin().await.map_err(mysql::error)?),
        })
    }

    /// Begins a transaction that only reads, from one state of the database.
    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        Ok(match self {
            Self::Sqlite(pool) => Connection::Sqlite(pool.read().await?),
            Self::Postgres(pool) => Connection::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await
                    .map_err(postgres::error)?,
            ),
            Self::MySql(pool) => Connection::MySql(
                pool.begin_with("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
                    .await
                    .map_err(mysql::error)?,
            ),
        })
    }

    /// [`Pool::read`], with the version of the facts in what is read, where there is one.
    pub(crate) async fn read_at_version(&self) -> Result<(Connection, Option<u64>), StoreError> {
        match self {
            Self::Sqlite(pool) => {
                let (transaction, version) = pool.read_at_version().await?;
                Ok((Connection::Sqlite(transaction), version))
            }
            Self::Postgres(_) | Self::MySql(_) => Ok((self.read().await?, None)),
        }
    }

    /// Runs one reading statement by itself, without the round trips of a transaction.
    pub(crate) async fn rows(
        &self,
        text: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Cells>, StoreError> {
        match self {
            Self::Sqlite(pool) => pool.lease().await?.rows(text, params),
            Self::Postgres(pool) => postgres::rows(pool, text, params).await,
            Self::MySql(pool) => mysql::rows(pool, text, params).await,
        }
    }

    /// Waits for transactions that are under way, then closes all connections.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(pool) => pool.close().await?,
            Self::Postgres(pool) => pool.close().await,
            Self::MySql(pool) => pool.close().await,
        }
        Ok(())
    }
}

impl Connection {
    pub(crate) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
            Self::MySql(_) => Backend::MySql,
        }
    }

    pub(crate) async fn rows(
        &mut self,
        text: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Cells>, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.rows(text, params),
            Self::Postgres(transaction) => postgres::rows(&mut **transaction, text, params).await,
            Self::MySql(transaction) => mysql::rows(&mut **transaction, text, params).await,
        }
    }

    pub(crate) async fn execute(
        &mut self,
        text: &'static str,
        params: &[Param<'_>],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.execute(text, params),
            Self::Postgres(transaction) => postgres::execute(transaction, text, params).await,
            Self::MySql(transaction) => mysql::execute(transaction, text, params).await,
        }
    }

    /// Runs an insertion and gives the new primary key.
    pub(crate) async fn insert(
        &mut self,
        text: &'static str,
        params: &[Param<'_>],
    ) -> Result<i64, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.insert(text, params),
            Self::Postgres(transaction) => postgres::insert(transaction, text, params).await,
            Self::MySql(transaction) => mysql::insert(transaction, text, params).await,
        }
    }

    pub(crate) async fn dynamic_rows(
        &mut self,
        text: String,
        params: &[Param<'_>],
    ) -> Result<Vec<Cells>, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.dynamic_rows(&text, params),
            Self::Postgres(transaction) => postgres::dynamic_rows(transaction, text, params).await,
            Self::MySql(transaction) => mysql::dynamic_rows(transaction, text, params).await,
        }
    }

    /// A statement that is made up of few parts, so that there are few of its kind.
    pub(crate) async fn recurring_rows(
        &mut self,
        text: String,
        params: &[Param<'_>],
    ) -> Result<Vec<Cells>, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.rows(&text, params),
            Self::Postgres(_) | Self::MySql(_) => self.dynamic_rows(text, params).await,
        }
    }

    pub(crate) async fn dynamic_execute(
        &mut self,
        text: String,
        params: &[Param<'_>],
    ) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.dynamic_execute(&text, params),
            Self::Postgres(transaction) => postgres::dynamic_execute(transaction, text, params).await,
            Self::MySql(transaction) => mysql::dynamic_execute(transaction, text, params).await,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await.map_err(postgres::error),
            Self::MySql(transaction) => transaction.commit().await.map_err(mysql::error),
        }
    }

    /// Commits changes that are none of the facts.
    pub(crate) async fn commit_keeping_facts(self) -> Result<Option<sqlite::SameFacts>, StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit_keeping_facts().await,
            Self::Postgres(_) | Self::MySql(_) => self.commit().await.map(|()| None),
        }
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(transaction) => transaction.rollback().await.map_err(postgres::error),
            Self::MySql(transaction) => transaction.rollback().await.map_err(mysql::error),
        }
    }
}
