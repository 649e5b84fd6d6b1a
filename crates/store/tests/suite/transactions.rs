//! What counts and what does not.

use perijove_store::{StoreError, StoreOptions};

use crate::databases::Database;
use crate::rows::user;

on_every_database! {
    async fn only_a_commit_counts(store: Store) {
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, "dropped").await;
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, "undone").await;
        tx.rollback().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, "kept").await;
        assert_eq!(tx.users().names().await.unwrap(), ["kept"]);
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(tx.users().names().await.unwrap(), ["kept"]);
    }

    async fn reading_sees_one_state_and_writes_nothing(store: Store) {
        let mut reader = store.read().await.unwrap();
        assert_eq!(reader.users().count().await.unwrap(), 0);
        let mut writer = store.begin().await.unwrap();
        user(&mut writer, "ada").await;
        writer.commit().await.unwrap();
        assert_eq!(reader.users().count().await.unwrap(), 0);
        let failure = reader.users().set_admin(1, true).await.unwrap_err();
        assert!(matches!(failure, StoreError::ReadOnly), "{failure}");
        drop(reader);
        assert_eq!(store.read().await.unwrap().users().count().await.unwrap(), 1);
    }

    /// After a failure the connection is good for the next transaction.
    async fn a_failed_statement_spoils_nothing_else(store: Store) {
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx, "ada").await;
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let mut double = perijove_store::User { id: 0, ..ada };
        assert!(tx.users().insert(&mut double).await.unwrap_err().is_conflict());
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        user(&mut tx, "bob").await;
        tx.commit().await.unwrap();
        assert_eq!(store.read().await.unwrap().users().count().await.unwrap(), 2);
    }

    async fn a_closed_store_says_so(store: Store) {
        store.close().await.unwrap();
        assert!(matches!(store.begin().await.unwrap_err(), StoreError::Closed));
        assert!(matches!(store.read().await.unwrap_err(), StoreError::Closed));
        assert!(matches!(store.resolve_by_prefix("abcd").await.unwrap_err(), StoreError::Closed));
    }

    async fn many_at_once(store: Store) {
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    user(&mut tx, &format!("user{number}")).await;
                    tx.commit().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(store.read().await.unwrap().users().count().await.unwrap(), 20);
    }
}

#[tokio::test]
async fn several_hubs_make_one_schema() {
    use perijove_store::Backend::{MySql, Postgres, Sqlite};
    for backend in [Sqlite, Postgres, MySql] {
        let Some(database) = Database::create(backend).await else { continue };
        let (a, b, c) = tokio::join!(
            database.connect_with(StoreOptions::default()),
            database.connect_with(StoreOptions::default()),
            database.connect_with(StoreOptions::default()),
        );
        let versions = database.column("SELECT version_num FROM alembic_version").await;
        assert_eq!(versions, [perijove_store::SCHEMA_REVISION], "{backend}");
        for store in [a, b, c] {
            let store = store.unwrap();
            assert_eq!(store.read().await.unwrap().users().count().await.unwrap(), 0);
            store.close().await.unwrap();
        }
        database.remove().await;
    }
}

/// Whoever reads the log must learn why, and never the password.
#[tokio::test]
async fn a_server_that_cannot_be_reached() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for scheme in ["postgresql", "mysql"] {
        let url = format!("{scheme}://hub:s3cret@127.0.0.1:{port}/hub");
        let options = StoreOptions {
            connect_timeout: std::time::Duration::from_millis(100),
            ..StoreOptions::default()
        };
        let failure = perijove_store::Store::connect(&url, options).await.unwrap_err();
        assert!(matches!(failure, StoreError::Open { .. }), "{failure}");
        let text = failure.to_string();
        assert!(text.contains("refused") && text.contains(&port.to_string()), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}
