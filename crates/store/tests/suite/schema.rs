//! The schema is JupyterHub's: compared with what `recorded/record.sh` saw JupyterHub 6.1.1 make, on each database.

use perijove_store::{Backend, StoreOptions};

use crate::databases::Database;
use crate::recorded;

async fn check(backend: Backend) {
    let Some(database) = Database::create(backend).await else { return };
    let store = database.connect().await;
    recorded::compare(&database, "jupyterhub-6.1.1").await;
    store.close().await.unwrap();
    // Opened again, it is taken as it is.
    database.connect().await.close().await.unwrap();
    recorded::compare(&database, "jupyterhub-6.1.1").await;
    database.remove().await;
}

#[tokio::test]
async fn sqlite() {
    check(Backend::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    check(Backend::Postgres).await;
}

#[tokio::test]
async fn mysql() {
    check(Backend::MySql).await;
}

/// Tables that a plug-in made before, and rows in them, are left alone.
#[tokio::test]
async fn tables_of_plugins_stay() {
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::MySql] {
        let Some(database) = Database::create(backend).await else { continue };
        database
            .execute("CREATE TABLE users_info (username VARCHAR(100)); INSERT INTO users_info VALUES ('ada')")
            .await;
        database.connect_with(StoreOptions::default()).await.unwrap().close().await.unwrap();
        assert_eq!(database.column("SELECT username FROM users_info").await, ["ada"], "{backend}");
        database.remove().await;
    }
}
