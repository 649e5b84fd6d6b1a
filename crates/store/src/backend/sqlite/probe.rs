//! Whether anything has changed, for many requests at once: from the index of the write-ahead log, or by
//! `PRAGMA data_version`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::error;
use super::wal_index::WalIndex;
use crate::error::StoreError;

/// A connection that never writes, so that every change is somebody else's and shows in its data version.
pub(super) struct Probe {
    /// The quick way; None where the journal is not a write-ahead log.
    index: Option<WalIndex>,
    closed: AtomicBool,
    /// How many questions have been asked.
    begun: AtomicU64,
    last: Mutex<Last>,
    same: Mutex<Option<Same>>,
}

/// A version in which the facts are still those of an older one: all that was committed in between was this process's
/// own, and no change of facts.
#[derive(Clone, Copy)]
struct Same {
    version: u64,
    older: u64,
}

struct Last {
    connection: Option<Connection>,
    /// The number of the question that was answered last.
    question: u64,
    version: u64,
}

impl Probe {
    pub(super) fn new(connection: Connection, index: Option<WalIndex>) -> Self {
        let last = Last { connection: Some(connection), question: 0, version: 0 };
        Self {
            index,
            closed: AtomicBool::new(false),
            begun: AtomicU64::new(0),
            last: Mutex::new(last),
            same: Mutex::default(),
        }
    }

    /// The version of the facts: [`Probe::version`], or the oldest that has the same ones.
    pub(super) fn facts_version(&self) -> Result<u64, StoreError> {
        self.version().map(|version| self.oldest_with_facts_of(version))
    }

    /// The version as the index of the write-ahead log has it: while `connection` holds the lock for writing, the one
    /// that its transaction will replace.
    pub(super) fn indexed(&self) -> Option<u64> {
        self.index.as_ref().and_then(WalIndex::version)
    }

    /// Notes that `version` has the facts of `older`.
    pub(super) fn note_same_facts(&self, older: u64, version: u64) {
        let older = self.oldest_with_facts_of(older);
        *self.same.lock().unwrap_or_else(PoisonError::into_inner) = Some(Same { version, older });
    }

    /// The oldest version known to have the facts of this one.
    pub(super) fn oldest_with_facts_of(&self, version: u64) -> u64 {
        let same = *self.same.lock().unwrap_or_else(PoisonError::into_inner);
        same.filter(|same| same.version == version).map_or(version, |same| same.older)
    }

    /// The version now, or at a moment after this call began.
    ///
    /// Callers that arrive while the question is asked wait for the next one, which then answers all of them: an
    /// answer serves whoever arrived before its question began, and nobody else.
    pub(super) fn version(&self) -> Result<u64, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Closed);
        }
        // The two ways give numbers that differ, which at worst makes callers read once more.
        if let Some(version) = self.index.as_ref().and_then(WalIndex::version) {
            return Ok(version);
        }
        let arrived = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.question > arrived {
            return Ok(last.version);
        }
        let question = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let connection = last.connection.as_ref().ok_or(StoreError::Closed)?;
        let version: i64 = connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(error)?;
        last.question = question;
        last.version = version.cast_unsigned();
        Ok(last.version)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).connection = None;
    }
}
