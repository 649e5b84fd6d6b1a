//! SQLite, through its library directly: a statement here costs less than handing it to another thread would.
//!
//! One connection writes, a few read, and one does nothing but ask for `PRAGMA data_version`. Waiting for another
//! process's lock is done by trying again between sleeps, so that no thread is held up.

#[cfg(test)]
pub(crate) mod observed;
mod open;
mod probe;
mod transaction;
mod wal_index;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub(crate) use open::{Location, inspect};
pub(crate) use transaction::{SameFacts, Transaction};

use super::Backend;
use crate::error::StoreError;
use probe::Probe;
use transaction::Lease;

/// How many connections read.
const READERS: usize = 8;

/// The connections to one database.
#[derive(Clone)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    location: Location,
    writer: Arc<tokio::sync::Mutex<Option<Connection>>>,
    readers: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    probe: Probe,
    busy_timeout: Duration,
}

impl Pool {
    /// Opens the connections; the file must exist and be fit for use, or be new.
    pub(crate) fn open(location: Location, busy_timeout: Duration) -> Result<Self, StoreError> {
        let writer = location.open_writer(busy_timeout)?;
        let mut readers = Vec::new();
        if location.is_memory() {
            for _ in 0..READERS {
                readers.push(location.open_reader()?);
            }
        }
        let asking = location.open_reader()?;
        let index = location.wal_index(&asking);
        let probe = Probe::new(asking, index);
        let mut location = location;
        location.forget_files();
        Ok(Self {
            inner: Arc::new(Inner {
                location,
                writer: Arc::new(tokio::sync::Mutex::new(Some(writer))),
                readers: Mutex::new(readers),
                permits: Arc::new(Semaphore::new(READERS)),
                probe,
                busy_timeout,
            }),
        })
    }

    /// Begins to write, as soon as no other transaction of this or of another process does.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        let deadline = Instant::now() + self.inner.busy_timeout;
        let lock = Arc::clone(&self.inner.writer).lock_owned();
        let guard = tokio::time::timeout_at(deadline, lock).await.map_err(|_| StoreError::Busy)?;
        let transaction = Transaction::new(Lease::Writer(guard), Arc::clone(&self.inner));
        let mut pause = Duration::from_millis(1);
        loop {
            match transaction.start("BEGIN IMMEDIATE") {
                Ok(transaction_open) => return Ok(transaction.opened(transaction_open)),
                Err(StoreError::Busy) if Instant::now() < deadline => tokio::time::sleep(pause).await,
                Err(error) => return Err(error),
            }
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    /// Begins to read one state of the database.
    pub(crate) async fn read(&self) -> Result<Transaction, StoreError> {
        let transaction = self.lease().await?;
        let open = transaction.start("BEGIN")?;
        Ok(transaction.opened(open))
    }

    /// [`Pool::read`], with the version of the facts in exactly the state that is read. None if somebody commits at this
    /// moment.
    pub(crate) async fn read_at_version(&self) -> Result<(Transaction, Option<u64>), StoreError> {
        let transaction = self.read().await?;
        let before = self.inner.probe.facts_version()?;
        // The state is the one of the first look into the database.
        transaction.data_version()?;
        let after = self.inner.probe.facts_version()?;
        Ok((transaction, (before == after).then_some(after)))
    }

    /// A reading connection without a transaction around it, for a single statement.
    pub(crate) async fn lease(&self) -> Result<Transaction, StoreError> {
        let permit = Arc::clone(&self.inner.permits).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let idle = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.inner.location.open_reader()?,
        };
        let lease = Lease::Reader { connection: Some(connection), _permit: permit };
        Ok(Transaction::new(lease, Arc::clone(&self.inner)))
    }

    /// A number that changes whenever anybody commits a change, see [`Probe::version`].
    pub(crate) fn data_version(&self) -> Result<u64, StoreError> {
        self.inner.probe.version()
    }

    /// The same, but for what is no fact, see [`Transaction::commit_keeping_facts`].
    pub(crate) fn facts_version(&self) -> Result<u64, StoreError> {
        self.inner.probe.facts_version()
    }

    /// Waits for all transactions, moves the write-ahead log into the database file, and closes.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        // Nobody can begin to read any more; those who read hold permits.
        let all = u32::try_from(READERS).unwrap_or(u32::MAX);
        let waiting = self.inner.permits.acquire_many(all);
        let _ = tokio::time::timeout(self.inner.busy_timeout, waiting).await;
        self.inner.permits.close();
        let mut guard = self.inner.writer.lock().await;
        let writer = guard.take();
        self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.probe.close();
        let (Some(writer), false) = (writer, self.inner.location.is_memory()) else { return Ok(()) };
        // A process that reads at this moment prevents it, and then its own close does the work.
        let checkpoint = move || writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        match tokio::task::spawn_blocking(checkpoint).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot move the write-ahead log into the database file")
            }
            Err(error) => tracing::warn!(%error, "the last checkpoint was interrupted"),
        }
        Ok(())
    }

    /// Runs statements that set up or upgrade the schema: all or none.
    pub(crate) async fn set_up(
        &self,
        statements: impl FnOnce(&Connection) -> Result<Vec<String>, StoreError>,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let connection = transaction.connection()?;
        let statements = statements(connection)?;
        if statements.is_empty() {
            return Ok(());
        }
        for statement in statements {
            connection.execute_batch(&statement).map_err(error)?;
        }
        transaction.commit_here()
    }
}

/// Sorts errors by what a caller can do about them.
pub(super) fn error(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    const UNIQUE: i32 = rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
    const PRIMARY_KEY: i32 = rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY;
    const FOREIGN_KEY: i32 = rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY;
    if let rusqlite::Error::SqliteFailure(failure, _) = &error {
        match (failure.code, failure.extended_code) {
            (DatabaseBusy | DatabaseLocked, _) => return StoreError::Busy,
            (_, UNIQUE | PRIMARY_KEY) => return StoreError::Conflict,
            (_, FOREIGN_KEY) => return StoreError::Gone,
            _ => {}
        }
    }
    StoreError::Query { backend: Backend::Sqlite, source: Box::new(error) }
}
