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
    Reader { connection: Option<Connection>, _permit: OwnedSemaphorePermit },
}

/// A transaction; dropping it undoes it and gives the connection back.
pub(crate) struct Transaction {
    lease: Lease,
    home: Arc<Inner>,
    open: bool,
    /// Rows that this connection had changed before.
    changes: u64,
}

impl Transaction {
    pub(super) fn new(lease: Lease, home: Arc<Inner>) -> Self {
        Self { lease, home, open: false, changes: 0 }
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

    /// A number that differs from the one before whenever another connection has committed in between. A transaction
    /// that reads takes its state of the database no later than now.
    pub(super) fn data_version(&self) -> Result<i64, StoreError> {
        let mut statement = self.connection()?.prepare_cached("PRAGMA data_version").map_err(error)?;
        statement.query_row([], |row| row.get(0)).map_err(error)
    }

    /// Commits; what reaches the disk is flushed on the blocking pool.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        if self.has_changes()? { self.off_thread(Self::commit_here).await } else { Ok(()) }
    }

    /// [`Transaction::commit`] of changes that are none of the facts, see [`SameFacts`].
    pub(crate) async fn commit_keeping_facts(self) -> Result<Option<SameFacts>, StoreError> {
        if self.has_changes()? { self.off_thread(Self::commit_keeping_facts_here).await } else { Ok(None) }
    }

    /// Undoing nothing never waits, while an empty commit without a write-ahead log waits for all who read.
    fn has_changes(&self) -> Result<bool, StoreError> {
        Ok(self.connection()?.total_changes() != self.changes)
    }

    async fn off_thread<T: Send + 'static>(
        self,
        commit: fn(Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.home.location.is_memory() {
            // Nothing reaches a disk.
            return commit(self);
        }
        let failed = |source| StoreError::Query { backend: super::Backend::Sqlite, source: Box::new(source) };
        tokio::task::spawn_blocking(move || commit(self)).await.map_err(failed)?
    }

    /// Commits on this thread.
    pub(super) fn commit_here(mut self) -> Result<(), StoreError> {
        self.finish()
    }

    fn commit_keeping_facts_here(mut self) -> Result<Option<SameFacts>, StoreError> {
        // Nobody else can commit before this does, so this is the version that it replaces.
        let older = self.home.probe.indexed();
        let others = self.data_version()?;
        self.finish()?;
        let version = self.home.probe.indexed();
        // Asked last: if nobody else has committed up to now, the version is what this transaction made.
        let is_alone = self.data_version().is_ok_and(|now| now == others);
        let same = |older, version| SameFacts { home: Arc::clone(&self.home), older, version };
        Ok(older.zip(version).filter(|_| is_alone).map(|(older, version)| same(older, version)))
    }

    /// Without a write-ahead log, readers of other processes can hold a commit up.
    fn finish(&mut self) -> Result<(), StoreError> {
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

/// Two versions of the database with a commit between them that changed no facts, and nothing else between them.
pub(crate) struct SameFacts {
    home: Arc<Inner>,
    older: u64,
    version: u64,
}

impl SameFacts {
    /// The version of the facts before, and so of those after.
    pub(crate) fn facts_version(&self) -> u64 {
        self.home.probe.oldest_with_facts_of(self.older)
    }

    /// From now on, what was true of the older version counts as true of the newer.
    pub(crate) fn confirm(self) {
        self.home.probe.note_same_facts(self.older, self.version);
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
            Lease::Reader { connection, .. } => {
                if let (Some(connection), true) = (connection.take(), undone) {
                    self.home.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
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
