//! PostgreSQL through sqlx.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column as _, Executor, PgConnection, Postgres, Row as _, TypeInfo as _};

use super::Backend;
use crate::cell::{Cell, Cells, json};
use crate::error::StoreError;
use crate::param::Param;

type PgQuery<'q> = Query<'q, Postgres, PgArguments>;

pub(super) async fn rows<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    text: &'static str,
    params: &[Param<'_>],
) -> Result<Vec<Cells>, StoreError> {
    let rows = bind(sqlx::query(text), params).fetch_all(executor).await.map_err(error)?;
    rows.iter().map(cells).collect()
}

pub(super) async fn execute(
    connection: &mut PgConnection,
    text: &'static str,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    let done = bind(sqlx::query(text), params).execute(connection).await.map_err(error)?;
    Ok(done.rows_affected())
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    text: &'static str,
    params: &[Param<'_>],
) -> Result<i64, StoreError> {
    let row = bind(sqlx::query(text), params).fetch_one(connection).await.map_err(error)?;
    cells(&row)?.take()
}

pub(super) async fn dynamic_rows(
    connection: &mut PgConnection,
    text: String,
    params: &[Param<'_>],
) -> Result<Vec<Cells>, StoreError> {
    let query = bind(sqlx::query(AssertSqlSafe(text)).persistent(false), params);
    query.fetch_all(connection).await.map_err(error)?.iter().map(cells).collect()
}

pub(super) async fn dynamic_execute(
    connection: &mut PgConnection,
    text: String,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    let query = bind(sqlx::query(AssertSqlSafe(text)).persistent(false), params);
    Ok(query.execute(connection).await.map_err(error)?.rows_affected())
}

fn bind<'q>(query: PgQuery<'q>, params: &[Param<'_>]) -> PgQuery<'q> {
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

fn cells(row: &PgRow) -> Result<Cells, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for (position, column) in row.columns().iter().enumerate() {
        let cell = match column.type_info().name() {
            "INT4" => {
                row.try_get::<Option<i32>, _>(position).map(|value| value.map(|it| Cell::Int(it.into())))
            }
            "INT8" => row.try_get::<Option<i64>, _>(position).map(|value| value.map(Cell::Int)),
            "BOOL" => {
                row.try_get::<Option<bool>, _>(position).map(|value| value.map(|it| Cell::Int(it.into())))
            }
            "TIMESTAMP" => row
                .try_get::<Option<chrono::NaiveDateTime>, _>(position)
                .map(|value| value.map(|it| Cell::Time(it.and_utc()))),
            "BYTEA" => row.try_get::<Option<Vec<u8>>, _>(position).map(|value| value.map(Cell::Bytes)),
            _ => row.try_get::<Option<String>, _>(position).map(|value| value.map(Cell::Text)),
        };
        values.push(cell.map_err(error)?.unwrap_or(Cell::Null));
    }
    Ok(Cells::new(values))
}

/// Sorts errors by what a caller can do about them.
pub(super) fn error(error: sqlx::Error) -> StoreError {
    let code =
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(|code| code.into_owned());
    match (&error, code.as_deref()) {
        (_, Some("23505")) => StoreError::Conflict,
        (_, Some("23503")) => StoreError::Gone,
        // Serialisation failure, deadlock, lock not available.
        (_, Some("40001" | "40P01" | "55P03")) | (sqlx::Error::PoolTimedOut, _) => StoreError::Busy,
        (sqlx::Error::PoolClosed, _) => StoreError::Closed,
        _ => StoreError::Query { backend: Backend::Postgres, source: Box::new(error) },
    }
}
