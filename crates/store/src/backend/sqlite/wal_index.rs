//! The header of SQLite's index of the write-ahead log, which changes with every commit of anybody.
//!
//! `PRAGMA data_version` looks at it too, but takes and gives back a lock around it, three system calls and a turn of
//! this process's own mutex; reading it is one. The format is part of SQLite's documented file formats
//! (<https://www.sqlite.org/walformat.html>, "The WAL-Index File Format"): two copies of 48 bytes, written one after the
//! other, so that a reader who finds them equal has not met a writer halfway.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::mem::ManuallyDrop;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Size of one copy of the header.
const COPY: usize = 48;
/// Where a copy says that it is in use: 1, else 0.
const IS_INITIALISED: usize = 12;

/// The index of an open database.
pub(super) struct WalIndex {
    /// Never closed: closing any descriptor of a file gives back all locks that this process holds on it (POSIX), and
    /// SQLite holds some.
    file: ManuallyDrop<File>,
    hasher: RandomState,
}

impl WalIndex {
    /// Opens the index of a database that this process has open; None where there is none, as with other journals.
    pub(super) fn open(database: &Path) -> Option<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        let file = ManuallyDrop::new(File::open(path).ok()?);
        Some(Self { file, hasher: RandomState::new() })
    }

    /// A number that differs from the one before whenever anybody has committed in between; None if a writer is just
    /// about to, or the log is not in use.
    pub(super) fn version(&self) -> Option<u64> {
        let mut header = [0_u8; 2 * COPY];
        self.file.read_exact_at(&mut header, 0).ok()?;
        let (first, second) = header.split_at(COPY);
        let in_use = first.get(IS_INITIALISED) == Some(&1);
        (in_use && first == second).then(|| self.hasher.hash_one(first))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::WalIndex;

    #[test]
    fn every_commit_of_anybody_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.sqlite");
        let one = Connection::open(&path).unwrap();
        one.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (x)").unwrap();
        let other = Connection::open(&path).unwrap();
        let index = WalIndex::open(&path).unwrap();
        let mut seen = vec![index.version().unwrap()];
        assert_eq!(index.version(), seen.last().copied());
        for connection in [&one, &other, &one] {
            connection.execute_batch("INSERT INTO t VALUES (1)").unwrap();
            seen.push(index.version().unwrap());
        }
        one.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        other.execute_batch("UPDATE t SET x = 2").unwrap();
        seen.push(index.version().unwrap());
        let different: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(different.len(), seen.len());
        one.query_row("SELECT count(*) FROM t", [], |_| Ok(())).unwrap();
        assert_eq!(index.version(), seen.last().copied());
    }

    #[test]
    fn other_journals_have_no_index() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.sqlite");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert!(WalIndex::open(&path).is_none());
    }
}
