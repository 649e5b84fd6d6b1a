//! Other programs on the same SQLite file: JupyterHub, an administrator at an SQL prompt, a crash.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use perijove_store::{Backend, Store, StoreError, StoreOptions};

use crate::databases::Database;
use crate::rows::user;

const ROW: &str = "INSERT INTO users (name, cookie_id) VALUES";

async fn count(store: &Store) -> i64 {
    store.read().await.unwrap().users().count().await.unwrap()
}

#[tokio::test]
async fn others_are_seen_at_once() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let other = rusqlite::Connection::open(database.file()).unwrap();
    for number in 0..20 {
        let before = store.data_version().await.unwrap().unwrap();
        assert_eq!(store.data_version().await.unwrap(), Some(before));
        other.execute(&format!("{ROW} ('other{number}', 'o{number}')"), []).unwrap();
        let between = store.data_version().await.unwrap().unwrap();
        assert_ne!(between, before);
        assert_eq!(count(&store).await, i64::from(2 * number + 1));
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, &format!("own{number}")).await;
        assert_eq!(store.data_version().await.unwrap(), Some(between), "nothing is committed yet");
        tx.commit().await.unwrap();
        assert_ne!(store.data_version().await.unwrap(), Some(between), "a commit of this process counts too");
    }
    store.close().await.unwrap();
    assert!(matches!(store.data_version().await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn servers_have_no_version_to_ask_for() {
    for backend in [Backend::Postgres, Backend::MySql] {
        let Some(database) = Database::create(backend).await else { continue };
        let store = database.connect().await;
        assert_eq!(store.data_version().await.unwrap(), None);
        store.close().await.unwrap();
        database.remove().await;
    }
}

/// A transaction that begins while another program writes waits for it, and reads go on meanwhile.
#[tokio::test]
async fn a_writer_is_waited_for() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let other = rusqlite::Connection::open(database.file()).unwrap();
    other.execute_batch(&format!("BEGIN IMMEDIATE; {ROW} ('bob', 'b')")).unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let seen = tx.users().count().await.unwrap();
            user(&mut tx, "ada").await;
            tx.commit().await.unwrap();
            seen
        }
    });
    tokio::task::yield_now().await;
    assert_eq!(count(&store).await, 0);
    assert!(!waiting.is_finished());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(waiting.await.unwrap(), 1);
    assert_eq!(count(&store).await, 2);
    store.close().await.unwrap();
}

/// Only a program that never lets go makes a request fail, with an error that says that trying again may help.
#[tokio::test]
async fn waiting_has_an_end() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let options = StoreOptions { busy_timeout: Duration::from_millis(50), ..StoreOptions::default() };
    let store = database.connect_with(options).await.unwrap();
    let other = rusqlite::Connection::open(database.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let failure = store.begin().await.unwrap_err();
    assert!(failure.is_busy(), "{failure}");
    assert_eq!(count(&store).await, 0);
    other.execute_batch("ROLLBACK").unwrap();
    drop(store.begin().await.unwrap());
    store.close().await.unwrap();
}

/// Upstream's own tests create and drop a table from another connection after each request.
#[tokio::test]
async fn nothing_stays_locked() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let other = rusqlite::Connection::open(database.file()).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    for number in 0..5 {
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, &format!("user{number}")).await;
        if number % 2 == 0 {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        assert_eq!(count(&store).await, i64::from(number / 2 + 1));
        store.resolve_by_prefix("abcd").await.unwrap();
        other.execute_batch("CREATE TABLE scratch (x); DROP TABLE scratch").unwrap();
    }
    store.close().await.unwrap();
}

/// Rollback journals are what JupyterHub leaves; a reader there holds up a commit, but never breaks it.
#[tokio::test]
async fn readers_with_a_rollback_journal_are_waited_for() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    database.connect().await.close().await.unwrap();
    let other = rusqlite::Connection::open(database.file()).unwrap();
    let mode: String = other.query_row("PRAGMA journal_mode=DELETE", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    // As long as somebody reads, the mode cannot be changed: the store must work all the same.
    other.execute_batch("BEGIN; SELECT count(*) FROM users").unwrap();
    let options = StoreOptions { busy_timeout: Duration::from_millis(50), ..StoreOptions::default() };
    let store = database.connect_with(options).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    user(&mut tx, "ada").await;
    let commit = tokio::spawn(tx.commit());
    tokio::task::yield_now().await;
    other.execute_batch("COMMIT").unwrap();
    commit.await.unwrap().unwrap();
    assert_eq!(count(&store).await, 1);
    store.close().await.unwrap();
}

/// Several programs that write as fast as they can: every row arrives, and nobody sees "database is locked".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_write_all_the_time() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let file = database.file();
    let other = tokio::task::spawn_blocking(move || {
        let other = rusqlite::Connection::open(file).unwrap();
        other.busy_timeout(Duration::from_secs(20)).unwrap();
        for number in 0..200 {
            other.execute(&format!("{ROW} ('other{number}', 'o{number}')"), []).unwrap();
        }
    });
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..25 {
                    let mut tx = store.begin().await.unwrap();
                    user(&mut tx, &format!("own{task} {number}")).await;
                    tx.commit().await.unwrap();
                    store.read().await.unwrap().users().count().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    other.await.unwrap();
    assert_eq!(count(&store).await, 300);
    store.close().await.unwrap();
}

/// The write-ahead log goes into the file at the end, so that a copy of the file alone is whole.
#[tokio::test]
async fn closing_leaves_one_file() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let mut tx = store.begin().await.unwrap();
    user(&mut tx, "ada").await;
    tx.commit().await.unwrap();
    store.close().await.unwrap();
    let left: Vec<_> = std::fs::read_dir(database.file().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["hub.sqlite"]);
}

/// This test is its own victim: run with the variable set, the same function writes until it is killed.
const VICTIM: &str = "PERIJOVE_TEST_VICTIM";

#[tokio::test]
async fn a_crash_loses_nothing_that_was_committed() {
    if let Ok(url) = std::env::var(VICTIM) {
        return write_until_killed(&url).await;
    }
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["concurrency::a_crash_loses_nothing_that_was_committed", "--exact", "--nocapture"])
        .env(VICTIM, &database.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut committed = 0;
    for line in lines.map_while(Result::ok).filter(|line| line.starts_with("committed ")) {
        committed = line["committed ".len()..].parse::<i64>().unwrap();
        if committed == 40 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(committed, 40);
    let store = database.connect().await;
    assert!(count(&store).await >= committed);
    let mut tx = store.begin().await.unwrap();
    user(&mut tx, "after").await;
    tx.commit().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(database.column("PRAGMA integrity_check").await, ["ok"]);
    assert_eq!(database.column("PRAGMA foreign_key_check").await, Vec::<String>::new());
}

async fn write_until_killed(url: &str) {
    let store = Store::connect(url, StoreOptions::default()).await.unwrap();
    for number in 1.. {
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, &format!("user{number}")).await;
        tx.commit().await.unwrap();
        std::io::stdout().write_all(format!("committed {number}\n").as_bytes()).unwrap();
    }
}
