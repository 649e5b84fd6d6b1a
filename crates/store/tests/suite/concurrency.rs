//! Other programs on the same SQLite file: JupyterHub, an administrator at an SQL prompt, a crash.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use perijove_store::{Backend, Store, StoreError, StoreOptions};

use crate::databases::Database;
use crate::rows::{at, user};

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

async fn facts(store: &Store) -> u64 {
    store.facts_version().await.unwrap().unwrap()
}

/// Commits a time of activity and, if nobody else came between, keeps the facts.
async fn be_active(store: &Store, id: i64, second: i64) {
    let mut tx = store.begin().await.unwrap();
    tx.users().set_activity(&[(id, at(second))]).await.unwrap();
    tx.commit_keeping_facts().await.unwrap().confirm();
}

#[tokio::test]
async fn facts_outlive_own_commits_of_what_is_none() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let mut tx = store.begin().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    tx.commit().await.unwrap();
    let before = facts(&store).await;
    for second in 0..20 {
        let data = store.data_version().await.unwrap();
        be_active(&store, ada.id, second).await;
        assert_ne!(store.data_version().await.unwrap(), data);
        assert_eq!(facts(&store).await, before);
    }
    let mut unconfirmed = store.begin().await.unwrap();
    unconfirmed.users().set_activity(&[(ada.id, at(20))]).await.unwrap();
    let committed = unconfirmed.commit_keeping_facts().await.unwrap();
    let between = facts(&store).await;
    assert_ne!(between, before);
    committed.confirm();
    assert_eq!(facts(&store).await, before);
    // Where the write-ahead log begins anew, facts may count as new.
    let other = rusqlite::Connection::open(database.file()).unwrap();
    other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    be_active(&store, ada.id, 21).await;
    let after = facts(&store).await;
    for second in 22..25 {
        be_active(&store, ada.id, second).await;
        assert_eq!(facts(&store).await, after);
    }
    assert_eq!(store.read_at_version().await.unwrap().1, Some(after));
    // Nothing to commit.
    store.begin().await.unwrap().commit_keeping_facts().await.unwrap().confirm();
    assert_eq!(facts(&store).await, after);
    let mut tx = store.begin().await.unwrap();
    user(&mut tx, "bob").await;
    tx.commit().await.unwrap();
    assert_ne!(facts(&store).await, after);
}

#[tokio::test]
async fn facts_of_others_are_always_new() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let other = rusqlite::Connection::open(database.file()).unwrap();
    let mut tx = store.begin().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    tx.commit().await.unwrap();
    let mut seen = vec![facts(&store).await];
    let mut new = async |what: &str| {
        let now = facts(&store).await;
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    // Before an own commit.
    other.execute(&format!("{ROW} ('one', '1')"), []).unwrap();
    be_active(&store, ada.id, 1).await;
    new("before").await;
    // Between an own commit and its confirmation.
    let mut tx = store.begin().await.unwrap();
    tx.users().set_activity(&[(ada.id, at(2))]).await.unwrap();
    let committed = tx.commit_keeping_facts().await.unwrap();
    other.execute(&format!("{ROW} ('two', '2')"), []).unwrap();
    committed.confirm();
    new("between").await;
    // After it.
    be_active(&store, ada.id, 3).await;
    other.execute(&format!("{ROW} ('three', '3')"), []).unwrap();
    new("after").await;
    // In the same row and column.
    other.execute("UPDATE users SET last_activity = NULL WHERE name = 'ada'", []).unwrap();
    be_active(&store, ada.id, 4).await;
    new("the same column").await;
}

/// Another program commits as often as it can: no version may stand for two states of its rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_version_of_facts_stands_for_one_state() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    let mut tx = store.begin().await.unwrap();
    let ada = user(&mut tx, "ada").await;
    tx.commit().await.unwrap();
    let path = database.file();
    let other = std::thread::spawn(move || {
        let other = rusqlite::Connection::open(path).unwrap();
        other.busy_timeout(Duration::from_secs(20)).unwrap();
        for number in 0..60 {
            other.execute(&format!("{ROW} ('other{number}', 'o{number}')"), []).unwrap();
        }
    });
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for second in 0..60 {
                be_active(&store, ada.id, second).await;
            }
        }
    });
    let mut states = std::collections::HashMap::new();
    while !other.is_finished() || !writing.is_finished() {
        let (mut tx, version) = store.read_at_version().await.unwrap();
        if let Some(version) = version {
            let count = tx.users().count().await.unwrap();
            assert_eq!(*states.entry(version).or_insert(count), count);
        }
        tokio::task::yield_now().await;
    }
    other.join().unwrap();
    writing.await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn servers_have_no_version_to_ask_for() {
    for backend in [Backend::Postgres, Backend::MySql] {
        let Some(database) = Database::create(backend).await else { continue };
        let store = database.connect().await;
        assert_eq!(store.data_version().await.unwrap(), None);
        assert_eq!(store.facts_version().await.unwrap(), None);
        assert_eq!(store.read_at_version().await.unwrap().1, None);
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
