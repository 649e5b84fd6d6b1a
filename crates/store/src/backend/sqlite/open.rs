//! Opening SQLite connections, and looking into a file before anything may change it.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::error;
use super::wal_index::WalIndex;
use crate::error::StoreError;
use crate::revision::Observed;

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Files up to this many bytes are checked page by page at start; that takes some milliseconds per megabyte.
const CHECK_UP_TO: u64 = 16 * 1024 * 1024;

/// Where a database is.
#[derive(Debug)]
pub(crate) struct Location {
    path: PathBuf,
    /// A database that lives only as long as this process: its file has no name any more.
    memory: bool,
    directory: Option<TempDir>,
}

impl Location {
    /// A database in a file.
    pub(crate) fn file(path: PathBuf) -> Self {
        Self { path, memory: false, directory: None }
    }

    /// A database for this process alone. It is a file in memory (`/dev/shm`, else the directory for temporary
    /// files) that loses its name as soon as all connections are open: unlike SQLite's own memory databases it lets
    /// several connections read while one writes, and nothing is left of it even after SIGKILL.
    pub(crate) fn memory() -> Result<Self, StoreError> {
        let builder = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix("perijove-");
            builder
        };
        let directory =
            builder().tempdir_in("/dev/shm").or_else(|_| builder().tempdir()).map_err(|error| {
                StoreError::Open { database: "in memory".to_owned(), source: Box::new(error) }
            })?;
        Ok(Self { path: directory.path().join("hub.sqlite"), memory: true, directory: Some(directory) })
    }

    pub(crate) fn is_memory(&self) -> bool {
        self.memory
    }

    /// The index of the write-ahead log that this connection reads from.
    pub(super) fn wal_index(&self, connection: &Connection) -> Option<WalIndex> {
        WalIndex::open(&self.path, connection)
    }

    /// Takes the names of a memory database's files away, once all connections are open.
    pub(super) fn forget_files(&mut self) {
        if let Some(error) = self.directory.take().and_then(|directory| directory.close().err()) {
            tracing::warn!(%error, "cannot remove the files of the database in memory");
        }
    }

    /// Makes a new file that only its owner may read, as it will hold tokens' hashes and encrypted state.
    pub(crate) fn create_file(&self) -> Result<(), StoreError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(self.cannot_open(error)),
        }
    }

    pub(super) fn open_writer(&self, busy_timeout: Duration) -> Result<Connection, StoreError> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(busy_timeout).map_err(|error| self.cannot_open(error))?;
        self.write_ahead(&connection);
        let synchronous = if self.memory { "OFF" } else { "FULL" };
        connection
            .execute_batch(&format!(
                "PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=ON; PRAGMA cache_size=-2048; \
                 PRAGMA journal_size_limit=4194304; SELECT count(*) FROM sqlite_master;"
            ))
            .and_then(|()| connection.busy_timeout(Duration::ZERO))
            .map_err(|error| self.cannot_open(error))?;
        Ok(connection)
    }

    /// Readers and a writer do not wait for each other then. The mode stays with the file; JupyterHub does not mind.
    fn write_ahead(&self, connection: &Connection) {
        let mode: rusqlite::Result<String> =
            connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0));
        match mode {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => {}
            Ok(mode) => {
                tracing::warn!(%mode, "the database's file system has no shared memory, requests may wait for writes");
            }
            Err(error) => {
                tracing::warn!(%error, "another process uses the database, its journal mode stays as it is");
            }
        }
    }

    pub(super) fn open_reader(&self) -> Result<Connection, StoreError> {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection
            .busy_timeout(Duration::from_secs(5))
            .and_then(|()| {
                connection.execute_batch(
                    "PRAGMA query_only=ON; PRAGMA cache_size=-1024; SELECT count(*) FROM sqlite_master;",
                )
            })
            .map_err(|error| self.cannot_open(error))?;
        Ok(connection)
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| self.cannot_open(error))?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(connection)
    }

    fn cannot_open(&self, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
        StoreError::Open { database: self.path.display().to_string(), source: Box::new(source) }
    }

    /// Looks into the file without changing a byte of it. None if it does not exist or is empty.
    pub(crate) fn look(&self) -> Result<Option<Observed>, StoreError> {
        if self.memory || !self.has_content()? {
            return Ok(None);
        }
        let connection = self.open_for_looking()?;
        let observed = self.check(&connection).and_then(|()| inspect(&connection));
        match observed {
            Ok(observed) => Ok(Some(observed)),
            Err(StoreError::Query { source, .. }) => Err(self.damaged(source.to_string())),
            Err(error) => Err(error),
        }
    }

    fn has_content(&self) -> Result<bool, StoreError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.cannot_open(error)),
        };
        let mut start = [0; 16];
        let length = file.metadata().map_err(|error| self.cannot_open(error))?.len();
        if length == 0 {
            return Ok(false);
        }
        match file.read_exact(&mut start) {
            Ok(()) if start == *MAGIC => Ok(true),
            Ok(()) => Err(self.damaged("it does not begin as one".to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(self.damaged("it is too short".to_owned()))
            }
            Err(error) => Err(self.cannot_open(error)),
        }
    }

    /// A file without a journal beside it is opened as if it could never change: SQLite then leaves no trace. With a
    /// write-ahead log it must be read too, and a hot journal must be rolled back first, which is not damage.
    fn open_for_looking(&self) -> Result<Connection, StoreError> {
        let beside = |suffix: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            std::fs::metadata(name).is_ok_and(|data| data.len() > 0)
        };
        if beside("-journal") {
            return self.open(OpenFlags::SQLITE_OPEN_READ_WRITE);
        }
        if beside("-wal") {
            return self.open(OpenFlags::SQLITE_OPEN_READ_ONLY);
        }
        let absolute = std::path::absolute(&self.path).map_err(|error| self.cannot_open(error))?;
        let path = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)
            .map_err(|error| self.cannot_open(error))
    }

    fn check(&self, connection: &Connection) -> Result<(), StoreError> {
        let length = std::fs::metadata(&self.path).map_err(|error| self.cannot_open(error))?.len();
        if length > CHECK_UP_TO {
            return Ok(());
        }
        self.check_thoroughly(connection)
    }

    /// Reads every page. Errors with what SQLite finds wrong first.
    fn check_thoroughly(&self, connection: &Connection) -> Result<(), StoreError> {
        let verdict: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(error)?;
        if verdict == "ok" { Ok(()) } else { Err(self.damaged(verdict)) }
    }

    /// Copies the database to a new file beside it, whose name upstream would choose too.
    pub(crate) fn back_up(&self, time: &str) -> Result<PathBuf, StoreError> {
        let base = self.path.to_string_lossy().into_owned() + "." + time;
        let mut copy = PathBuf::from(&base);
        let failed = |copy: &Path, source: Box<dyn std::error::Error + Send + Sync>| StoreError::Backup {
            path: copy.to_path_buf(),
            source,
        };
        for attempt in 1..10 {
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy) {
                Ok(_) => break,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && attempt < 9 => {
                    copy = PathBuf::from(format!("{base}.{attempt}"));
                }
                Err(error) => return Err(failed(&copy, Box::new(error))),
            }
        }
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        self.check_thoroughly(&connection)?;
        connection
            .execute("VACUUM INTO ?", [copy.to_string_lossy()])
            .map_err(|error| failed(&copy, Box::new(error)))?;
        File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| failed(&copy, Box::new(error)))?;
        Ok(copy)
    }

    fn damaged(&self, reason: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), reason }
    }
}

/// The tables with their columns, and the revision.
pub(crate) fn inspect(connection: &Connection) -> Result<Observed, StoreError> {
    let mut observed = Observed::default();
    let mut columns = connection
        .prepare(
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
        )
        .map_err(error)?;
    let pairs = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(error)?;
    for pair in pairs {
        let (table, column): (String, String) = pair.map_err(error)?;
        observed.tables.entry(table).or_default().insert(column);
    }
    let mut indexes = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'perijove%'")
        .map_err(error)?;
    let names = indexes.query_map([], |row| row.get(0)).map_err(error)?;
    observed.own_indexes = names.collect::<Result<_, _>>().map_err(error)?;
    if observed.tables.contains_key("alembic_version") {
        let mut versions = connection.prepare("SELECT version_num FROM alembic_version").map_err(error)?;
        let found = versions.query_map([], |row| row.get(0)).map_err(error)?;
        observed.revisions = found.collect::<Result<_, _>>().map_err(error)?;
    }
    Ok(observed)
}
