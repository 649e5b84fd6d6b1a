//! Databases of JupyterHub 5, and those that must be refused.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use chrono::{Local, TimeZone as _};
use perijove_store::{Backend, Store, StoreError, StoreOptions};
use serde_json::json;

use crate::databases::Database;
use crate::recorded;

/// Whether it is the right refusal.
type Expected = fn(&StoreError) -> bool;

const ALL: [Backend; 3] = [Backend::Sqlite, Backend::Postgres, Backend::MySql];

fn upgrading() -> StoreOptions {
    StoreOptions {
        upgrade: true,
        clock: || Local.with_ymd_and_hms(2026, 11, 27, 5, 44, 4).unwrap(),
        ..StoreOptions::default()
    }
}

/// A database of JupyterHub 5.2.1 after these statements.
async fn of_jupyterhub_5(backend: Backend, statements: &str) -> Option<Database> {
    let database = Database::create(backend).await?;
    recorded::load_jupyterhub_5(&database).await;
    if !statements.is_empty() {
        database.execute(statements).await;
    }
    Some(database)
}

/// All files of a folder with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The rows that `record.py fill` makes.
pub async fn check_rows(store: &Store) {
    let mut tx = store.read().await.unwrap();
    assert_eq!(tx.users().names().await.unwrap(), ["ada", "bob"]);
    let ada = tx.users().by_name("ada").await.unwrap().unwrap();
    assert_eq!(ada.created.unwrap().timestamp(), 1_714_979_289);
    assert_eq!(ada.encrypted_auth_state.as_deref(), Some(&b"gAAAA\x00\xff"[..]));
    assert_eq!((ada.admin, ada.user_info), (true, None));
    let lab = tx.groups().by_name("lab").await.unwrap().unwrap();
    assert_eq!(lab.properties, Some(json!({"größe": [1, null]})));
    assert_eq!(tx.groups().names_of_user("ada").await.unwrap(), ["lab"]);
    let culler = tx.services().by_name("culler").await.unwrap().unwrap();
    assert_eq!((culler.timeout, culler.command), (30, vec!["cull".to_owned()]));
    let running = tx.spawners().running().await.unwrap();
    assert_eq!(running[0].spawner.state, Some(json!({"pid": 7})));
    assert_eq!((running[0].server.port, running[0].spawner.display_name.clone()), (Some(8888), None));
    let code = tx.oauth().code("code").await.unwrap().unwrap();
    assert_eq!((code.expires_at, code.code_challenge), (Some(1), None));
    let tokens = tx.tokens().resolve_by_prefix("abcd").await.unwrap();
    assert_eq!(tokens[0].grants.groups, ["lab"]);
    assert_eq!(tokens[0].grants.group_roles[0].scopes, ["read:users!group=lab"]);
}

#[tokio::test]
async fn only_when_asked_for() {
    for backend in ALL {
        let Some(database) = of_jupyterhub_5(backend, "").await else { continue };
        let before = recorded::facts(&database).await;
        let failure = database.connect_with(StoreOptions::default()).await.unwrap_err();
        assert!(matches!(failure, StoreError::NeedsUpgrade { .. }), "{failure}");
        let advice = if backend == Backend::Sqlite { "backed up first" } else { "dump" };
        assert!(failure.to_string().contains(advice), "{failure}");
        assert_eq!(recorded::facts(&database).await, before, "{backend}");
        database.remove().await;
    }
}

#[tokio::test]
async fn as_jupyterhub_upgrades() {
    for backend in ALL {
        let Some(database) = of_jupyterhub_5(backend, "").await else { continue };
        let store = database.connect_with(upgrading()).await.unwrap();
        recorded::compare(&database, "jupyterhub-5.2.1-upgraded").await;
        check_rows(&store).await;
        store.close().await.unwrap();
        let store = database.connect_with(StoreOptions::default()).await.unwrap();
        check_rows(&store).await;
        store.close().await.unwrap();
        database.remove().await;
    }
}

/// MySQL commits each change of a table by itself: an upgrade may have been cut short between two.
#[tokio::test]
async fn after_an_upgrade_that_was_cut_short() {
    for backend in ALL {
        let some = "ALTER TABLE services ADD COLUMN timeout INTEGER DEFAULT '30' NOT NULL; \
                    ALTER TABLE users ADD COLUMN user_info TEXT";
        let Some(database) = of_jupyterhub_5(backend, some).await else { continue };
        let store = database.connect_with(upgrading()).await.unwrap();
        check_rows(&store).await;
        store.close().await.unwrap();
        database.remove().await;
    }
}

#[tokio::test]
async fn a_file_is_backed_up() {
    let database = of_jupyterhub_5(Backend::Sqlite, "").await.unwrap();
    let folder = database.file().parent().unwrap().to_owned();
    // A backup of the same second exists already.
    std::fs::write(folder.join("hub.sqlite.2026-11-27-054404"), "mine").unwrap();
    database.connect_with(upgrading()).await.unwrap().close().await.unwrap();
    assert_eq!(std::fs::read(folder.join("hub.sqlite.2026-11-27-054404")).unwrap(), b"mine");
    let copy = folder.join("hub.sqlite.2026-11-27-054404.1");
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let revision: String =
        connection.query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).unwrap();
    assert_eq!(revision, "4621fec11365");
    let users: i64 = connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(users, 2);
}

/// Without a backup there is no upgrade.
#[tokio::test]
async fn a_backup_that_fails_prevents_the_upgrade() {
    let database = of_jupyterhub_5(Backend::Sqlite, "").await.unwrap();
    let folder = database.file().parent().unwrap().to_owned();
    for attempt in ["", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9"] {
        std::fs::write(folder.join(format!("hub.sqlite.2026-11-27-054404{attempt}")), "mine").unwrap();
    }
    let before = files(&folder);
    let failure = database.connect_with(upgrading()).await.unwrap_err();
    assert!(matches!(failure, StoreError::Backup { .. }), "{failure}");
    assert!(files(&folder) == before);
}

#[tokio::test]
async fn refusals_change_nothing() {
    let expectations: [(&str, Expected); 5] = [
        ("UPDATE alembic_version SET version_num = '3c2384c5aae1'", |it| {
            matches!(it, StoreError::TooOld { .. })
        }),
        ("DROP TABLE alembic_version", |it| matches!(it, StoreError::TooOld { .. })),
        ("UPDATE alembic_version SET version_num = 'ffff00001111'", |it| {
            matches!(it, StoreError::UnknownRevision { .. })
        }),
        ("INSERT INTO alembic_version (version_num) VALUES ('f460b0348206')", |it| {
            matches!(it, StoreError::UnknownRevision { .. })
        }),
        ("UPDATE alembic_version SET version_num = 'f460b0348206'", |it| {
            matches!(it, StoreError::Inconsistent { .. })
        }),
    ];
    for backend in ALL {
        for (statements, expected) in expectations {
            let Some(database) = of_jupyterhub_5(backend, statements).await else { continue };
            let before = (backend == Backend::Sqlite).then(|| files(database.file().parent().unwrap()));
            let users = database.column("SELECT cookie_id FROM users").await;
            for options in [StoreOptions::default(), upgrading()] {
                let failure = database.connect_with(options).await.unwrap_err();
                assert!(expected(&failure), "{backend}, {statements}: {failure}");
                assert!(failure.to_string().contains("\nhint: "), "{failure}");
                assert!(!failure.to_string().contains(":jh@"), "{failure}");
            }
            assert_eq!(database.column("SELECT cookie_id FROM users").await, users);
            if let Some(before) = before {
                assert!(files(database.file().parent().unwrap()) == before, "{statements} left a trace");
            }
            database.remove().await;
        }
    }
}

#[tokio::test]
async fn damaged_files_stay_as_they_are() {
    let database = of_jupyterhub_5(Backend::Sqlite, "").await.unwrap();
    let whole = std::fs::read(database.file()).unwrap();
    let mut scribbled = whole.clone();
    scribbled[4096..8192].fill(0x5a);
    let mut header = whole.clone();
    header[16..40].fill(0xff);
    let contents: [&[u8]; 6] =
        [b"# my notes\n", b"x", &whole[..4096 * 3 + 100], &scribbled, &header, &[0; 4096]];
    for (number, content) in contents.into_iter().enumerate() {
        std::fs::write(database.file(), content).unwrap();
        for options in [StoreOptions::default(), upgrading()] {
            let failure = database.connect_with(options).await.unwrap_err();
            assert!(matches!(failure, StoreError::Damaged { .. }), "{number}: {failure}");
        }
        let left = files(database.file().parent().unwrap());
        assert!(left.len() == 1 && left["hub.sqlite"] == content, "{number}: {:?}", left.keys());
    }
}

/// An empty file is a database to be, as for SQLite itself; a folder that is not there is the administrator's to make.
#[tokio::test]
async fn files_that_are_not_there_yet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.sqlite");
    std::fs::write(&path, "").unwrap();
    let url = |path: &Path| format!("sqlite:///{}", path.display());
    Store::connect(&url(&path), StoreOptions::default()).await.unwrap().close().await.unwrap();
    let failure = Store::connect(&url(&folder.path().join("no/hub.sqlite")), StoreOptions::default()).await;
    let failure = failure.unwrap_err();
    assert!(matches!(failure, StoreError::Open { .. }), "{failure}");
    assert!(failure.to_string().contains("no/hub.sqlite"), "{failure}");
    let failure = Store::connect(&url(folder.path()), StoreOptions::default()).await.unwrap_err();
    assert!(matches!(failure, StoreError::Open { .. }), "{failure}");
}

/// A new file holds secrets: nobody else may read it, nor its journal.
#[tokio::test]
async fn new_files_are_private() {
    let database = Database::create(Backend::Sqlite).await.unwrap();
    let store = database.connect().await;
    for entry in std::fs::read_dir(database.file().parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
    store.close().await.unwrap();
}
