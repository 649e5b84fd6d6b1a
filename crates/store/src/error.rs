//! What can go wrong with the database.

use std::path::PathBuf;

use crate::Backend;
use crate::url::UrlError;

/// The error of a driver or of the operating system.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An error of the store. No message contains a password or the contents of a row.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `db_url` is not understood.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The database cannot be opened or reached.
    #[error("cannot open the database {database}: {source}")]
    Open {
        /// Which one, without its password.
        database: String,
        /// Why.
        source: Cause,
    },
    /// The file is no SQLite database, or one that is damaged. It was not changed.
    #[error("{} is damaged or is no SQLite database, and was left as it is: {reason}\nhint: restore it from a backup, or name another database in JupyterHub.db_url", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The tables are not those that the revision says. Nothing was changed.
    #[error(
        "the database {database} says that its schema is {revision}, but {problem}; it was left as it is\nhint: restore it from a backup, or repair it with JupyterHub's own tools"
    )]
    Inconsistent {
        /// Which one, without its password.
        database: String,
        /// The revision that it claims to have.
        revision: String,
        /// What is missing.
        problem: String,
    },
    /// An earlier schema that can be upgraded here.
    #[error(
        "the database {database} has the schema of JupyterHub 5 ({found}), this version needs {head}\nhint: {}", upgrade_hint(*backend)
    )]
    NeedsUpgrade {
        /// Which one, without its password.
        database: String,
        /// Of which kind: only a file can be backed up here.
        backend: Backend,
        /// Its revision.
        found: String,
        /// The revision that is needed.
        head: &'static str,
    },
    /// A schema that is too old to be upgraded here.
    #[error(
        "the database {database} has the schema of a JupyterHub before 5.0 ({found}), which can only be upgraded by JupyterHub itself\nhint: pip install 'jupyterhub==6.1.1', make a backup, run `jupyterhub upgrade-db` with the same configuration, then start again"
    )]
    TooOld {
        /// Which one, without its password.
        database: String,
        /// Its revision, or how it was recognised.
        found: String,
    },
    /// A schema that this version has never heard of.
    #[error(
        "the database {database} has a schema that this version does not know ({found}), probably of a later JupyterHub; it was left as it is\nhint: use a later version of Perijove, or go back to a backup of this database"
    )]
    UnknownRevision {
        /// Which one, without its password.
        database: String,
        /// Its revision.
        found: String,
    },
    /// The backup before an upgrade failed; nothing was upgraded.
    #[error("cannot back up the database to {}, so it was not upgraded: {source}", path.display())]
    Backup {
        /// The backup that was to be made.
        path: PathBuf,
        /// Why not.
        source: Cause,
    },
    /// Another process kept the database locked for too long, or two transactions got in each other's way. Trying
    /// again may help.
    #[error("the database is busy")]
    Busy,
    /// A row with the same unique value exists.
    #[error("such a row exists already")]
    Conflict,
    /// A row that this one belongs to is not there any more.
    #[error("what it belongs to is not there any more")]
    Gone,
    /// A write was tried in a transaction that may only read.
    #[error("this transaction may only read")]
    ReadOnly,
    /// The store was closed.
    #[error("the database was closed")]
    Closed,
    /// A column holds something that its type forbids.
    #[error("column {position} of a row does not hold {expected}")]
    Value {
        /// Position in the answer, from 0.
        position: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// A statement failed.
    #[error("{backend} refused a statement: {source}")]
    Query {
        /// Where.
        backend: Backend,
        /// Why.
        source: Cause,
    },
}

/// What to do before and for an upgrade.
fn upgrade_hint(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => {
            "run `perijove upgrade-db`, or set JupyterHub.upgrade_db to True; the file is backed up first"
        }
        Backend::Postgres => {
            "make a dump with pg_dump, since a server's database is not backed up here, then run `perijove upgrade-db`"
        }
        Backend::MySql => {
            "make a dump with mysqldump, since a server's database is not backed up here, then run `perijove upgrade-db`"
        }
    }
}

impl StoreError {
    /// True if the same operation may succeed when tried again.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }

    /// True if a unique value exists already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}
