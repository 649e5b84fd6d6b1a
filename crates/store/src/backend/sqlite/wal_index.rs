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

use rusqlite::Connection;

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
    /// Opens the index of the database that `connection` has open; None with other journals, where a file of that name
    /// may be left over and never change. The mode cannot change as long as a connection is open.
    pub(super) fn open(database: &Path, connection: &Connection) -> Option<Self> {
        let mode: rusqlite::Result<String> =
            connection.query_row("PRAGMA journal_mode", [], |row| row.get(0));
        if !mode.is_ok_and(|mode| mode.eq_ignore_ascii_case("wal")) {
            return None;
        }
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
        let index = WalIndex::open(&path, &one).unwrap();
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
    fn a_left_over_index_beside_another_journal_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let (path, index) = (directory.path().join("a.sqlite"), directory.path().join("a.sqlite-shm"));
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (x)").unwrap();
        let old = std::fs::read(&index).unwrap();
        connection.execute_batch("PRAGMA journal_mode=DELETE; INSERT INTO t VALUES (1)").unwrap();
        assert!(WalIndex::open(&path, &connection).is_none());
        std::fs::write(&index, old).unwrap();
        assert!(WalIndex::open(&path, &connection).is_none());
    }
}
