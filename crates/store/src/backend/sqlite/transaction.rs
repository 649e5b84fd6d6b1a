//! A leased connection with a transaction on it.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Statement, ToSql};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

use super::{Inner, error};
use crate::cell::{Cell, Cells, json, time};
use crate::error::StoreError;
use crate::param::Param;

/// A connection on loan.
pub(super) enum Lease {
    /// The one that writes.
    Writer(OwnedMutexGuard<Option<Connection>>),
    /// One of those that read.
    Reader { connection: Option<Connection>, home: Arc<Inner>, _permit: OwnedSemaphorePermit },
}

/// A transaction; dropping it undoes it and gives the connection back.
pub(crate) struct Transaction {
    lease: Lease,
    open: bool,
    /// Nothing reaches a disk, so a commit need not leave this thread.
    memory: bool,
    /// Rows that this connection had changed before.
    changes: u64,
}

impl Transaction {
    pub(super) fn new(lease: Lease, memory: bool) -> Self {
        Self { lease, open: false, memory, changes: 0 }
    }

    /// Begins the transaction and gives the count of changes so far.
    pub(super) fn start(&self, begin: &str) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        connection.prepare_cached(begin).and_then(|mut statement| statement.execute([])).map_err(error)?;
        Ok(connection.total_changes())
    }

    /// Notes that [`Transaction::start`] succeeded.
    pub(super) fn opened(mut self, changes: u64) -> Self {
        self.open = true;
        self.changes = changes;
        self
    }

    pub(super) fn connection(&self) -> Result<&Connection, StoreError> {
        match &self.lease {
            Lease::Writer(connection) => connection.as_ref(),
            Lease::Reader { connection, .. } => connection.as_ref(),
        }
        .ok_or(StoreError::Closed)
    }

    pub(crate) fn rows(&mut self, text: &str, params: &[Param<'_>]) -> Result<Vec<Cells>, StoreError> {
        #[cfg(test)]
        super::observed::note(text);
        let mut statement = self.connection()?.prepare_cached(text).map_err(error)?;
        query(&mut statement, params)
    }

    pub(crate) fn execute(&mut self, text: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        #[cfg(test)]
        super::observed::note(text);
        let mut statement = self.connection()?.prepare_cached(text).map_err(error)?;
        run(&mut statement, params)
    }

    pub(crate) fn insert(&mut self, text: &str, params: &[Param<'_>]) -> Result<i64, StoreError> {
        self.execute(text, params)?;
        Ok(self.connection()?.last_insert_rowid())
    }

    pub(crate) fn dynamic_rows(
        &mut self,
        text: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Cells>, StoreError> {
        #[cfg(test)]
        super::observed::note(text);
        let mut statement = self.connection()?.prepare(text).map_err(error)?;
        query(&mut statement, params)
    }

    pub(crate) fn dynamic_execute(&mut self, text: &str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        #[cfg(test)]
        super::observed::note(text);
        let mut statement = self.connection()?.prepare(text).map_err(error)?;
        run(&mut statement, params)
    }

    /// Commits; what reaches the disk is flushed on the blocking pool.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        if self.connection()?.total_changes() == self.changes {
            // Nothing to commit. Undoing nothing never waits, while an empty commit without a write-ahead log waits for
            // all who read.
            return Ok(());
        }
        if self.memory {
            return self.commit_here();
        }
        let task = tokio::task::spawn_blocking(move || self.commit_here());
        match task.await {
            Ok(result) => result,
            Err(failure) => {
                Err(StoreError::Query { backend: super::Backend::Sqlite, source: Box::new(failure) })
            }
        }
    }

    /// Commits on this thread. Without a write-ahead log, readers of other processes can hold a commit up.
    pub(super) fn commit_here(mut self) -> Result<(), StoreError> {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let connection = self.connection()?;
            let result = connection.prepare_cached("COMMIT").and_then(|mut statement| statement.execute([]));
            match result.map_err(error) {
                Ok(_) => break,
                Err(StoreError::Busy) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => return Err(error),
            }
        }
        self.open = false;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let undone = !self.open
            || self.connection().is_ok_and(|connection| {
                connection.prepare_cached("ROLLBACK").and_then(|mut statement| statement.execute([])).is_ok()
                    || connection.is_autocommit()
            });
        match &mut self.lease {
            Lease::Writer(connection) if !undone => {
                // A connection in an unknown state would poison what follows; the next use says "closed".
                tracing::error!("a transaction could not be undone, giving up the connection that writes");
                **connection = None;
            }
            Lease::Writer(_) => {}
            Lease::Reader { connection, home, .. } => {
                if let (Some(connection), true) = (connection.take(), undone) {
                    home.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                }
            }
        }
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    for (index, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(*param))?;
    }
    Ok(())
}

fn run(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<u64, StoreError> {
    bind(statement, params).and_then(|()| statement.raw_execute()).map(|count| count as u64).map_err(error)
}

fn query(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<Vec<Cells>, StoreError> {
    bind(statement, params).map_err(error)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(cell(row.get_ref(column).map_err(error)?));
        }
        answer.push(Cells::new(values));
    }
    Ok(answer)
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Bytes(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

/// A parameter in SQLite's types, as SQLAlchemy stores them.
struct Bound<'p>(Param<'p>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let borrowed =
            |value: Option<ValueRef<'static>>| ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null));
        Ok(match self.0 {
            Param::Int(value) => borrowed(value.map(ValueRef::Integer)),
            Param::Bool(value) => borrowed(value.map(|value| ValueRef::Integer(value.into()))),
            Param::Text(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Param::Bytes(Some(bytes)) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Param::Time(Some(moment)) => owned(time::format(&moment)),
            Param::Json(Some(value)) => owned(json::write(value)),
            Param::List(list) => owned(json::write(list)),
            Param::Text(None) | Param::Bytes(None) | Param::Time(None) | Param::Json(None) => borrowed(None),
        })
    }
}

fn owned(text: String) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Value::Text(text))
}
