//! Connecting to PostgreSQL and MySQL, and making their databases fit for use.

use std::time::Duration;

use sqlx::pool::{PoolConnectionMetadata, PoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Executor as _, MySqlPool, PgPool};

use super::{Backend, mysql, postgres};
use crate::cell::Cells;
use crate::error::StoreError;
use crate::revision::{Observed, Plan};
use crate::store::StoreOptions;
use crate::url::Server;

/// A connection that was idle for this long is tried before it is used, since the server may have ended it.
const TRY_AFTER: Duration = Duration::from_secs(5);

/// How long the try may take that finds out why a server cannot be reached.
const LAST_TRY: Duration = Duration::from_secs(3);

/// Any number, as long as it is always the same: two hubs must not create tables at once.
const LOCK: i64 = 0x7065_7269_6a6f_7665;

const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns \
     WHERE table_schema = current_schema()";
const POSTGRES_INDEXES: &str = "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND indexname LIKE 'perijove%'";
const MYSQL_COLUMNS: &str =
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()";
const REVISIONS: &str = "SELECT version_num FROM alembic_version";

/// Connects to PostgreSQL.
async fn connect_postgres(server: &Server, name: &str, options: &StoreOptions) -> Result<PgPool, StoreError> {
    let target = server.postgres()?;
    let pool = pool_options::<sqlx::Postgres>(options).after_connect(|connection, _| {
        Box::pin(async move {
            // Compiling a query takes the server seconds, running any of ours takes milliseconds. A server so old that
            // it compiles nothing does not know the setting.
            if let Err(error) = connection.execute("SET jit = off").await {
                tracing::debug!(%error, "jit cannot be switched off");
            }
            Ok(())
        })
    });
    let pool = match pool.connect_with(target.clone()).await {
        Ok(pool) => pool,
        Err(error) => return Err(cannot_open(name, error, target.connect()).await),
    };
    let mut transaction = pool.begin().await.map_err(postgres::error)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(postgres::error)?;
    let mut observed = Observed::default();
    add_columns(&mut observed, postgres::rows(&mut *transaction, POSTGRES_COLUMNS, &[]).await?)?;
    for mut row in postgres::rows(&mut *transaction, POSTGRES_INDEXES, &[]).await? {
        observed.own_indexes.insert(row.take()?);
    }
    if observed.tables.contains_key("alembic_version") {
        add_revisions(&mut observed, postgres::rows(&mut *transaction, REVISIONS, &[]).await?)?;
    }
    for statement in prepare(&observed, name, options, Backend::Postgres)? {
        transaction.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.map_err(postgres::error)?;
    }
    transaction.commit().await.map_err(postgres::error)?;
    Ok(pool)
}

/// Connects to MySQL or MariaDB. These commit every change of a table by itself; the lock keeps a second hub out until
/// all are made, and the revision is written last.
async fn connect_mysql(server: &Server, name: &str, options: &StoreOptions) -> Result<MySqlPool, StoreError> {
    let target = server.mysql()?;
    let pool = match pool_options::<sqlx::MySql>(options).connect_with(target.clone()).await {
        Ok(pool) => pool,
        Err(error) => return Err(cannot_open(name, error, target.connect()).await),
    };
    let mut connection = pool.acquire().await.map_err(mysql::error)?;
    let locked = mysql::rows(&mut *connection, "SELECT GET_LOCK('perijove_schema', 60)", &[]).await?;
    if locked.into_iter().next().map(|mut row| row.take::<Option<i64>>()).transpose()?.flatten() != Some(1) {
        return Err(StoreError::Busy);
    }
    let mut observed = Observed::default();
    add_columns(&mut observed, mysql::rows(&mut *connection, MYSQL_COLUMNS, &[]).await?)?;
    if observed.tables.contains_key("alembic_version") {
        add_revisions(&mut observed, mysql::rows(&mut *connection, REVISIONS, &[]).await?)?;
    }
    for statement in prepare(&observed, name, options, Backend::MySql)? {
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.map_err(mysql::error)?;
    }
    mysql::rows(&mut *connection, "SELECT RELEASE_LOCK('perijove_schema')", &[]).await?;
    Ok(pool)
}

fn pool_options<D: sqlx::Database>(options: &StoreOptions) -> PoolOptions<D> {
    PoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.connect_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut D::Connection, meta: PoolConnectionMetadata| {
            Box::pin(async move {
                if meta.idle_for > TRY_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

fn add_columns(observed: &mut Observed, rows: Vec<Cells>) -> Result<(), StoreError> {
    for mut row in rows {
        let (table, column): (String, String) = (row.take()?, row.take()?);
        observed.tables.entry(table).or_default().insert(column);
    }
    Ok(())
}

fn add_revisions(observed: &mut Observed, rows: Vec<Cells>) -> Result<(), StoreError> {
    observed.revisions = rows.into_iter().map(|mut row| row.take()).collect::<Result<_, _>>()?;
    Ok(())
}

/// A server that refuses connections may be starting, so the pool tries again until its time is over, and then says no
/// more than that: one last try tells why.
async fn cannot_open<C>(
    name: &str,
    error: sqlx::Error,
    last_try: impl Future<Output = Result<C, sqlx::Error>>,
) -> StoreError {
    let reason = match error {
        sqlx::Error::PoolTimedOut => tokio::time::timeout(LAST_TRY, last_try)
            .await
            .ok()
            .and_then(Result::err)
            .unwrap_or(sqlx::Error::PoolTimedOut),
        other => other,
    };
    StoreError::Open { database: name.to_owned(), source: Box::new(reason) }
}

impl super::Pool {
    /// Connects to PostgreSQL and makes the database fit for use.
    pub(crate) async fn postgres(
        server: &Server,
        name: &str,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        connect_postgres(server, name, options).await.map(Self::Postgres)
    }

    /// Connects to MySQL or MariaDB and makes the database fit for use.
    pub(crate) async fn mysql(
        server: &Server,
        name: &str,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        connect_mysql(server, name, options).await.map(Self::MySql)
    }
}

/// The statements that make a database fit for use.
pub(crate) fn prepare(
    observed: &Observed,
    name: &str,
    options: &StoreOptions,
    backend: Backend,
) -> Result<Vec<String>, StoreError> {
    let plan = observed.plan(name, backend, options.upgrade)?;
    if plan == Plan::Upgrade && backend != Backend::Sqlite {
        tracing::warn!(database = name, "upgrading the database; a server's database is not backed up here");
    }
    Ok(observed.statements(&plan, backend))
}
