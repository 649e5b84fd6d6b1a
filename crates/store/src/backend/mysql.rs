//! MySQL and MariaDB through sqlx.

use sqlx::mysql::{MySqlArguments, MySqlRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column as _, Executor, MySql, MySqlConnection, Row as _, TypeInfo as _};

use super::Backend;
use crate::cell::{Cell, Cells, json};
use crate::error::StoreError;
use crate::param::Param;

type MyQuery<'q> = Query<'q, MySql, MySqlArguments>;

pub(super) async fn rows<'e>(
    executor: impl Executor<'e, Database = MySql>,
    text: &'static str,
    params: &[Param<'_>],
) -> Result<Vec<Cells>, StoreError> {
    let rows = bind(sqlx::query(text), params).fetch_all(executor).await.map_err(error)?;
    rows.iter().map(cells).collect()
}

pub(super) async fn execute(
    connection: &mut MySqlConnection,
    text: &'static str,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    let done = bind(sqlx::query(text), params).execute(connection).await.map_err(error)?;
    Ok(done.rows_affected())
}

pub(super) async fn insert(
    connection: &mut MySqlConnection,
    text: &'static str,
    params: &[Param<'_>],
) -> Result<i64, StoreError> {
    let done = bind(sqlx::query(text), params).execute(connection).await.map_err(error)?;
    i64::try_from(done.last_insert_id())
        .map_err(|_| StoreError::Value { position: 0, expected: "a primary key" })
}

pub(super) async fn dynamic_rows(
    connection: &mut MySqlConnection,
    text: String,
    params: &[Param<'_>],
) -> Result<Vec<Cells>, StoreError> {
    let query = bind(sqlx::query(AssertSqlSafe(text)).persistent(false), params);
    query.fetch_all(connection).await.map_err(error)?.iter().map(cells).collect()
}

pub(super) async fn dynamic_execute(
    connection: &mut MySqlConnection,
    text: String,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    let query = bind(sqlx::query(AssertSqlSafe(text)).persistent(false), params);
    Ok(query.execute(connection).await.map_err(error)?.rows_affected())
}

fn bind<'q>(query: MyQuery<'q>, params: &[Param<'_>]) -> MyQuery<'q> {
    params.iter().fold(query, |query, param| match *param {
        Param::Int(value) => query.bind(value),
        Param::Text(value) => query.bind(value.map(str::to_owned)),
        Param::Bool(value) => query.bind(value),
        Param::Time(value) => query.bind(value.map(|time| time.naive_utc())),
        Param::Bytes(value) => query.bind(value.map(<[u8]>::to_vec)),
        Param::Json(value) => query.bind(value.map(json::write)),
        Param::List(value) => query.bind(json::write(value)),
    })
}

fn cells(row: &MySqlRow) -> Result<Cells, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for (position, column) in row.columns().iter().enumerate() {
        let cell = match column.type_info().name() {
            "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => {
                row.try_get::<Option<i64>, _>(position).map(|value| value.map(Cell::Int))
            }
            "BOOLEAN" => {
                row.try_get::<Option<bool>, _>(position).map(|value| value.map(|it| Cell::Int(it.into())))
            }
            "DATETIME" | "TIMESTAMP" => row
                .try_get::<Option<chrono::NaiveDateTime>, _>(position)
                .map(|value| value.map(|it| Cell::Time(it.and_utc()))),
            "NULL" => Ok(None),
            // Text whose collation compares bytes is reported as one of the binary types; `Field` sorts that out.
            _ => row.try_get_unchecked::<Option<Vec<u8>>, _>(position).map(|value| value.map(Cell::Bytes)),
        };
        values.push(cell.map_err(error)?.unwrap_or(Cell::Null));
    }
    Ok(Cells::new(values))
}

/// Sorts errors by what a caller can do about them.
pub(super) fn error(error: sqlx::Error) -> StoreError {
    let number = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>())
        .map(sqlx::mysql::MySqlDatabaseError::number);
    match (&error, number) {
        (_, Some(1062)) => StoreError::Conflict,
        (_, Some(1452)) => StoreError::Gone,
        // Lock wait timeout, deadlock, and a row that changed since the snapshot (MariaDB).
        (_, Some(1205 | 1213 | 1020)) | (sqlx::Error::PoolTimedOut, _) => StoreError::Busy,
        (sqlx::Error::PoolClosed, _) => StoreError::Closed,
        _ => StoreError::Query { backend: Backend::MySql, source: Box::new(error) },
    }
}
