//! A fresh database for each test, on each kind of server.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use perijove_store::{Backend, Store, StoreOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, PgConnection};

/// Makes three tests of each function, one for each kind of database.
macro_rules! on_every_database {
    ($($(#[$meta:meta])* async fn $name:ident($store:ident: Store) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn check($store: perijove_store::Store) $body

            #[tokio::test]
            async fn sqlite() {
                crate::databases::run(perijove_store::Backend::Sqlite, check).await;
            }

            #[tokio::test]
            async fn postgres() {
                crate::databases::run(perijove_store::Backend::Postgres, check).await;
            }

            #[tokio::test]
            async fn mysql() {
                crate::databases::run(perijove_store::Backend::MySql, check).await;
            }
        }
    )* };
}

/// An empty database that ends with the test.
pub struct Database {
    pub backend: Backend,
    pub url: String,
    /// The server's URL and the name of the database there.
    server: Option<(String, String)>,
    directory: Option<tempfile::TempDir>,
}

/// Runs a check on a new database with the schema.
pub async fn run<F: AsyncFnOnce(Store)>(backend: Backend, check: F) {
    let Some(database) = Database::create(backend).await else { return };
    let store = database.connect().await;
    check(store.clone()).await;
    store.close().await.unwrap();
    database.remove().await;
}

impl Database {
    /// None if there is no such server, which is said once.
    pub async fn create(backend: Backend) -> Option<Self> {
        if backend == Backend::Sqlite {
            let directory = tempfile::tempdir().unwrap();
            let url = format!("sqlite:///{}", directory.path().join("hub.sqlite").display());
            return Some(Self { backend, url, server: None, directory: Some(directory) });
        }
        let server = server_url(backend)?;
        let name = unused_name();
        let suffix = if backend == Backend::MySql { " CHARACTER SET utf8mb4" } else { " TEMPLATE template0" };
        execute(backend, &server, &format!("CREATE DATABASE {name}{suffix}")).await;
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        Some(Self { backend, url, server: Some((server, name)), directory: None })
    }

    pub async fn connect(&self) -> Store {
        self.connect_with(StoreOptions::default()).await.unwrap()
    }

    pub async fn connect_with(&self, options: StoreOptions) -> Result<Store, perijove_store::StoreError> {
        Store::connect(&self.url, options).await
    }

    /// The file of an SQLite database.
    pub fn file(&self) -> std::path::PathBuf {
        self.directory.as_ref().unwrap().path().join("hub.sqlite")
    }

    /// Runs statements beside the store, as another program would.
    pub async fn execute(&self, text: &str) {
        match self.backend {
            Backend::Sqlite => rusqlite::Connection::open(self.file()).unwrap().execute_batch(text).unwrap(),
            Backend::Postgres | Backend::MySql => execute(self.backend, &self.url, text).await,
        }
    }

    /// The first column of an answer as text.
    pub async fn column(&self, text: &str) -> Vec<String> {
        match self.backend {
            Backend::Sqlite => {
                let connection = rusqlite::Connection::open(self.file()).unwrap();
                let mut statement = connection.prepare(text).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap()
            }
            Backend::MySql => {
                let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
                let rows: Vec<Vec<u8>> =
                    sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap();
                rows.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
            }
        }
    }

    /// Removes the database from its server. After a failed test it stays, and ends with the server.
    pub async fn remove(self) {
        if let Some((server, name)) = &self.server {
            execute(self.backend, server, &format!("DROP DATABASE {name}")).await;
        }
    }
}

fn server_url(backend: Backend) -> Option<String> {
    match backend {
        Backend::Postgres => setting("PERIJOVE_TEST_POSTGRES", "the tests on PostgreSQL"),
        Backend::MySql => setting("PERIJOVE_TEST_MYSQL", "the tests on MySQL"),
        Backend::Sqlite => None,
    }
}

/// An environment variable; without it some tests are left out, which is said once, and is an error where CI is.
pub fn setting(variable: &'static str, tests: &str) -> Option<String> {
    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let found = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} must be set where CI is");
        if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(variable) {
            // `eprintln!` would go to the test harness, which shows nothing of tests that pass.
            let text = format!("\nSKIPPED: {tests}, since {variable} is not set\n");
            std::io::stderr().write_all(text.as_bytes()).unwrap();
        }
    }
    found
}

fn unused_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("perijove_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

async fn execute(backend: Backend, url: &str, text: &str) {
    let statements = sqlx::raw_sql(AssertSqlSafe(text));
    match backend {
        Backend::Postgres => PgConnection::connect(url).await.unwrap().execute(statements).await.map(|_| ()),
        Backend::MySql => MySqlConnection::connect(url).await.unwrap().execute(statements).await.map(|_| ()),
        Backend::Sqlite => unreachable!("a file has no server"),
    }
    .unwrap();
}
