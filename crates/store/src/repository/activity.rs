//! Times of last activity, for many rows at once.

use chrono::{DateTime, Utc};

use super::CHUNK;
use crate::Backend;
use crate::error::StoreError;
use crate::param::{Param, params};
use crate::statement::{Statement, sql};
use crate::tx::Tx;

/// Tables with a column `last_activity`.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Users,
    Spawners,
    Tokens,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Spawners => "spawners",
            Self::Tokens => "api_tokens",
        }
    }

    fn single(self) -> &'static Statement {
        match self {
            Self::Users => sql!(
                "UPDATE users SET last_activity = ? WHERE id = ? AND (last_activity IS NULL OR last_activity < ?)"
            ),
            Self::Spawners => sql!(
                "UPDATE spawners SET last_activity = ? WHERE id = ? AND (last_activity IS NULL OR last_activity < ?)"
            ),
            Self::Tokens => sql!(
                "UPDATE api_tokens SET last_activity = ? WHERE id = ? AND (last_activity IS NULL OR last_activity < ?)"
            ),
        }
    }
}

/// Moves the times of these rows forward, never back, and returns how many have moved. SQLite runs a prepared statement
/// per row, which costs next to nothing there; the others get many rows per round trip.
pub(super) async fn record(
    tx: &mut Tx,
    table: Table,
    times: &[(i64, DateTime<Utc>)],
) -> Result<u64, StoreError> {
    let mut moved = 0;
    if tx.backend() == Backend::Sqlite || times.len() == 1 {
        for (id, time) in times {
            moved += tx.execute(table.single(), params![*time, *id, *time]).await?;
        }
        return Ok(moved);
    }
    for chunk in times.chunks(CHUNK) {
        moved += record_chunk(tx, table, chunk).await?;
    }
    Ok(moved)
}

async fn record_chunk(tx: &mut Tx, table: Table, times: &[(i64, DateTime<Utc>)]) -> Result<u64, StoreError> {
    let mut cases = String::new();
    let mut params = Vec::with_capacity(times.len() * 2);
    for (id, time) in times {
        cases.push_str(&format!(" WHEN {id} THEN ?"));
        params.push(Param::from(*time));
    }
    params.extend_from_within(..);
    let ids: Vec<i64> = times.iter().map(|(id, _)| *id).collect();
    let text = format!(
        "UPDATE {} SET last_activity = CASE id{cases} END \
         WHERE id IN ({}) AND (last_activity IS NULL OR last_activity < CASE id{cases} END)",
        table.name(),
        super::id_list(&ids),
    );
    tx.dynamic_execute(&text, &params).await
}
